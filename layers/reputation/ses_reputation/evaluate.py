"""The use case of evaluate_reputation: judge the scopes whose counts changed, and tell people what changed."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

from msgspec import Struct
from msgspec.structs import astuple, replace

from ses_reputation.discretion import told
from ses_reputation.domain.assessment import assess, measured, windows
from ses_reputation.domain.changes import Change, EarlyWarning, EvidenceAdded, OutageChange
from ses_reputation.domain.decisions import Report, suspect
from ses_reputation.domain.detection import RECENT, SOURCE, Heard, rises, suspicions, trapped, unanswered
from ses_reputation.domain.news import News, Told
from ses_reputation.domain.outage_detection import with_outages
from ses_reputation.domain.outages import Outage, held, without_outages
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import HourCounts
from ses_reputation.domain.reply_rules import ReplyClass
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind
from ses_reputation.domain.standing import Act, Actor, Standing
from ses_reputation.domain.trend import with_today
from ses_reputation.domain.weekly import Weekly
from ses_reputation.domain.weeks import newest_closed
from ses_reputation.due import Chunk, Chunks, Due, in_chunks
from ses_reputation.notices.alert import Alert
from ses_reputation.notices.suspicions import evidence_text
from ses_reputation.outbox import Channel, Outbox, Publish, send
from ses_reputation.past import Counters, Reading, Weeks

# Enough of what servers replied to see which lists they name, and to quote some of it.
HEARD = 200
DETECTOR = Actor("SES Reputation", proven=True)


class Replies(Protocol):
    """What receiving servers replied."""

    def sample(
        self, scope: Scope, since: datetime, until: datetime, size: int, classes: Collection[ReplyClass]
    ) -> Iterable[Heard]:
        """The newest of what servers replied of these classes about a scope's mail in that time; so many at most."""


class Versioned(Struct, frozen=True):
    """A standing as it was read: `version` is what it has to be still when it is written again, 0 for a new one."""

    standing: Standing
    version: int = 0


class Learned(Struct, frozen=True):
    """What is known of feedback loops from experience: providers that complaints came from, and what SES measured.

    `feedback_share` is the share of mail that went to providers with a feedback loop; None if SES does not say.
    """

    providers: frozenset[str] = frozenset()
    feedback_share: int | None = None

    def applied_to(self, policy: Policy) -> Policy:
        """The policy, with this known."""
        loops = replace(policy.feedback_loops, learned=self.providers)
        if self.feedback_share is not None:
            loops = replace(loops, feedback_share=self.feedback_share)
        return replace(policy, feedback_loops=loops)


class Standings(Outbox, Protocol):
    """What was decided, and what is left to do about it."""

    def due(self) -> Iterator[Due]:
        """The scopes whose counts changed, and those that time may move."""

    def read(self, scope: Scope) -> Versioned:
        """The standing of a scope; a new one if it has none."""

    def learned(self) -> Learned:
        """What is known of feedback loops from experience."""

    def write(self, standing: Standing, version: int, news: Sequence[News], alerts: Sequence[Alert]) -> bool:
        """Write a standing with its news and the alerts to send, all or nothing; with news of an outage, make the
        account due.

        False, and nothing written, if somebody else wrote it since it had this version.
        """

    def outages(self) -> Iterator[Outage]:
        """The outages of all mailbox providers."""

    def mark(self, scope: Scope, token: str) -> None:
        """Have a scope evaluated at the next run though nothing was counted; its mark never had this token before."""

    def settle(self, due: Due) -> None:
        """Take a scope off the list, unless it was marked again since."""

    def all(self) -> Iterator[Standing]:
        """Every standing, in no particular order."""

    def summarised(self) -> datetime | None:
        """When the last summary was written; None if none ever was."""

    def write_summary(self, alert: Alert, before: datetime | None) -> bool:
        """Put a summary into the outbox; False, and nothing written, if somebody else did since `before`."""


class Evaluated(Struct, frozen=True):
    """What a run did.

    `outages` is how often people were told of one. `awaited` is how many scopes time alone may still move; `overtaken`
    were written by another. `unsent` is how many alerts are left in the outbox because they could not be sent, one for
    each channel. `handed_on` is how many scopes other runs are to judge, and `late` how many they should have judged
    since a run before this one.
    """

    scopes: int = 0
    changes: int = 0
    warnings: int = 0
    outages: int = 0
    reminders: int = 0
    alerts: int = 0
    awaited: int = 0
    overtaken: int = 0
    unsent: int = 0
    handed_on: int = 0
    late: int = 0

    @property
    def in_time(self) -> bool:
        """Whether all that earlier runs handed on was judged before this one."""
        return not self.late


class EvaluationIncomplete(RuntimeError):
    """Some scopes could not be judged, or alerts not be published; the text says how many, and why the first was not.

    All others were: `evaluated` says what was done. These stay due, or in the outbox, for the next run.
    """

    def __init__(self, failures: Sequence[Exception], evaluated: Evaluated) -> None:
        super().__init__(f"{len(failures)} failures, the first: {told(failures[0])}")
        self.evaluated = evaluated


