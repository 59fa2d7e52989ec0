"""Sending domains are looked up in blocklists: what is listed is suspected, and silence changes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from ses_reputation.domain.blocklist_zones import NEVER_LISTED, Failure, Unanswered
from ses_reputation.domain.categories import Category
from ses_reputation.domain.changes import Change
from ses_reputation.domain.decisions import Command, Decide, Decision, Withdraw, carry_out
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import Act, Actor, Finding, Standing
from ses_reputation.look_up import BATCH, LookedUp, look_up_blocklists, source_of
from ses_reputation.operate import Done

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SURBL, URIBL, OTHER = "multi.surbl.org", "multi.uribl.com", "list.example"
TESTS = {SURBL: "test.surbl.org", URIBL: "test.uribl.com"}
SHOP, MAIL = "shop.example", "mail.shop.example"
SILENT = Unanswered(Failure.TIMED_OUT, "it did not answer in time")


class Case:
    """Lists, identities and standings by hand. `listed` and `silent` hold zones and names."""

    def __init__(self, *identities: str, zones: tuple[str, ...] = (SURBL,)) -> None:
        self.identities = frozenset(identities)
        self.zones = zones
        self.listed: set[tuple[str, str]] = set()
        self.silent: set[tuple[str, str]] = set()
        self.says: dict[str, str] = {}
        self.refused: set[str] = set()
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self.standings: dict[Scope, Standing] = {}
        self.acts: list[tuple[Command, Act]] = []
        self.bites = 1_000

    def read(self) -> frozenset[str]:
        return self.identities

    def ask(self, zone: str, names: Sequence[str]) -> Mapping[str, tuple[str, ...] | Unanswered]:
        self.asked.append((zone, tuple(names)))
        return {name: self._answer(zone, name) for name in names}

    def _answer(self, zone: str, name: str) -> tuple[str, ...] | Unanswered:
        if (zone, name) in self.silent or (zone, "*") in self.silent:
            return SILENT
        if zone in self.says:
            return (self.says[zone],)
        if name in self.refused:
            return ("127.255.255.255",)
        return ("127.0.0.2",) if name == TESTS.get(zone, "test") or (zone, name) in self.listed else ()

    def own_words(self, zone: str, name: str) -> str:
        return f"{name} spams" if zone in self.zones else ""

    def with_findings(self) -> Iterator[Standing]:
        yield from (standing for standing in self.standings.values() if standing.findings)

    def operate(self, command: Command, act: Act, now: datetime) -> Done:
        standing = self.standings.get(command.scope, Standing(command.scope))
        if act.id in {done.id for _, done in self.acts}:
            return Done(command.scope, standing.status)
        after, piece = carry_out(standing, command, act, now, Policy())
        if piece:
            self.standings[command.scope] = after
            self.acts.append((command, act))
        return Done(command.scope, after.status, changed=isinstance(piece, Change))

    def run(self, now: datetime = NOON) -> LookedUp:
        def has_time() -> bool:
            self.bites -= 1
            return self.bites >= 0

        return look_up_blocklists(
            now,
            zones=self.zones,
            lists=self,
            identities=self,
            standings=self,
            operate=self.operate,
            has_time=has_time,
        )

    def decide(self, domain: str, decision: Decision, now: datetime) -> None:
        command = Decide(identity(domain), self.finding(domain).id, decision)
        self.operate(command, Act(f"{decision}", Actor("ann", proven=True), "Seen."), now)

    def finding(self, domain: str = SHOP) -> Finding:
        return self.standings[identity(domain)].findings[Category.DOMAIN_BLOCKLIST]

    @property
    def told(self) -> list[str]:
        return [command.scope for command, _ in self.acts if not isinstance(command, Withdraw)]

    @property
    def withdrawn(self) -> list[str]:
        return [command.source for command, _ in self.acts if isinstance(command, Withdraw)]


def identity(domain: str) -> Scope:
    return Scope(f"identity/{domain}")


def test_a_listed_domain_is_suspected_with_what_the_list_says() -> None:
    case = Case(SHOP, "good.example")
    case.listed.add((SURBL, SHOP))
    assert case.run() == LookedUp(domains=2, listed=1, suspected=1)
    (evidence,) = case.finding().evidence
    assert (evidence.source, evidence.observed, evidence.suspected) == (source_of(SURBL), NOON, True)
    assert "SURBL" in evidence.text
    assert '"shop.example spams"' in evidence.text
    assert case.told == ["identity/shop.example"]


def test_it_is_evidence_once_a_day_and_list_while_it_stays_listed() -> None:
    case = Case(SHOP, zones=(SURBL, URIBL))
    case.listed |= {(SURBL, SHOP), (URIBL, SHOP)}
    assert case.run().suspected == 1
    for hours in (6, 11):
        assert case.run(NOON + hours * HOUR).suspected == 0
    assert case.finding().reports == 2
    case.run(NOON + DAY)
    assert case.finding().reports == 4


def test_what_is_listed_no_longer_is_withdrawn() -> None:
    case = Case(SHOP)
    case.listed.add((SURBL, SHOP))
    case.run()
    case.listed.clear()
    assert case.run(NOON + 6 * HOUR).withdrawn == 1
    assert not case.standings[identity(SHOP)].findings
    assert case.run(NOON + 12 * HOUR) == LookedUp(domains=1)


def test_a_suspicion_stays_while_another_list_has_the_domain() -> None:
    case = Case(SHOP, zones=(SURBL, URIBL))
    case.listed |= {(SURBL, SHOP), (URIBL, SHOP)}
    case.run()
    case.listed.remove((SURBL, SHOP))
    assert case.run(NOON + 6 * HOUR).withdrawn == 0
    assert {known.source for known in case.finding().evidence} == {source_of(URIBL)}


def test_a_suspicion_stays_while_a_list_has_the_domain_whose_evidence_is_no_longer_at_hand() -> None:
    """A finding keeps its newest three observations: here those of the other lists."""
    case = Case(SHOP, zones=(SURBL, URIBL, OTHER, "list.test"))
    case.listed = {(zone, SHOP) for zone in case.zones}
    case.run()
    assert source_of(SURBL) not in {known.source for known in case.finding().evidence}
    case.listed = {(SURBL, SHOP)}
    assert case.run(NOON + 6 * HOUR).withdrawn == 0
    assert case.finding()


def test_what_a_person_has_confirmed_is_not_withdrawn() -> None:
    case = Case(SHOP)
    case.listed.add((SURBL, SHOP))
    case.run()
    case.decide(SHOP, Decision.CONFIRM, NOON + HOUR)
    case.listed.clear()
    case.run(NOON + DAY)
    assert case.finding()
    assert case.withdrawn == []


def test_what_a_person_has_dismissed_is_not_suspected_again_for_a_week() -> None:
    case = Case(SHOP)
    case.listed.add((SURBL, SHOP))
    case.run()
    case.decide(SHOP, Decision.DISMISS, NOON + HOUR)
    assert case.run(NOON + 6 * DAY).suspected == 0
    assert case.run(NOON + 8 * DAY).suspected == 1


@pytest.mark.parametrize("name", [SHOP, "*"], ids=["of one domain", "at all"])
def test_silence_neither_suspects_nor_withdraws(name: str) -> None:
    case = Case(SHOP, "good.example")
    case.listed.add((SURBL, SHOP))
    case.run()
    case.listed.clear()
    case.silent.add((SURBL, name))
    looked_up = case.run(NOON + 6 * HOUR)
    assert (looked_up.listed, looked_up.suspected, looked_up.withdrawn) == (0, 0, 0)
    assert looked_up.unknown == (2 if name == "*" else 1)
    assert case.finding()


def test_a_list_that_refuses_is_asked_for_its_tests_and_nothing_else() -> None:
    case = Case(SHOP, zones=(SURBL, URIBL))
    case.says[URIBL] = "127.0.0.1"
    case.listed.add((SURBL, SHOP))
    looked_up = case.run()
    assert looked_up.suspected == 1
    assert "127.0.0.1" in looked_up.unusable[URIBL]
    assert looked_up.unusable.keys() == {URIBL}
    assert [names for zone, names in case.asked if zone == URIBL] == [("test.uribl.com", "2.0.0.127", NEVER_LISTED)]


def test_a_list_that_no_longer_exists_lists_nobody() -> None:
    """Whoever has its name now answers everything with his address."""
    case = Case(SHOP, zones=(OTHER,))
    case.says[OTHER] = "203.0.113.7"
    assert "203.0.113.7" in case.run().unusable[OTHER]
    case.says[OTHER] = "127.0.0.2"
    assert "lists everything" in case.run().unusable[OTHER]
    assert case.told == []


def test_a_list_that_falls_silent_is_asked_no_further() -> None:
    case = Case(*(f"shop-{number}.example" for number in range(3 * BATCH)))
    case.silent |= {(SURBL, f"shop-{number}.example") for number in range(3 * BATCH)}
    looked_up = case.run()
    assert looked_up.unknown == 3 * BATCH
    assert looked_up.unusable == {SURBL: SILENT.reason}
    assert len(case.asked) == 2


def test_a_list_that_refuses_half_way_is_believed_in_what_it_lists_alone() -> None:
    """What it says is not listed may already be its way to refuse."""
    case = Case(SHOP, "bad.example", "busy.example")
    case.listed.add((SURBL, SHOP))
    case.run()
    case.listed = {(SURBL, "bad.example")}
    case.refused.add("busy.example")
    looked_up = case.run(NOON + 6 * HOUR)
    assert (looked_up.suspected, looked_up.withdrawn, looked_up.unknown) == (1, 0, 2)
    assert "asked too often" in looked_up.unusable[SURBL]
    assert case.finding(SHOP)


def test_what_there_was_no_time_for_is_not_known() -> None:
    case = Case(*(f"shop-{number:02}.example" for number in range(2 * BATCH)))
    case.listed.add((SURBL, "shop-00.example"))
    case.bites = 1
    looked_up = case.run()
    assert (looked_up.listed, looked_up.unknown) == (1, BATCH)
    assert looked_up.unusable == {SURBL: f"the time was over after {BATCH} of {2 * BATCH} names"}


def test_a_listed_parent_is_told_once_where_it_sends_itself() -> None:
    case = Case(SHOP, MAIL, "a.mail.shop.example")
    case.listed |= {(SURBL, SHOP), (SURBL, MAIL)}
    assert case.run().listed == 3
    assert case.told == ["identity/shop.example"]


def test_a_listed_parent_that_sends_nothing_is_told_of_what_is_part_of_it() -> None:
    case = Case(f"news@{MAIL}")
    case.listed.add((SURBL, SHOP))
    case.run()
    assert case.told == ["identity/mail.shop.example"]
    assert "part of shop.example" in case.finding(MAIL).evidence[0].text


def test_each_name_is_asked_for_once_in_each_list() -> None:
    case = Case(SHOP, f"ann@{SHOP}", f"ben@{SHOP}", MAIL, zones=(SURBL, URIBL))
    case.run()
    asked = [(zone, name) for zone, names in case.asked for name in names if name.endswith("example")]
    assert sorted(asked) == sorted((zone, name) for zone in (SURBL, URIBL) for name in (SHOP, MAIL))


def test_what_is_no_domain_is_counted_and_not_asked_for() -> None:
    case = Case("ops@localhost", SHOP)
    assert case.run() == LookedUp(domains=1, not_domains=1)


def test_without_identities_nothing_is_asked_but_whether_the_lists_answer() -> None:
    case = Case()
    assert case.run() == LookedUp()
    assert [names for _, names in case.asked] == [
        ("test.surbl.org", "surbl-org-permanent-test-point.com", NEVER_LISTED)
    ]
