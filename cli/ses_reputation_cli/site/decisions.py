"""What the person at the site decides: filled in, confirmed, carried out once, and what came of it."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any
from uuid import uuid4

import click
import msgspec
from msgspec import Meta, Struct

from ses_reputation.commands import Text, problem_of
from ses_reputation.dashboard.deciding import field_name
from ses_reputation.dashboard.medium import Offer, Subject
from ses_reputation.domain.decisions import MOST_DAYS, ReinstateTo
from ses_reputation_cli.site.tickets import TicketRefused, Tickets

# How many decisions can be read again, by reloading or by going back.
_OUTCOMES_KEPT = 200

FAILED_HERE = "Something went wrong here, and the terminal in which the command runs says what."
_IN_THE_HISTORY = "Whether it was carried out, the history of its scope tells."

_STATUSES = frozenset(HTTPStatus)

Operate = Callable[[Mapping[str, Any]], tuple[int, Mapping[str, Any]]]
"""Has a command carried out: the HTTP status, and the answer. click.ClickException says why that failed."""


class NotFilledIn(ValueError):
    """Something is missing in a form, or cannot be; the text says what."""


class OutcomeUnknown(LookupError):
    """Nobody here knows what came of a confirmation; the text says who does."""


class Form(Struct, frozen=True):
    """What a form on a page was made for."""

    subject: Subject
    offers: tuple[Offer, ...]


class Filled(Struct, frozen=True):
    """What a person filled in besides the decision."""

    note: Text
    days: Annotated[int, Meta(ge=1, le=MOST_DAYS)] | None = None
    to: ReinstateTo | None = None


class Prepared(Struct, frozen=True):
    """A decision that waits for its confirmation. Its `id` makes it safe to send more than once.

    `whose` says in words in which account and region it is to be made.
    """

    id: str
    whose: str
    subject: Subject
    offer: Offer
    filled: Filled

    def command(self) -> dict[str, Any]:
        """The command for Operate."""
        fields = {
            "command": "decide",
            "scope": self.subject.scope,
            "finding": self.subject.id,
            "decision": self.offer.decision,
            "note": self.filled.note,
            "days": self.filled.days,
            "to": self.filled.to,
            "seen": self.subject.revision,
            "id": self.id,
        }
        return {name: value for name, value in fields.items() if value is not None}


class Outcome(Struct, frozen=True):
    """What came of a decision: the HTTP status that Operate, or this machine, answered with, and its document."""

    prepared: Prepared
    status: HTTPStatus
    body: Mapping[str, Any]

    @property
    def can_be_repeated(self) -> bool:
        """Whether nobody has said yes or no."""
        return self.status not in {HTTPStatus.OK, HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST}


class Decisions:
    """Decisions from the forms of a site. Each is carried out once, however often a browser sends it.

    `on_error` is told of what should not have happened.
    """

    def __init__(
        self,
        operate: Operate,
        on_error: Callable[[BaseException], None],
        new_id: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self._operate = operate
        self._on_error = on_error
        self._new_id = new_id
        self._forms: Tickets[Form] = Tickets()
        self._confirmations: Tickets[Prepared] = Tickets()
        self._outcomes: OrderedDict[str, Outcome] = OrderedDict()
        self._one_at_a_time = threading.Lock()

    def form(self, subject: Subject, offers: Sequence[Offer]) -> str:
        """The ticket of a form for a decision about this."""
        return self._forms.issue(Form(subject, tuple(offers)))

    def prepare(self, fields: Mapping[str, str], whose: Callable[[], str]) -> Prepared:
        """The decision that was filled into a form, about what is `whose`; NotFilledIn, or TicketRefused.

        Nothing comes of it yet, so its ticket can be sent again, by somebody who went back to change something.
        """
        form = self._forms.look(fields.get("ticket", ""))
        offer = next((offer for offer in form.offers if offer.decision == fields.get("decision")), None)
        if offer is None:
            raise NotFilledIn("No decision was chosen.")
        filled = _filled(fields, form.subject, offer)
        return Prepared(self._new_id(), whose(), form.subject, offer, filled)

    def confirmation(self, prepared: Prepared) -> str:
        """The ticket of a form that confirms this."""
        return self._confirmations.issue(prepared)

    def carry_out(self, fields: Mapping[str, str]) -> str:
        """Do what was confirmed; the id of its outcome. OutcomeUnknown if it was not asked for in that way.

        What was done already is not done again, but has the same outcome.
        """
        # Whoever clicks twice sees the answer to the second click: it has to wait for what comes of the first.
        with self._one_at_a_time:
            try:
                prepared = self._confirmations.use(fields.get("ticket", ""))
            except TicketRefused as error:
                if (known := fields.get("id", "")) in self._outcomes:
                    return known
                raise OutcomeUnknown(f"{error} {_IN_THE_HISTORY}") from None
            self._outcomes[prepared.id] = self._outcome(prepared)
            self._outcomes.move_to_end(prepared.id)  # it may be there: what failed is tried again with the same id
            if len(self._outcomes) > _OUTCOMES_KEPT:
                self._outcomes.popitem(last=False)
            return prepared.id

    def outcome(self, identifier: str) -> Outcome | None:
        """What came of a decision, None if it is none, or is forgotten."""
        return self._outcomes.get(identifier)

    def _outcome(self, prepared: Prepared) -> Outcome:
        try:
            status, answer = self._operate(prepared.command())
        except click.ClickException as error:
            return Outcome(prepared, HTTPStatus.BAD_GATEWAY, {"error": f"{error.message}."})
        except Exception as error:  # noqa: BLE001 - it may have been decided before that went wrong
            self._on_error(error)
            return Outcome(prepared, HTTPStatus.INTERNAL_SERVER_ERROR, {"error": FAILED_HERE})
        told = HTTPStatus(status) if status in _STATUSES else HTTPStatus.BAD_GATEWAY
        return Outcome(prepared, told, {"error": f"It answered HTTP {status}.", **answer})


def _filled(fields: Mapping[str, str], subject: Subject, offer: Offer) -> Filled:
    names = ["note", *(["days"] if offer.takes_days else []), *(["to"] if offer.takes_to else [])]
    # Forms are sent with the line ends of the internet, which would count twice.
    given = {name: fields.get(field_name(name, subject), "").replace("\r\n", "\n").strip() for name in names}
    if not given["note"]:
        raise NotFilledIn("A reason is missing: it is kept with the decision, and told with the alert.")
    # Python reads more as a number than people write.
    if (days := given.get("days")) and not (days.isascii() and days.isdecimal() and 1 <= int(days) <= MOST_DAYS):
        raise NotFilledIn(f"The days can't be that many: they are a whole number from 1 to {MOST_DAYS}.")
    try:
        return msgspec.convert({name: text for name, text in given.items() if text}, Filled, strict=False)
    except msgspec.ValidationError as error:
        raise NotFilledIn(f"What was filled in can't be: {problem_of(error)}.") from None
