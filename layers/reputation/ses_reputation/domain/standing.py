"""What is decided about a scope: its findings, and the rates that it was judged by."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import blake2b

from msgspec import Struct, field
from msgspec.structs import replace

from ses_reputation.domain.categories import METRICS, Category
from ses_reputation.domain.counting import hour_of
from ses_reputation.domain.forecast import Forecast
from ses_reputation.domain.lifecycle import (
    METRIC_STATUS,
    SCOPE_STATUS,
    STAGES_THAT_TIME_MOVES,
    STAGES_THAT_WAIT,
    Stage,
    Status,
    Trigger,
    advance,
)
from ses_reputation.domain.outages import Outage
from ses_reputation.domain.rates import Metric, Rate
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.trend import Trend

# All evidence is in the history for ever; a finding has the newest of it at hand. With so much of it, the longest texts
# of all categories still fit into one item of DynamoDB, which takes 400 KB.
EVIDENCE_KEPT = 3

_WORST_LAST = tuple(Stage)


class Actor(Struct, frozen=True):
    """Who did something: `proven` if IAM says so, otherwise somebody stated it."""

    name: str
    proven: bool


class Act(Struct, frozen=True):
    """What somebody did: `id` is of the request, the same when it is sent again; `note` says why."""

    id: str
    by: Actor
    note: str = ""


class Observation(Struct, frozen=True):
    """One report of a problem: who saw what. `observed` is when, `received` when we were told.

    `suspected` is whether it was no more than a suspicion.
    """

    observed: datetime
    received: datetime
    source: str
    text: str
    suspected: bool = False


class ReportedChanges(Struct, frozen=True):
    """What a sender has changed about a problem, and since when; `reported` is when we were told."""

    reported: datetime
    since: datetime
    text: str
    by: Actor


class Finding(Struct, frozen=True):
    """One open problem of a scope.

    Mail, or reports, count from `since` on: the first full hour of the probation, or the change that was accepted.
    `period_since` and `period_end` are those of the present probation, None without one. `under_since` is when the rate
    was first seen at or under the limit without having left it again.

    `repeat` is how many findings of this category were closed before. `revision` goes up with everything that is
    decided. `reports` counts them all, `evidence` has the newest, `last_observed` is of the newest observation that is
    more than a suspicion, unless the finding itself is suspected.
    `confirmed` are the sources whose suspicion a person confirmed: what they see again is no mere suspicion any more.
    `changes` wait for a decision. `period_reminded` and `review_reminded` are when people were last reminded.
    """

    id: str
    category: Category
    stage: Stage
    opened: datetime
    since: datetime
    stage_since: datetime
    period_since: datetime | None = None
    period_end: datetime | None = None
    under_since: datetime | None = None
    repeat: int = 0
    revision: int = 1
    reports: int = 0
    last_observed: datetime | None = None
    evidence: tuple[Observation, ...] = ()
    confirmed: tuple[str, ...] = ()
    changes: ReportedChanges | None = None
    period_reminded: datetime | None = None
    review_reminded: datetime | None = None

    @property
    def waits_since(self) -> datetime | None:
        """Since when it waits for a person's decision; None if it does not."""
        if self.stage in STAGES_THAT_WAIT:
            return self.stage_since
        return self.changes.reported if self.changes else None

    @property
    def moves_with_time(self) -> bool:
        """Whether time alone could end its stage, or have people reminded."""
        return self.stage in STAGES_THAT_TIME_MOVES or self.waits_since is not None

    def with_observation(self, observation: Observation) -> "Finding":
        """The same finding, with one more report."""
        # What is only suspected must not decide what the end of a period leads to.
        tells = self.stage is Stage.SUSPECTED or not observation.suspected
        observed = max(filter(None, (self.last_observed, observation.observed))) if tells else self.last_observed
        kept = (*self.evidence, observation)[-EVIDENCE_KEPT:]
        return replace(self, reports=self.reports + 1, last_observed=observed, evidence=kept)


def new_finding(
    scope: Scope, category: Category, trigger: Trigger, now: datetime, repeat: int, request: str = ""
) -> Finding:
    """The finding that a trigger opens. It has no period yet.

    `request` tells findings apart that leave no trace in `repeat`: what was suspected can be so again.
    """
    parts = (scope, category, now.isoformat(), str(repeat), *filter(None, (request,)))
    digest = blake2b("\0".join(parts).encode(), digest_size=5).hexdigest()
    stage = advance(category, None, trigger)
    return Finding(digest, category, stage, opened=now, since=now, stage_since=now, repeat=repeat)


def moved(finding: Finding, trigger: Trigger, now: datetime) -> Finding:
    """The finding after a trigger; TransitionRefused if it does not apply."""
    stage = advance(finding.category, finding.stage, trigger)
    since = finding.stage_since if stage is finding.stage else now
    return replace(finding, stage=stage, stage_since=since, revision=finding.revision + 1)


def on_probation(finding: Finding, now: datetime, length: timedelta) -> Finding:
    """The finding with a probation that begins now: mail counts from the next full hour, reports at once."""
    since = next_full_hour(now) if finding.category in METRICS else now
    return replace(finding, since=since, under_since=None, period_since=now, period_end=now + length)


class MetricStanding(Struct, frozen=True):
    """What is decided about a metric besides its finding. Mail before the floor no longer counts.

    `warned` is whether people were told that the rate has reached its recommended value, and it has not been well
    under it since.
    """

    floor: datetime | None = None
    warned: bool = False


class Measures(Struct, frozen=True):
    """The rates of one metric: over the window, and on probation over the mail since that began.

    The forecast is for the one that decides, or for the window as long as there is too little mail since; None where
    there is too little in the window, too.
    """

    window: Rate
    since: Rate | None = None
    forecast: Forecast | None = None

    @property
    def deciding(self) -> Rate:
        """The rate that the status depends on."""
        return self.since or self.window


