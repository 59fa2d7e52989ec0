"""When sending is paused and resumed at SES: what follows from the standing, the record and what SES says."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from ses_reputation.domain.categories import Category
from ses_reputation.domain.enforcement import (
    CALL_TAKES,
    FAILURES_KEPT,
    Action,
    Call,
    Demand,
    Enforced,
    Enforcement,
    EnforcementPolicy,
    Mode,
    Record,
    Sending,
    State,
    called,
    decide,
    failed,
    forgotten,
    needs_ses,
    news_of,
)
from ses_reputation.domain.lifecycle import SCOPE_STATUS, Stage, Status
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind
from ses_reputation.domain.standing import Finding, Standing

TENANT = Scope("tenant/acme")
NEWSLETTER = Scope("configuration-set/newsletter")
MORNING = datetime(2026, 3, 6, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
RUNNING, STOPPED = Sending(enabled=True, target="t", setting="ENABLED"), Sending(False, target="t", setting="DISABLED")
OBSERVE, ENFORCE = Mode.OBSERVE, Mode.ENFORCE


def finding(stage: Stage, *, opened: datetime = MORNING, since: datetime = MORNING + HOUR) -> Finding:
    return Finding("f1", Category.SPAMTRAP, stage, opened=opened, since=opened, stage_since=since)


def shut_down(at: datetime = MORNING) -> Demand:
    return Demand(at, finding(Stage.SHUTDOWN, since=at))


def record(state: State, scope: Scope = TENANT) -> Enforcement:
    """One that answered the shutdown of the morning."""
    told = None if state is State.RELEASED else MORNING
    setting = "" if state in {State.RELEASED, State.FOUND_PAUSED} else "ENABLED"
    return Enforcement(scope, state, since=told, answered=told, finding=finding(Stage.SHUTDOWN), setting=setting)


# -- What asks for a pause ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", [s for s in Stage if s is not Stage.RESOLVED])
def test_a_shutdown_asks_for_a_pause_and_where_it_was_said_so_does_whatever_is_worse_than_healthy(stage: Stage) -> None:
    standing = Standing(TENANT, findings={Category.SPAMTRAP: finding(stage)})
    early = EnforcementPolicy(paused_at_probation=frozenset({ScopeKind.TENANT}))
    asks = EnforcementPolicy().demand(standing)
    assert (asks is not None) == (SCOPE_STATUS[stage] is Status.SHUTDOWN)
    assert (early.demand(standing) is not None) == (SCOPE_STATUS[stage] is not Status.HEALTHY)
    assert early.demand(replace(standing, scope=NEWSLETTER)) == EnforcementPolicy().demand(standing)


def test_nothing_asks_where_nothing_is_found() -> None:
    everything = frozenset(ScopeKind)
    assert EnforcementPolicy(everything, everything).demand(Standing(TENANT)) is None


def test_the_newest_reason_is_the_one_that_counts() -> None:
    older, newer = finding(Stage.SHUTDOWN), replace(finding(Stage.SHUTDOWN), id="f2", stage_since=MORNING + 2 * HOUR)
    standing = Standing(TENANT, findings={Category.SPAMTRAP: newer, Category.OTHER: older})
    assert EnforcementPolicy().demand(standing) == Demand(MORNING + 2 * HOUR, newer)


def test_of_reasons_of_the_same_moment_it_is_always_the_same_one() -> None:
    one, other = (replace(finding(Stage.SHUTDOWN), id=id_) for id_ in ("f1", "f2"))
    for findings in ({Category.SPAMTRAP: one, Category.OTHER: other}, {Category.SPAMTRAP: other, Category.OTHER: one}):
        assert EnforcementPolicy().demand(Standing(TENANT, findings=findings)) == Demand(MORNING + HOUR, other)


def test_a_probation_of_which_no_period_is_known_asks_from_when_its_stage_began() -> None:
    early = EnforcementPolicy(paused_at_probation=frozenset({ScopeKind.TENANT}))
    on_probation = finding(Stage.PROBATION, since=MORNING + HOUR)
    asks = early.demand(Standing(TENANT, findings={Category.OTHER: on_probation}))
    assert asks == Demand(MORNING + HOUR, on_probation)


def test_a_probation_that_heals_and_relapses_is_one_reason_and_a_shutdown_is_another() -> None:
    early = EnforcementPolicy(paused_at_probation=frozenset({ScopeKind.TENANT}))

    def since(stage: Stage, hours: int) -> datetime:
        on_probation = replace(finding(stage, since=MORNING + hours * HOUR), period_since=MORNING)
        asks = early.demand(Standing(TENANT, findings={Category.OTHER: on_probation}))
        assert asks
        return asks.since

    assert [since(Stage.PROBATION, 0), since(Stage.ALMOST_HEALED, 1), since(Stage.PROBATION, 2)] == [MORNING] * 3
    assert since(Stage.SHUTDOWN, 3) == MORNING + 3 * HOUR


def test_a_suspicion_that_is_confirmed_asks_from_then_on() -> None:
    early = EnforcementPolicy(paused_at_probation=frozenset({ScopeKind.TENANT}))
    confirmed = replace(finding(Stage.PROBATION, since=MORNING + HOUR), opened=MORNING, period_since=MORNING + HOUR)
    asks = early.demand(Standing(TENANT, findings={Category.OTHER: confirmed}))
    assert asks
    assert asks.since == MORNING + HOUR


def test_a_scope_is_only_observed_unless_its_kind_is_named() -> None:
    policy = EnforcementPolicy(enforced=frozenset({ScopeKind.TENANT}))
    assert [policy.mode(scope) for scope in (TENANT, NEWSLETTER, ACCOUNT)] == [ENFORCE, OBSERVE, OBSERVE]


# -- What follows ------------------------------------------------------------------------------------------------------

NO, STILL, ANEW = None, shut_down(), shut_down(MORNING + HOUR)
ROWS: dict[str, tuple[State, Demand | None, Sending, Mode, State | Call | None, Action | None]] = {
    "nothing is asked for": (State.RELEASED, NO, RUNNING, ENFORCE, None, None),
    "a person paused what is healthy": (State.RELEASED, NO, STOPPED, ENFORCE, None, None),
    "shut down": (State.RELEASED, STILL, RUNNING, ENFORCE, State.PAUSING, None),
    "shut down, and only observed": (State.RELEASED, STILL, RUNNING, OBSERVE, State.OBSERVED, Action.WOULD_PAUSE),
    "shut down, and paused already": (State.RELEASED, STILL, STOPPED, ENFORCE, State.FOUND_PAUSED, Action.FOUND_PAUSED),
    "observed, and told": (State.OBSERVED, STILL, RUNNING, OBSERVE, None, None),
    "observed, and shut down once more": (State.OBSERVED, ANEW, RUNNING, OBSERVE, None, None),
    "observed, and to be enforced now": (State.OBSERVED, STILL, RUNNING, ENFORCE, State.PAUSING, None),
    "observed, and a person paused it": (
        State.OBSERVED,
        STILL,
        STOPPED,
        OBSERVE,
        State.FOUND_PAUSED,
        Action.FOUND_PAUSED,
    ),
    "observed, and reinstated": (State.OBSERVED, NO, RUNNING, OBSERVE, State.RELEASED, Action.WOULD_RESUME),
    "observed, paused by a person, reinstated": (
        State.OBSERVED,
        NO,
        STOPPED,
        OBSERVE,
        State.RELEASED,
        Action.LEFT_PAUSED,
    ),
    "about to pause": (State.PAUSING, STILL, RUNNING, ENFORCE, Call.PAUSE, None),
    "it was paused, and nobody heard": (State.PAUSING, STILL, STOPPED, ENFORCE, State.PAUSED, Action.PAUSED),
    "about to pause, and reinstated": (State.PAUSING, NO, RUNNING, ENFORCE, State.RELEASED, None),
    "it was paused, nobody heard, reinstated": (State.PAUSING, NO, STOPPED, ENFORCE, State.PAUSED, Action.PAUSED),
    "about to pause, but not any more": (State.PAUSING, STILL, RUNNING, OBSERVE, State.OBSERVED, Action.WOULD_PAUSE),
    "paused": (State.PAUSED, STILL, STOPPED, ENFORCE, None, None),
    "paused, and shut down once more": (State.PAUSED, ANEW, STOPPED, ENFORCE, State.PAUSED, None),
    "a person resumed it": (State.PAUSED, STILL, RUNNING, ENFORCE, State.LEFT_RUNNING, Action.LEFT_RUNNING),
    "a person resumed it, then shut down again": (State.PAUSED, ANEW, RUNNING, ENFORCE, State.PAUSING, None),
    "reinstated": (State.PAUSED, NO, STOPPED, ENFORCE, State.RESUMING, None),
    "reinstated, but only observed now": (State.PAUSED, NO, STOPPED, OBSERVE, State.RELEASED, Action.WOULD_RESUME),
    "reinstated after a person resumed it": (State.PAUSED, NO, RUNNING, ENFORCE, State.RELEASED, Action.FOUND_RUNNING),
    "another's pause stays": (State.FOUND_PAUSED, STILL, STOPPED, ENFORCE, None, None),
    "another's pause ends": (State.FOUND_PAUSED, STILL, RUNNING, ENFORCE, State.LEFT_RUNNING, Action.LEFT_RUNNING),
    "another's pause, reinstated": (State.FOUND_PAUSED, NO, STOPPED, ENFORCE, State.RELEASED, Action.LEFT_PAUSED),
    "left running": (State.LEFT_RUNNING, STILL, RUNNING, ENFORCE, None, None),
    "left running, then shut down again": (State.LEFT_RUNNING, ANEW, RUNNING, ENFORCE, State.PAUSING, None),
    "left running, then reinstated": (State.LEFT_RUNNING, NO, RUNNING, ENFORCE, State.RELEASED, None),
    "about to resume": (State.RESUMING, NO, STOPPED, ENFORCE, Call.RESUME, None),
    "it was resumed, and nobody heard": (State.RESUMING, NO, RUNNING, ENFORCE, State.RELEASED, Action.RESUMED),
    "about to resume, and shut down again": (State.RESUMING, ANEW, STOPPED, ENFORCE, State.PAUSED, Action.PAUSED),
    "resumed, and shut down again": (State.RESUMING, ANEW, RUNNING, ENFORCE, State.RELEASED, Action.RESUMED),
}


@pytest.mark.parametrize(("state", "demand", "sending", "mode", "follows", "told"), ROWS.values(), ids=ROWS)
def test_what_follows(
    state: State,
    demand: Demand | None,
    sending: Sending,
    mode: Mode,
    follows: State | Call | None,
    told: Action | None,
) -> None:
    step = decide(record(state), demand, sending, mode, MORNING + 2 * HOUR)
    if isinstance(step, Record):
        assert (step.enforcement.state, step.action) == (follows, told)
    else:
        assert step is follows


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("demand", [NO, STILL, ANEW], ids=["no", "still", "anew"])
@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("enabled", [True, False], ids=["running", "paused"])
def test_whatever_holds_it_comes_to_an_end_and_an_observer_touches_nothing(
    state: State, demand: Demand | None, mode: Mode, enabled: bool
) -> None:
    known, sending = record(state), RUNNING if enabled else STOPPED
    told: list[str] = []
    for _ in range(6):
        step = decide(known, demand, sending, mode, MORNING + 2 * HOUR)
        if step is None:
            break
        if isinstance(step, Record):
            news = news_of(step, sending, mode, Status.HEALTHY, MORNING)
            told += [news.id] if news else []
            known = step.enforcement
        else:
            assert mode is ENFORCE
            sending = called(step, known, sending, MORNING)
    assert step is None
    assert len(set(told)) == len(told)
    if demand is None:
        assert known.state is State.RELEASED


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("demand", [NO, STILL, ANEW], ids=["no", "still", "anew"])
def test_ses_is_asked_exactly_where_its_answer_matters(state: State, demand: Demand | None) -> None:
    known = record(state)
    steps = [decide(known, demand, sending, ENFORCE, MORNING) for sending in (RUNNING, STOPPED)]
    different = [(step.enforcement.state, step.action) if isinstance(step, Record) else step for step in steps]
    assert needs_ses(known, demand) == (different[0] != different[1])


@pytest.mark.parametrize(
    ("switched", "theirs"),
    [
        pytest.param(None, False, id="SES does not say when it was switched"),
        pytest.param(MORNING - HOUR, False, id="before"),
        pytest.param(MORNING + CALL_TAKES, False, id="as long after as our own call may take"),
        pytest.param(MORNING + CALL_TAKES + timedelta(seconds=1), True, id="later than that"),
    ],
)
def test_a_pause_is_anothers_if_somebody_has_switched_it_since_ours(switched: datetime | None, theirs: bool) -> None:
    stopped = replace(STOPPED, switched=switched)
    step = decide(record(State.PAUSED), None, stopped, ENFORCE, MORNING + HOUR)
    assert isinstance(step, Record)
    released = (State.RELEASED, Action.LEFT_PAUSED)
    assert (step.enforcement.state, step.action) == (released if theirs else (State.RESUMING, None))


def test_whose_pause_it_is_matters_only_while_it_is_ours() -> None:
    later = MORNING + HOUR
    intent = decide(record(State.RESUMING), None, replace(STOPPED, switched=later), ENFORCE, later)
    assert intent is Call.RESUME
    unknown = replace(record(State.PAUSED), since=None)
    step = decide(unknown, None, replace(STOPPED, switched=later), ENFORCE, later)
    assert isinstance(step, Record)
    assert step.enforcement.state is State.RESUMING
    running = decide(record(State.PAUSED), None, replace(RUNNING, switched=later), ENFORCE, later)
    assert isinstance(running, Record)
    assert running.action is Action.FOUND_RUNNING


def test_a_record_whose_reason_nobody_wrote_down_answers_the_one_there_is() -> None:
    unanswered = replace(record(State.PAUSED), answered=None)
    assert decide(unanswered, ANEW, STOPPED, ENFORCE, MORNING + HOUR) is None


def test_what_ses_itself_has_paused_is_left_to_it() -> None:
    theirs = Sending(enabled=False, stopped_by_ses="", resumable=False)
    for state in (State.PAUSED, State.RESUMING):
        step = decide(record(state, ACCOUNT), None, theirs, ENFORCE, MORNING)
        assert isinstance(step, Record)
        assert (step.enforcement.state, step.action) == (State.RELEASED, Action.LEFT_TO_SES)


# -- What is written and told ------------------------------------------------------------------------------------------


def test_a_step_is_written_with_its_reason_and_what_ses_said() -> None:
    failures = ("e1",)
    before = Enforcement(TENANT, failures=failures, told=MORNING, holder="somebody", held=MORNING)
    step = decide(before, STILL, RUNNING, ENFORCE, MORNING + HOUR)
    assert step == Record(
        Enforcement(
            TENANT,
            State.PAUSING,
            since=MORNING + HOUR,
            answered=MORNING,
            finding=finding(Stage.SHUTDOWN, since=MORNING),
            target="t",
            setting="ENABLED",
            failures=failures,
            told=MORNING,
        )
    )


def test_a_new_reason_for_what_is_paused_is_written_down_and_nothing_else_changes() -> None:
    before = replace(record(State.PAUSED), failures=("e1",), told=MORNING, target="old")
    step = decide(before, ANEW, replace(STOPPED, target=""), ENFORCE, MORNING + 2 * HOUR)
    assert step == Record(replace(before, answered=ANEW.since, finding=ANEW.finding))


def test_what_is_released_keeps_the_reason_that_it_was_paused_for() -> None:
    before = replace(record(State.RESUMING), failures=("e1",))
    step = decide(before, ANEW, RUNNING, ENFORCE, MORNING + 2 * HOUR)
    assert isinstance(step, Record)
    assert step.enforcement == replace(
        before, state=State.RELEASED, since=MORNING + 2 * HOUR, target="t", setting="ENABLED", failures=()
    )


def test_of_a_scope_that_ses_no_longer_has_only_what_was_is_kept() -> None:
    before = replace(record(State.PAUSED), target="t", failures=("e1",))
    assert forgotten(before, MORNING + HOUR) == replace(
        before, state=State.RELEASED, since=MORNING + HOUR, setting="", failures=()
    )


def test_news_says_what_was_done_to_what_and_why() -> None:
    paused = replace(record(State.PAUSED), target="t")
    stopped = replace(STOPPED, stopped_by_ses="review")
    news = news_of(Record(paused, Action.PAUSED), stopped, ENFORCE, Status.SHUTDOWN, MORNING + HOUR)
    assert news
    assert news == Enforced(
        news.id,
        MORNING + HOUR,
        TENANT,
        Action.PAUSED,
        ENFORCE,
        Status.SHUTDOWN,
        finding(Stage.SHUTDOWN),
        target="t",
        setting="ENABLED",
        stopped_by_ses="review",
    )


def test_news_is_the_same_for_the_same_scope_action_and_reason_whenever_it_is_told() -> None:
    def identifier(known: Enforcement, action: Action, now: datetime = MORNING) -> str:
        news = news_of(Record(known, action), STOPPED, ENFORCE, Status.SHUTDOWN, now)
        assert news
        return news.id

    known = record(State.PAUSED)
    same = identifier(known, Action.PAUSED)
    assert identifier(known, Action.PAUSED, MORNING + HOUR) == same
    others = (
        identifier(known, Action.RESUMED),
        identifier(replace(known, scope=NEWSLETTER), Action.PAUSED),
        identifier(replace(known, answered=MORNING + HOUR), Action.PAUSED),
    )
    assert len({same, *others}) == 4
    reasonless = replace(known, answered=None)
    assert identifier(reasonless, Action.PAUSED) != identifier(reasonless, Action.PAUSED, MORNING + HOUR)


def test_nothing_is_told_of_what_is_only_written_down() -> None:
    assert news_of(Record(record(State.PAUSING)), RUNNING, ENFORCE, Status.SHUTDOWN, MORNING) is None


def test_what_was_asked_of_ses_is_what_it_says_then() -> None:
    known = record(State.RESUMING)
    sending = replace(RUNNING, stopped_by_ses="review", switched=MORNING)
    assert called(Call.PAUSE, known, sending, MORNING + HOUR) == replace(sending, enabled=False)
    assert called(Call.RESUME, known, replace(STOPPED, switched=MORNING), MORNING + HOUR) == replace(
        STOPPED, switched=MORNING, enabled=True, setting="ENABLED", fresh_start=MORNING + HOUR
    )


# -- What is restored, and measured anew -------------------------------------------------------------------------------


def test_a_tenant_is_to_be_resumed_as_it_was_before() -> None:
    reinstated = replace(RUNNING, setting="REINSTATED")
    known = Enforcement(TENANT)
    for sending, state in ((reinstated, State.PAUSING), (STOPPED, State.PAUSED)):
        step = decide(known, STILL, sending, ENFORCE, MORNING)
        assert isinstance(step, Record)
        known = step.enforcement
        assert (known.state, known.setting) == (state, "REINSTATED")
    step = decide(known, None, STOPPED, ENFORCE, MORNING + HOUR)
    assert isinstance(step, Record)
    assert called(Call.RESUME, step.enforcement, STOPPED, MORNING).setting == "REINSTATED"


LATE = MORNING + timedelta(minutes=20)


@pytest.mark.parametrize(
    ("state", "demand", "fresh_start", "floor"),
    [
        pytest.param(State.RESUMING, None, LATE, MORNING + HOUR, id="resumed"),
        pytest.param(State.RESUMING, None, MORNING, MORNING, id="resumed on the hour"),
        pytest.param(State.RESUMING, None, None, MORNING + 2 * HOUR, id="resumed, and SES does not say when"),
        pytest.param(State.RESUMING, None, MORNING - HOUR, MORNING + 2 * HOUR, id="SES still tells of an older one"),
        pytest.param(State.PAUSED, STILL, LATE, MORNING + HOUR, id="a person resumed it"),
        pytest.param(State.PAUSED, None, LATE, MORNING + HOUR, id="a person resumed it, and it is reinstated"),
        pytest.param(State.PAUSED, STILL, None, None, id="a person resumed it, and SES does not say when"),
        pytest.param(State.PAUSED, STILL, MORNING - HOUR, None, id="a person resumed it, of an older one"),
    ],
)
def test_what_sends_again_is_measured_from_the_next_full_hour(
    state: State, demand: Demand | None, fresh_start: datetime | None, floor: datetime | None
) -> None:
    running = replace(RUNNING, fresh_start=fresh_start)
    now = MORNING + HOUR + timedelta(minutes=5)
    step = decide(record(state, NEWSLETTER), demand, running, ENFORCE, now)
    assert isinstance(step, Record)
    assert step.floor == floor
    of_tenant = decide(record(state, TENANT), demand, running, ENFORCE, now)
    assert isinstance(of_tenant, Record)
    assert of_tenant.floor is None, "SES does so with configuration sets only"


@pytest.mark.parametrize(
    ("state", "demand", "sending"),
    [
        pytest.param(State.OBSERVED, STILL, RUNNING, id="about to be paused"),
        pytest.param(State.OBSERVED, STILL, STOPPED, id="found paused"),
        pytest.param(State.PAUSING, STILL, STOPPED, id="paused"),
        pytest.param(State.PAUSED, NO, STOPPED, id="about to be resumed"),
        pytest.param(State.FOUND_PAUSED, NO, STOPPED, id="left paused"),
    ],
)
def test_what_does_not_send_again_is_not_measured_anew(state: State, demand: Demand | None, sending: Sending) -> None:
    step = decide(record(state, NEWSLETTER), demand, replace(sending, fresh_start=LATE), ENFORCE, MORNING + HOUR)
    assert isinstance(step, Record)
    assert step.floor is None


# -- What fails --------------------------------------------------------------------------------------------------------


def test_a_failure_is_told_once_for_each_cause_and_code() -> None:
    known, told = record(State.PAUSING), []
    for demand, code in (
        (STILL, "Denied"),
        (STILL, "Denied"),
        (STILL, "Throttled"),
        (ANEW, "Denied"),
        (ANEW, "Denied"),
    ):
        if news := failed(known, demand, ENFORCE, Status.SHUTDOWN, MORNING, code=code, reason="no"):
            known = news[0]
            told.append((news[1].action, demand.since, code))
    assert told == [
        (Action.PAUSE_FAILED, MORNING, "Denied"),
        (Action.PAUSE_FAILED, MORNING, "Throttled"),
        (Action.PAUSE_FAILED, MORNING + HOUR, "Denied"),
    ]


def test_once_something_has_succeeded_a_failure_is_news_again() -> None:
    known, _ = failed(record(State.PAUSING), STILL, ENFORCE, Status.SHUTDOWN, MORNING, code="x", reason="no") or (
        None,
        None,
    )
    assert known
    step = decide(known, STILL, STOPPED, ENFORCE, MORNING)
    assert isinstance(step, Record)
    assert step.enforcement.failures == ()


def test_it_is_the_resuming_that_fails_once_nothing_asks_for_a_pause() -> None:
    _, news = failed(record(State.PAUSED), None, ENFORCE, Status.HEALTHY, MORNING, code="x", reason="no") or (
        None,
        None,
    )
    assert news
    assert (news.action, news.finding) == (Action.RESUME_FAILED, finding(Stage.SHUTDOWN))


OLDER = replace(finding(Stage.SHUTDOWN), id="f0")


@pytest.mark.parametrize(
    ("state", "demand", "action", "about"),
    [
        pytest.param(State.PAUSING, ANEW, Action.PAUSE_FAILED, ANEW.finding, id="a pause"),
        pytest.param(State.RESUMING, ANEW, Action.RESUME_FAILED, ANEW.finding, id="a resuming, shut down again"),
        pytest.param(State.RESUMING, NO, Action.RESUME_FAILED, OLDER, id="a resuming"),
    ],
)
def test_news_of_a_failure_says_what_failed_and_why(
    state: State, demand: Demand | None, action: Action, about: Finding
) -> None:
    known = replace(record(state), target="t", finding=OLDER)
    failure = failed(known, demand, ENFORCE, Status.SHUTDOWN, MORNING + HOUR, code="Denied", reason="not allowed")
    assert failure
    after, news = failure
    assert news == Enforced(
        news.id,
        MORNING + HOUR,
        TENANT,
        action,
        ENFORCE,
        Status.SHUTDOWN,
        about,
        target="t",
        setting="ENABLED",
        reason="not allowed",
    )
    assert after == replace(known, failures=(news.id,))


def test_a_failure_to_resume_is_told_once_however_long_it_lasts() -> None:
    known = record(State.RESUMING)
    first = failed(known, None, ENFORCE, Status.HEALTHY, MORNING, code="Denied", reason="no")
    assert first
    assert failed(first[0], None, ENFORCE, Status.HEALTHY, MORNING + HOUR, code="Denied", reason="no") is None
    reasonless = replace(first[0], answered=None)
    assert failed(reasonless, None, ENFORCE, Status.HEALTHY, MORNING + HOUR, code="Denied", reason="no")


def test_so_many_failures_are_known_the_newest_last() -> None:
    known = record(State.PAUSING)
    ids = []
    for number in range(FAILURES_KEPT + 2):
        failure = failed(known, STILL, ENFORCE, Status.SHUTDOWN, MORNING, code=f"{number}", reason="no")
        assert failure
        known = failure[0]
        ids.append(failure[1].id)
    assert known.failures == tuple(ids[2:])
