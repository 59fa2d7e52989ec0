"""The e-mail about a change: subject and plain text."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from textwrap import fill

from ses_reputation.domain.lifecycle import Status, Trigger
from ses_reputation.domain.rates import Metric, VolumeSource
from ses_reputation.notices.alert import Alert, RateDocument
from ses_reputation.notices.texts import CAUSES, METRICS, NEXT, VOLUME_SOURCES, MetricTexts

# SNS takes a subject of less than 100 printable ASCII characters.
# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
MAX_SUBJECT = 99
WIDTH = 74


def subject(alert: Alert) -> str:
    """One line that says scope, metric, before and after."""
    name = METRICS[Metric(alert.metric)].name
    before, after = f"SES {name} of ", f": {alert.before} -> {alert.after}"
    return before + _shortened(printable(alert.scope), MAX_SUBJECT - len(before) - len(after)) + after


def body(alert: Alert) -> str:
    """Why, the numbers, what to do, and what happens next."""
    texts = METRICS[Metric(alert.metric)]
    words = {
        "metric": texts.name,
        "limit": percent(alert.limit),
        "recommended": percent(alert.recommended),
        "steady": _duration(alert.steady_hours),
        "healing": _duration(alert.healing_hours),
        "at_worst": alert.at_worst,
        "measured_from": moment(alert.period.measured_from),
        "ends": moment(alert.period.ends),
    }
    cause = CAUSES[Trigger(alert.cause), Status(alert.before)].format_map(words)
    follows = NEXT[Status(alert.after)].format_map(words)
    trouble = alert.after not in {Status.HEALTHY, Status.ALMOST_HEALED}
    sections = [
        f"{printable(alert.scope)}: {texts.name} {alert.before} -> {alert.after}",
        _section("Why", [cause, *([texts.about] if trouble else [])]),
        "The numbers\n" + "\n".join(_numbers(alert)),
        _list("What to do", texts.advice) if trouble else "",
        _section("What happens next", [follows]),
        f"AWS account {alert.account}, {alert.region}, {moment(alert.time)}\nChange {alert.id}",
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def percent(fraction: str | Fraction) -> str:
    """A fraction in percent: two digits behind the point, three under 1 %, and none that say nothing."""
    exact = Fraction(fraction) * 100
    places = Decimal("0.01") if exact >= 1 else Decimal("0.001")
    return f"{(Decimal(exact.numerator) / exact.denominator).quantize(places).normalize():f} %"


def moment(time: datetime) -> str:
    """A time as people read it."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def printable(text: str) -> str:
    """The text with a question mark for everything that SNS takes in no subject and no attribute."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)


def _numbers(alert: Alert) -> list[str]:
    texts = METRICS[Metric(alert.metric)]
    window = [(texts.name.capitalize(), _rate(alert.window, texts))]
    if alert.window.start:
        hours = f"{alert.window.hours:,} hours with mail since {moment(alert.window.start)}"
        window += [("  measured over", hours), ("  volume", VOLUME_SOURCES[VolumeSource(alert.volume_source)])]
    rows = window
    if alert.since:
        # On probation this is the rate that counts, so it comes first.
        since = f"mail since {moment(alert.period.measured_from)}, in the probation"
        rows = [(texts.name.capitalize(), _rate(alert.since, texts)), ("  measured over", since)]
        rows += [("Over the window", window[0][1]), *window[1:]]
    rows += [
        ("Limit", f"{percent(alert.limit)} (may be reached, not passed)"),
        ("Recommended", f"under {percent(alert.recommended)}"),
        ("Probation", f"{moment(alert.period.opened)} to {moment(alert.period.ends)}"),
    ]
    return [f"  {label:<16} {value}" for label, value in rows]


def _rate(rate: RateDocument, texts: MetricTexts) -> str:
    volume = f"{rate.count:,} {texts.one if rate.count == 1 else texts.many} in {rate.eligible:,} recipients"
    return f"{percent(Fraction(rate.count, rate.eligible))} ({volume})" if rate.eligible > 0 else f"none yet ({volume})"


def _section(title: str, paragraphs: list[str]) -> str:
    return f"{title}\n" + "\n\n".join(fill(p, WIDTH, initial_indent="  ", subsequent_indent="  ") for p in paragraphs)


def _list(title: str, points: Sequence[str]) -> str:
    numbered = [
        fill(point, WIDTH, initial_indent=f"  {n}. ", subsequent_indent="     ") for n, point in enumerate(points, 1)
    ]
    return "\n".join([title, *numbered])


def _duration(hours: int) -> str:
    days, rest = divmod(hours, 24)
    amount, unit = (hours, "hour") if rest or not days else (days, "day")
    return f"{amount} {unit}{'' if amount == 1 else 's'}"


def _shortened(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    head = (length - 3) // 2
    return f"{text[:head]}...{text[len(text) - (length - 3 - head) :]}"