def evaluate_reputation(  # noqa: PLR0913 - each is another part of the world
    now: datetime,
    *,
    policy: Policy,
    counters: Counters,
    replies: Replies,
    standings: Standings,
    channels: Mapping[Channel, Publish],
    to_alert: Callable[[Told, Policy], Alert],
    to_summary: Callable[[Iterable[Standing], datetime, Policy], Alert],
    weekly: Weekly | None = None,
    chunks: Chunks | None = None,
    weeks: Weeks | None = None,
) -> Evaluated:
    """Judge every due scope at one moment, and send what is in the outbox; EvaluationIncomplete if some of it failed.

    More scopes than fit into one of `chunks` are handed on in there, but for the account and the mailbox providers;
    without `chunks` all are judged here. With `weeks`, those that are over are not gone through hour by hour.
    To run it twice for the same moment does the same as to run it once, one after the other or both at once.
    """
    failures: list[Exception] = []
    unsent: list[Exception] = []
    # Before the outbox: of a chunk that is done by now, nothing is left in there.
    waiting = list(chunks.waiting()) if chunks else []
    theirs = {due.scope for chunk in waiting if not chunk.is_given_up(now) for due in chunk.due}
    # What was left by a run before this one, or put there by watch_ses, must not wait for all that may go wrong here.
    # Whoever is at a chunk tells himself what he decides.
    left = [outgoing for outgoing in standings.outgoing() if outgoing.alert.scope not in theirs]
    alerts = send(left, standings, channels, unsent)
    made: list[Alert] = []
    policy = standings.learned().applied_to(policy)
    # The whole list before the first count: what is marked from here on must not be settled by what is read now.
    ready = [due for due in standings.due() if due.scope not in theirs]
    providers = [due for due in ready if _is_provider(due.scope)]
    others = [due for due in ready if not _is_provider(due.scope)]
    far = [due for due in others if due.scope != ACCOUNT] if chunks and len(others) > chunks.size else []
    near = [due for due in others if due.scope == ACCOUNT] if far else others
    judge = partial(
        judge_all,
        now=now,
        policy=policy,
        reading=Reading(counters, now, weeks, together=[ACCOUNT, *(due.scope for due in providers)]),
        replies=replies,
        standings=standings,
        to_alert=to_alert,
        made=made,
    )
    # An outage that is found at its provider is known to all others, also to those that are handed on.
    total, failed = judge(providers, outages=())
    failures += failed.values()
    if near:
        judged, failed = judge(near, outages=tuple(standings.outages()))
        total = _sum(total, judged)
        failures += failed.values()
    if chunks:
        try:
            _hand_on(far, waiting, now, chunks)
        except Exception as error:  # noqa: BLE001 - they stay due, and the others are still judged
            failures.append(error)
        else:
            total = replace(total, handed_on=len(far))
    if weekly:
        try:
            made += _summarise(weekly, now, policy, standings, to_summary)
        except Exception as error:  # noqa: BLE001 - the alerts still have to go
            failures.append(error)
    if made:
        # What could not be sent before is in the outbox still, and is tried again with the rest. What another run has
        # put there meanwhile it sends itself: else people would be told twice whenever two meet.
        unsent.clear()
        ours = {alert.id for alert in (*made, *(outgoing.alert for outgoing in left))}
        rest = (outgoing for outgoing in standings.outgoing() if outgoing.alert.id in ours)
        alerts += send(rest, standings, channels, unsent)
    late = sum(len(chunk.due) for chunk in waiting if chunk.now < now)
    total = replace(total, alerts=alerts, unsent=len(unsent), late=late)
    if failures := [*failures, *unsent]:
        raise EvaluationIncomplete(failures, total) from failures[0]
    return total


def _hand_on(due: Sequence[Due], waiting: Sequence[Chunk], now: datetime, chunks: Chunks) -> None:
    """Have others judge these scopes, as well as all that wait since this moment; what was given up waits no longer."""
    for chunk in waiting:
        if chunk.is_given_up(now):
            chunks.done(chunk)
    # A run that is repeated was stopped, perhaps before all of its chunks were on the queue. One that is there twice is
    # gone when the second comes.
    chunks.remind([chunk for chunk in waiting if chunk.now == now])
    chunks.hand_on(list(in_chunks(due, now, chunks.size)))


def judge_all(
    scopes: Iterable[Due],
    *,
    outages: tuple[Outage, ...],
    now: datetime,
    policy: Policy,
    reading: Reading,
    replies: Replies,
    standings: Standings,
    to_alert: Callable[[Told, Policy], Alert],
    made: list[Alert],
) -> tuple[Evaluated, dict[Due, Exception]]:
    """Judge scopes: what was done, and why some of them could not be. Alerts that were written are added to `made`."""
    total = Evaluated()
    failed: dict[Due, Exception] = {}
    for due in scopes:
        try:
            total = _sum(total, _judge(due, now, policy, reading, outages, replies, standings, to_alert, made))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one scope, the others are still judged
            failed[due] = error
    return total, failed


