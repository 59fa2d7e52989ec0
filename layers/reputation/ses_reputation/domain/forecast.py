"""Forecasts: when a rate will pass its limit, and how much clean mail brings it down.

Exact, under a stated assumption: mail goes on as it did in the last day, or in the whole window if that is shorter (for
clean mail: without a single bounce or complaint), while the window moves along: new mail pushes the oldest hours out.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate
from operator import add

from msgspec import Struct

from ses_reputation.domain.limits import Bound, Limits
from ses_reputation.domain.rates import WeekSums, Window

# A day has every hour of the day in it, and little that is no longer true.
TREND = timedelta(days=1)


class Forecast(Struct, frozen=True):
    """Where a rate is heading.

    `limit_passed` is when it passes its limit if mail goes on at the present pace; None if it is over it already, or
    would not pass it within the time that counts. The other two are how many recipients without a bounce (or
    complaint, at providers that send them) bring it back within the limit, and within the recommended value; 0 if it is
    there, None if no amount does.
    """

    limit_passed: datetime | None
    clean_to_limit: int | None
    clean_to_recommended: int | None


def forecast(window: Window, limits: Limits, now: datetime, horizon: timedelta) -> Forecast:
    """Where the rate over a window is heading, looking no further ahead than the horizon."""
    held = _newest(window)
    passed: datetime | None = None
    day = sum(hour.hour >= now - TREND for hour in window.hours)
    if day and not limits.limit.exceeded_by(held[-1].count, held[-1].eligible):
        pace = _Coming(held[day], each=_seconds_of(window, day, now))
        seconds = _steps(window, held, pace, limits.limit, over=True)
        if seconds is not None and seconds <= horizon.total_seconds():
            passed = now + timedelta(seconds=seconds)
    return Forecast(
        limit_passed=passed,
        clean_to_limit=_steps(window, held, _CLEAN, limits.limit, over=False),
        clean_to_recommended=_steps(window, held, _CLEAN, limits.recommended, over=False),
    )


def _seconds_of(window: Window, day: int, now: datetime) -> int:
    """How long it took to send the newest hours of a window: a day, unless the window was full after less."""
    full = window.span.volume is not None and day == len(window.hours) and window.rate.volume >= window.span.volume
    taken = now - window.hours[-1].hour if full else TREND
    return max(int(taken.total_seconds()), 1)


class _Mail(Struct, frozen=True, gc=False):
    """What some mail adds to a rate's count, in hundredths to its denominator, and to its window."""

    count: int = 0
    hundredths: int = 0
    volume: int = 0

    @property
    def eligible(self) -> int:
        """What it adds to the denominator."""
        return self.hundredths // 100


class _Coming(Struct, frozen=True):
    """The mail that comes in each so many steps, evenly."""

    mail: _Mail
    each: int


# A step is a recipient.
_CLEAN = _Coming(_Mail(hundredths=100, volume=1), each=1)


def _newest(window: Window) -> list[_Mail]:
    """What the newest 0, 1, 2, ... hours of a window hold together."""
    held = [_Mail()]
    for part in window.hours:
        newer = held[-1]
        held.append(_Mail(newer.count + part.count, newer.hundredths + part.hundredths, newer.volume + part.volume))
    return held


def _steps(window: Window, held: list[_Mail], coming: _Coming, bound: Bound, *, over: bool) -> int | None:
    """The first whole number of steps after which the rate is over the bound, or is not; None if there is none.

    While the same hours stay in the window, the rate's excess over the bound grows evenly, so the answer is a division;
    with each hour that drops out, a new such stretch begins. Of a week it takes the hours only if one of them might be
    the answer.
    """
    for stretch in _stretches(window, held, coming, over=over):
        first, last, staying = stretch.first, stretch.last, stretch.staying
        if last is not None and last <= first:
            continue
        # Without eligible mail there is no rate, and so none over a bound.
        if stretch.is_exact and staying.eligible <= 0 and coming.mail.eligible <= 0:
            continue
        step = _first_step(first, staying, coming, bound, over=over)
        if step is None or (last is not None and step >= last):
            continue
        if stretch.is_exact:
            return step
        opened = window.opened()
        return _steps(opened, _newest(opened), coming, bound, over=over)
    return None


class _Stretch(Struct, frozen=True, gc=False):
    """The steps from which, and up to which, the same mail stays in the window.

    Where it is not exact, hours of weeks drop out one by one, and no more stays than this, as far as an answer is
    wanted.
    """

    first: int
    last: int | None
    staying: _Mail
    is_exact: bool = True


def _stretches(window: Window, held: list[_Mail], coming: _Coming, *, over: bool) -> Iterator[_Stretch]:
    """The stretches of a window, one after the other. Of a window of hours all of them are exact.

    `measure` adds hours until the volume is held. So the newest hours stay for as long as they are needed to hold it
    together with the new mail.
    """
    volume = window.span.volume
    if volume is None or coming.mail.volume <= 0:
        yield _Stretch(0, None, held[-1])
        return

    def enough(volume_held: int) -> int:
        """The step at which the new mail and so much of the old are enough."""
        return -((volume_held - volume) * coming.each // coming.mail.volume)

    volumes = [mail.volume for mail in held]
    tops = [part.volume_gained if isinstance(part, WeekSums) else part.volume for part in window.hours]
    # The most that any of the newest hours hold: an hour that only takes mail back holds less than those before it. Of
    # those within a week it is only known that it is no less than `most` and no more than `at_most`.
    most = list(accumulate(volumes, max))
    at_most = list(accumulate([0, *map(add, volumes, tops)], max))
    first = 0
    for hours in range(len(held) - 1, 0, -1):
        part, newer = window.hours[hours - 1], held[hours - 1]
        # The step at which the new mail and fewer hours are enough. Where these are so already, the stretch is empty.
        without = max(first, enough(most[hours - 1]))
        if isinstance(part, WeekSums):
            # As long as it is needed in whole, and then while its hours drop out.
            needed, at_best = at_most[hours], _at_best(newer, part, over=over)
        else:
            needed, at_best = at_most[hours - 1], held[hours]
        # Not before the stretch begins: hours that were opened may hold more than the window needs, where something was
        # counted since their week was added up.
        whole_until = max(first, enough(needed))
        yield _Stretch(first, min(whole_until, without), held[hours])
        yield _Stretch(whole_until, without, at_best, is_exact=False)
        first = without
    yield _Stretch(first, None, held[0])


def _at_best(newer: _Mail, week: WeekSums, *, over: bool) -> _Mail:
    """The most that may stay of a week and what is newer, for a rate that is to be over a bound; else the least."""
    if over:
        return _Mail(newer.count + week.count, newer.hundredths - week.lost)
    return _Mail(newer.count, newer.hundredths + week.gained)


def _first_step(first: int, staying: _Mail, coming: _Coming, bound: Bound, *, over: bool) -> int | None:
    """The first step from `first` on at which what stays and what comes are together over the bound, or are not."""
    limit, mail = bound.value, coming.mail
    excess = (staying.count * limit.denominator - staying.eligible * limit.numerator) * coming.each
    growth = mail.count * limit.denominator - mail.eligible * limit.numerator
    # Over is an excess of at least 1, or of at least 0 where the bound itself is over already. Signs are turned so that
    # "there" is an excess of at least `least` in both directions.
    if not over:
        excess, growth = -excess, -growth
    least = int(bound.inclusive != over)
    missing = least - (excess + growth * first)
    if missing <= 0:
        return first
    if growth <= 0:
        return None
    return first + -(-missing // growth)
