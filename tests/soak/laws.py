"""What holds when a history is over, whatever went wrong on the way."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ses_reputation.domain.changes import Change, EvidenceAdded
from ses_reputation.domain.enforcement import Enforced
from ses_reputation.domain.lifecycle import Stage, Status
from ses_reputation.domain.news import News
from ses_reputation.domain.rates import Metric
from ses_reputation.domain.scopes import ACCOUNT
from ses_reputation.domain.verdict import VerdictChange
from ses_reputation_local.ses_resources import SendingStatus
from tests.soak.model import UNJUDGED, Counts, bounce_rate, expected_counts
from tests.soak.running import Ended

RECEIVES: Final = 5
"""How often a queue of feedback offers a message before it is a dead letter."""


def every_counter_equals_the_model(ended: Ended) -> None:
    """Nothing is lost, and nothing is counted twice."""
    counted = Counts()
    for item in ended.counters:
        hour, _, writer = item["hour"]["S"].partition("#")
        if writer != "statistics":
            for name, value in item.items():
                provider, dot, measure = name.rpartition(".")
                if dot:
                    counted[item["scope"]["S"], hour, provider, measure] += int(value["N"])
    wanted = expected(ended)
    assert counted == wanted, f"lost: {dict(wanted - counted)}, too many: {dict(counted - wanted)}"


def every_scope_was_judged_after_its_last_count(ended: Ended) -> None:
    """What was counted is known to whoever looks at a standing: no scope was forgotten."""
    if ended.history.parameters.get("VolumeSource"):
        return  # Then the denominator is SES's.
    counts = expected(ended)
    for scope in judged_scopes(counts):
        standing = ended.standings.get(scope)
        assert standing, f"{scope} was never evaluated"
        floor = standing.metric(Metric.BOUNCE_RATE).floor
        since = floor.isoformat()[:13] if floor else ""
        window = standing.measures[Metric.BOUNCE_RATE].window
        assert (window.count, window.volume) == bounce_rate(counts, scope, since), scope


def only_what_time_moves_is_still_due(ended: Ended) -> None:
    """The list of scopes to evaluate is worked off."""
    assert ended.due == {scope for scope in ended.due if ended.standings[scope].moves_with_time}


def changes_form_a_chain(ended: Ended) -> None:
    """Every change begins where the last one ended, from Healthy to where the scope stands now."""
    by_scope = _by_scope(ended.news, Change)
    for scope in {*by_scope, *ended.standings}:
        changes = by_scope.get(scope, [])
        stages: dict[str, Stage | None] = {}
        for change in changes:
            assert change.before == stages.get(change.category), f"{scope}: {change.category}"
            stages[change.category] = None if change.after is Stage.RESOLVED else change.after
        open_now = {category: finding.stage for category, finding in ended.standings[scope].findings.items()}
        assert {category: stage for category, stage in stages.items() if stage} == open_now, scope
        status = Status.HEALTHY
        for moment in dict.fromkeys(change.time for change in changes):
            # What is decided at once is one step, which each of the changes tells.
            together = {(c.scope_before, c.scope_after) for c in changes if c.time == moment}
            assert {before for before, _ in together} == {status}, f"{scope} at {moment}"
            ((_, status),) = together
        assert status == ended.standings[scope].status


def all_news_is_recorded_once_and_in_both_places(ended: Ended) -> None:
    """In the history of the scope, and in that of the month; two pieces never have one id."""
    ids = [piece.id for piece in ended.news]
    assert len(set(ids)) == len(ids)
    assert sorted(ids) == sorted(piece.id for piece in ended.news_by_month)
    acts = Counter(piece.act.id for piece in ended.news if isinstance(piece, Change | EvidenceAdded) and piece.act)
    assert all(number == 1 for number in acts.values()), "what somebody commanded was done twice"


def every_piece_of_news_was_told_and_nothing_else(ended: Ended) -> None:
    """Programs and people hear of it at least once, and never of what is not recorded by then."""
    assert ended.outbox == 0
    recorded = {piece.id for piece in ended.news if not isinstance(piece, EvidenceAdded)}
    told = {identifier for identifier, document in ended.told.documents.items() if document["kind"] != "summary"}
    assert told == recorded
    assert not ended.told.unrecorded
    assert len(ended.emails) == ended.told.messages


def every_queue_is_empty(ended: Ended) -> None:
    """Nothing waits for anybody."""
    assert not any(ended.waiting.values()), ended.waiting


def dead_letters_are_poison_with_its_reason(ended: Ended) -> None:
    """What could not be read is kept with the reason; what could be is a dead letter only after it has failed often."""
    poison = {parcel.body for parcel in ended.history.parcels if parcel.poison and parcel.name != "Enforcement"}
    kept = {name: {letter.body for letter in letters} for name, letters in ended.letters.items()}
    assert kept.pop("FeedbackDeadLetterQueue") == poison
    # It is asked about bounces and complaints alone.
    assert kept.pop("SuppressionDeadLetterQueue", set()) <= poison
    assert kept.pop("EnforcementDeadLetterQueue") == {
        parcel.body for parcel in ended.history.parcels if parcel.name == "Enforcement"
    }
    assert not any(kept.values()), kept
    assert all(letter.attributes["reason"] for letters in ended.letters.values() for letter in letters)
    failed: Counter[str] = Counter()
    for (called, _), number in ended.injected.items():
        failed[called.function] += number
    assert failed["RecordFeedback"] >= RECEIVES or not ended.redriven["FeedbackDeadLetterQueue"]
    assert failed["EvaluateReputation"] >= RECEIVES or not ended.redriven["EvaluationDeadLetterQueue"]


def ses_does_what_the_standings_ask_for(ended: Ended) -> None:
    """What may be paused is, if its status asks for it, and sends otherwise."""
    ses = ended.ses
    sends = {"account": ses.sending_enabled}
    sends |= {f"configuration-set/{name}": each.sending_enabled for name, each in ses.configuration_sets.items()}
    sends |= {f"tenant/{name}": each.status is not SendingStatus.DISABLED for name, each in ses.tenants.items()}
    for scope, enabled in sends.items():
        early = ended.history.enforced.get(scope.partition("/")[0])
        status = ended.standings[scope].status if scope in ended.standings else Status.HEALTHY
        stopped = early is not None and (status is Status.SHUTDOWN or (early and status is not Status.HEALTHY))
        assert enabled is not stopped, f"{scope} is {status}"


def what_ses_says_is_known(ended: Ended) -> None:
    """What SES said last of the account is what it is told to think of it, and what people were told came to that."""
    verdict = ended.verdicts[ACCOUNT]
    assert verdict.enforcement == ended.ses.enforcement_status
    assert verdict.sending_enabled is ended.ses.sending_enabled
    told = [change for change in _by_scope(ended.news, VerdictChange)[ACCOUNT] if change.after.enforcement]
    if told:
        assert told[-1].after.enforcement == verdict.enforcement


LAWS: Final[Sequence[Callable[[Ended], None]]] = (
    every_counter_equals_the_model,
    every_queue_is_empty,
    dead_letters_are_poison_with_its_reason,
    all_news_is_recorded_once_and_in_both_places,
    changes_form_a_chain,
    every_piece_of_news_was_told_and_nothing_else,
    only_what_time_moves_is_still_due,
    every_scope_was_judged_after_its_last_count,
    ses_does_what_the_standings_ask_for,
    what_ses_says_is_known,
)


def faults_made_no_difference(ended: Ended, undisturbed: Ended) -> None:
    """Where everything was repeated before anything else happened, all is as if nothing had ever failed."""
    assert _decided(ended) == _decided(undisturbed)
    assert _news_about_mail(ended) == _news_about_mail(undisturbed)
    assert _suppressed(ended) == _suppressed(undisturbed)


def expected(ended: Ended) -> Counts:
    """What had to be counted."""
    return expected_counts(parcel.text for parcel in ended.history.parcels if not parcel.poison)


def judged_scopes(counts: Counts) -> set[str]:
    """The scopes that have counts by which anybody is judged."""
    unjudged = {"not_spam", "complained_unsent"}
    found = set()
    for scope, _, provider, measure in counts:
        if provider not in UNJUDGED and measure not in unjudged:
            found |= {scope} if provider == "other" else {scope, f"provider/{provider}"}
    return found


def _by_scope(news: Sequence[News], kind: type[Any]) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for piece in sorted(news, key=lambda piece: piece.time):
        if isinstance(piece, kind):
            found[piece.scope].append(piece)
    return found


def _decided(ended: Ended) -> Any:
    """What is decided about each scope, and its rates."""
    return {
        scope: (standing.findings, standing.metrics, standing.closed, standing.measures)
        for scope, standing in ended.standings.items()
    }


def _news_about_mail(ended: Ended) -> list[Any]:
    """All but what was done at SES, of which failures are told, too, and what SES says: who is in the way of another
    that keeps it leaves it to the next run.
    """
    about_mail = [piece for piece in ended.news if not isinstance(piece, Enforced | VerdictChange)]
    return sorted(about_mail, key=lambda piece: piece.id)


def _suppressed(ended: Ended) -> Any:
    return {address: entry.reason for address, entry in ended.ses.suppressed.items()}
