"""The dashboard as a custom widget of CloudWatch: what the console sends, and buttons that make it call again.

A widget has no scripts. A `cwdb-action` says what a click on the element right before it calls, and with which fields.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_interactivity.html
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta, timezone, tzinfo
from typing import Any, ClassVar, TypeGuard

import htpy as h
from htpy import Element, Fragment, Node
from markupsafe import Markup
from msgspec import Struct

from ses_reputation.dashboard.deciding import NO_SUBMIT, button_classes, deciding, field_name
from ses_reputation.dashboard.frame import style
from ses_reputation.dashboard.medium import Offer, Subject, Theme
from ses_reputation.dashboard.pages import DAYS, Page, fields_of, read_page

DESCRIPTION = """\
## SES Reputation

Shows where your Amazon SES account and all of its mail stand: status, bounce and complaint rates, open findings, and
what waits for a person's decision.

It works without parameters. With these it begins elsewhere:

``` yaml
page: overview           # or scope, or reviews
scope: tenant/NAME       # of the page scope: account, configuration-set/NAME, identity/DOMAIN, provider/NAME, ...
days: 30                 # of the page scope: 7, 30 or 90 days of charts; without it the dashboard's time range decides
kind: tenant             # of the overview: scopes of one kind,
status: Probation        # of one status,
search: shop             # or with this in their names
```

Whoever decides something here needs `lambda:InvokeFunction` for the function Operate as well.
"""

_FILTER = ("kind", "status", "search")
_FORM = "filter"
_OFFSET = re.compile(r"([+-])([01]\d|2[0-3]):([0-5]\d)")
_DAY = 86_400_000  # in milliseconds
_LAST_TIME = 100_000 * _DAY  # since 1970: JSON can have numbers beyond all limits.


class Widget(Struct, frozen=True):
    """The medium: `show` and `operate` are the ARNs of the functions that buttons call."""

    show: str
    operate: str
    zone: tzinfo = UTC
    theme: Theme = Theme.LIGHT

    takes_commands: ClassVar[bool] = True

    def link(self, page: Page, label: Node, *, classes: str = "", current: bool = False) -> Fragment:
        """A button that looks like a link, for a link can not call a function."""
        button = h.button(
            type="button", class_=f"sr-link {classes}".rstrip(), aria_current="page" if current else None
        )[label]
        return _calls(button, self.show, fields_of(page))

    def form(self, page: Page, fields: Node, submit: str) -> Element:
        """Fields whose values travel with every call: the button says that they are meant."""
        button = h.button(".sr-button", type="button")[submit]
        call = {"page": fields_of(page)["page"], "form": _FORM}
        return h.form[NO_SUBMIT, fields, _calls(button, self.show, call)]

    def decisions(self, subject: Subject, offers: Sequence[Offer]) -> Element:
        """The fields to fill in, and for each offer a button that asks once more before it decides."""

        def button(offer: Offer) -> Fragment:
            about = subject.about.translate(_NO_MARKUP)
            asked = f"{offer.name}? This is about the {about}. {offer.leads_to}"
            shown = h.button(type="button", class_=button_classes(offer), aria_label=f"{offer.name}: {about}")[
                offer.name
            ]
            return _calls(shown, self.operate, self._command(subject, offer), asked)

        return h.form[NO_SUBMIT, deciding(subject, offers, button, stated=True)]

    def _command(self, subject: Subject, offer: Offer) -> dict[str, Any]:
        taken = ("note", "by", *(("days",) if offer.takes_days else ()), *(("to",) if offer.takes_to else ()))
        return {
            "command": "decide",
            "scope": subject.scope,
            "finding": subject.id,
            "decision": offer.decision,
            "seen": subject.revision,
            # Who clicks twice decides once: at another revision it is another decision.
            "id": f"cloudwatch/{subject.id}/{subject.revision}/{offer.decision}",
            "fields": {field: field_name(field, subject) for field in taken},
            "show": self.show,
        }

    def shown(self, content: Node) -> str:
        """What the function answers: a page with its look, without the console's."""
        return str(h.div(".sr-widget")[h.div(".cwdb-no-default-styles"), style(), content])


# A question must not be lost on the way. Cleaners of HTML drop an attribute that holds markup, though it is only text,
# and one that begins like an address, as `Lift:` does.
_NO_MARKUP = str.maketrans("<>", "‹›")  # noqa: RUF001 - looking alike is what they are for


def _calls(element: Element, endpoint: str, fields: Mapping[str, Any], confirmation: str | None = None) -> Fragment:
    """The element, and that a click on it calls a function with these fields, whose answer is shown instead."""
    text = json.dumps(fields)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    # Without these it means the same as text and as HTML, whichever way the console reads it.
    return h.fragment[
        element,
        h.cwdb_action(action="call", display="widget", endpoint=endpoint, confirmation=confirmation)[Markup(text)],  # noqa: S704
    ]


def asks_for_description(event: object) -> bool:
    """Whether the console wants to know what the widget is and takes."""
    return isinstance(event, Mapping) and bool(event.get("describe"))


def read_widget(event: object, *, show: str, operate: str) -> Widget:
    """The medium for who looks: with his time zone and colours, as far as the console says so."""
    offset = _at(event, "widgetContext", "timezone", "offsetISO")
    dark = _at(event, "widgetContext", "theme") == Theme.DARK
    return Widget(show, operate, _zone(offset), Theme.DARK if dark else Theme.LIGHT)


def read_asked(event: object) -> Page:
    """The page that a call asks for; PageNotFound.

    What somebody filled in counts where a form asks: the console sends all fields that it sees with every call. A scope
    has charts of as many days as the dashboard, where nobody says how many.
    """
    if not isinstance(event, Mapping):
        return read_page({})
    fields = dict(event)
    if fields.get("form") == _FORM:
        filled = filled_in(event)
        fields |= {name: filled[name] for name in _FILTER if name in filled}
    if not fields.get("days") and (days := _days(event)):
        fields["days"] = days
    return read_page(fields)


def filled_in(event: object) -> Mapping[str, Any]:
    """What was filled into the widget's fields, by their names."""
    filled = _at(event, "widgetContext", "forms", "all")
    return filled if isinstance(filled, Mapping) else {}


def _at(document: object, *path: str) -> object:
    """What is there; None where nothing is, or something that nobody expects."""
    for name in path:
        if not isinstance(document, Mapping):
            return None
        document = document.get(name)
    return document


def _zone(offset: object) -> tzinfo:
    match = _OFFSET.fullmatch(offset) if isinstance(offset, str) else None
    if match is None:
        return UTC
    away = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-away if match[1] == "-" else away) if away else UTC


def _is_time(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and 0 <= value <= _LAST_TIME


def _days(event: object) -> int | None:
    """As many days as the dashboard shows, or the next more that charts can have; None if it does not say."""
    times = [
        (
            _at(event, "widgetContext", "timeRange", *zoom, "start"),
            _at(event, "widgetContext", "timeRange", *zoom, "end"),
        )
        for zoom in (("zoom",), ())
    ]
    for start, end in times:
        if _is_time(start) and _is_time(end):
            return next((days for days in DAYS if end - start <= days * _DAY), DAYS[-1])
    return None
