"""What SES itself says of a scope, beside what was counted here; and what was done about its sending."""

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from decimal import Decimal
from fractions import Fraction

import htpy as h
from htpy import Element, Node

from ses_reputation.dashboard.parts import day, distance, facts, moment, quote, status_sign
from ses_reputation.dashboard.views import ScopeView
from ses_reputation.domain.enforcement import STATES_THAT_STOP, Enforcement
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.scopes import ACCOUNT
from ses_reputation.domain.standing import Standing
from ses_reputation.domain.verdict import Comparison, Verdict, compare
from ses_reputation.domain.verdict import Enforcement as SesStatus
from ses_reputation.notices.enforcement import STATES
from ses_reputation.notices.numbers import percent
from ses_reputation.notices.statements import by_whom, problem
from ses_reputation.notices.texts import ENFORCEMENTS, METRICS
from ses_reputation.notices.vocabulary import Vocabulary, words_of

_SENDING: Mapping[bool | None, str] = {True: "on", False: "switched off", None: "not told"}
_SAID_OF_SENDING: Mapping[bool | None, str] = {True: "on, says SES", False: "switched off, says SES"}


def verdict_rows(
    verdict: Verdict, standing: Standing, policy: Policy, words: Vocabulary, zone: tzinfo, now: datetime
) -> Element:
    """All that SES says of a scope: its status, whether it sends, its findings, its rates beside ours."""
    ours = {metric: policy.shown(measures.window) for metric, measures in standing.measures.items()}
    compared = [each for each in compare(verdict, ours) if each.ses]
    return h.div[
        facts(_rows(verdict, words, zone, now)),
        [quote(f"Amazon SES: {problem(found)}", found.text) for found in reversed(verdict.open_findings) if found.text],
        _comparison(compared, zone) if compared else None,
    ]


def _rows(verdict: Verdict, words: Vocabulary, zone: tzinfo, now: datetime) -> Iterator[tuple[Node, Node]]:
    if told := verdict.enforcement:
        meaning = ENFORCEMENTS.get(told, "{told}").format_map(words_of(words) | {"told": told})
        yield "Status", [h.strong[told], h.br, meaning]
    stopped = ", ".join(by_whom(status) for status in verdict.stopped)
    yield "Sending", f"switched off {stopped}" if stopped else _SENDING[verdict.sends]
    for number, found in enumerate(reversed(verdict.open_findings)):
        yield "" if number else "Found by SES", [f"{problem(found)}, since ", day(found.since, zone)]
    if verdict.daily_quota is not None and verdict.sent_last_day is not None:
        yield "Sent in 24 hours", f"{verdict.sent_last_day:,} of {verdict.daily_quota:,}"
    if verdict.enforcement:
        yield "Asked", [moment(verdict.time, zone), f" ({distance(verdict.time, now)})"]


def _comparison(compared: list[Comparison], zone: tzinfo) -> Element:
    return h.table(".sr-small")[
        h.caption["Rates, and how many percentage points ours is above"],
        h.thead[h.tr[
            h.th(scope="col")["Rate"],
            (h.th(".sr-number", scope="col")[name] for name in ("SES", "Here", "Difference")),
        ]],
        h.tbody[(
            h.tr[
                h.th(scope="row")[METRICS[each.metric].name.capitalize()],
                h.td(".sr-number", title=f"published {_published(each, zone)}")[percent(each.ses.rate)],
                h.td(".sr-number")["\u2013" if each.ours is None else percent(each.ours)],
                h.td(".sr-number")["\u2013" if each.difference is None else _points(each.difference)],
            ]
            for each in compared if each.ses
        )],
    ]  # fmt: skip


def _published(each: Comparison, zone: tzinfo) -> str:
    return f"{each.ses.time.astimezone(zone):%Y-%m-%d %H:%M}" if each.ses else ""


def _points(difference: Fraction) -> str:
    """A difference in percentage points; what rounds to nothing has no sign."""
    points = (Decimal(difference.numerator) / difference.denominator).quantize(Decimal("0.001")).normalize()
    return f"{points:+f}".replace("-", "\u2212") if points else "none"


# SES does not tell Almost healed and the pending states apart from Probation.
_SEVERITIES: Mapping[Status, int] = {Status.HEALTHY: 0, Status.SHUTDOWN: 2}
_SES_SEVERITIES: Mapping[str, int] = {SesStatus.HEALTHY: 0, SesStatus.PROBATION: 1, SesStatus.SHUTDOWN: 2}


def worse_at_ses(standing: Standing, verdict: Verdict | None) -> Element | None:
    """What SES says of the account, where that is worse than what was measured here, or SES lets it not send."""
    if verdict is None or not _is_worse(standing, verdict):
        return None
    said = [
        *([verdict.enforcement] if verdict.enforcement else []),
        *(["sending off"] if verdict.sends is False else []),
    ]
    return h.p(".sr-alarm")[
        h.span(".sr-bad")[status_sign(Status.SHUTDOWN)],
        h.span[
            h.strong[f"SES itself says: {', '.join(said)}."],
            " It decides about the account, whatever is measured here.",
        ],
    ]


def _is_worse(standing: Standing, verdict: Verdict) -> bool:
    if standing.scope != ACCOUNT:
        return False
    said = _SES_SEVERITIES.get(verdict.enforcement, 1) if verdict.enforcement else 0
    return said > _SEVERITIES.get(standing.status, 1) or verdict.sends is False


def is_stopped(standing: Standing, enforcement: Enforcement, verdict: Verdict | None) -> bool:
    """Whether nobody can say that a scope's mail goes on.

    It is to be stopped, or paused, or SES says worse than its status here.
    """
    said = verdict is not None and (verdict.sends is False or _is_worse(standing, verdict))
    return said or enforcement.state in STATES_THAT_STOP or standing.status is Status.SHUTDOWN


def mail_is_stopped(view: ScopeView) -> bool:
    """The same of the scope that a page is about, whose mail stops with the account's."""
    return view.account_stopped or is_stopped(view.standing, view.enforcement, view.verdict)


def said_of_sending(verdict: Verdict | None) -> str | None:
    """Whether SES says that it sends; None where it says nothing of that."""
    return _SAID_OF_SENDING.get(verdict.sends) if verdict else None


def sending_text(enforcement: Enforcement) -> str | None:
    """How it stands with a scope's sending, where its status has led to something; None where it has not."""
    return STATES.get(enforcement.state)
