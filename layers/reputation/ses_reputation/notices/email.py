"""The e-mail about a change: subject and plain text."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from textwrap import fill

from ses_reputation.domain.lifecycle import Status, Trigger
from ses_reputation.domain.rates import Metric, VolumeSource
from ses_reputation.notices.alert import Alert, RateDocument
from ses_reputation.notices.texts import CAUSES, METRICS, NEXT, VOLUME_SOURCES

# SNS takes a subject of less than 100 printable ASCII characters.
# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
MAX_SUBJECT = 99
WIDTH = 78


def subject(alert: Alert) -> str:
    """One line that says scope, metric, before and after."""
    name = METRICS[Metric(alert.metric)].name
    before, after = f"SES {name} of ", f": {alert.before} -> {alert.after}"
    return before + _shortened(_printable(alert.scope), MAX_SUBJECT - len(before) - len(after)) + after


def body(alert: Alert) -> str:
    """Why, the numbers, what to do, and what happens next."""
    texts = METRICS[Metric(alert.metric)]
    words = {
        "metric": texts.name,
        "limit": percent(alert.limit),
        "recommended": percent(alert.recommended),
        "healing": _duration(alert.healing_hours),
        "measured_from": moment(alert.period.measured_from),
        "ends": moment(alert.period.ends),
    }
    cause = CAUSES[Trigger(alert.cause), Status(alert.before)].format_map(words)
    follows = NEXT[Status(alert.after)].format_map(words)
    trouble = alert.after not in {Status.HEALTHY, Status.ALMOST_HEALED}
    advice = [f"{n}. {line}" for n, line in enumerate(texts.advice, start=1)]
    sections = [
        f"{_printable(alert.scope)}: {texts.name} {alert.before} -> {alert.after}",
        _section("Why", [cause, *([texts.about] if trouble else [])]),
        "The numbers\n" + "\n".join(_numbers(alert)),
        _section("What to do", advice) if trouble else "",
        _section("What happens next", [follows]),
        f"AWS account {alert.account}, {alert.region}, {moment(alert.time)}. Change {alert.id}.",
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def percent(fraction: str | Fraction) -> str:
    """A fraction in percent, with no more digits than it has, and at most three behind the point."""
    exact = Fraction(fraction) * 100
    return f"{(Decimal(exact.numerator) / exact.denominator).quantize(Decimal('0.001')).normalize():f} %"


def moment(time: datetime) -> str:
    """A time as people read it."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _numbers(alert: Alert) -> list[str]:
    texts = METRICS[Metric(alert.metric)]
    rows = [(texts.name.capitalize(), _rate(alert.window, texts.counted))]
    if alert.window.start:
        hours = f"{alert.window.hours:,} hours with mail, from {moment(alert.window.start)} on"
        rows += [("  measured over", hours), ("  volume", VOLUME_SOURCES[VolumeSource(alert.volume_source)])]
    if alert.since:
        rows += [(f"Since {moment(alert.period.measured_from)}", _rate(alert.since, texts.counted))]
    rows += [
        ("Limit", f"{percent(alert.limit)} (may be reached, not passed)"),
        ("Recommended", f"under {percent(alert.recommended)}"),
        ("Probation", f"{moment(alert.period.opened)} to {moment(alert.period.ends)}"),
    ]
    return [f"  {label:<23} {value}" for label, value in rows]


def _rate(rate: RateDocument, counted: str) -> str:
    volume = f"{rate.count:,} {counted} in {rate.eligible:,} recipients"
    return f"{percent(Fraction(rate.count, rate.eligible))} ({volume})" if rate.eligible > 0 else f"none yet ({volume})"


def _section(title: str, paragraphs: list[str]) -> str:
    lines = [fill(p, WIDTH, initial_indent="  ", subsequent_indent="  ") for p in paragraphs]
    return "\n".join([title, *lines])


def _duration(hours: int) -> str:
    days, rest = divmod(hours, 24)
    return f"{hours} hours" if rest or not days else f"{days} day{'s' if days > 1 else ''}"


def _printable(text: str) -> str:
    return "".join(c if " " <= c <= "~" else "?" for c in text)


def _shortened(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    head = (length - 3) // 2
    return f"{text[:head]}...{text[len(text) - (length - 3 - head) :]}"
