"""The use case of look_up_blocklists: ask DNS blocklists about the sending domains, and suspect what they list."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from msgspec import Struct, field

from ses_reputation.domain.blocklist_zones import (
    NEVER_LISTED,
    Failure,
    Listing,
    Look,
    Reading,
    Unanswered,
    answers_of,
    asked_name,
    domains_of,
    look_at,
    problem_of_tests,
    read_answer,
    with_parents,
)
from ses_reputation.domain.categories import Category, Severity
from ses_reputation.domain.decisions import Command, Report, Withdraw
from ses_reputation.domain.lifecycle import Stage
from ses_reputation.domain.scopes import Scope, ScopeKind, scope
from ses_reputation.domain.standing import Act, Standing
from ses_reputation.evaluate import DETECTOR
from ses_reputation.notices.listings import listing_text, removed_text
from ses_reputation.operate import Done

CATEGORY = Category.DOMAIN_BLOCKLIST

# A zone is asked in bites, so that one that refuses, or is down, is not asked thousands of times for nothing.
BATCH = 32


class Zones(Protocol):
    """Blocklists in the DNS."""

    def ask(self, zone: str, names: Sequence[str]) -> Mapping[str, tuple[str, ...] | Unanswered]:
        """The addresses that a zone has for each name: none if there is no such name in it."""

    def own_words(self, zone: str, name: str) -> str:
        """What a zone says of a name in its own words; empty if it says nothing."""


class Identities(Protocol):
    """The verified identities."""

    def read(self) -> frozenset[str]:
        """Domains and addresses, in lower case."""


class Standings(Protocol):
    """What is decided now."""

    def with_findings(self) -> Iterator[Standing]:
        """The standings that have open findings."""


class LookedUp(Struct, frozen=True):
    """What a run found: sending domains, those that are listed, those of which not all lists could tell.

    `suspected` and `withdrawn` are how many findings began and ended. `unusable` is why a zone could not be asked at
    all, or no further, by zone; `not_domains` how many identities are no domain of the DNS.
    """

    domains: int = 0
    listed: int = 0
    unknown: int = 0
    suspected: int = 0
    withdrawn: int = 0
    not_domains: int = 0
    unusable: Mapping[str, str] = field(default_factory=dict)


class _Asked(Struct, frozen=True):
    """What a zone said of names; `problem` is why it was asked no further."""

    readings: Mapping[str, Reading]
    problem: str | None = None


def look_up_blocklists(
    now: datetime,
    *,
    zones: Sequence[str],
    lists: Zones,
    identities: Identities,
    standings: Standings,
    operate: Callable[[Command, Act, datetime], Done],
    has_time: Callable[[], bool],
) -> LookedUp:
    """Suspect a domain blocklist problem of each sending domain that is listed, once a day (UTC) for each list.

    A suspicion is withdrawn when its list says that the domain is gone, unless somebody has confirmed it. What a list
    does not answer changes nothing. An error of AWS is not caught: to run it again does what is left.
    """
    domains = domains_of(identities.read())
    senders = {name: domain for domain in sorted(domains) if (name := asked_name(domain))}
    names = list(dict.fromkeys(each for name in senders for each in with_parents(name)))
    asked = {zone: _ask(zone, names, lists, has_time) for zone in zones}
    looks = {
        domain: {zone: look_at(name, asked[zone].readings, senders) for zone in zones}
        for name, domain in senders.items()
    }
    suspected = sum(
        _report(zone, domain, look, lists, operate, now)
        for domain, by_zone in looks.items()
        for zone, look in by_zone.items()
    )
    withdrawn = sum(_withdraw(standing, looks, operate, now) for standing in list(standings.with_findings()))
    return LookedUp(
        domains=len(senders),
        listed=_count(looks, Listing),
        unknown=_count(looks, Unanswered),
        suspected=suspected,
        withdrawn=withdrawn,
        not_domains=len(domains) - len(senders),
        unusable={zone: of_zone.problem for zone, of_zone in asked.items() if of_zone.problem},
    )


def source_of(zone: str) -> str:
    """Who suspects, when a zone lists a domain."""
    return f"look-up of the blocklist {zone}"


def _ask(zone: str, names: Sequence[str], lists: Zones, has_time: Callable[[], bool]) -> _Asked:
    tests = answers_of(zone).tests
    told = _read(zone, lists, (*tests, NEVER_LISTED))
    if problem := problem_of_tests([told[test] for test in tests], told[NEVER_LISTED]):
        return _Asked({}, problem)
    readings: dict[str, Reading] = {}
    for first in range(0, len(names), BATCH):
        if not has_time():
            return _Asked(readings, f"the time was over after {first} of {len(names)} names")
        told = _read(zone, lists, names[first : first + BATCH])
        if problem := _problem_of(told.values()):
            # Whoever refuses may as well say that there is no such name: only what is listed is believed.
            listed = {name: reading for name, reading in told.items() if isinstance(reading, Listing)}
            return _Asked(readings | listed, problem)
        readings |= told
    return _Asked(readings)


def _problem_of(told: Collection[Reading]) -> str | None:
    """Why a zone is asked no further: it refuses, or answers nothing; None if it goes on."""
    failed = [reading for reading in told if isinstance(reading, Unanswered)]
    refused = [reading for reading in failed if reading.failure is Failure.REFUSED]
    silent = len(failed) == len(told) and any(r.failure is not Failure.IMPOSSIBLE_NAME for r in failed)
    return (refused or failed)[0].reason if refused or silent else None


def _read(zone: str, lists: Zones, names: Sequence[str]) -> dict[str, Reading]:
    return {
        name: answer if isinstance(answer, Unanswered) else read_answer(zone, answer)
        for name, answer in lists.ask(zone, names).items()
    }


def _report(
    zone: str,
    domain: str,
    look: Look,
    lists: Zones,
    operate: Callable[[Command, Act, datetime], Done],
    now: datetime,
) -> bool:
    """Suspect a problem of a domain if the zone lists it; whether that opened a finding."""
    if not isinstance(look.reading, Listing) or look.covered:
        return False
    text = listing_text(zone, domain, look.name, look.reading, lists.own_words(zone, look.name))
    report = Report(scope(ScopeKind.IDENTITY, domain), CATEGORY, text, source_of(zone), Severity.SUSPECTED, now)
    day = now.astimezone(UTC).date().isoformat()
    return operate(report, Act(f"listed/{zone}/{domain}/{day}", DETECTOR), now).changed


def _withdraw(
    standing: Standing,
    looks: Mapping[str, Mapping[str, Look]],
    operate: Callable[[Command, Act, datetime], Done],
    now: datetime,
) -> bool:
    """Take back what lists no longer say of a scope; whether that ended a finding."""
    kind, _, domain = standing.scope.partition("/")
    finding = standing.findings.get(CATEGORY)
    if kind != ScopeKind.IDENTITY or finding is None or finding.stage is not Stage.SUSPECTED:
        return False
    said = {observation.source for observation in finding.evidence}
    by_zone = looks.get(domain, {})
    gone = [zone for zone, look in by_zone.items() if look.reading is None and source_of(zone) in said]
    # A finding has only its newest evidence at hand: another list may have the domain, and its evidence may be older.
    if not said - set(map(source_of, gone)) and any(isinstance(look.reading, Listing) for look in by_zone.values()):
        return False
    ended = False
    for zone in gone:
        withdrawal = Withdraw(Scope(standing.scope), CATEGORY, source_of(zone), removed_text(zone, domain))
        act = Act(f"no longer listed/{zone}/{domain}/{now.isoformat()}", DETECTOR)
        ended = operate(withdrawal, act, now).changed or ended
    return ended


def _count(looks: Mapping[str, Mapping[str, Look]], kind: type[Listing | Unanswered]) -> int:
    """The domains of which a list at least says this."""
    return sum(any(isinstance(look.reading, kind) for look in by_zone.values()) for by_zone in looks.values())
