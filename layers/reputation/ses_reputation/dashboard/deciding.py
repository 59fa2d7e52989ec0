"""What a person fills in to decide something. How it is sent is the medium's business."""

from collections.abc import Callable, Sequence

import htpy as h
from htpy import Element, Node

from ses_reputation.commands import IN_CLOUDWATCH, MAX_NAME, MAX_TEXT
from ses_reputation.dashboard.medium import Offer, Subject
from ses_reputation.dashboard.offers import GRAVE
from ses_reputation.domain.decisions import MOST_DAYS

NO_SUBMIT = h.button(type="submit", disabled=True, hidden=True)["Use the buttons"]
"""The first child of a form that Enter in a field must not send.

Enter would press the first button: at the site that decides, in the widget it leads to the console's own address. It
does nothing where the first button is disabled.
https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#implicit-submission
"""


def field_name(field: str, subject: Subject) -> str:
    """What a field about a subject is called: there are several of each on a page."""
    return f"{field}-{subject.id}"


def deciding(
    subject: Subject, offers: Sequence[Offer], button: Callable[[Offer], Node], *, stated: bool = False
) -> Element:
    """A reason to give, and each offer with what it leads to and the `button` for it.

    The fields are `note`, and `days` and `to` where an offer takes them; `by` where who decides has to be `stated`.
    """
    return h.div(".sr-deciding")[
        h.div[_note(subject), _stated(subject) if stated else None],
        h.ul(".sr-offers")[
            (h.li[button(offer), h.div[h.p[offer.leads_to], _details(subject, offer)]] for offer in offers)
        ],
    ]


def button_classes(offer: Offer) -> str:
    """How the button of an offer looks: what is grave is told from the rest."""
    return "sr-button sr-grave" if offer.decision in GRAVE else "sr-button"


def _note(subject: Subject) -> Element:
    name = field_name("note", subject)
    return h.div(".sr-field")[
        h.label(for_=name)["Why"],
        h.textarea(id=name, name=name, required=True, maxlength=str(MAX_TEXT), rows="2", aria_describedby=f"{name}-d"),
        h.p(".sr-hint", id=f"{name}-d")["Kept for ever, and told with the alert."],
    ]


def _stated(subject: Subject) -> Element:
    name = field_name("by", subject)
    return h.div(".sr-field")[
        h.label(for_=name)["Your name"],
        h.input(
            id=name,
            name=name,
            type="text",
            required=True,
            maxlength=str(MAX_NAME - len(IN_CLOUDWATCH)),
            size="28",
            aria_describedby=f"{name}-d",
        ),
        h.p(".sr-hint", id=f"{name}-d")["CloudWatch does not prove who you are: your name is kept as stated."],
    ]


def _details(subject: Subject, offer: Offer) -> Node:
    if offer.takes_days:
        name = field_name("days", subject)
        return h.div(".sr-inline")[
            h.label(for_=name)["Days"],
            h.input(id=name, name=name, type="number", min="1", max=str(MOST_DAYS), aria_describedby=f"{name}-d"),
            h.span(".sr-hint", id=f"{name}-d")["empty: as long as a new one"],
        ]
    if offer.takes_to:
        name = field_name("to", subject)
        return h.div(".sr-inline")[
            h.label(for_=name)["To"],
            h.select(id=name, name=name)[(h.option(value=value)[text] for value, text in offer.choices)],
        ]
    return None
