"""The past of a scope: its rates as they stood at other moments, its statuses, and its mail day by day."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from functools import reduce
from heapq import heappop, heappush
from operator import add

from msgspec import Struct
from msgspec.structs import astuple, replace

from ses_reputation.domain.categories import Category
from ses_reputation.domain.changes import Change
from ses_reputation.domain.counting import hour_of
from ses_reputation.domain.eligibility import LEFT_OUT_RECIPIENTS, Measure
from ses_reputation.domain.lifecycle import METRIC_STATUS, STAGES_THAT_TIME_MOVES, Stage, Status, Trigger
from ses_reputation.domain.news import News
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import ELIGIBLE, HourCounts, HourSums, Metric, Rate, VolumeSource
from ses_reputation.domain.standing import Standing, next_full_hour

# What a chart, and a table, can show.
MOST_MOMENTS = 120
MOST_PROVIDERS = 12

_HOUR = timedelta(hours=1)


class Ruling(Struct, frozen=True):
    """From when on mail counted in a metric's rates, after the moment `decided` and until the next ruling.

    Mail before the floor is in no rate. `since` is from when the finding that was open counts, None without one;
    `moves` whether time could still move it.
    """

    decided: datetime
    floor: datetime | None = None
    since: datetime | None = None
    moves: bool = True


class RatePoint(Struct, frozen=True, gc=False):
    """A metric's rates as they stood at a moment: over the window, and over the mail that an open finding counts."""

    time: datetime
    window: Rate
    since: Rate | None = None

    @property
    def deciding(self) -> Rate:
        """The rate that the status depended on."""
        return self.since or self.window


class StatusSpan(Struct, frozen=True):
    """A time in which a metric had one status; `start` None is from before anything is known."""

    start: datetime | None
    end: datetime
    status: Status


class MailCounts(Struct, frozen=True):
    """Some mail, in recipients; complaints are notifications. `sent` is what a rate would be divided by."""

    sent: int = 0
    delivered: int = 0
    hard_bounced: int = 0
    soft_bounced: int = 0
    complained: int = 0
    delayed: int = 0

    def __add__(self, other: "MailCounts") -> "MailCounts":
        """Both together."""
        return MailCounts(*map(add, astuple(self), astuple(other)))


class DayCounts(Struct, frozen=True):
    """The mail of one day of some time zone. An hour is of the day in which it begins."""

    day: date
    mail: MailCounts


class ProviderCounts(Struct, frozen=True):
    """The mail to one mailbox provider; None stands for all others together."""

    provider: str | None
    mail: MailCounts


def rates_over_time(
    newest_first: Iterable[HourCounts],
    moments: Iterable[datetime],
    metric: Metric,
    policy: Policy,
    rulings: Sequence[Ruling] = (),
) -> list[RatePoint]:
    """A metric's rates as they stood at each of these moments, and whenever something was decided between them.

    They are of the hours that began before the moment, the oldest first. Each is what `rates.measure` would have said
    then, by today's policy. The hours are read once, and no further back than is needed.
    """
    told = sorted(rulings, key=lambda ruling: ruling.decided)
    wanted_at = sorted(set(moments))
    # Without these, what led to a decision could be missing: after it, other mail may count.
    decided = {r.decided for r in told if wanted_at and wanted_at[0] < r.decided < wanted_at[-1]}
    wanted_then = [_wanted_then(moment, policy, told) for moment in sorted({*wanted_at, *decided})]
    wanted = [each for both in wanted_then for each in both if each]
    rates = iter(_measured(newest_first, wanted, metric, policy))
    return [RatePoint(window.before, next(rates), next(rates) if since else None) for window, since in wanted_then]


