"""The e-mail about a change: subject and plain text."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from textwrap import fill

from ses_reputation.domain.lifecycle import Status, Trigger
from ses_reputation.domain.rates import Metric, VolumeSource
from ses_reputation.domain.verdict import Enforcement
from ses_reputation.notices.alert import (
    Alert,
    BoundDocument,
    MeasuredDocument,
    RateDocument,
    SesAlert,
    StatusAlert,
    WarningAlert,
)
from ses_reputation.notices.texts import (
    CAUSES,
    ENFORCEMENTS,
    METRICS,
    NEXT,
    SENDING_OFF,
    SES_ADVICE,
    SES_NEXT,
    TODAY,
    VOLUME_SOURCES,
    WARNING_CAUSE,
    WARNING_NEXT,
    MetricTexts,
)

# SNS takes a subject of less than 100 printable ASCII characters.
# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
MAX_SUBJECT = 99
WIDTH = 74


def subject(alert: Alert) -> str:
    """One line that says what it is about, and what has changed."""
    match alert:
        case StatusAlert():
            before = f"SES {METRICS[Metric(alert.metric)].name} of "
            after = f": {alert.before} -> {alert.after}"
        case WarningAlert():
            before = f"SES {METRICS[Metric(alert.metric)].name} of "
            after = f": early warning, at {_percent_of(alert.measured.window)}"
        case SesAlert():
            before, after = "SES's own status of ", f": {alert.before} -> {alert.after}"
    return before + _shortened(printable(alert.scope), MAX_SUBJECT - len(before) - len(after)) + after


def body(alert: Alert) -> str:
    """Why, the numbers, what to do, and what happens next."""
    match alert:
        case StatusAlert():
            sections = _status_sections(alert)
        case WarningAlert():
            sections = _warning_sections(alert)
        case SesAlert():
            sections = _ses_sections(alert)
    signature = f"AWS account {alert.account}, {alert.region}, {moment(alert.time)}\nAlert {alert.id}"
    return "\n\n".join(section for section in (*sections, signature) if section) + "\n"


def _status_sections(alert: StatusAlert) -> list[str]:
    texts = METRICS[Metric(alert.metric)]
    words = {
        **_words_of_limits(texts, alert.measured),
        "steady": _duration(alert.steady_hours),
        "healing": _duration(alert.healing_hours),
        "at_worst": alert.at_worst,
        "measured_from": moment(alert.period.measured_from),
        "ends": moment(alert.period.ends),
    }
    cause = CAUSES[Trigger(alert.cause), Status(alert.before)].format_map(words)
    follows = NEXT[Status(alert.after)].format_map(words)
    trouble = alert.after not in {Status.HEALTHY, Status.ALMOST_HEALED}
    today = TODAY.get(Status(alert.after))
    period = ("Probation", f"{moment(alert.period.opened)} to {moment(alert.period.ends)}")
    return [
        f"{printable(alert.scope)}: {texts.name} {alert.before} -> {alert.after}"
        + (f"\n(SES's console calls this: {today})" if today else ""),
        _section("Why", [cause, *([texts.about] if trouble else [])]),
        _numbers([*_measured(texts, alert.measured, since=moment(alert.period.measured_from)), period]),
        _list("What to do", texts.advice) if trouble else "",
        _section("What happens next", [follows]),
    ]


def _warning_sections(alert: WarningAlert) -> list[str]:
    texts = METRICS[Metric(alert.metric)]
    words = _words_of_limits(texts, alert.measured)
    return [
        f"{printable(alert.scope)}: {texts.name} early warning",
        _section("Why", [WARNING_CAUSE.format_map(words), texts.about]),
        _numbers(_measured(texts, alert.measured)),
        _list("What to do", texts.advice),
        _section("What happens next", [WARNING_NEXT.format_map(words)]),
    ]


def _ses_sections(alert: SesAlert) -> list[str]:
    verdict = alert.verdict_after
    told = verdict.enforcement
    status = ENFORCEMENTS.get(told, f"SES says of this account: {told}.") if told else "SES did not tell its status."
    # That SES sees no problem is no reason for anything.
    stopped = verdict.sending_enabled is False and told != Enforcement.SHUTDOWN
    causes = [*([SENDING_OFF] if stopped else []), *([] if stopped and told == Enforcement.HEALTHY else [status])]
    sending = {True: "on", False: "off", None: "not known"}[verdict.sending_enabled]
    rows = [("Status at SES", verdict.enforcement or "not known"), ("Sending", sending)]
    for metric, rate in ((Metric.BOUNCE_RATE, verdict.bounce_rate), (Metric.COMPLAINT_RATE, verdict.complaint_rate)):
        if rate:
            rows.append((METRICS[metric].name.capitalize(), f"{percent(rate.rate)} (SES's own, {moment(rate.time)})"))
    if verdict.daily_quota is not None and verdict.sent_last_day is not None:
        rows.append(("Sent in 24 hours", f"{verdict.sent_last_day:,} of {verdict.daily_quota:,}"))
    trouble = verdict.enforcement != Enforcement.HEALTHY or verdict.sending_enabled is False
    return [
        f"{printable(alert.scope)}: SES's own status {alert.before} -> {alert.after}",
        _section("Why", causes),
        _numbers(rows),
        _list("What to do", SES_ADVICE) if trouble else "",
        _section("What happens next", [SES_NEXT]),
    ]


def percent(fraction: str | Fraction) -> str:
    """A fraction in percent: two digits behind the point, three under 1 %, four under 0.01 %, and no idle zeros."""
    exact = Fraction(fraction) * 100
    places = Decimal("0.01") if exact >= 1 else Decimal("0.001") if exact >= Fraction(1, 100) else Decimal("0.0001")
    return f"{(Decimal(exact.numerator) / exact.denominator).quantize(places).normalize():f} %"


def moment(time: datetime) -> str:
    """A time as people read it."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def hours_text(hours: int) -> str:
    """A number of hours, in words."""
    return f"{hours:,} hour{'' if hours == 1 else 's'}"


