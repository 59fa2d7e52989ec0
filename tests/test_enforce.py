"""Making SES agree with a status, whatever goes wrong on the way: the end is right, and the history tells of it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ses_reputation.domain.categories import Category
from ses_reputation.domain.enforcement import Action, Enforced, Enforcement, EnforcementPolicy, Sending, State
from ses_reputation.domain.lifecycle import Stage, Status
from ses_reputation.domain.rates import Metric
from ses_reputation.domain.scopes import Scope, ScopeKind
from ses_reputation.domain.standing import Finding, Standing, next_full_hour
from ses_reputation.enforce import (
    INTENT_HELD,
    Enforcer,
    Handled,
    Outcome,
    SesRefused,
    VersionedEnforcement,
    enforce_status,
)
from ses_reputation.evaluate import Versioned
from ses_reputation.notices.alert import Alert, enforcement_alert_of
from ses_reputation.outbox import Channel, Outgoing
from ses_reputation.status_messages import StatusMessage, read_messages

SET = Scope("configuration-set/newsletter")
MORNING = datetime(2026, 3, 6, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
ENFORCED = EnforcementPolicy(enforced=frozenset({ScopeKind.CONFIGURATION_SET}))
THROTTLED = SesRefused("TooManyRequestsException", "SES is asked too much", passing=True)
DENIED = SesRefused("AccessDeniedException", "ses:PutConfigurationSetSendingOptions is denied")
NO_ANSWER = SesRefused("ReadTimeoutError", "no answer", passing=True, unsure=True)


class Killed(BaseException):
    """The process is gone: nothing in it can catch this."""


class World:
    """One configuration set: what was decided, what was done, and what SES does. All of it is a fake of the adapters.

    Each call of something is a step, before and after which it can be made to fail.
    """

    def __init__(self, policy: EnforcementPolicy = ENFORCED) -> None:
        self.now = MORNING
        self.standing, self.standing_version = Standing(SET), 1
        self.record, self.version = Enforcement(SET), 0
        self.history: list[Enforced] = []
        self.sent: list[str] = []
        self.sending = Sending(enabled=True, target="newsletter")
        self.asked = 0
        self.before: Callable[[str], None] = lambda _step: None
        self.after: Callable[[str], None] = lambda _step: None
        channels = dict.fromkeys(Channel, self.publish)
        holders = map(str, count())
        self.enforcer = Enforcer(
            policy, self, Controls(self), channels, self.to_alert, lambda _attempt: None, lambda: next(holders)
        )

    # What is decided, by people.

    def shut_down(self) -> None:
        self.decide(Finding("f", Category.OTHER, Stage.SHUTDOWN, opened=MORNING, since=MORNING, stage_since=self.now))

    def reinstate(self) -> None:
        self.decide(None)

    def decide(self, finding: Finding | None) -> None:
        self.standing = replace(self.standing, findings={finding.category: finding} if finding else {})
        self.standing_version += 1

    # What people do at SES.

    def set_by_hand(self, *, enabled: bool) -> None:
        start = self.now if enabled and not self.sending.enabled else self.sending.fresh_start
        self.sending = replace(self.sending, enabled=enabled, fresh_start=start, switched=start)

    # What arrives.

    def message(self, identifier: str = "m") -> Handled:
        return self.enforcer.enforce(SET, identifier, self.now)

    # The adapters.

    def step(self, name: str) -> "Step":
        return Step(self, name)

    def enforcement(self, scope: Scope) -> VersionedEnforcement:
        assert scope == SET
        return VersionedEnforcement(self.record, self.version)

    def write_enforcement(
        self,
        enforcement: Enforcement,
        version: int,
        news: Sequence[Enforced],
        alerts: Sequence[Alert],
        standing: Versioned,
        *,
        floored: bool = False,
    ) -> bool:
        assert [alert.id for alert in alerts] == [piece.id for piece in news]
        with self.step(f"write {enforcement.state}"):
            if version != self.version or standing.version != self.standing_version:
                return False
            self.record, self.version = enforcement, version + 1
            self.history += news
            if floored:
                self.standing, self.standing_version = standing.standing, standing.version + 1
            return True

    def read(self, scope: Scope) -> Versioned:
        assert scope == SET
        return Versioned(self.standing, self.standing_version)

    def outgoing(self) -> Iterator[Outgoing]:
        return iter(())

    def mark_sent(self, outgoing: Outgoing, message_id: str) -> None:
        assert message_id == f"sent {outgoing.alert.id}"
        self.sent.append(outgoing.alert.id)

    def publish(self, alert: Alert) -> str:
        return f"sent {alert.id}"

    def to_alert(self, news: Enforced) -> Alert:
        return enforcement_alert_of(news, "123456789012", "eu-west-1")


class Controls:
    """SES's switches in a world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def read(self, scope: Scope) -> Sending:
        assert scope == SET
        self.world.asked += 1
        with self.world.step("ask"):
            return self.world.sending

    def pause(self, scope: Scope, sending: Sending) -> None:
        assert (scope, sending.enabled) == (SET, True)
        with self.world.step("pause"):
            self.world.set_by_hand(enabled=False)

    def resume(self, scope: Scope, sending: Sending, setting: str) -> None:
        assert (scope, sending.enabled, setting) == (SET, False, self.world.record.setting)
        with self.world.step("resume"):
            self.world.set_by_hand(enabled=True)


