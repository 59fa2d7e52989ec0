"""What is done at SES about a scope's status: sending is paused, and resumed, where that was asked for.

Nothing here looks at a message. Decided is by what holds now: the scope's standing, the record of what was done about
it before, and what SES says. So messages that come twice, late or in the wrong order lead to the same end.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.domain.changes import news_id
from ses_reputation.domain.lifecycle import SCOPE_STATUS, Status
from ses_reputation.domain.scopes import Scope, ScopeKind, kind_of
from ses_reputation.domain.standing import Finding, Standing, next_full_hour

PAUSABLE = frozenset({ScopeKind.ACCOUNT, ScopeKind.CONFIGURATION_SET, ScopeKind.TENANT})
"""What SES can pause. Identities, mailbox providers and tags have no switch there."""

FAILURES_KEPT = 20

CALL_TAKES = timedelta(minutes=3)
"""From when it is decided to call SES, by our clock, until SES has done it, by its own: with all attempts, and more."""


class Mode(StrEnum):
    """Whether what follows is done, or only said."""

    OBSERVE = "observe"
    ENFORCE = "enforce"


class State(StrEnum):
    """How far it has come with a scope. PAUSING and RESUMING are written before SES is called: if nobody hears how
    that call ended, the next attempt knows whose it was.
    """

    RELEASED = "released"  # Nothing is asked for: it never was, or no longer is.
    OBSERVED = "observed"  # It would be paused, and people were told so.
    PAUSING = "pausing"
    PAUSED = "paused"
    FOUND_PAUSED = "found_paused"  # Somebody else had paused it, so somebody else resumes it.
    LEFT_RUNNING = "left_running"  # A person resumed it though the status asks for a pause.
    RESUMING = "resuming"


STATES_THAT_STOP = frozenset({State.PAUSING, State.PAUSED, State.FOUND_PAUSED, State.RESUMING})
"""As long as it is here, nobody can say that mail goes on: it is paused, or nobody has heard yet how a call ended."""


class Action(StrEnum):
    """What people are told that was done, would be done, or was left."""

    WOULD_PAUSE = "would_pause"
    PAUSED = "paused"
    FOUND_PAUSED = "found_paused"
    LEFT_RUNNING = "left_running"
    WOULD_RESUME = "would_resume"
    RESUMED = "resumed"
    FOUND_RUNNING = "found_running"
    LEFT_PAUSED = "left_paused"
    LEFT_TO_SES = "left_to_ses"
    PAUSE_FAILED = "pause_failed"
    RESUME_FAILED = "resume_failed"


class EnforcementPolicy(Struct, frozen=True):
    """For which kinds of scope sending is really paused, and which of them are paused on Probation already."""

    enforced: frozenset[ScopeKind] = frozenset()
    paused_at_probation: frozenset[ScopeKind] = frozenset()

    def mode(self, scope: Scope) -> Mode:
        """Whether a scope is paused, or people are told that it would be."""
        return Mode.ENFORCE if kind_of(scope) in self.enforced else Mode.OBSERVE

    def demand(self, standing: Standing) -> "Demand | None":
        """What asks for a pause: the newest finding that does, None if none does.

        A finding that only its probation asks for asks from when that began: that a rate comes down a little, or goes
        up again, is no new reason, but that a suspicion was confirmed is. So is a shutdown, every time.
        """
        early = kind_of(standing.scope) in self.paused_at_probation
        demands = []
        for finding in standing.findings.values():
            status = SCOPE_STATUS[finding.stage]
            if status is Status.SHUTDOWN:
                demands.append(Demand(finding.stage_since, finding))
            elif early and status is not Status.HEALTHY:
                demands.append(Demand(finding.period_since or finding.stage_since, finding))
        return max(demands, key=lambda demand: (demand.since, demand.finding.id), default=None)


class Demand(Struct, frozen=True):
    """A reason to pause a scope, and since when it is one."""

    since: datetime
    finding: Finding


class Sending(Struct, frozen=True):
    """What SES says of a scope's sending.

    `enabled` is whether our side lets it send, and `setting` how exactly, to be restored one day. `stopped_by_ses` is
    why SES itself lets it not send, None if it does; `resumable` whether our side may be set nevertheless. `target` is
    how SES names it. `switched` is when our side was last changed, of a configuration set when it was last switched on;
    None where SES does not say. `fresh_start` is when SES last began to measure it anew.
    """

    enabled: bool
    target: str = ""
    setting: str = ""
    stopped_by_ses: str | None = None
    resumable: bool = True
    switched: datetime | None = None
    fresh_start: datetime | None = None


class Enforcement(Struct, frozen=True):
    """What was done at SES about one scope.

    `answered` is since when the newest reason is one that was acted on, `finding` which finding that was. `setting` is
    what SES is to say again when it is resumed. `holder` is who calls SES, and `held` since when, as long as nobody
    knows how that ended. `failures` are those that people were told of since something last
    succeeded. `told` is when they were last told anything.
    """

    scope: Scope
    state: State = State.RELEASED
    since: datetime | None = None
    answered: datetime | None = None
    finding: Finding | None = None
    target: str = ""
    setting: str = ""
    holder: str | None = None
    held: datetime | None = None
    failures: tuple[str, ...] = ()
    told: datetime | None = None


class Enforced(Struct, frozen=True, tag="enforcement"):
    """Something was done at SES about a scope's status, or would be, or could not.

    `finding` is the one because of which it was to be paused; `status` the scope's now. `reason` is why something
    failed. `stopped_by_ses` is why SES itself lets it not send, whatever our side does.
    """

    id: str
    time: datetime
    scope: Scope
    action: Action
    mode: Mode
    status: Status
    finding: Finding | None = None
    target: str = ""
    setting: str = ""
    reason: str = ""
    stopped_by_ses: str | None = None


class Call(StrEnum):
    """What to ask of SES now."""

    PAUSE = "pause"
    RESUME = "resume"


class Record(Struct, frozen=True):
    """What to write now: the new record, what people are told, and from when on mail counts anew, if it does."""

    enforcement: Enforcement
    action: Action | None = None
    floor: datetime | None = None


class _Wanted(StrEnum):
    """What the standing asks for: no pause, one for a reason that was answered before, or one for a new reason."""

    NO = "no"
    STILL = "still"
    ANEW = "anew"


class _Move(StrEnum):
    """What follows, apart from whether it is done or only said."""

    STAY = "stay"
    NOTE = "note"
    PAUSE = "pause"
    PAUSE_AGAIN = "pause_again"
    CONFIRM_PAUSED = "confirm_paused"
    FIND_PAUSED = "find_paused"
    LEAVE_RUNNING = "leave_running"
    RESUME = "resume"
    RESUME_AGAIN = "resume_again"
    CONFIRM_RESUMED = "confirm_resumed"
    FIND_RUNNING = "find_running"
    LEAVE_PAUSED = "leave_paused"
    SAY_RESUMED = "say_resumed"
    FORGET = "forget"


_ASKED = (_Wanted.STILL, _Wanted.ANEW)

# What follows, by the state, what is asked for, and (running, paused) at SES. A reason is always new to a scope that
# is released, and never to one that is only observed.
_MOVES: Mapping[tuple[State, _Wanted], tuple[_Move, _Move]] = MappingProxyType(
    {
        (State.RELEASED, _Wanted.NO): (_Move.STAY, _Move.STAY),
        (State.RELEASED, _Wanted.ANEW): (_Move.PAUSE, _Move.FIND_PAUSED),
        (State.OBSERVED, _Wanted.NO): (_Move.SAY_RESUMED, _Move.LEAVE_PAUSED),
        (State.OBSERVED, _Wanted.STILL): (_Move.PAUSE, _Move.FIND_PAUSED),
        # An intent: what SES says now is what became of it. A pause that took effect is told before it is resumed.
        (State.PAUSING, _Wanted.NO): (_Move.FORGET, _Move.CONFIRM_PAUSED),
        **{(State.PAUSING, wanted): (_Move.PAUSE_AGAIN, _Move.CONFIRM_PAUSED) for wanted in _ASKED},
        (State.RESUMING, _Wanted.NO): (_Move.CONFIRM_RESUMED, _Move.RESUME_AGAIN),
        **{(State.RESUMING, wanted): (_Move.CONFIRM_RESUMED, _Move.CONFIRM_PAUSED) for wanted in _ASKED},
        # Who resumes by hand what is shut down knows why: nothing is done before there is a new reason.
        (State.PAUSED, _Wanted.NO): (_Move.FIND_RUNNING, _Move.RESUME),
        (State.PAUSED, _Wanted.STILL): (_Move.LEAVE_RUNNING, _Move.STAY),
        (State.PAUSED, _Wanted.ANEW): (_Move.PAUSE, _Move.NOTE),
        (State.FOUND_PAUSED, _Wanted.NO): (_Move.FORGET, _Move.LEAVE_PAUSED),
        (State.FOUND_PAUSED, _Wanted.STILL): (_Move.LEAVE_RUNNING, _Move.STAY),
        (State.FOUND_PAUSED, _Wanted.ANEW): (_Move.PAUSE, _Move.NOTE),
        (State.LEFT_RUNNING, _Wanted.NO): (_Move.FORGET, _Move.LEAVE_PAUSED),
        (State.LEFT_RUNNING, _Wanted.STILL): (_Move.STAY, _Move.STAY),
        (State.LEFT_RUNNING, _Wanted.ANEW): (_Move.PAUSE, _Move.FIND_PAUSED),
    }
)

INTENTS = frozenset({State.PAUSING, State.RESUMING})
"""The states in which SES may have been called, and nobody knows yet how that ended."""


def needs_ses(enforcement: Enforcement, demand: Demand | None) -> bool:
    """Whether it depends on what SES says what follows."""
    running, paused = _MOVES[enforcement.state, _wanted(enforcement, demand)]
    return running is not paused


def decide(  # noqa: PLR0911 - one for each kind of outcome
    enforcement: Enforcement, demand: Demand | None, sending: Sending, mode: Mode, now: datetime
) -> Record | Call | None:
    """The next step for a scope: something to write, or to ask of SES; None if all is as it should be.

    After each step the next one is to be decided, by what holds then.
    """
    move = _move(enforcement, demand, sending)
    observed = mode is Mode.OBSERVE

    def to(state: State, action: Action | None = None, floor: datetime | None = None) -> Record:
        return Record(_moved(enforcement, state, demand, sending, now), action, floor)

    match move:
        case _Move.STAY:
            return None
        case _Move.NOTE:
            return to(enforcement.state)
        case _Move.PAUSE | _Move.PAUSE_AGAIN if observed:
            return None if enforcement.state is State.OBSERVED else to(State.OBSERVED, Action.WOULD_PAUSE)
        case _Move.PAUSE_AGAIN:
            return Call.PAUSE
        case _Move.RESUME | _Move.RESUME_AGAIN if observed:
            return to(State.RELEASED, Action.WOULD_RESUME)
        case _Move.RESUME | _Move.RESUME_AGAIN if not sending.resumable:
            return to(State.RELEASED, Action.LEFT_TO_SES)
        case _Move.RESUME_AGAIN:
            return Call.RESUME
        case _:
            state, action = _OUTCOMES[move]
            return to(state, action, _floor(enforcement, sending, now) if move in _RUNS_AGAIN else None)


_OUTCOMES: Mapping[_Move, tuple[State, Action | None]] = MappingProxyType(
    {
        _Move.PAUSE: (State.PAUSING, None),
        _Move.CONFIRM_PAUSED: (State.PAUSED, Action.PAUSED),
        _Move.FIND_PAUSED: (State.FOUND_PAUSED, Action.FOUND_PAUSED),
        _Move.LEAVE_RUNNING: (State.LEFT_RUNNING, Action.LEFT_RUNNING),
        _Move.RESUME: (State.RESUMING, None),
        _Move.CONFIRM_RESUMED: (State.RELEASED, Action.RESUMED),
        _Move.FIND_RUNNING: (State.RELEASED, Action.FOUND_RUNNING),
        _Move.LEAVE_PAUSED: (State.RELEASED, Action.LEFT_PAUSED),
        _Move.SAY_RESUMED: (State.RELEASED, Action.WOULD_RESUME),
        _Move.FORGET: (State.RELEASED, None),
    }
)
_RUNS_AGAIN = frozenset(
    {_Move.CONFIRM_RESUMED, _Move.FIND_RUNNING, _Move.LEAVE_RUNNING, _Move.SAY_RESUMED, _Move.FORGET}
)


def failed(
    enforcement: Enforcement,
    demand: Demand | None,
    mode: Mode,
    status: Status,
    now: datetime,
    *,
    code: str,
    reason: str,
) -> tuple[Enforcement, Enforced] | None:
    """The record, and the news, of something that SES refused; None if people know of it already."""
    resumes = demand is None or enforcement.state is State.RESUMING
    action = Action.RESUME_FAILED if resumes else Action.PAUSE_FAILED
    cause = enforcement.answered if demand is None else demand.since
    id_ = _id(enforcement.scope, f"{action}/{code}", cause or now)
    if id_ in enforcement.failures:
        return None
    finding = enforcement.finding if demand is None else demand.finding
    news = Enforced(
        id_, now, enforcement.scope, action, mode, status, finding, enforcement.target, enforcement.setting, reason
    )
    return replace(enforcement, failures=(*enforcement.failures, id_)[-FAILURES_KEPT:]), news


def news_of(record: Record, sending: Sending, mode: Mode, status: Status, now: datetime) -> Enforced | None:
    """What people are told of a record, if anything. The same cause and action have the same id."""
    after = record.enforcement
    if record.action is None:
        return None
    return Enforced(
        id=_id(after.scope, record.action, after.answered or now),
        time=now,
        scope=after.scope,
        action=record.action,
        mode=mode,
        status=status,
        finding=after.finding,
        target=after.target,
        setting=after.setting,
        stopped_by_ses=sending.stopped_by_ses,
    )


def called(call: Call, enforcement: Enforcement, sending: Sending, now: datetime) -> Sending:
    """What SES says once it has done what it was asked."""
    if call is Call.PAUSE:
        return replace(sending, enabled=False)
    return replace(sending, enabled=True, setting=enforcement.setting, fresh_start=now)


def _wanted(enforcement: Enforcement, demand: Demand | None) -> _Wanted:
    if demand is None:
        return _Wanted.NO
    if enforcement.state is State.RELEASED:
        return _Wanted.ANEW
    if enforcement.state is State.OBSERVED or enforcement.answered is None:
        return _Wanted.STILL
    return _Wanted.ANEW if demand.since > enforcement.answered else _Wanted.STILL


def _move(enforcement: Enforcement, demand: Demand | None, sending: Sending) -> _Move:
    state = enforcement.state
    if state is State.PAUSED and not sending.enabled and _is_anothers(enforcement, sending):
        state = State.FOUND_PAUSED
    running, paused = _MOVES[state, _wanted(enforcement, demand)]
    return running if sending.enabled else paused


def _is_anothers(enforcement: Enforcement, sending: Sending) -> bool:
    """Whether somebody has switched sending on or off since it was paused here, so that the pause is theirs."""
    since = enforcement.since
    return since is not None and sending.switched is not None and sending.switched > since + CALL_TAKES


def forgotten(enforcement: Enforcement, now: datetime) -> Enforcement:
    """The record of a scope that SES no longer has."""
    return _moved(enforcement, State.RELEASED, None, Sending(enabled=True), now)


def _moved(before: Enforcement, state: State, demand: Demand | None, sending: Sending, now: datetime) -> Enforcement:
    """The record in its next state. What is released answers no reason, but ends what answered the last one."""
    answered = None if state is State.RELEASED else demand
    return Enforcement(
        scope=before.scope,
        state=state,
        since=before.since if state is before.state else now,
        answered=answered.since if answered else before.answered,
        finding=answered.finding if answered else before.finding,
        target=sending.target or before.target,
        # What it was before we paused it. Once we have, SES tells only what we made of it.
        setting=sending.setting if sending.enabled else before.setting,
        # An intent is no success yet.
        failures=before.failures if state in INTENTS or state is before.state else (),
        told=before.told,
    )


def _floor(enforcement: Enforcement, sending: Sending, now: datetime) -> datetime | None:
    """From when on mail of a configuration set counts: SES measures it anew once it sends again.

    https://docs.aws.amazon.com/ses/latest/APIReference/API_ReputationOptions.html
    """
    if kind_of(enforcement.scope) is not ScopeKind.CONFIGURATION_SET:
        return None
    began = enforcement.since
    if sending.fresh_start and (began is None or sending.fresh_start >= began):
        return next_full_hour(sending.fresh_start)
    return next_full_hour(now) if enforcement.state is State.RESUMING else None


def _id(scope: Scope, about: str, cause: datetime) -> str:
    return news_id("enforcement", scope, about, cause)
