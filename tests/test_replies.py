"""What servers reply: real replies of large providers, and replies made to confuse."""

import ipaddress
import re
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ses_reputation.domain.blocklists import BLOCKLISTS, Lists
from ses_reputation.domain.replies import LONGEST, Reply, classify
from ses_reputation.domain.reply_codes import CODES
from ses_reputation.domain.reply_rules import SES_WORDS, SMTP_CODES, STATUSES, WORDINGS, ReplyClass
from ses_reputation.ses_events import MAX_REPLY

PROVIDERS: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "replies.toml").read_text())["provider"]


class Told(NamedTuple):
    """A reply of a provider, and what it means."""

    provider: str
    status: str | None
    reply: str
    meaning: tuple[ReplyClass, str | None]


def told() -> Iterator[Told]:
    for provider in PROVIDERS:
        for row in provider["replies"]:
            meaning = ReplyClass(row["class"]), row.get("list")
            yield Told(provider["name"], row.get("status"), row["reply"], meaning)


TOLD = list(told())
by_provider = pytest.mark.parametrize("provider", [provider["name"] for provider in PROVIDERS])


def meaning(reply: Reply) -> tuple[ReplyClass, str | None]:
    return reply.reply_class, reply.blocklist.name if reply.blocklist else None


def read(reply: str | None, status: str | None = None, ses_word: str = "") -> Reply:
    return classify(status, reply, ses_word)


def class_of(reply: str | None, status: str | None = None, ses_word: str = "") -> ReplyClass:
    return read(reply, status, ses_word).reply_class


def of(provider: str) -> list[Told]:
    return [row for row in TOLD if row.provider == provider]


@by_provider
def test_a_providers_replies_mean_what_it_says_they_mean(provider: str) -> None:
    answers = [(row, meaning(read(row.reply, row.status))) for row in of(provider)]
    wrong = {row.reply: answer for row, answer in answers if answer != row.meaning}
    assert {
        reply: got for reply, got in wrong.items() if got not in {r.meaning for r in TOLD if r.reply == reply}
    } == {}


@by_provider
def test_a_reply_means_the_same_in_any_case_and_however_it_came(provider: str) -> None:
    for row in of(provider):
        shapes = (
            row.reply.upper(),
            f"smtp;{row.reply}",
            row.reply.replace("\n", " "),
            row.reply.replace("\n", "\r\n\t"),
            row.reply.replace("'", "\u2019"),
        )
        for shape in shapes:
            assert meaning(read(shape, row.status)) == row.meaning, shape


def test_the_large_providers_are_all_there_with_every_class() -> None:
    large = {"Gmail", "Outlook.com", "Yahoo and AOL", "Apple iCloud", "Comcast", "GMX, web.de, 1&1", "QQ", "Proofpoint"}
    assert large | {"Mimecast", "Barracuda"} <= {row.provider for row in TOLD}
    assert all(len(of(provider)) >= 10 for provider in large)
    assert {row.meaning[0] for row in TOLD} == set(ReplyClass)
    assert len({row.reply for row in TOLD}) == len(TOLD) >= 150