class Standing(Struct, frozen=True):
    """All that is decided about a scope, and the rates that it was judged by when it was last evaluated.

    `findings` are those that are open, one of a category at most; `closed` is how many of each have been, without those
    that were never more than suspected. `dismissed` is when a person last dismissed a suspicion of each. `outages` are
    those of a mailbox provider, the oldest first. `trend` has the rates of the last days. `acted` is when a person or a
    program last did something about it.
    """

    scope: Scope
    evaluated: datetime | None = None
    metrics: Mapping[Metric, MetricStanding] = field(default_factory=dict)
    measures: Mapping[Metric, Measures] = field(default_factory=dict)
    findings: Mapping[Category, Finding] = field(default_factory=dict)
    closed: Mapping[Category, int] = field(default_factory=dict)
    dismissed: Mapping[Category, datetime] = field(default_factory=dict)
    ended: Mapping[Category, datetime] = field(default_factory=dict)
    outages: tuple[Outage, ...] = ()
    trend: Trend = Trend()
    acted: datetime | None = None

    def metric(self, metric: Metric) -> MetricStanding:
        """What is decided about one metric."""
        return self.metrics.get(metric, MetricStanding())

    def stage(self, category: Category) -> Stage | None:
        """The stage of the open finding of a category, None without one."""
        finding = self.findings.get(category)
        return finding.stage if finding else None

    def heard_from(self, category: Category) -> datetime | None:
        """From when on mail says something new of a category; None if all of it does.

        What was before its finding counts, or before the last one ended, has been answered for.
        """
        finding = self.findings.get(category)
        if finding is None:
            return self.ended.get(category)
        return None if finding.stage is Stage.SUSPECTED else finding.since

    def finding(self, identifier: str) -> Finding | None:
        """The open finding with this id, None without one."""
        return next((f for f in self.findings.values() if f.id == identifier), None)

    def outage(self, identifier: str) -> Outage | None:
        """The outage with this id, None without one."""
        return next((outage for outage in self.outages if outage.id == identifier), None)

    def metric_status(self, metric: Metric) -> Status:
        """The status of a metric; one that was never judged is Healthy."""
        return METRIC_STATUS[self.stage(Category(metric))]

    @property
    def status(self) -> Status:
        """The worst of the open findings."""
        return SCOPE_STATUS[max((f.stage for f in self.findings.values()), key=_WORST_LAST.index, default=None)]

    @property
    def status_since(self) -> datetime | None:
        """Since when it has its status, as far as its findings tell; None if it was never anything but Healthy."""
        status = self.status
        if status is Status.HEALTHY:
            return max(self.ended.values(), default=None)
        # A rate that comes down a little, and goes up again, is the same probation.
        return min(
            (f.period_since or f.stage_since) if f.stage in STAGES_THAT_TIME_MOVES else f.stage_since
            for f in self.findings.values()
            if SCOPE_STATUS[f.stage] is status
        )

    @property
    def period_end(self) -> datetime | None:
        """When the first of the periods that run ends; None if none runs."""
        running = (f.period_end for f in self.findings.values() if f.stage in STAGES_THAT_TIME_MOVES)
        return min(filter(None, running), default=None)

    @property
    def moves_with_time(self) -> bool:
        """Whether time alone could change it, or have people reminded."""
        return any(finding.moves_with_time for finding in self.findings.values()) or any(
            outage.end is None for outage in self.outages
        )

    def with_outage(self, outage: Outage) -> "Standing":
        """The standing with this outage in place of the one with its id."""
        return replace(self, outages=tuple(outage if known.id == outage.id else known for known in self.outages))

    def with_finding(self, finding: Finding, floor: datetime | None = None) -> "Standing":
        """The standing with this finding in place of the one of its category; a resolved one is closed.

        Of a metric, mail before the floor no longer counts.
        """
        findings = self._findings_besides(finding.category)
        closed, ended = dict(self.closed), dict(self.ended)
        if finding.stage is Stage.RESOLVED:
            ended[finding.category] = finding.stage_since
            closed[finding.category] = closed.get(finding.category, 0) + 1
        else:
            findings[finding.category] = finding
        metrics = self._with_floor(finding.category.metric, floor)
        return replace(self, findings=findings, closed=closed, ended=ended, metrics=metrics)

    def without_suspicion(self, category: Category, dismissed: datetime | None = None) -> "Standing":
        """The standing without the suspected finding of a category, as if it had never been; `dismissed` is when."""
        known = {**self.dismissed, category: dismissed} if dismissed else self.dismissed
        return replace(self, findings=self._findings_besides(category), dismissed=known)

    def _findings_besides(self, category: Category) -> dict[Category, Finding]:
        return {each: finding for each, finding in self.findings.items() if each is not category}

    def measured_from(self, floor: datetime) -> "Standing":
        """The standing with mail before the floor no longer in any of its rates."""
        return replace(self, metrics={metric: self._with_floor(metric, floor)[metric] for metric in Metric})

    def _with_floor(self, metric: Metric | None, floor: datetime | None) -> Mapping[Metric, MetricStanding]:
        if metric is None or floor is None:
            return self.metrics
        known = self.metric(metric)
        # What led to the finding has been answered for; its rate is not news again either.
        return {**self.metrics, metric: MetricStanding(max(filter(None, (known.floor, floor))), warned=True)}


def next_full_hour(time: datetime) -> datetime:
    """The full hour that a moment is, or that follows it: where mail begins to count anew."""
    hour = hour_of(time)
    return hour if hour == time else hour + timedelta(hours=1)
