"""Runs that meet: several evaluations of the same scopes at once, each call of one between any two of another."""

from collections.abc import Iterator, Sequence
from functools import partial
from random import Random

import pytest

from ses_reputation.domain.news import News
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.standing import Standing
from ses_reputation.due import Due
from ses_reputation.evaluate import Evaluated, Versioned
from ses_reputation.notices.alert import Alert
from ses_reputation.outbox import Outgoing
from tests.test_evaluate import BAD, GMAIL, FakeChannel, FakeStandings, evaluate
from tests.turns import Turns


class SharedStandings(FakeStandings):
    """Standings that several runs have in their hands. Each call is a step; each is all or nothing."""

    def __init__(self, turns: Turns, *due: Scope) -> None:
        super().__init__(*due)
        self.turns = turns

    def due(self) -> Iterator[Due]:
        self.turns.step()
        return super().due()

    def read(self, scope: Scope) -> Versioned:
        self.turns.step()
        return super().read(scope)

    def write(self, standing: Standing, version: int, news: Sequence[News], alerts: Sequence[Alert]) -> bool:
        self.turns.step()
        # In one step: not with the step of the fake's own reading.
        if self.kept.get(standing.scope, Versioned(standing)).version != version:
            return False
        self.kept[standing.scope] = Versioned(standing, version + 1)
        self.history += news
        self._put(alerts)
        return True

    def settle(self, due: Due) -> None:
        self.turns.step()
        super().settle(due)

    def outgoing(self) -> Iterator[Outgoing]:
        self.turns.step()
        return super().outgoing()

    def mark_sent(self, outgoing: Outgoing, message_id: str) -> None:
        self.turns.step()
        if outgoing in self.waiting:  # To delete what is gone is no error.
            super().mark_sent(outgoing, message_id)


def met(schedule: Sequence[int], runs: int) -> tuple[SharedStandings, FakeChannel, list[Evaluated]]:
    """So many evaluations of a bad account and a bad provider at once."""
    turns = Turns(schedule)
    standings, topic = SharedStandings(turns, ACCOUNT, GMAIL), FakeChannel()
    return standings, topic, turns.run(*(partial(evaluate, BAD, standings, topic) for _ in range(runs)))


@pytest.mark.parametrize("runs", [2, 3])
def test_evaluations_that_begin_at_once_give_one_change_and_one_alert(runs: int) -> None:
    random = Random(runs)  # noqa: S311 - the same turns every time
    for _ in range(60):
        # Each begins, and looks into the outbox: what a dead run may have left there.
        begun = [*range(runs), *range(runs)]
        standings, topic, did = met([*begun, *(random.randrange(6) for _ in range(60))], runs)
        assert sorted(news.scope for news in standings.history) == ["account", "provider/gmail"]
        assert sorted(alert.id for alert in topic.published) == sorted(news.id for news in standings.history)
        assert sum(each.changes for each in did) == 2
        assert standings.waiting == []


def test_whenever_evaluations_meet_each_change_is_recorded_once_and_told_with_one_id() -> None:
    """One that begins while another sends may send the same again: who reads alerts knows them by their ids."""
    random = Random(5)  # noqa: S311 - the same turns every time
    for _ in range(60):
        standings, topic, did = met([random.randrange(6) for _ in range(80)], 3)
        assert sorted(news.scope for news in standings.history) == ["account", "provider/gmail"]
        assert {alert.id for alert in topic.published} == {news.id for news in standings.history}
        assert sum(each.changes for each in did) == 2
        assert standings.waiting == []
