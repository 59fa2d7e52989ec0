"""Blocklists are asked by DNS: against a real server on loopback."""

import subprocess
import sys
from collections.abc import Iterator

import dns.rcode
import pytest

from ses_reputation.adapters.dns_zones import DnsZones
from ses_reputation.domain.blocklist_zones import Failure, Unanswered
from tests.blocklist_server import NO_DNS, SILENCE, BlocklistServer, blocklist_server

ZONE, KEY = "list.example", "s3cretkey"


@pytest.fixture
def server() -> Iterator[BlocklistServer]:
    with blocklist_server() as server:
        yield server


def zones(server: BlocklistServer, *, key: str | None = None, give_up: float = 2.0, attempt: float = 1.0) -> DnsZones:
    keys = {ZONE: key} if key else {}
    return DnsZones(keys=keys, server=("127.0.0.1", server.port), attempt=attempt, give_up=give_up)


def test_what_is_listed_has_addresses_and_what_is_not_has_none(server: BlocklistServer) -> None:
    server.put(ZONE, "bad.example", codes=("127.0.0.2", "127.0.0.4"))
    answers = zones(server).ask(ZONE, ["bad.example", "good.example"])
    assert {name: {*answer} for name, answer in answers.items() if isinstance(answer, tuple)} == {
        "bad.example": {"127.0.0.2", "127.0.0.4"},
        "good.example": set(),
    }


def test_many_names_are_asked_each_once_and_nothing_else_is(server: BlocklistServer) -> None:
    names = [f"shop-{number}.example" for number in range(50)]
    server.put(ZONE, *names[::2])
    answers = zones(server).ask(ZONE, names)
    assert [name for name, answer in answers.items() if answer] == names[::2]
    assert sorted(server.names()) == sorted(f"{name}.{ZONE}" for name in names)


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        pytest.param(dns.rcode.SERVFAIL, Failure.SERVER_FAILED, id="a failure of the server"),
        pytest.param(dns.rcode.REFUSED, Failure.SERVER_FAILED, id="a refusal of the server"),
        pytest.param(SILENCE, Failure.TIMED_OUT, id="nothing"),
        pytest.param(NO_DNS, Failure.TIMED_OUT, id="what can't be read"),
    ],
)
def test_a_failure_is_never_not_listed_and_names_no_key(
    server: BlocklistServer, said: dns.rcode.Rcode | str, failure: Failure
) -> None:
    server.rcodes[f"bad.example.{KEY}.{ZONE}"] = said
    answer = zones(server, key=KEY, attempt=0.05, give_up=0.1).ask(ZONE, ["bad.example"])["bad.example"]
    assert isinstance(answer, Unanswered)
    assert answer.failure is failure
    assert KEY not in answer.reason


def test_a_server_that_is_not_there_is_no_answer() -> None:
    with blocklist_server() as server:
        pass
    answer = zones(server, attempt=0.05, give_up=0.1).ask(ZONE, ["bad.example"])["bad.example"]
    assert isinstance(answer, Unanswered)


def test_a_lost_packet_is_sent_again(server: BlocklistServer) -> None:
    server.put(ZONE, "bad.example")
    server.lost = 1
    assert zones(server, attempt=0.05).ask(ZONE, ["bad.example"]) == {"bad.example": ("127.0.0.2",)}


def test_an_answer_that_is_too_large_for_udp_comes_by_tcp(server: BlocklistServer) -> None:
    many = tuple(f"127.0.0.{number}" for number in range(2, 100))
    server.put(ZONE, "bad.example", codes=many)
    server.large.add(f"bad.example.{ZONE}")
    answer = zones(server).ask(ZONE, ["bad.example"])["bad.example"]
    assert isinstance(answer, tuple)
    assert sorted(answer) == sorted(many)
    assert [transport for transport, _, _ in server.asked] == ["UDP", "TCP"]


def test_a_name_that_is_too_long_is_not_known_and_the_others_are(server: BlocklistServer) -> None:
    server.put(ZONE, "bad.example")
    long = ".".join(["x" * 59] * 4) + ".example"
    answers = zones(server).ask(ZONE, [long, f"{'y' * 64}.example", "bad.example"])
    *impossible, listed = answers.values()
    assert [each.failure for each in impossible if isinstance(each, Unanswered)] == [Failure.IMPOSSIBLE_NAME] * 2
    assert listed == ("127.0.0.2",)


def test_a_key_is_a_part_of_the_query_alone(server: BlocklistServer) -> None:
    server.put(f"{KEY}.{ZONE}", "bad.example", text=f"See https://{ZONE}/bad.example.{KEY.upper()}".encode())
    keyed = zones(server, key=KEY)
    assert keyed.ask(ZONE, ["bad.example"]) == {"bad.example": ("127.0.0.2",)}
    assert keyed.own_words(ZONE, "bad.example") == f"See https://{ZONE}/bad.example.KEY"
    assert set(server.names()) == {f"bad.example.{KEY}.{ZONE}"}


def test_a_list_speaks_in_its_own_words(server: BlocklistServer) -> None:
    server.put(ZONE, "bad.example", text=b"Listed. " * 50)
    server.put(ZONE, "broken.example", text=b"caf\xe9 \x00")
    server.put(ZONE, "silent.example")
    server.rcodes[f"failing.example.{ZONE}"] = dns.rcode.SERVFAIL
    assert zones(server).own_words(ZONE, "bad.example") == "Listed. " * 50
    assert zones(server).own_words(ZONE, "broken.example") == "caf\ufffd \x00"
    for name in ("silent.example", "failing.example", "unknown.example"):
        assert zones(server).own_words(ZONE, name) == ""


def test_no_other_function_waits_for_dnspython_to_be_imported() -> None:
    """They all import wiring, and none imports an adapter."""
    code = "import sys, ses_reputation.wiring; print('dns' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert ran.stdout.strip() == "False"
