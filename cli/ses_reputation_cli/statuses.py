"""Statuses, rates and documents as commands show them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec
from rich.console import Console
from rich.text import Text

from ses_reputation.domain.lifecycle import STAGE_STATUS, Stage, Status
from ses_reputation.domain.outages import OutageStage
from ses_reputation.domain.policy import Evidence, Policy
from ses_reputation.domain.rates import Rate
from ses_reputation.domain.standing import Finding, Standing
from ses_reputation.domain.verdict import Verdict
from ses_reputation.notices.alert import OutageDocument
from ses_reputation.notices.numbers import percent
from ses_reputation.notices.outages import rows_of_outage
from ses_reputation.notices.statements import problem, rows_of_statements
from ses_reputation.notices.structure import readable
from ses_reputation.notices.vocabulary import STATUS_NAMES, Vocabulary, name_of_finding

_COLOURS: Mapping[Status, str] = MappingProxyType(
    {
        Status.HEALTHY: "green",
        Status.ALMOST_HEALED: "cyan",
        Status.PROBATION: "yellow",
        Status.PENDING_DECISION: "yellow",
        Status.PENDING_SHUTDOWN: "red",
        Status.SHUTDOWN: "bold red",
    }
)
_SUSPECTED = "magenta"
_OUTAGES: Mapping[str, str] = MappingProxyType(
    {OutageStage.SUSPECTED: _SUSPECTED, OutageStage.CONFIRMED: "cyan", OutageStage.DISMISSED: "dim"}
)


SENDING: Mapping[bool | None, str] = MappingProxyType({True: "on", False: "off", None: "unknown"})
"""Whether SES sends, by what it says of that."""


def status_text(status: Status, vocabulary: Vocabulary = Vocabulary.CLASSIC) -> Text:
    """A status in its colour."""
    return Text(STATUS_NAMES[vocabulary][status], style=_COLOURS[status])


def judged_text(standing: Standing, policy: Policy, vocabulary: Vocabulary = Vocabulary.CLASSIC) -> Text:
    """The status, and below it that a rate over its limit is not judged. Too little mail is a dash for the rate."""
    shown = status_text(standing.status, vocabulary)
    return shown.append("\ntoo few", "dim") if Evidence.TOO_FEW_EVENTS in evidence_of(standing, policy) else shown


def left_out_text(left_out: Sequence[Standing], policy: Policy, *, lister: str = "--all") -> str:
    """That these scopes are not in a table of the worst; how many of them are not judged; and what lists them."""
    few = sum(evidence_of(standing, policy) <= {Evidence.TOO_LITTLE_MAIL} for standing in left_out)
    unjudged = f", {few:,} of them with too little mail to judge" if few else ""
    scopes = "scope is" if len(left_out) == 1 else "scopes are"
    return f"{len(left_out):,} more {scopes} no worse{unjudged}; {lister} lists them."


def evidence_of(standing: Standing, policy: Policy) -> set[Evidence]:
    """Whether each of its rates can be judged; nothing of a scope that has had no mail."""
    return {policy.evidence(standing.scope, measures.deciding) for measures in standing.measures.values()}


def finding_text(finding: Finding, vocabulary: Vocabulary) -> Text:
    """The status of a finding in its colour, or that it is only suspected."""
    suspected, status = finding.stage is Stage.SUSPECTED, STAGE_STATUS[finding.stage]
    name = name_of_finding(status, vocabulary, suspected=suspected)
    return Text(name, style=_SUSPECTED if suspected else _COLOURS[status])


def rate_text(rate: Rate, policy: Policy) -> str:
    """A rate in percent, or a dash where there is too little mail to judge."""
    shown = policy.shown(rate)
    return "-" if shown is None else percent(shown)


def json_text(body: object) -> str:
    """A document as JSON, for people to read as well."""
    return msgspec.json.format(msgspec.json.encode(body)).decode()


def print_statements(console: Console, verdict: Verdict) -> None:
    """What SES has told of a scope by itself: who has switched sending off, and its open findings in its own words."""
    console.print("What SES tells by itself", style="bold")
    for row in rows_of_statements(verdict):
        console.print(Text(f"  {row.label:<18} {row.value}"), soft_wrap=True)
    for finding in reversed(verdict.open_findings):
        if finding.text:
            console.print(Text(f"  {problem(finding)}: {readable(finding.text)}", "dim"), soft_wrap=True)


def print_outage(console: Console, outage: OutageDocument) -> None:
    """An outage of a mailbox provider: whether it is suspected, when it was, and how much bounced."""
    heading = Text(f"Outage of {readable(outage.provider)}, ", "bold").append(
        outage.stage, style=_OUTAGES[outage.stage]
    )
    console.print(heading, soft_wrap=True)
    for row in rows_of_outage(outage):
        console.print(Text(f"  {row.label:<18} {row.value}"), soft_wrap=True)
