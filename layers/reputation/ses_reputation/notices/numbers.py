"""Numbers and times as people read them, and the rows that a rate is shown in."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from ses_reputation.domain.rates import VolumeSource
from ses_reputation.notices.alert import BoundDocument, MeasuredDocument, RateDocument
from ses_reputation.notices.structure import Row
from ses_reputation.notices.texts import VOLUME_SOURCES, MetricTexts

Moments = Callable[[datetime], str]
"""How a time is written."""

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def percent(fraction: str | Fraction) -> str:
    """A fraction in percent: two digits behind the point, three under 1 %, four under 0.01 %, and no idle zeros."""
    exact = Fraction(fraction) * 100
    places = Decimal("0.01") if exact >= 1 else Decimal("0.001") if exact >= Fraction(1, 100) else Decimal("0.0001")
    return f"{(Decimal(exact.numerator) / exact.denominator).quantize(places).normalize():f} %"


def percent_of(rate: RateDocument) -> str:
    """A rate in percent; there must be mail that it is over."""
    return percent(Fraction(rate.count, rate.eligible))


def moment(time: datetime) -> str:
    """A time as people read it."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def day(time: datetime) -> str:
    """The day of a time, in UTC."""
    return f"{time.astimezone(UTC):%Y-%m-%d}"


def hours_text(hours: int) -> str:
    """A number of hours, in words."""
    return f"{hours:,} hour{'' if hours == 1 else 's'}"


def duration(hours: int) -> str:
    """A number of hours, in days if it is whole ones."""
    days, rest = divmod(hours, 24)
    if rest or not days:
        return hours_text(hours)
    return f"{days:,} day{'' if days == 1 else 's'}"


def ordinal(number: int) -> str:
    """`second` for 2."""
    return _ORDINALS[number - 1] if number <= len(_ORDINALS) else f"{number}th"


def limit_text(bound: BoundDocument) -> str:
    """A limit, and whether it may be reached."""
    return f"{percent(bound.value)} ({'must not be reached' if bound.inclusive else 'may be reached, not passed'})"


def clean_text(recipients: int, texts: MetricTexts, goal: str) -> str:
    """How much clean mail brings a rate where."""
    who, bring = ("recipient", "brings") if recipients == 1 else ("recipients", "bring")
    return f"{recipients:,} {who} {texts.clean} {bring} it {goal}"


def words_of_limits(measured: MeasuredDocument) -> dict[str, str]:
    """What the texts say of what a rate may be."""

    def over(bound: BoundDocument) -> str:
        return f"at {percent(bound.value)} or more" if bound.inclusive else f"over {percent(bound.value)}"

    limit = measured.limit
    return {
        "limit": percent(limit.value),
        "shutdown_limit": percent(measured.shutdown_limit.value),
        "recommended": percent(measured.recommended.value),
        "over_limit": over(limit),
        "over_shutdown": over(measured.shutdown_limit),
        "within_limit": f"under {percent(limit.value)}" if limit.inclusive else f"at {percent(limit.value)} or less",
    }


def rows_of_rate(
    texts: MetricTexts,
    measured: MeasuredDocument,
    words: Mapping[str, str],
    since: datetime | None = None,
    tell: Callable[[datetime], str] = moment,
) -> tuple[Row, ...]:
    """A metric's rates, limits and forecast. `since` is from when mail counts on probation, `tell` writes a time."""
    window = [Row(texts.name.capitalize(), _rate(measured.window, texts))]
    if measured.window.plain_rate is not None and measured.window.volume != measured.window.eligible:
        plain = f"{percent(Fraction(measured.window.count, measured.window.volume))} of all mail"
        window.append(Row("plain rate", f"{plain} ({measured.window.volume:,} recipients)", detail=True))
    if measured.window.start:
        hours = f"{hours_text(measured.window.hours)} with mail since {tell(measured.window.start)}"
        window.append(Row("measured over", hours, detail=True))
        window.append(Row("volume", VOLUME_SOURCES[VolumeSource(measured.volume_source)], detail=True))
    rows = window
    if measured.since and since:
        # On probation this is the rate that counts, so it comes first.
        mail = f"mail since {tell(since)}, in the {words['probation']}"
        rows = [Row(texts.name.capitalize(), _rate(measured.since, texts)), Row("measured over", mail, detail=True)]
        rows += [Row("Over the window", window[0].value), *window[1:]]
    rows.append(Row("Limit", limit_text(measured.limit)))
    if measured.shutdown_limit != measured.limit:
        rows.append(Row("for a {shutdown}".format_map(words), limit_text(measured.shutdown_limit), detail=True))
    rows.append(Row("Recommended", f"under {percent(measured.recommended.value)}"))
    rows += [Row("" if number else "Forecast", line) for number, line in enumerate(_outlook(texts, measured, tell))]
    return tuple(rows)


def _outlook(texts: MetricTexts, measured: MeasuredDocument, tell: Callable[[datetime], str]) -> Iterator[str]:
    """Where the rate is heading, and what would bring it down, in words; nothing where that can't be said."""
    forecast = measured.forecast
    if forecast is None:
        return
    limit, recommended = percent(measured.limit.value), percent(measured.recommended.value)
    if forecast.limit_passed:
        yield f"passes {limit} on {tell(forecast.limit_passed)}, at the present pace"
    within = f"under {limit}" if measured.limit.inclusive else f"down to {limit}"
    # Where the limit is the recommended value, there is one line to say.
    goals = {within: forecast.clean_to_limit, f"under {recommended}": forecast.clean_to_recommended}
    yield from (clean_text(clean, texts, goal) for goal, clean in goals.items() if clean)


def _rate(rate: RateDocument, texts: MetricTexts) -> str:
    volume = f"{rate.count:,} {texts.one if rate.count == 1 else texts.many} in {rate.eligible:,} {texts.eligible}"
    return f"{percent_of(rate)} ({volume})" if rate.eligible > 0 else f"none yet ({volume})"