def test_a_sample_names_nobody_real() -> None:
    documentation = [ipaddress.ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24")]
    for row in TOLD:
        for address in re.findall(r"\b\d{1,3}(?:\.\d{1,3}){3}\b(?! )(?!\.)", row.reply):
            if not address.startswith("4.16.55"):  # Yahoo's own number
                assert any(ipaddress.ip_address(address) in network for network in documentation), address
        domains = re.findall(r"@([\w-]+(?:\.[\w-]+)+)", row.reply)
        assert all(domain.endswith((".example", "example.com")) for domain in domains), domains


@pytest.mark.parametrize(
    ("name", "lists", "reply"),
    [
        ("Spamhaus DBL", Lists.DOMAINS, "550 Sender domain is listed at dbl.spamhaus.org"),
        (
            "Spamhaus CSS",
            Lists.ADDRESSES,
            "554 blocked using zen.spamhaus.org; https://www.spamhaus.org/sbl/query/SBLCSS",
        ),
        ("SURBL", Lists.DOMAINS, "550 A link in it is on SURBL"),
        ("Barracuda BRBL", Lists.ADDRESSES, "554 Client host blocked using Barracuda Reputation"),
        pytest.param(
            "bl.some.example",
            Lists.ADDRESSES,
            "554 Client host [192.0.2.1] blocked using bl.some.example",
            id="unknown, of addresses",
        ),
        pytest.param(
            "uri.some.example", Lists.DOMAINS, "550 Your domain is listed at uri.some.example", id="unknown, of domains"
        ),
        pytest.param("bl.some.example", None, "550 listed in bl.some.example", id="unknown, of who knows what"),
        pytest.param("bl.some.example", None, "550 found in RBL: bl.some.example.", id="with a full stop behind it"),
        pytest.param(
            "some secret list",
            Lists.ADDRESSES,
            "554 Client host blocked using some secret list; bye",
            id="without a zone",
        ),
        pytest.param(
            "some secret list",
            Lists.ADDRESSES,
            "554 Client host blocked using 'some secret list.' (bye)",
            id="without a zone, in quotation marks",
        ),
        pytest.param("rules of @", None, "554 blocked using rules of ada@corp.example", id="without whose it is"),
    ],
)
def test_a_blocklist_is_named_with_what_it_lists(name: str, lists: Lists | None, reply: str) -> None:
    reply_class, blocklist = (answer := read(reply)).reply_class, answer.blocklist
    assert reply_class is ReplyClass.BLOCKLIST
    assert blocklist is not None
    assert (blocklist.name, blocklist.lists) == (name, lists)


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.7.1 Client host blocked by corp.example using Customer Block list",
        "550 Sender is on our blacklist at mx.corp.example",
        "550 5.1.1 ada@corp.example is not listed in directory.corp.example",
        "550 5.1.1 <spamhaus@corp.example>: User unknown",
        "421 4.7.0 IP not in whitelist for RCPT domain, closing connection",
    ],
)
def test_a_list_of_the_servers_own_is_no_blocklist(reply: str) -> None:
    assert class_of(reply) is not ReplyClass.BLOCKLIST


@pytest.mark.parametrize(
    ("reply", "status", "ses_word", "reply_class"),
    [
        pytest.param(
            "550 5.7.1 [CS01] mailbox full", None, "NoEmail", ReplyClass.POLICY_BLOCK, id="a provider's code first"
        ),
        pytest.param("452 4.7.1 Mailbox full", "5.1.1", "NoEmail", ReplyClass.MAILBOX_FULL, id="then the wording"),
        pytest.param("550 5.7.1 no", "5.7.1", "SpamDetected", ReplyClass.SPAM_BLOCK, id="then SES's own word"),
        pytest.param("552 5.7.1 no", "5.1.1", "General", ReplyClass.POLICY_BLOCK, id="then the reply's status code"),
        pytest.param("552 no", "5.1.1", "", ReplyClass.USER_UNKNOWN, id="then the notification's status code"),
        pytest.param(
            "550 4.4.7 expired<452 4.2.2 no>", "4.4.7", "", ReplyClass.MAILBOX_FULL, id="that SES gave up comes last"
        ),
        pytest.param("552 no", None, "", ReplyClass.MAILBOX_FULL, id="then the SMTP code"),
        pytest.param("550 no", "5.0.0", "General", ReplyClass.OTHER, id="and then nobody knows"),
        pytest.param("550 5.1.1.7 no", None, "", ReplyClass.OTHER, id="an address is no status code"),
        pytest.param("no, 552 times no", None, "", ReplyClass.MAILBOX_FULL, id="a code within the sentence"),
        pytest.param(
            "421 4.7.28 unusual rate of unsolicited email",
            None,
            "",
            ReplyClass.SPAM_BLOCK,
            id="the earlier row of two",
        ),
    ],
)
def test_what_decides_comes_in_order(reply: str, status: str | None, ses_word: str, reply_class: ReplyClass) -> None:
    assert class_of(reply, status, ses_word) is reply_class


