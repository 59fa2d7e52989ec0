"""Random histories with faults at any call, a few of them: `make soak` runs as many as there is time for."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ses_reputation_local.ses_mail import Bounce, BounceSubtype, BounceType, Complaint, Format, Message
from ses_reputation_local.ses_simulator import SesSimulator
from tests.faults import Called, Fault
from tests.soak.history import History, Parcel, Step, draw_history
from tests.soak.laws import (
    LAWS,
    all_news_is_recorded_once_and_in_both_places,
    changes_form_a_chain,
    dead_letters_are_poison_with_its_reason,
    every_counter_equals_the_model,
    every_piece_of_news_was_told_and_nothing_else,
    every_queue_is_empty,
    every_scope_was_judged_after_its_last_count,
    faults_made_no_difference,
    only_what_time_moves_is_still_due,
)
from tests.soak.mail import MORNING
from tests.soak.model import bounce_rate, expected_counts
from tests.soak.running import CHANCE, Ended, Faults, Focus, run_history
from tests.soak.trying import try_history

randoms = st.randoms(use_true_random=False)


@given(history=randoms, faults=randoms)
@settings(max_examples=2, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_fails_every_law_holds(history: Random, faults: Random) -> None:
    drawn = draw_history(history, mails=2)
    ended = run_history(drawn, Faults(faults, CHANCE))
    for law in LAWS:
        law(ended)
    if drawn.compared:
        faults_made_no_difference(ended, run_history(drawn))


@pytest.mark.parametrize("seed", ["short-3", "short-65"], ids=["at once", "in chunks"])
def test_every_law_holds_in_histories_in_which_much_happens_and_much_fails(seed: str) -> None:
    """What hypothesis draws first is next to nothing; these are two of `make soak`, and it is known what is in them."""
    tried = try_history(seed, CHANCE)
    assert tried.failure is None, f"{tried.law}: {tried.failure}"
    assert tried.injected.total() > 40
    assert min(tried.numbers[name] for name in ("facts counted", "changes", "alerts", "crashes survived")) > 0


# -- The model ---------------------------------------------------------------------------------------------------------


def sent(*outcomes: Any, **changes: Any) -> list[str]:
    message = Message(
        **{
            "source": "news@shop.example",
            "recipients": ("a@gmail.com", "b@firm.example"),
            "configuration_set": "newsletter",
            "formats": frozenset(Format),
            **changes,
        }
    )
    return [publication.message for publication in SesSimulator("model").send(MORNING, message, *outcomes)]


HARD = Bounce(("a@gmail.com",), BounceType.PERMANENT, BounceSubtype.NO_EMAIL)


def test_the_model_counts_a_fact_once_in_every_scope_that_any_copy_names() -> None:
    told = sent(HARD)
    counts = expected_counts([*told, *told])
    notifications = [text for text in told if "notificationType" in json.loads(text)]
    assert counts["account", "2026-03-06T09", "gmail", "hard_bounced"] == 1
    assert counts["configuration-set/newsletter", "2026-03-06T09", "gmail", "reply_user_unknown"] == 1
    assert counts["account", "2026-03-06T09", "other", "sent"] == 1
    assert {scope for scope, *_ in expected_counts(notifications)} == {"account", "identity/shop.example"}
    assert bounce_rate(counts, "account", "") == (1, 2)
    assert bounce_rate(counts, "provider/gmail", "") == (1, 1)
    assert bounce_rate(counts, "account", "2026-03-06T10") == (0, 0)


def test_the_model_takes_several_suspects_of_a_complaint_for_one() -> None:
    recipients = ("a@yahoo.co.uk", "b@yahoo.co.uk")
    counts = expected_counts(sent(Complaint(recipients[0]), recipients=recipients))
    complained = {key: number for key, number in counts.items() if key[0] == "account" and key[3] == "complained"}
    assert list(complained.values()) == [1]
    assert {key[2] for key in complained} == {"yahoo"}


# -- The laws ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ended() -> Ended:
    """A history that has a bit of everything that laws are about."""
    parcels = [Parcel("Bounce" if '"Bounce"' in text[:40] else "Volume", text) for text in sent(HARD)]
    steps = (
        Step(MORNING + timedelta(minutes=5), parcels=(*parcels, Parcel("Bounce", "poison", poison=True))),
        Step(MORNING + timedelta(hours=1), tick=("EvaluateReputation",)),
    )
    limits = {"MinimumVolume": "1", "MinimumBounces": "1", "NotificationEmail": "ops@shop.example"}
    return run_history(History(limits, steps, patient=True))


def without_the_last_message(ended: Ended) -> Ended:
    *others, last = ended.history.steps[0].parcels
    told = (*others, *(Parcel("Bounce", text) for text in sent(HARD, source="other@bikes.example")), last)
    first, *rest = ended.history.steps
    return replace(ended, history=replace(ended.history, steps=(replace(first, parcels=told), *rest)))


def with_another(name: str) -> Callable[[Ended], Ended]:
    """What a part of all that is there is, with something in it twice."""

    def repeated(ended: Ended) -> Ended:
        changed: dict[str, Any] = {name: [*getattr(ended, name), getattr(ended, name)[0]]}
        return replace(ended, **changed)

    return repeated


BROKEN: dict[str, tuple[Any, Callable[[Ended], Ended]]] = {
    "a message is not counted": (every_counter_equals_the_model, without_the_last_message),
    "a counter is added to twice": (every_counter_equals_the_model, with_another("counters")),
    "news is recorded twice": (all_news_is_recorded_once_and_in_both_places, with_another("news")),
    "news is missing in its month": (
        all_news_is_recorded_once_and_in_both_places,
        lambda ended: replace(ended, news_by_month=ended.news_by_month[1:]),
    ),
    "a change is missing": (
        changes_form_a_chain,
        lambda ended: replace(ended, news=[piece for piece in ended.news if piece.scope != "account"]),
    ),
    "news was not told": (
        every_piece_of_news_was_told_and_nothing_else,
        lambda ended: replace(ended, told=replace(ended.told, documents={})),
    ),
    "an alert waits": (every_piece_of_news_was_told_and_nothing_else, lambda ended: replace(ended, outbox=1)),
    "what was told is not recorded": (
        every_piece_of_news_was_told_and_nothing_else,
        lambda ended: replace(ended, told=replace(ended.told, unrecorded=["a"])),
    ),
    "a message waits": (every_queue_is_empty, lambda ended: replace(ended, waiting={"BounceQueue": 1})),
    "poison is gone": (
        dead_letters_are_poison_with_its_reason,
        lambda ended: replace(ended, letters={**ended.letters, "FeedbackDeadLetterQueue": []}),
    ),
    "a scope was never judged": (
        every_scope_was_judged_after_its_last_count,
        lambda ended: replace(ended, standings={s: ended.standings[s] for s in ended.standings if s != "account"}),
    ),
    "a scope was judged before its last count": (every_scope_was_judged_after_its_last_count, without_the_last_message),
    "what nothing moves is due": (
        only_what_time_moves_is_still_due,
        lambda ended: replace(ended, due={"identity/shop.example"}, standings=_healthy(ended)),
    ),
}


def _healthy(ended: Ended) -> dict[str, Any]:
    return {scope: type(standing)(standing.scope) for scope, standing in ended.standings.items()}


def test_all_laws_hold_where_nothing_fails(ended: Ended) -> None:
    assert {piece.scope for piece in ended.news} >= {"account", "configuration-set/newsletter", "provider/gmail"}
    for law in LAWS:
        law(ended)


@pytest.mark.parametrize(("law", "broken"), BROKEN.values(), ids=BROKEN)
def test_a_law_notices_what_is_against_it(ended: Ended, law: Any, broken: Callable[[Ended], Ended]) -> None:
    with pytest.raises((AssertionError, KeyError)):
        law(broken(ended))


def test_a_focus_is_read_as_it_is_printed() -> None:
    focus = Focus(Called("WatchSes", "dynamodb", "PutItem"), (Fault.UNANSWERED_FOR_GOOD, Fault.KILLED_AFTER))
    assert Focus.read(str(focus)) == focus
