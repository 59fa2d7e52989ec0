"""The notices about what SES tells by itself: problems that it finds, and who has switched sending off."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct

from ses_reputation.domain.categories import Category
from ses_reputation.domain.scopes import ScopeKind
from ses_reputation.domain.statements import SUSPICIONS, Origin, SendingStatus, SesFinding, Statement
from ses_reputation.domain.verdict import Verdict
from ses_reputation.notices.alert import SesAlert
from ses_reputation.notices.categories import CATEGORY_TEXTS
from ses_reputation.notices.numbers import moment
from ses_reputation.notices.structure import Headline, Notice, Part, Points, Quote, Row, Rows, Section, Text, readable
from ses_reputation.notices.vocabulary import Vocabulary, words_of


class TypeTexts(Struct, frozen=True):
    """The words for one type of SES's findings: `name` goes before "problem", `category` is whose advice helps."""

    name: str
    about: str
    category: Category | None = None


_MEASURED = "SES Reputation measures it, too: ses-reputation verdict shows both side by side."
_SET_UP = "A domain is not set up as it should be. Mailbox providers trust its mail less."

TYPES: Mapping[str, TypeTexts] = MappingProxyType(
    {
        "BOUNCE": TypeTexts("bounce", f"Too much of the mail bounces. {_MEASURED}", Category.BOUNCE_RATE),
        "COMPLAINT": TypeTexts("complaint", f"Too many people complain. {_MEASURED}", Category.COMPLAINT_RATE),
        "FEEDBACK_3P": TypeTexts(
            "mailbox provider",
            "Mailbox providers have told SES that something is wrong with the mail. That is in none of the rates.",
            SUSPICIONS["FEEDBACK_3P"],
        ),
        "IP_LISTING": TypeTexts(
            "blocklist", "An IP address that the mail is sent from is on a blocklist.", SUSPICIONS["IP_LISTING"]
        ),
        "DKIM": TypeTexts("DKIM", _SET_UP),
        "DMARC": TypeTexts("DMARC", _SET_UP),
        "SPF": TypeTexts("SPF", _SET_UP),
        "BIMI": TypeTexts("BIMI", _SET_UP),
    }
)
"""The types that SES's API knows. Another one is shown in SES's word.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Recommendation.html
"""

_UNKNOWN_ABOUT = "Nothing more is known here of problems of this type than what SES says."
_ADVICE_SET_UP = ("Open the domain in SES's console (Identities), and publish the DNS records that it asks for.",)
_ADVICE_UNKNOWN = ("Look at the finding in SES's console: it says what to do about it.",)

SUSPECTED = (
    "Here it is a suspected finding ({category}), which changes no status until a person has confirmed it: "
    "ses-reputation findings lists it. It ends by itself once SES says that the problem is solved."
)

# What SES does about its findings of a tenant.
# https://docs.aws.amazon.com/ses/latest/dg/tenants.html
NEXT_OF_TENANT = (
    "What SES does next depends on the tenant's reputation policy: Standard pauses the tenant at the impact HIGH, "
    "Strict at any; without one, SES only watches. You are told if it does, and when the problem counts as solved."
)
NEXT_OPEN = "You are told when SES says that the problem is solved."
NEXT_RESOLVED = "Nothing more to do."
NEXT_OFF = "You are told when it is on again."

OFF_BY_SES = (
    "SES has switched off sending for this {kind}: no mail of it goes out. Where SES enforces this, only SES lifts it: "
    "look for a case in the Support Center. Where a reputation policy did it, you can let the {kind} send again once "
    "the problem is solved."
)
OFF_BY_CUSTOMER = (
    "Sending for this {kind} was switched off on your side: by a person, by a program, or by SES Reputation itself "
    "where it enforces statuses. No mail of it goes out. SES does not say who it was; CloudTrail does."
)
OFF_BY_OTHERS = "Sending for this {kind} was switched off by what SES calls {origin}. No mail of it goes out."
ON_AGAIN = "Sending for this {kind} is no longer switched off {by}."
REINSTATED = "SES calls it REINSTATED: until the open findings are solved, it overlooks them."
STILL_OFF = "It is still off, though: {others}."
FLOWS = "Mail can go out again."

_BY: Mapping[str, str] = MappingProxyType({Origin.SES: "by SES", Origin.CUSTOMER: "on your side"})
_OFF: Mapping[str, str] = MappingProxyType({Origin.SES: OFF_BY_SES, Origin.CUSTOMER: OFF_BY_CUSTOMER})
_ADVICE_OFF = (
    "Solve what is behind it first; what was counted is in ses-reputation status and explain.",
    "Then let SES send again: in the Support Center, in SES's console (Tenants), or where it was switched off.",
)


# SES's words, of which more may come.
_WORDS = 100