@pytest.mark.parametrize(
    ("status", "reply_class"),
    [
        pytest.param("4.7.19", ReplyClass.OTHER, id="before those of RFC 7372"),
        pytest.param("4.7.20", ReplyClass.AUTHENTICATION_FAILURE, id="the first of RFC 7372"),
        pytest.param("4.7.26", ReplyClass.AUTHENTICATION_FAILURE, id="the last of RFC 7372"),
        pytest.param("5.7.20", ReplyClass.AUTHENTICATION_FAILURE, id="the first of RFC 7372, for good"),
        pytest.param("5.7.26", ReplyClass.AUTHENTICATION_FAILURE, id="the last of RFC 7372, for good"),
        pytest.param("5.7.605", ReplyClass.OTHER, id="before Microsoft's for banned senders"),
        pytest.param("5.7.606", ReplyClass.SPAM_BLOCK, id="Microsoft's first for banned senders"),
        pytest.param("5.7.649", ReplyClass.SPAM_BLOCK, id="Microsoft's last for banned senders"),
        pytest.param("5.7.650", ReplyClass.OTHER, id="after Microsoft's for banned senders"),
        pytest.param("4.7.849", ReplyClass.OTHER, id="before Microsoft's for suspected senders"),
        pytest.param("4.7.850", ReplyClass.SPAM_BLOCK, id="Microsoft's first for suspected senders"),
        pytest.param("4.7.899", ReplyClass.SPAM_BLOCK, id="Microsoft's last for suspected senders"),
        pytest.param("4.7.900", ReplyClass.OTHER, id="after Microsoft's for suspected senders"),
        pytest.param("5.7.123", ReplyClass.OTHER, id="before those of restricted mailboxes"),
        pytest.param("5.7.124", ReplyClass.POLICY_BLOCK, id="the first of restricted mailboxes"),
        pytest.param("5.7.136", ReplyClass.POLICY_BLOCK, id="the last of restricted mailboxes"),
        pytest.param("5.7.137", ReplyClass.OTHER, id="after those of restricted mailboxes"),
    ],
)
def test_a_range_of_status_codes_goes_from_its_first_to_its_last(status: str, reply_class: ReplyClass) -> None:
    assert class_of(None, status) is reply_class


@pytest.mark.parametrize("reply", [None, "", " ", "smtp;", "\0", "\ud800", "550", "<>", "@", "𝕤𝕡𝕒𝕞", "*" * 600])
def test_what_says_nothing_is_other(reply: str | None) -> None:
    assert class_of(reply) is ReplyClass.OTHER
    assert class_of(reply, "") is ReplyClass.OTHER
    assert class_of(reply, "nonsense", "NobodyKnows") is ReplyClass.OTHER


@pytest.mark.parametrize("word", SES_WORDS)
def test_ses_own_word_decides_where_there_is_no_reply(word: str) -> None:
    assert class_of(None, ses_word=word) is SES_WORDS[word]


@pytest.mark.parametrize(
    "reply",
    [
        "421 4.4.2 smtp-relay.spam-filter.example timed out",
        "421 4.4.2 timed out, see https://mx.corp.example/policy/spam/blocked.html",
    ],
)
def test_names_of_hosts_and_places_are_no_reasons(reply: str) -> None:
    assert class_of(reply) is ReplyClass.PROVIDER_OUTAGE


def test_who_the_mail_was_for_is_no_reason() -> None:
    for person in ("spam", "no.such.user", "mailbox-full", "blocked.using", "rl000001", "spamhaus"):
        assert class_of(f"450 4.3.0 <{person}@corp.example>: come again") is ReplyClass.PROVIDER_OUTAGE