def moments_between(since: datetime, until: datetime) -> list[datetime]:
    """At most MOST_MOMENTS, at full hours that are evenly apart, and `until` as the last."""
    last = hour_of(until)
    hours = (last - since) // _HOUR
    step = max(-(-hours // (MOST_MOMENTS - 2)), 1)
    return sorted({*(last - n * _HOUR for n in range(0, hours + 1, step)), until})


class _Wanted(Struct, frozen=True, gc=False):
    """A rate that is wanted: of the hours that began before a moment, from `start` on or so far back as fills `volume`.

    `volume` None means all mail since the start.
    """

    before: datetime
    start: datetime
    volume: int | None


def _wanted_then(moment: datetime, policy: Policy, rulings: Sequence[Ruling]) -> tuple[_Wanted, _Wanted | None]:
    """Which mail was measured at a moment; what was decided at that very moment counts from the next one on."""
    oldest, volume = moment - policy.oldest_mail, policy.window_volume()
    past = [ruling for ruling in rulings if ruling.decided < moment]
    floor = max((ruling.floor for ruling in past if ruling.floor), default=oldest)
    window = _Wanted(moment, max(oldest, floor), volume)
    last = past[-1] if past else None
    if last is None or last.since is None:
        return window, None
    return window, _Wanted(moment, last.since, None if last.moves else volume)


class _Read(Struct, frozen=True, gc=False):
    """What was read from the newest hour back; `start` is the last hour that had mail, `hours` how many had."""

    count: int = 0
    hundredths: int = 0
    volume: int = 0
    hours: int = 0
    start: datetime | None = None

    def and_also(self, hour: HourSums) -> "_Read":
        """What was read with one more hour."""
        mail = hour.volume > 0
        return _Read(
            self.count + hour.count,
            self.hundredths + hour.hundredths,
            self.volume + hour.volume,
            self.hours + mail,
            hour.hour if mail else self.start,
        )


def _measured(
    newest_first: Iterable[HourCounts], wanted: Sequence[_Wanted], metric: Metric, policy: Policy
) -> list[Rate]:
    """The rates that are wanted, given in the order of time, in one pass over the hours.

    A rate is over what was read when its span closed, less what had been read when it opened. Spans close at their
    start, or with the hour that fills them: the one that is next is always on top of a heap.
    """
    rates = [Rate(metric)] * len(wanted)
    coming = list(range(len(wanted)))
    opened: dict[int, _Read] = {}
    by_start: list[tuple[float, int]] = []
    by_volume: list[tuple[int, int]] = []
    read = _Read()
    with_mail = _Read()  # Up to the last hour that had mail: bounces from before that have nothing to be divided by.

    def close(number: int) -> None:
        if before := opened.pop(number, None):
            rates[number] = _rate(metric, before, with_mail)

    for hour in newest_first:
        while coming and wanted[coming[-1]].before > hour.hour:
            number = coming.pop()
            opened[number], one = read, wanted[number]
            heappush(by_start, (-one.start.timestamp(), number))
            if one.volume is not None:
                heappush(by_volume, (read.volume + one.volume, number))
        while by_start and wanted[by_start[0][1]].start > hour.hour:
            close(heappop(by_start)[1])
        while by_volume and by_volume[0][0] <= read.volume:
            close(heappop(by_volume)[1])
        if not coming and not opened:
            break
        read = read.and_also(hour.sums(metric, policy.volume_source, policy.feedback_loops))
        if read.start == hour.hour:
            with_mail = read
    for number in list(opened):
        close(number)
    return rates


def _rate(metric: Metric, opened: _Read, closed: _Read) -> Rate:
    """The rate over what was read in between."""
    if closed.hours <= opened.hours:
        return Rate(metric)
    return Rate(
        metric=metric,
        count=closed.count - opened.count,
        eligible=max((closed.hundredths - opened.hundredths) // 100, 0),
        start=closed.start,
        hours=closed.hours - opened.hours,
        volume=max(closed.volume - opened.volume, 0),
    )


def rulings_of(news: Iterable[News], standing: Standing, metric: Metric) -> list[Ruling]:
    """What was decided about which mail counts in a metric's rates, the oldest first, as far as these news tell.

    What they don't tell is taken from the standing, as if it had been decided when it begins to count: a finding, or a
    floor, from before the oldest piece of news, and when SES itself began to measure a configuration set anew. Of that
    only the last one is known.
    """
    told = _changes_of(news, metric)
    rulings: list[Ruling] = []
    changed_since: dict[str, datetime] = {}
    for piece in told:
        finding = piece.finding
        if finding.changes:
            changed_since[finding.id] = finding.changes.since
        floor = _floor(piece, changed_since.get(finding.id))
        ended = piece.after is Stage.RESOLVED
        moves = piece.after in STAGES_THAT_TIME_MOVES
        rulings.append(Ruling(piece.time, floor, None if ended else finding.since, moves))
    return _with_present(rulings, standing, metric)


def floors_of(rulings: Iterable[Ruling]) -> list[tuple[datetime, datetime]]:
    """When it was decided that only newer mail counts, and from when on that does."""
    return [(ruling.decided, ruling.floor) for ruling in rulings if ruling.floor]


def _changes_of(news: Iterable[News], metric: Metric) -> list[Change]:
    """What has happened to a metric's findings, the oldest first."""
    changes = [piece for piece in news if isinstance(piece, Change) and piece.category.metric is metric]
    return sorted(changes, key=lambda piece: (piece.time, piece.finding.revision))


def _floor(piece: Change, changed_since: datetime | None) -> datetime | None:
    """The floor that a change has set, None if it has set none: see `assessment` and `decisions`."""
    match piece.trigger:
        case Trigger.ACCEPTED_AND_COUNTED_ANEW:
            # The finding no longer knows what was accepted. It counts from there on, unless it began later.
            return next_full_hour(changed_since) if changed_since else piece.finding.since
        case Trigger.HEALED | Trigger.REINSTATED_ON_PROBATION:
            return piece.finding.since
        case Trigger.LIFTED | Trigger.REINSTATED:
            return next_full_hour(piece.time)
        case _:
            return None


def _with_present(rulings: list[Ruling], standing: Standing, metric: Metric) -> list[Ruling]:
    """The rulings, with what holds now and none of them tells."""
    finding, floor = standing.findings.get(Category(metric)), standing.metric(metric).floor
    if finding and not any(ruling.since == finding.since for ruling in rulings):
        rulings = [*rulings, Ruling(finding.since, None, finding.since, finding.stage in STAGES_THAT_TIME_MOVES)]
    if floor and not any(ruling.floor == floor for ruling in rulings):
        before = [ruling for ruling in rulings if ruling.decided <= floor]
        fresh = replace(before[-1], decided=floor, floor=floor) if before else Ruling(floor, floor)
        rulings = [*rulings, fresh]
    return sorted(rulings, key=lambda ruling: ruling.decided)


def statuses_over_time(news: Iterable[News], standing: Standing, metric: Metric, now: datetime) -> list[StatusSpan]:
    """The statuses that a metric has had, up to now, the oldest first; times of the same status are one.

    The first is from before the oldest piece of news.
    """
    told = _changes_of(news, metric)
    before = METRIC_STATUS[told[0].before] if told else standing.metric_status(metric)
    moves = [(piece.time, METRIC_STATUS[piece.after]) for piece in told]
    spans: list[StatusSpan] = []
    start: datetime | None = None
    for time, status in moves:
        if status is not before:
            spans.append(StatusSpan(start, time, before))
            start, before = time, status
    return [*spans, StatusSpan(start, now, before)]


def days(
    newest_first: Iterable[HourCounts], since: datetime, now: datetime, zone: tzinfo, source: VolumeSource
) -> list[DayCounts]:
    """The mail of each day of a time zone, from the whole day of one moment to that of another, the oldest first.

    Days without mail are there, with nothing.
    """
    first, last = since.astimezone(zone).date(), now.astimezone(zone).date()
    tallies: dict[date, Counter[str]] = {first + timedelta(days=n): Counter() for n in range((last - first).days + 1)}
    for hour in newest_first:
        day = hour.hour.astimezone(zone).date()
        if day < first:
            break
        if day <= last:
            for _, field, n in _mail_of(hour, source):
                tallies[day][field] += n
    return [DayCounts(day, _counts(tally)) for day, tally in tallies.items()]


def by_provider(hours: Iterable[HourCounts], source: VolumeSource) -> list[ProviderCounts]:
    """The mail to each mailbox provider, the most first; behind MOST_PROVIDERS of them all others are one.

    Recipients that are in no rate are left out.
    """
    tallies: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for hour in hours:
        for provider, field, n in _mail_of(hour, source):
            tallies[provider][field] += n
    counted = [ProviderCounts(provider, _counts(tally)) for provider, tally in tallies.items()]
    counted.sort(key=lambda one: (-one.mail.sent, -one.mail.hard_bounced, one.provider))
    if len(counted) <= MOST_PROVIDERS + 1:
        return counted
    rest = reduce(add, (one.mail for one in counted[MOST_PROVIDERS:]))
    return [*counted[:MOST_PROVIDERS], ProviderCounts(None, rest)]


# `sent` is what the source of the volume makes of several measures; the others are one each, and called as it is.
_FIELDS: Mapping[Measure, str] = {Measure(name): name for name in MailCounts.__struct_fields__ if name != "sent"}


def _mail_of(hour: HourCounts, source: VolumeSource) -> Iterator[tuple[str, str, int]]:
    """What an hour adds to which field of a provider's counts."""
    sign = ELIGIBLE[VolumeSource.STATISTICS if hour.backfilled else source]
    for (provider, measure), n in hour.counts.items():
        if provider in LEFT_OUT_RECIPIENTS:
            continue
        if measure in sign:
            yield provider, "sent", n * sign[measure]
        if measure in _FIELDS:
            yield provider, _FIELDS[measure], n


def _counts(tally: Counter[str]) -> MailCounts:
    """What was tallied. What only takes mail back that was announced before is no mail."""
    return MailCounts(**{**tally, "sent": max(tally["sent"], 0)})