def problem(finding: SesFinding) -> str:
    """What SES has found, in a few words: `HIGH bounce problem`."""
    texts = TYPES.get(finding.type)
    words = (finding.impact, texts.name if texts else finding.type, "problem")
    return readable(" ".join(filter(None, words)), _WORDS)


def by_whom(status: SendingStatus) -> str:
    """Who has switched sending on or off: `by SES`, `on your side`."""
    return _BY.get(status.origin) or f"by {readable(status.origin, _WORDS)}"


def statement_notice(alert: SesAlert, said: Statement, vocabulary: Vocabulary) -> Notice:
    """What SES has told by itself, in its words, and what that means."""
    headline = _headline(said, readable(alert.scope), alert.verdict_after)
    return Notice(
        subject=headline,
        title=headline,
        also="",
        sections=tuple(_sections(alert, said, vocabulary)),
        account=alert.account,
        region=alert.region,
        time=alert.time,
        alert=alert.id,
    )


def _headline(said: Statement, scope: str, after: Verdict) -> Headline:
    still_off = ", but still off" if after.stopped else ""
    match said:
        case SesFinding(open=True):
            return Headline(f"SES has found a {problem(said)} of ", scope, "")
        case SesFinding():
            return Headline(f"SES says it is solved: {problem(said)} of ", scope, "")
        case SendingStatus(on=False):
            if said.origin == Origin.SES:
                return Headline("SES has stopped ", scope, "")
            return Headline("Sending of ", scope, f" switched off {by_whom(said)}")
        case SendingStatus():
            return Headline("Sending of ", scope, f" switched on again {by_whom(said)}{still_off}")


def headline_text(said: Statement, after: Verdict) -> str:
    """What was told, in one line."""
    line = _headline(said, readable(after.scope), after)
    return f"{line.before}{line.scope}{line.after}"


def _sections(alert: SesAlert, said: Statement, vocabulary: Vocabulary) -> Iterator[Section]:
    yield Section(Part.WHY, tuple(map(Text, _why(alert, said))))
    yield Section(Part.NUMBERS, (Rows(tuple(rows_of_statements(alert.verdict_after))),))
    if told := said.text if isinstance(said, SesFinding) else said.cause:
        yield Section(Part.REPORTED, (Quote("Amazon SES", readable(told)),))
    if advice := _advice(said):
        words = words_of(vocabulary)
        yield Section(Part.ADVICE, (Points(tuple(point.format_map(words) for point in advice)),))
    yield Section(Part.NEXT, tuple(map(Text, _next(alert, said))))


def _why(alert: SesAlert, said: Statement) -> Iterator[str]:
    kind = alert.scope_kind.replace("-", " ")
    match said:
        case SesFinding(open=True):
            texts = TYPES.get(said.type)
            yield texts.about if texts else _UNKNOWN_ABOUT
        case SesFinding():
            yield f"SES has closed its finding, which was open since {moment(said.since)}."
        case SendingStatus(on=False):
            yield _OFF.get(said.origin, OFF_BY_OTHERS).format(kind=kind, origin=said.origin)
        case SendingStatus():
            yield ON_AGAIN.format(kind=kind, by=by_whom(said))
            others = ", ".join(by_whom(status) for status in alert.verdict_after.stopped)
            yield STILL_OFF.format(others=others) if others else FLOWS
            if said.status == "REINSTATED":
                yield REINSTATED


def rows_of_statements(verdict: Verdict) -> Iterator[Row]:
    """What SES has found and not yet closed, and who has switched sending off."""
    sends = {True: "on", None: "not told"}
    stopped = ", ".join(by_whom(status) for status in verdict.stopped)
    yield Row("Sending", f"off, {stopped}" if stopped else sends.get(verdict.sends, "off"))
    found = [f"{problem(finding)}, since {moment(finding.since)}" for finding in reversed(verdict.open_findings)]
    for number, text in enumerate(found or ["nothing that is open"]):
        yield Row("" if number else "Found by SES", text)


def _advice(said: Statement) -> tuple[str, ...]:
    match said:
        case SesFinding(open=True):
            texts = TYPES.get(said.type)
            if texts is None:
                return _ADVICE_UNKNOWN
            return CATEGORY_TEXTS[texts.category].advice if texts.category else _ADVICE_SET_UP
        case SendingStatus(on=False):
            return _ADVICE_OFF
        case _:
            return ()


def _next(alert: SesAlert, said: Statement) -> Iterator[str]:
    match said:
        case SesFinding(open=True):
            yield NEXT_OF_TENANT if alert.scope_kind == ScopeKind.TENANT else NEXT_OPEN
            if category := SUSPICIONS.get(said.type):
                yield SUSPECTED.format(category=category.replace("_", " "))
        case SendingStatus(on=False):
            yield NEXT_OFF
        case _:
            yield NEXT_RESOLVED if alert.verdict_after.sends is not False else NEXT_OFF