def test_all_that_is_kept_of_a_reply_is_looked_at() -> None:
    assert LONGEST == MAX_REPLY
    assert class_of("550 " + "x" * (LONGEST - 15) + " user unknown") is ReplyClass.OTHER
    assert class_of(("550 " + "x " * LONGEST)[: LONGEST - 13] + " user unknown") is ReplyClass.USER_UNKNOWN


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "@",
        "a@",
        "a.",
        "a-",
        "([",
        "5.1.",
        "550-",
        "550 5.1.1 ",
        "blocked using ",
        "listed in a.",
        "rbl ",
        "İ",
        "\n",
        "https://",
        "by a ",
    ],
)
def test_a_reply_made_to_take_long_takes_no_longer(piece: str) -> None:
    """Against a reply of words: a hundred times that is what backtracking would take, and no slow machine does."""
    words = "this is a sentence of a server that says nothing " * 20

    def took(reply: str) -> float:
        return min(_seconds(reply) for _ in range(3))

    assert took(piece * (2_000_000 // len(piece))) < 100 * took(words)


def _seconds(reply: str) -> float:
    began = time.perf_counter()
    read(reply)
    return time.perf_counter() - began


@given(st.text(max_size=700), st.one_of(st.none(), st.text(max_size=12)), st.sampled_from(["", *SES_WORDS, "Else"]))
def test_any_reply_has_a_class_and_a_blocklist_only_with_that_class(
    reply: str, status: str | None, ses_word: str
) -> None:
    answer = classify(status, reply, ses_word)
    assert answer.reply_class in ReplyClass
    assert answer.blocklist is None or answer.reply_class is ReplyClass.BLOCKLIST


@given(st.sampled_from(TOLD), st.integers(0, 3))
def test_more_space_changes_nothing(row: Told, more: int) -> None:
    assert meaning(read(row.reply.replace(" ", " " * (1 + more)), row.status)) == row.meaning


def test_every_row_can_decide() -> None:
    """No row is hidden behind an earlier one: each of its phrases and codes is held by a reply of its own."""
    for rule in (*CODES, *WORDINGS):
        for phrase in rule.each_phrase:
            assert class_of(f"599 {phrase.replace('*', 'x')}") is rule.reply_class, phrase
        for status in rule.statuses:
            assert class_of(f"599 {status} no") is rule.reply_class, status
    for known in BLOCKLISTS:
        for mark in known.marks:
            assert read(f"599 {mark}").blocklist == known.blocklist, mark
    for status, reply_class in STATUSES.items():
        assert class_of("", status.replace("*", "5")) is reply_class, status
    for code, reply_class in SMTP_CODES.items():
        assert class_of(f"{code} no") is reply_class


def test_a_wording_is_said_once_and_by_no_earlier_row() -> None:
    for number, rule in enumerate(WORDINGS):
        for phrase in rule.each_phrase:
            earlier = [p for before in WORDINGS[:number] for p in before.each_phrase]
            assert not any(p in phrase for p in earlier if "*" not in p), phrase
            assert phrase == phrase.lower()


def test_a_status_code_is_in_one_row() -> None:
    statuses = [status for rule in CODES for status in rule.statuses]
    assert len(statuses) == len(set(statuses))


def test_what_is_documented_somewhere_says_where() -> None:
    assert all(rule.source is None or rule.source.startswith("https://") for rule in (*CODES, *WORDINGS))
    assert all(rule.why.endswith(".") for rule in (*CODES, *WORDINGS))
    assert all(provider["source"].startswith("https://") for provider in PROVIDERS)


def test_a_blocklist_is_known_by_its_zone() -> None:
    for known in BLOCKLISTS:
        if known.zone:
            reply = f"554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using {known.zone}"
            assert read(reply).blocklist == known.blocklist
