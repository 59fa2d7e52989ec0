"""The notices that are about no finding: an early warning, SES's own verdict, and the week's summary."""

from collections.abc import Iterator

from ses_reputation.domain.categories import Category
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.rates import Metric
from ses_reputation.domain.verdict import Enforcement
from ses_reputation.notices.alert import FindingDocument, ScopeDocument, SesAlert, SummaryAlert, WarningAlert
from ses_reputation.notices.categories import CATEGORY_TEXTS
from ses_reputation.notices.numbers import day, moment, percent, percent_of, rows_of_rate, words_of_limits
from ses_reputation.notices.structure import (
    Block,
    Entry,
    Headline,
    Notice,
    Part,
    Points,
    Row,
    Rows,
    Section,
    Text,
    readable,
)
from ses_reputation.notices.texts import (
    ENFORCEMENTS,
    METRICS,
    SENDING_OFF,
    SES_ADVICE,
    SES_NEXT,
    SUMMARY_NEXT,
    SUMMARY_NOT_LISTED,
    SUMMARY_QUIET,
    WARNING_CAUSE,
    WARNING_NEXT,
)
from ses_reputation.notices.vocabulary import STATUS_NAMES, Vocabulary, name_of_finding, other_name, words_of


def warning_notice(alert: WarningAlert, vocabulary: Vocabulary) -> Notice:
    """That a rate has reached its recommended value, and what would follow."""
    metric = Metric(alert.metric)
    texts = CATEGORY_TEXTS[Category(metric)]
    words = words_of(vocabulary) | words_of_limits(alert.measured) | {"metric": texts.name}
    return Notice(
        subject=Headline(
            f"SES {texts.name} of ", readable(alert.scope), f": early warning, at {percent_of(alert.measured.window)}"
        ),
        title=Headline("", readable(alert.scope), f": {texts.name} early warning"),
        also="",
        sections=(
            Section(Part.WHY, (Text(WARNING_CAUSE.format_map(words)), Text(texts.about.format_map(words)))),
            Section(Part.NUMBERS, (Rows(rows_of_rate(METRICS[metric], alert.measured, words)),)),
            Section(Part.ADVICE, (Points(texts.advice),)),
            Section(Part.NEXT, (Text(WARNING_NEXT.format_map(words)),)),
        ),
        account=alert.account,
        region=alert.region,
        time=alert.time,
        alert=alert.id,
    )


def ses_notice(alert: SesAlert, vocabulary: Vocabulary) -> Notice:
    """What SES says of the account, and what that means."""
    verdict, told = alert.verdict_after, alert.verdict_after.enforcement
    status = ENFORCEMENTS.get(told, "SES says of this account: {told}.") if told else "SES did not tell its status."
    # That SES sees no problem is no reason for anything.
    stopped = verdict.sending_enabled is False and told != Enforcement.SHUTDOWN
    causes = [*([SENDING_OFF] if stopped else []), *([] if stopped and told == Enforcement.HEALTHY else [status])]
    words = words_of(vocabulary) | {"told": told or ""}
    trouble = told != Enforcement.HEALTHY or verdict.sending_enabled is False
    return Notice(
        subject=Headline("SES's own status of ", readable(alert.scope), f": {alert.before} -> {alert.after}"),
        title=Headline("", readable(alert.scope), f": SES's own status {alert.before} -> {alert.after}"),
        also="",
        sections=(
            Section(Part.WHY, tuple(Text(cause.format_map(words)) for cause in causes)),
            Section(Part.NUMBERS, (Rows(tuple(_rows_of_verdict(alert))),)),
            *([Section(Part.ADVICE, (Points(SES_ADVICE),))] if trouble else []),
            Section(Part.NEXT, (Text(SES_NEXT),)),
        ),
        account=alert.account,
        region=alert.region,
        time=alert.time,
        alert=alert.id,
    )


def _rows_of_verdict(alert: SesAlert) -> Iterator[Row]:
    verdict = alert.verdict_after
    yield Row("Status at SES", verdict.enforcement or "not known")
    yield Row("Sending", {True: "on", False: "off", None: "not known"}[verdict.sending_enabled])
    for metric, rate in ((Metric.BOUNCE_RATE, verdict.bounce_rate), (Metric.COMPLAINT_RATE, verdict.complaint_rate)):
        if rate:
            yield Row(METRICS[metric].name.capitalize(), f"{percent(rate.rate)} (SES's own, {moment(rate.time)})")
    if verdict.daily_quota is not None and verdict.sent_last_day is not None:
        yield Row("Sent in 24 hours", f"{verdict.sent_last_day:,} of {verdict.daily_quota:,}")


def summary_notice(alert: SummaryAlert, vocabulary: Vocabulary) -> Notice:
    """How everything stands."""
    status = Status(alert.account_standing.status)
    return Notice(
        subject=Headline(
            "SES Reputation: the week's summary, ", readable(alert.scope), f" {STATUS_NAMES[vocabulary][status]}"
        ),
        title=Headline("The week's summary: ", readable(alert.scope), f" {STATUS_NAMES[vocabulary][status]}"),
        also=other_name(status, vocabulary),
        sections=(
            Section(Part.ACCOUNT, (Rows(tuple(_rows_of_account(alert.account_standing, vocabulary))),)),
            Section(Part.SCOPES, tuple(_statuses(alert.statuses, vocabulary))),
            Section(Part.FINDINGS, tuple(_findings(alert, vocabulary))),
            Section(Part.NEXT, (Text(SUMMARY_NEXT),)),
        ),
        account=alert.account,
        region=alert.region,
        time=alert.time,
        alert=alert.id,
    )


def _rows_of_account(account: ScopeDocument, vocabulary: Vocabulary) -> Iterator[Row]:
    yield Row("Status", STATUS_NAMES[vocabulary][Status(account.status)])
    rates = {Metric.BOUNCE_RATE: account.bounce_rate, Metric.COMPLAINT_RATE: account.complaint_rate}
    for metric, rate in rates.items():
        yield Row(METRICS[metric].name.capitalize(), "too little mail to judge" if rate is None else percent(rate))


def _statuses(statuses: dict[str, int], vocabulary: Vocabulary) -> Iterator[Block]:
    for status in reversed(Status):
        if number := statuses.get(status):
            yield Entry(STATUS_NAMES[vocabulary][status], (f"{number:,}",))


def _findings(alert: SummaryAlert, vocabulary: Vocabulary) -> Iterator[Block]:
    for scope in alert.scopes:
        for finding in scope.findings:
            yield Entry(readable(scope.scope), tuple(_facts(finding, vocabulary)))
    if not alert.scopes:
        yield Text(SUMMARY_QUIET)
    if alert.not_listed:
        yield Text(SUMMARY_NOT_LISTED.format(more=alert.not_listed))


def _facts(finding: FindingDocument, vocabulary: Vocabulary) -> Iterator[str]:
    yield CATEGORY_TEXTS[Category(finding.category)].name
    name = name_of_finding(Status(finding.status), vocabulary, suspected=finding.suspected)
    yield name + (" for good" if finding.permanent else "")
    if finding.waits_since:
        yield f"waits for a decision since {day(finding.waits_since)}"
    elif finding.period and finding.status in {Status.PROBATION, Status.ALMOST_HEALED}:
        yield f"ends {day(finding.period.ends)}"
    yield f"finding {finding.id}"