class Step:
    """A call that may go wrong before it takes effect, or after."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name

    def __enter__(self) -> None:
        self.world.before(self.name)

    def __exit__(self, *_: object) -> None:
        self.world.after(self.name)


@pytest.fixture
def world() -> World:
    return World()


def actions(world: World) -> list[Action]:
    return [news.action for news in world.history]


def failing(error: BaseException, *, at: str, times: int = 1) -> Callable[[str], None]:
    """Make a step fail so many times."""
    left = [times]

    def fail(step: str) -> None:
        if step == at and left[0]:
            left[0] -= 1
            raise error

    return fail


# -- As it should be ---------------------------------------------------------------------------------------------------


def test_a_shutdown_pauses_and_a_reinstatement_resumes(world: World) -> None:
    world.shut_down()
    assert world.message() == Handled("m", Outcome.AGREED, SET, (Action.PAUSED,))
    assert not world.sending.enabled
    world.now += MINUTE
    world.reinstate()
    assert world.message("n") == Handled("n", Outcome.AGREED, SET, (Action.RESUMED,))
    assert world.sending.enabled
    assert world.record.state is State.RELEASED
    assert [*dict.fromkeys(world.sent)] == [news.id for news in world.history], "all of it, through each channel"


def test_what_is_measured_begins_anew_with_the_next_full_hour_in_one_transaction_with_the_record(world: World) -> None:
    world.shut_down()
    world.message()
    world.reinstate()
    world.now += MINUTE
    world.message("n")
    assert {world.standing.metric(metric).floor for metric in Metric} == {MORNING + 60 * MINUTE}


def test_an_observer_says_it_all_and_touches_nothing() -> None:
    world = World(EnforcementPolicy())
    world.shut_down()
    world.message()
    world.reinstate()
    world.message("n")
    assert actions(world) == [Action.WOULD_PAUSE, Action.WOULD_RESUME]
    assert world.sending.enabled
    assert world.sending.fresh_start is None


@pytest.mark.parametrize("scope", ["identity/shop.example", "provider/gmail", "tag/campaign=spring", "tenant/(other)"])
def test_what_ses_can_not_pause_is_nobodys_business(world: World, scope: str) -> None:
    assert world.enforcer.enforce(Scope(scope), "m", MORNING) == Handled("m", Outcome.AGREED, Scope(scope))
    assert world.asked == 0


def test_ses_is_not_asked_about_a_scope_of_which_nothing_is_wanted(world: World) -> None:
    world.message()
    assert (world.asked, world.version) == (0, 0)


# -- Messages that come twice, late or in the wrong order --------------------------------------------------------------


def test_a_message_that_comes_twice_is_done_once(world: World) -> None:
    world.shut_down()
    for identifier in ("m", "m", "n"):
        world.message(identifier)
    assert actions(world) == [Action.PAUSED]


def test_a_shutdown_that_is_heard_of_after_the_reinstatement_pauses_nothing(world: World) -> None:
    world.shut_down()
    world.reinstate()
    world.message("of the reinstatement")
    world.message("of the shutdown")
    assert (world.history, world.sending.enabled) == ([], True)


def test_a_late_message_of_the_first_shutdown_does_not_undo_what_followed(world: World) -> None:
    world.shut_down()
    world.message()
    world.reinstate()
    world.message("n")
    world.message("m")
    assert actions(world) == [Action.PAUSED, Action.RESUMED]
    assert world.sending.enabled


# -- Other people ------------------------------------------------------------------------------------------------------


def test_what_somebody_else_paused_is_not_resumed(world: World) -> None:
    world.set_by_hand(enabled=False)
    world.shut_down()
    world.message()
    world.reinstate()
    world.message("n")
    assert actions(world) == [Action.FOUND_PAUSED, Action.LEFT_PAUSED]
    assert not world.sending.enabled


def test_who_resumes_by_hand_is_not_fought_until_there_is_a_new_shutdown(world: World) -> None:
    world.shut_down()
    world.message()
    world.now += MINUTE
    world.set_by_hand(enabled=True)
    for identifier in ("n", "o"):
        world.message(identifier)
    assert actions(world) == [Action.PAUSED, Action.LEFT_RUNNING], "said once"
    assert world.sending.enabled
    world.now += MINUTE
    world.shut_down()
    world.message("p")
    assert not world.sending.enabled
    assert actions(world)[2:] == [Action.PAUSED]


def test_another_message_about_the_same_scope_waits_for_a_call_that_may_be_under_way(world: World) -> None:
    world.shut_down()
    world.before = failing(Killed(), at="pause")
    with suppress(Killed):
        world.message("m")
    world.reinstate()
    waiting = world.message("n")
    assert (waiting.outcome, waiting.problem) == (
        Outcome.TRY_AGAIN,
        f"another message about {SET} is being handled, or this one twice",
    )
    # What the first one asked of SES takes effect only now.
    world.set_by_hand(enabled=False)
    world.now += INTENT_HELD
    assert world.message("n").actions == (Action.PAUSED, Action.RESUMED)
    assert world.sending.enabled


@pytest.mark.parametrize(
    ("refusal", "outcome"), [(DENIED, Outcome.AGREED), (NO_ANSWER, Outcome.TRY_AGAIN)], ids=["denied", "timed out"]
)
def test_a_call_that_was_refused_holds_up_nobody_and_one_without_an_answer_does(
    world: World, refusal: SesRefused, outcome: Outcome
) -> None:
    world.shut_down()
    world.before = failing(refusal, at="pause")
    world.message("m")
    world.reinstate()
    assert world.message("n").outcome is outcome


def test_a_message_that_is_tried_again_is_waited_for_again(world: World) -> None:
    world.shut_down()
    world.before = failing(DENIED, at="pause")
    world.message("m")
    world.now += INTENT_HELD
    world.before = failing(Killed(), at="pause")
    with suppress(Killed):
        world.message("m")
    assert world.message("n").outcome is Outcome.TRY_AGAIN


def test_two_copies_of_one_message_at_once_do_not_call_ses_twice(world: World) -> None:
    """A queue may deliver a message twice. The call of one copy would be late, and undo what was decided since."""
    copies: list[Handled] = []

    def all_else_happens(step: str) -> None:
        if step == "pause" and not copies:
            copies.append(world.message("m"))
            world.reinstate()
            copies.append(world.message("n"))

    world.shut_down()
    world.before = all_else_happens
    world.message("m")
    assert [copy.outcome for copy in copies] == [Outcome.TRY_AGAIN] * 2
    assert [world.message(identifier).outcome for identifier in ("m", "n")] == [Outcome.AGREED] * 2
    assert world.sending.enabled
    assert actions(world) == [Action.PAUSED, Action.RESUMED]


def test_others_who_write_meanwhile_are_heard(world: World) -> None:
    world.shut_down()

    def reinstated(step: str) -> None:
        if step == "pause":
            world.reinstate()
            world.version += 1

    world.after = reinstated
    assert world.message().actions == (Action.PAUSED, Action.RESUMED)
    assert world.sending.enabled
    assert MORNING < world.history[0].time < world.history[1].time, "the history is in order, and after its cause"


def test_who_writes_all_the_time_is_not_waited_for_for_ever(world: World) -> None:
    world.shut_down()

    def written(_step: str) -> None:
        world.version += 1

    world.before = written
    assert world.message().outcome is Outcome.TRY_AGAIN
    assert world.sending.enabled


# -- What SES refuses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", [THROTTLED, DENIED, NO_ANSWER], ids=["throttled", "denied", "timed out before"])
@pytest.mark.parametrize("at", ["ask", "pause"])
def test_what_is_refused_is_told_once_and_tried_again(world: World, refusal: SesRefused, at: str) -> None:
    world.shut_down()
    world.before = failing(refusal, at=at, times=3)
    tries = []
    for _ in range(4):
        tries.append(world.message())
        world.now += INTENT_HELD  # A queue brings it again later still.
    assert [each.outcome for each in tries] == [Outcome.TRY_AGAIN] * 3 + [Outcome.AGREED]
    assert tries[0].problem == str(refusal)
    assert actions(world) == [Action.PAUSE_FAILED, Action.PAUSED]
    assert world.history[0].reason == str(refusal)
    assert not world.sending.enabled


def test_what_timed_out_after_it_took_effect_is_recognised_as_ours(world: World) -> None:
    world.shut_down()
    world.after = failing(NO_ANSWER, at="pause")
    assert world.message().outcome is Outcome.TRY_AGAIN
    world.reinstate()
    world.now += INTENT_HELD
    assert world.message("n").actions == (Action.PAUSED, Action.RESUMED)
    assert world.sending.enabled


def test_what_can_not_be_resumed_is_told_and_tried_again(world: World) -> None:
    world.shut_down()
    world.message()
    world.reinstate()
    world.before = failing(DENIED, at="resume", times=2)
    for _ in range(3):
        world.message("n")
    assert actions(world) == [Action.PAUSED, Action.RESUME_FAILED, Action.RESUMED]
    assert world.sending.enabled


@pytest.mark.parametrize(
    ("refusal", "outcome"), [(THROTTLED, Outcome.TRY_AGAIN), (DENIED, Outcome.AGREED)], ids=["throttled", "denied"]
)
def test_an_observer_tries_again_only_what_may_pass(refusal: SesRefused, outcome: Outcome) -> None:
    world = World(EnforcementPolicy())
    world.shut_down()
    world.before = failing(refusal, at="ask", times=9)
    assert [world.message().outcome for _ in range(2)] == [outcome] * 2
    # Nobody is told that it would fail before it is known.
    assert actions(world) == ([] if refusal.passing else [Action.PAUSE_FAILED])


def test_what_somebody_resumed_and_paused_again_is_theirs(world: World) -> None:
    world.shut_down()
    world.message()
    for enabled in (True, False):
        world.now += HOUR
        world.set_by_hand(enabled=enabled)
    world.reinstate()
    world.message("n")
    assert not world.sending.enabled
    assert actions(world) == [Action.PAUSED, Action.LEFT_PAUSED]


@pytest.mark.parametrize("policy", [EnforcementPolicy(), ENFORCED], ids=["observed", "found paused"])
def test_a_floor_is_kept_too_if_somebody_else_paused_and_resumed_it(policy: EnforcementPolicy) -> None:
    world = World(policy)
    if policy is ENFORCED:
        world.set_by_hand(enabled=False)
    world.shut_down()
    world.message()
    world.set_by_hand(enabled=False)
    world.now += HOUR
    world.set_by_hand(enabled=True)
    world.reinstate()
    world.message("n")
    assert {metric.floor for metric in world.standing.metrics.values()} == {next_full_hour(world.now)}


def test_what_ses_no_longer_has_is_forgotten_when_nothing_asks_for_its_pause(world: World) -> None:
    world.shut_down()
    world.message()
    world.reinstate()
    world.before = failing(SesRefused("NotFoundException", "SES has no such set", missing=True), at="ask", times=9)
    assert world.message("n").outcome is Outcome.AGREED
    assert world.record.state is State.RELEASED
    assert actions(world) == [Action.PAUSED]


def test_what_changes_while_ses_is_asked_is_decided_anew(world: World) -> None:
    """Whoever handled the change meanwhile found nothing to do: it must not be paused by what held before."""
    world.shut_down()

    def reinstated_meanwhile(step: str) -> None:
        if step == "ask" and world.before is reinstated_meanwhile:
            world.before = lambda _: None
            world.reinstate()
            assert world.message("n").outcome is Outcome.AGREED

    world.before = reinstated_meanwhile
    world.message()
    assert world.sending.enabled
    assert world.record.state is State.RELEASED
    assert actions(world) == []


def test_an_alert_that_can_not_be_sent_keeps_back_nothing(world: World) -> None:
    def refuse(_alert: Alert) -> str:
        raise OSError

    world.enforcer = replace(world.enforcer, channels=dict.fromkeys(Channel, refuse))
    world.shut_down()
    assert world.message().outcome is Outcome.AGREED
    assert not world.sending.enabled


# -- A process that dies -----------------------------------------------------------------------------------------------

STEPS = {
    "m": ["ask", "write pausing", "pause", "write paused"],
    "n": ["ask", "write resuming", "resume", "write released"],
}


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("identifier", "at"), [(i, step) for i, steps in STEPS.items() for step in steps])
def test_a_process_that_dies_between_any_two_steps_does_all_of_it_and_tells_it_once(
    world: World, moment: str, identifier: str, at: str
) -> None:
    died = []
    for message, decide in (("m", world.shut_down), ("n", world.reinstate)):
        decide()
        if message == identifier:
            setattr(world, moment, failing(Killed(), at=at))
        for _ in range(2):
            try:
                world.message(message)
            except Killed:
                died.append(at)
                world.now += INTENT_HELD  # No queue brings it again before that.
        assert world.sending.enabled == (message == "n")
    assert died == [at]
    assert actions(world) == [Action.PAUSED, Action.RESUMED]
    assert (world.record.state, world.record.holder) == (State.RELEASED, None)
    assert world.sending.fresh_start is not None
    assert world.standing.metric(Metric.BOUNCE_RATE).floor == next_full_hour(world.sending.fresh_start)


EVENTS = st.lists(
    st.sampled_from(["shut down", "reinstate", "message", "again", "dies before", "dies after", "no answer", "denied"]),
    max_size=14,
)


@settings(max_examples=150, deadline=None)
@given(EVENTS, st.integers(0, 3))
@example(["shut down", "no answer", "reinstate", *["shut down"] * 3, "reinstate"], 1)
def test_whatever_goes_wrong_and_in_whatever_order_ses_agrees_with_the_status_in_the_end(
    events: list[str], position: int
) -> None:
    """Nobody else touches SES here, so that it is paused exactly while the status asks for it."""
    world = World()
    for number, event in enumerate(events):
        world.now += MINUTE
        identifier = "m" if event == "again" else f"m{number}"
        steps = [step for known in STEPS.values() for step in (known[position],)]
        match event:
            case "shut down":
                world.shut_down()
            case "reinstate":
                world.reinstate()
            case "dies before":
                world.before = failing(Killed(), at=steps[0])
            case "dies after":
                world.after = failing(Killed(), at=steps[1])
            case "no answer":
                world.after = failing(NO_ANSWER, at=("pause", "resume")[position % 2])
            case "denied":
                world.before = failing(DENIED, at=("pause", "resume")[position % 2])
        with suppress(Killed):
            world.message(identifier)
    world.before = world.after = lambda _step: None
    world.now += INTENT_HELD
    assert world.message("the last").outcome is Outcome.AGREED
    asked_for = bool(world.standing.findings)
    assert world.sending.enabled != asked_for
    assert world.record.state is (State.PAUSED if asked_for else State.RELEASED)
    told = [action for action in actions(world) if action in {Action.PAUSED, Action.RESUMED}]
    ids = [news.id for news in world.history]
    assert len(ids) == len(set(ids)), "nothing is told twice"
    if told:
        assert told[-1] is (Action.PAUSED if asked_for else Action.RESUMED)
    assert {news.status for news in world.history} <= {Status.SHUTDOWN, Status.HEALTHY}


# -- Messages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("", "Input data was truncated"),
        ('{"kind": "early-warning"}', "Invalid enum value 'early-warning'"),
        ('{"kind": "status-change", "version": 2, "scope": "account"}', "Invalid enum value 2"),
        ('{"kind": "status-change", "version": 1, "scope": "acme"}', "'acme' is no scope"),
        ('{"kind": "status-change", "version": 1}', "missing required field `scope`"),
    ],
    ids=["nothing", "another alert", "another version", "no scope", "a scope is missing"],
)
def test_what_can_not_be_read_is_set_apart_with_the_reason(world: World, body: str, problem: str) -> None:
    kept: list[StatusMessage] = []

    def set_apart(message: StatusMessage) -> bool:
        kept.append(message)
        return len(kept) == 1

    for outcome in (Outcome.SET_APART, Outcome.TRY_AGAIN):
        messages = read_messages({"Records": [{"messageId": "m", "body": body}]})
        (handled,) = enforce_status(messages, MORNING, world.enforcer, set_apart)
        assert (handled.message_id, handled.outcome) == ("m", outcome)
        assert problem in str(handled.problem)
    assert [message.body for message in kept] == [body] * 2
