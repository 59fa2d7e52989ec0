"""Explanations: the arithmetic of a rate, line by line, so that a person can check it with a pencil."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import takewhile

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.domain.assessment import Windows, measured, windows
from ses_reputation.domain.eligibility import (
    BOUNCE_RULES,
    COMPLAINT_RULES,
    LEFT_OUT_RECIPIENTS,
    RECIPIENT_RULES,
    RULES,
    BounceRule,
    ComplaintRule,
    Measure,
    Rule,
)
from ses_reputation.domain.feedback_loops import Feedback, FeedbackLoops
from ses_reputation.domain.forecast import Forecast
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.limits import Limits
from ses_reputation.domain.outages import Outage
from ses_reputation.domain.policy import Evidence, Policy
from ses_reputation.domain.providers import OWN, SIMULATOR
from ses_reputation.domain.rates import ELIGIBLE, NUMERATOR, HourCounts, Metric, Rate, VolumeSource
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import Standing

_COUNTING_RULES: tuple[BounceRule | ComplaintRule, ...] = (*BOUNCE_RULES, *COMPLAINT_RULES)

# What else arrived, and is in no numerator.
_BESIDES = {
    Metric.BOUNCE_RATE: (Measure.SOFT_BOUNCED, Measure.NOT_ATTEMPTED),
    Metric.COMPLAINT_RATE: (Measure.NOT_SPAM, Measure.COMPLAINED_UNSENT),
}


class Line(Struct, frozen=True):
    """One line of a sum: how many of what, and by which rules. Taken away if negative."""

    what: str
    count: int
    rules: tuple[str, ...] = ()


class ProviderLine(Struct, frozen=True):
    """The mail to one mailbox provider, how much of it is in the denominator of the complaint rate, and why."""

    provider: str
    volume: int
    eligible: int
    complaints: int
    feedback: Feedback


class Calculation(Struct, frozen=True):
    """One rate: over the window, or since a probation began.

    The window holds `full_at` recipients, or all since `start`; None is for a rate since a probation began, over
    all mail since then. `volume` sums up to `rate.volume`, `providers` (of a complaint rate) to `rate.eligible`,
    `numerator` to `rate.count`; `besides` is in no numerator.
    """

    full_at: int | None
    start: datetime
    rate: Rate
    volume: tuple[Line, ...]
    providers: tuple[ProviderLine, ...]
    numerator: tuple[Line, ...]
    besides: tuple[Line, ...]


class MetricExplanation(Struct, frozen=True):
    """All that makes a metric what it is now."""

    metric: Metric
    status: Status
    evidence: Evidence
    minimum_volume: int
    minimum_count: int
    floor: datetime | None
    limits: Limits
    forecast: Forecast | None
    calculations: tuple[Calculation, ...]


class Explanation(Struct, frozen=True):
    """The present rates of a scope, the rules that were applied, and the outages whose mail was left out."""

    scope: Scope
    status: Status
    now: datetime
    source: VolumeSource
    metrics: tuple[MetricExplanation, ...]
    rules: tuple[Rule, ...]
    outages: tuple[Outage, ...] = ()


def explain(
    standing: Standing, hours: Iterable[HourCounts], now: datetime, policy: Policy, left_out: tuple[Outage, ...] = ()
) -> Explanation:
    """The arithmetic of a scope's rates at one moment. Its hours, newest first, are gone through several times.

    They know themselves what is left out of them; `left_out` are the outages that it is due to.
    """
    found = windows(standing, hours, now, policy)
    measures = measured(found, standing.scope, now, policy)
    metrics = [
        MetricExplanation(
            metric=metric,
            status=standing.metric_status(metric),
            evidence=policy.evidence(standing.scope, measures[metric].deciding),
            minimum_volume=policy.minimum_volume,
            minimum_count=policy.minimum_count(metric),
            floor=standing.metric(metric).floor,
            limits=policy.limits_of(standing.scope, metric),
            forecast=measures[metric].forecast,
            calculations=tuple(_calculations(metric, found[metric], hours, policy)),
        )
        for metric in Metric
    ]
    lines = [line for m in metrics for c in m.calculations for line in (*c.volume, *c.numerator, *c.besides)]
    applied = {name for line in lines if line.count for name in line.rules}
    return Explanation(
        scope=standing.scope,
        status=standing.status,
        now=now,
        source=policy.volume_source,
        metrics=tuple(metrics),
        rules=tuple(rule for rule in RULES if rule.name in applied),
        outages=tuple(_touching(left_out, found[Metric.BOUNCE_RATE], hours)),
    )


def _touching(outages: Iterable[Outage], found: Windows, hours: Iterable[HourCounts]) -> Iterator[Outage]:
    """The outages that have mail among the hours of a rate."""
    starts = [window.rate.start for window in (found.window, found.since) if window and window.rate.start]
    counted = _back_to(min(starts), hours) if starts else []
    for outage in outages:
        if any(outage.covers(hour.hour) and any(p == outage.provider for p, _ in hour.counts) for hour in counted):
            yield outage


def _calculations(metric: Metric, found: Windows, hours: Iterable[HourCounts], policy: Policy) -> Iterator[Calculation]:
    """The rate that decides first."""
    for window in filter(None, (found.since, found.window)):
        span = window.span
        counted = _back_to(window.rate.start, hours) if window.rate.start else []
        held = _Held(counted, policy.volume_source, metric)
        yield Calculation(
            full_at=span.volume,
            start=span.start,
            rate=window.rate,
            volume=tuple(held.volume()),
            providers=tuple(held.providers(policy.feedback_loops)) if metric is Metric.COMPLAINT_RATE else (),
            numerator=tuple(held.numerator(NUMERATOR[metric])),
            besides=tuple(held.besides(_BESIDES[metric])),
        )


def _back_to(oldest: datetime, newest_first: Iterable[HourCounts]) -> list[HourCounts]:
    return list(takewhile(lambda hour: hour.hour >= oldest, newest_first))


_Sums = Mapping[tuple[str, Measure], int]


class _Held:
    """The counts of the hours that a rate is made of, summed up: the hours of a year are gone through once."""

    def __init__(self, hours: list[HourCounts], source: VolumeSource, metric: Metric) -> None:
        self._source = source
        self._counts = {told: _sums(hour for hour in hours if hour.backfilled is told) for told in (False, True)}
        self._is_backfilled = any(hour.backfilled for hour in hours)
        outages = [hour for hour in hours if hour.in_outage] if metric is Metric.BOUNCE_RATE else []
        self._in_outage = sorted({name for hour in outages for name in hour.in_outage})
        self._outages = {
            told: _sums(_within(hour) for hour in outages if hour.backfilled is told) for told in (False, True)
        }

    def volume(self) -> Iterator[Line]:
        """What was sent, less what does not count."""
        yield from self._volume(self._source, backfilled=False)
        if self._is_backfilled:
            yield from self._volume(VolumeSource.STATISTICS, backfilled=True)

    def _volume(self, source: VolumeSource, *, backfilled: bool) -> Iterator[Line]:
        counts, outages = self._counts[backfilled], self._outages[backfilled]
        parts = ELIGIBLE[source].items()
        reported = [part for part, sign in parts if sign > 0]
        total = 0
        for part, sign in parts:
            # What is taken back is only of real recipients; what was reported is of all, and others follow below.
            n = _count(counts, part) - (0 if part in reported else _of_nobody(counts, part))
            total += sign * n
            # A source's first line is shown even when it is zero: then it says that nothing was heard from it.
            if n or part in {Measure.SENT, Measure.DELIVERED, Measure.REPORTED}:
                rules = () if part in reported else _rules(part)
                yield Line(_volume_text(part, backfilled=backfilled), sign * n, rules)
        for rule in RECIPIENT_RULES:
            if n := sum(counts.get((rule.provider, part), 0) for part in reported):
                total -= n
                yield Line(_RECIPIENTS[rule.provider], -n, (rule.name,))
        for provider in self._in_outage:
            if n := sum(sign * outages.get((provider, part), 0) for part, sign in parts):
                total -= n
                yield Line(_outage_text(provider), -n)
        if total < 0:
            yield Line("never attempted, but not reported as sent", -total)

    def providers(self, loops: FeedbackLoops) -> Iterator[ProviderLine]:
        """The mailbox providers that were sent to, or complained, the largest first."""
        volumes: dict[str, int] = {}
        complaints: dict[str, int] = {}
        for backfilled, counts in self._counts.items():
            signs = ELIGIBLE[VolumeSource.STATISTICS if backfilled else self._source]
            for (provider, part), n in counts.items():
                volumes[provider] = volumes.get(provider, 0) + n * signs.get(part, 0)
                complaints[provider] = complaints.get(provider, 0) + (n if part is Measure.COMPLAINED else 0)
        for provider in sorted(volumes, key=lambda name: (-volumes[name], name)):
            if provider not in LEFT_OUT_RECIPIENTS and (volumes[provider] or complaints[provider]):
                yield ProviderLine(
                    provider=provider,
                    volume=volumes[provider],
                    eligible=volumes[provider] * loops.percent(provider) // 100,
                    complaints=complaints[provider],
                    feedback=loops.feedback(provider),
                )

    def numerator(self, part: Measure) -> Iterator[Line]:
        """What was reported, less what does not count."""
        yield Line(_NUMERATORS[part], sum(_count(counts, part) for counts in self._counts.values()), _rules(part))
        for rule in RECIPIENT_RULES:
            if n := sum(counts.get((rule.provider, part), 0) for counts in self._counts.values()):
                yield Line(_RECIPIENTS[rule.provider], -n, (rule.name,))
        for provider in self._in_outage:
            if n := sum(counts.get((provider, part), 0) for counts in self._outages.values()):
                yield Line(_outage_text(provider), -n)

    def besides(self, parts: Iterable[Measure]) -> Iterator[Line]:
        """What was reported and is in no numerator."""
        for part in parts:
            if n := sum(_count(counts, part) for counts in self._counts.values()):
                yield Line(_BESIDES_TEXTS[part], n, _rules(part))


def _sums(hours: Iterable[HourCounts]) -> _Sums:
    sums: dict[tuple[str, Measure], int] = {}
    for hour in hours:
        for what, n in hour.counts.items():
            sums[what] = sums.get(what, 0) + n
    return sums


def _within(hour: HourCounts) -> HourCounts:
    """What is left out of an hour because of an outage."""
    return replace(hour, counts={(p, m): n for (p, m), n in hour.counts.items() if p in hour.in_outage})


def _count(counts: _Sums, part: Measure) -> int:
    return sum(n for (_, measure), n in counts.items() if measure is part)


def _of_nobody(counts: _Sums, part: Measure) -> int:
    """Of recipients that are in no rate."""
    return sum(counts.get((provider, part), 0) for provider in LEFT_OUT_RECIPIENTS)


_RECIPIENTS = {SIMULATOR: "at SES's mailbox simulator", OWN: "at your own verified identities"}
_NUMERATORS = {Measure.HARD_BOUNCED: "hard bounces", Measure.COMPLAINED: "complaints"}
_BESIDES_TEXTS = {
    Measure.SOFT_BOUNCED: "soft bounces",
    Measure.NOT_ATTEMPTED: "never attempted",
    Measure.NOT_SPAM: "reports that it is not spam",
    Measure.COMPLAINED_UNSENT: "complaints about mail never sent",
}
_VOLUME_TEXTS = {
    Measure.SENT: "sent (Send events)",
    Measure.DELIVERED: "delivered",
    Measure.HARD_BOUNCED: "hard bounced",
    Measure.SOFT_BOUNCED: "soft bounced",
    Measure.NOT_ATTEMPTED: "never attempted",
    Measure.REPORTED: "sent (SES's statistics)",
}


def _outage_text(provider: str) -> str:
    return f"at {provider}, during an outage"


def _volume_text(part: Measure, *, backfilled: bool) -> str:
    return f"{_VOLUME_TEXTS[part]}, backfilled" if backfilled else _VOLUME_TEXTS[part]


def _rules(part: Measure) -> tuple[str, ...]:
    """The names of the rules by which something counts as this."""
    return tuple(rule.name for rule in _COUNTING_RULES if rule.measure is part)