def _summarise(
    weekly: Weekly,
    now: datetime,
    policy: Policy,
    standings: Standings,
    to_summary: Callable[[Iterable[Standing], datetime, Policy], Alert],
) -> Iterator[Alert]:
    """Write the week's summary if its time has come; not for a week that was over before this was deployed."""
    latest = weekly.latest(now)
    if now - latest >= timedelta(days=1):
        return
    last = standings.summarised()
    if last and last >= latest:
        return
    summary = to_summary(standings.all(), now, policy)
    if standings.write_summary(summary, last):
        yield summary


def _judge(  # noqa: PLR0917 - each is a part of what evaluate_reputation is given
    due: Due,
    now: datetime,
    policy: Policy,
    reading: Reading,
    outages: tuple[Outage, ...],
    replies: Replies,
    standings: Standings,
    to_alert: Callable[[Told, Policy], Alert],
    made: list[Alert],
) -> Evaluated:
    """Judge one scope, and take it off the list unless it has to be looked at again. Alerts are written, and added to
    those that were `made`.

    A mailbox provider is judged with its own outages, everybody else with those that are given.
    """
    read, past = standings.read(due.scope), reading.past(due.scope, [touched.week for touched in due.weeks])
    standing = read.standing
    told_of: tuple[OutageChange, ...] = ()
    if _is_provider(due.scope):
        standing, told_of = with_outages(standing, reading.hours(ACCOUNT), now, policy)
        outages = standing.outages
    found = windows(standing, without_outages(past, held(outages, policy)), now, policy)
    measures = measured(found, due.scope, now, policy)
    judged, decided = assess(standing, measures, now, policy)
    if judged is standing:
        return Evaluated(scopes=1, awaited=1)
    deciding = {metric: judged.measures[metric].deciding for metric in judged.measures}
    judged = replace(judged, trend=with_today(judged.trend, deciding, now.astimezone(UTC).date(), policy))
    after, suspected = _with_suspicions(judged, past.hours, now, policy, replies)
    news = (*told_of, *decided, *suspected)
    alerts = [to_alert(piece, policy) for piece in news if not isinstance(piece, EvidenceAdded)]
    if not standings.write(after, read.version, news, alerts):
        return Evaluated(scopes=1, overtaken=1)
    made += alerts
    changes = sum(isinstance(piece, Change) for piece in news)
    warnings = sum(isinstance(piece, EarlyWarning) for piece in news)
    # A change may have moved a floor: the next run shows the rates that follow from it.
    awaited = bool(changes or after.moves_with_time)
    # While somebody else adds up the same weeks nobody can say who of them knew of what was counted last.
    done = due.answered(newest_closed(now, due.scope)) if awaited else due
    if reading.keep(due.scope, past) and done:
        if awaited and done == due:
            # If the mark of a closed week stayed, each evaluation would go through its hours and keep its sum anew.
            standings.mark(due.scope, f"version {read.version + 1}")
        standings.settle(done)
    return Evaluated(
        scopes=1,
        changes=changes,
        warnings=warnings,
        outages=len(told_of),
        reminders=len(alerts) - changes - warnings - len(told_of),
        awaited=awaited,
    )


def _is_provider(scope: Scope) -> bool:
    return scope.startswith(f"{ScopeKind.PROVIDER}/")


def _with_suspicions(
    standing: Standing, hours: Iterable[HourCounts], now: datetime, policy: Policy, replies: Replies
) -> tuple[Standing, list[Change | EvidenceAdded]]:
    """The standing with what is suspected about its scope besides; what servers replied is read only if that may be."""
    risen = unanswered(standing, rises(standing, hours, now, policy), now)
    by_start: dict[datetime, set[ReplyClass]] = {}
    for rise in risen:
        by_start.setdefault(rise.since or now - RECENT, set()).add(rise.reply_class)
    heard = [
        each for start, rose in by_start.items() for each in replies.sample(standing.scope, start, now, HEARD, rose)
    ]
    suspected = (*suspicions(standing, risen, heard, now, policy), *trapped(standing, hours, now, policy))
    news: list[Change | EvidenceAdded] = []
    for suspicion in suspected:
        report = Report(standing.scope, suspicion.category, evidence_text(suspicion), SOURCE)
        act = Act(f"{SOURCE}/{standing.scope}/{suspicion.category}/{now.isoformat()}", DETECTOR)
        standing, piece = suspect(standing, report, act, now)
        news += [piece] if piece else []
    return standing, news


def _sum(one: Evaluated, other: Evaluated) -> Evaluated:
    return Evaluated(*(a + b for a, b in zip(astuple(one), astuple(other), strict=True)))