def printable(text: str) -> str:
    """The text with a question mark for everything that SNS takes in no subject and no attribute."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)


def limit_text(bound: BoundDocument) -> str:
    """A limit, and whether it may be reached."""
    return f"{percent(bound.value)} ({'must not be reached' if bound.inclusive else 'may be reached, not passed'})"


def _words_of_limits(texts: MetricTexts, measured: MeasuredDocument) -> dict[str, str]:
    def over(bound: BoundDocument) -> str:
        return f"at {percent(bound.value)} or more" if bound.inclusive else f"over {percent(bound.value)}"

    limit = measured.limit
    return {
        "metric": texts.name,
        "many": texts.many,
        "limit": percent(limit.value),
        "shutdown_limit": percent(measured.shutdown_limit.value),
        "recommended": percent(measured.recommended.value),
        "over_limit": over(limit),
        "over_shutdown": over(measured.shutdown_limit),
        "within_limit": f"under {percent(limit.value)}" if limit.inclusive else f"at {percent(limit.value)} or less",
    }


def _measured(texts: MetricTexts, measured: MeasuredDocument, since: str = "") -> list[tuple[str, str]]:
    window = [(texts.name.capitalize(), _rate(measured.window, texts))]
    if measured.window.plain_rate is not None and measured.window.volume != measured.window.eligible:
        plain = f"{percent(Fraction(measured.window.count, measured.window.volume))} of all mail"
        window += [("  plain rate", f"{plain} ({measured.window.volume:,} recipients)")]
    if measured.window.start:
        hours = f"{hours_text(measured.window.hours)} with mail since {moment(measured.window.start)}"
        window += [("  measured over", hours), ("  volume", VOLUME_SOURCES[VolumeSource(measured.volume_source)])]
    rows = window
    if measured.since:
        # On probation this is the rate that counts, so it comes first.
        mail = f"mail since {since}, in the probation"
        rows = [(texts.name.capitalize(), _rate(measured.since, texts)), ("  measured over", mail)]
        rows += [("Over the window", window[0][1]), *window[1:]]
    rows.append(("Limit", limit_text(measured.limit)))
    if measured.shutdown_limit != measured.limit:
        rows.append(("  for a shutdown", limit_text(measured.shutdown_limit)))
    rows.append(("Recommended", f"under {percent(measured.recommended.value)}"))
    return rows + [("" if number else "Forecast", line) for number, line in enumerate(_outlook(texts, measured))]


def _outlook(texts: MetricTexts, measured: MeasuredDocument) -> Iterator[str]:
    """Where the rate is heading, and what would bring it down, in words; nothing where that can't be said."""
    forecast = measured.forecast
    if forecast is None:
        return
    limit, recommended = percent(measured.limit.value), percent(measured.recommended.value)
    if forecast.limit_passed:
        yield f"passes {limit} on {moment(forecast.limit_passed)}, at the present pace"
    within = f"under {limit}" if measured.limit.inclusive else f"down to {limit}"
    # Where the limit is the recommended value, there is one line to say.
    goals = {within: forecast.clean_to_limit, f"under {recommended}": forecast.clean_to_recommended}
    yield from (clean_text(clean, texts, goal) for goal, clean in goals.items() if clean)


def clean_text(recipients: int, texts: MetricTexts, goal: str) -> str:
    """How much clean mail brings a rate where."""
    who, bring = ("recipient", "brings") if recipients == 1 else ("recipients", "bring")
    return f"{recipients:,} {who} {texts.clean} {bring} it {goal}"


def _rate(rate: RateDocument, texts: MetricTexts) -> str:
    volume = f"{rate.count:,} {texts.one if rate.count == 1 else texts.many} in {rate.eligible:,} {texts.eligible}"
    return f"{_percent_of(rate)} ({volume})" if rate.eligible > 0 else f"none yet ({volume})"


def _percent_of(rate: RateDocument) -> str:
    return percent(Fraction(rate.count, rate.eligible))


def _numbers(rows: Sequence[tuple[str, str]]) -> str:
    """Label and value in two columns; a long value goes on below itself."""
    lines = ["The numbers"]
    for label, value in rows:
        lines.append(_filled(value, f"  {label:<16} ", " " * 19))
    return "\n".join(lines)


def _section(title: str, paragraphs: list[str]) -> str:
    return f"{title}\n" + "\n\n".join(_filled(paragraph, "  ", "  ") for paragraph in paragraphs)


def _list(title: str, points: Sequence[str]) -> str:
    numbered = [_filled(point, f"  {n}. ", "     ") for n, point in enumerate(points, 1)]
    return "\n".join([title, *numbered])


def _filled(text: str, first: str, rest: str) -> str:
    """The text in lines, which part no number from its percent sign."""
    kept = text.replace(" %", "\u00a0%")
    return fill(kept, WIDTH, initial_indent=first, subsequent_indent=rest).replace("\u00a0", " ")


def _duration(hours: int) -> str:
    days, rest = divmod(hours, 24)
    amount, unit = (hours, "hour") if rest or not days else (days, "day")
    return f"{amount} {unit}{'' if amount == 1 else 's'}"


def _shortened(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    head = (length - 3) // 2
    return f"{text[:head]}...{text[len(text) - (length - 3 - head) :]}"
