"""What an answer of a blocklist means: a listing is a listing, and nothing else is; silence is not innocence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ses_reputation.domain.blocklist_zones import (
    ANSWERS,
    Failure,
    Listing,
    Look,
    Reading,
    Unanswered,
    asked_name,
    domains_of,
    lists_addresses,
    look_at,
    name_of_list,
    problem_of_tests,
    read_answer,
    removal_of,
    with_parents,
)
from ses_reputation.notices.listings import OWN_WORDS_LENGTH, listing_text, removed_text

DBL, DQS, SURBL, URIBL, OTHER = (
    "dbl.spamhaus.org",
    "dbl.dq.spamhaus.net",
    "multi.surbl.org",
    "multi.uribl.com",
    "list.example",
)
LISTED = Listing(("127.0.0.2",), ())
SILENT = Unanswered(Failure.TIMED_OUT, "it did not answer in time")
LONGEST = f"{'x' * 53}.{'.'.join(['x' * 63] * 3)}.example"


@pytest.mark.parametrize(
    ("zone", "address", "meanings"),
    [
        (DBL, "127.0.1.2", ("a domain of low reputation",)),
        (DQS, "127.0.1.4", ("phishing",)),
        (DBL, "127.0.1.105", ("an honest domain that is abused for malware",)),
        (DBL, "127.0.1.99", ()),
        (SURBL, "127.0.0.80", ("malware", "spam")),
        (SURBL, "127.0.0.32", ()),
        (URIBL, "127.0.0.2", ("black: spam and nothing else",)),
        (URIBL, "127.0.0.12", ("grey: bulk mail that not everybody asked for", "red: new, or watched")),
        (OTHER, "127.0.0.2", ()),
        (OTHER, "127.0.3.7", ()),
    ],
)
def test_a_code_is_a_listing_with_its_meaning(zone: str, address: str, meanings: tuple[str, ...]) -> None:
    assert read_answer(zone, [address]) == Listing((address,), meanings)


@pytest.mark.parametrize(
    ("zone", "address", "reason"),
    [
        (DBL, "127.255.255.252", "misspelt"),
        (DBL, "127.255.255.254", "public DNS resolver"),
        (DQS, "127.255.255.255", "too often"),
        (DQS, "127.255.255.250", "refuses to answer"),
        (DBL, "127.0.1.255", "domains only"),
        (SURBL, "127.0.0.1", "too many others use it"),
        (URIBL, "127.0.0.1", "too many others use it"),
        (OTHER, "127.0.0.1", "refuses to answer"),
    ],
)
def test_a_refusal_is_no_listing(zone: str, address: str, reason: str) -> None:
    reading = read_answer(zone, [address])
    assert isinstance(reading, Unanswered)
    assert reading.failure is Failure.REFUSED
    assert reason in reading.reason
    assert address in reading.reason


@given(zone=st.sampled_from([DBL, SURBL, URIBL, OTHER]), address=st.ip_addresses(v=4).map(str))
def test_only_an_address_in_127_is_a_listing(zone: str, address: str) -> None:
    reading = read_answer(zone, [address])
    assert reading is not None
    if not address.startswith("127."):
        assert isinstance(reading, Unanswered)
        assert reading.failure is Failure.UNUSABLE_ANSWER


def test_a_listing_beside_a_refusal_counts_and_codes_are_in_order() -> None:
    reading = read_answer(DBL, ["127.255.255.255", "127.0.1.102", "127.0.1.4"])
    assert reading == Listing(("127.0.1.4", "127.0.1.102"), ("phishing", "an honest domain that is abused for spam"))


def test_no_address_is_not_listed() -> None:
    assert read_answer(DBL, []) is None


@pytest.mark.parametrize(
    ("tests", "never", "problem"),
    [
        pytest.param([LISTED], None, None, id="it lists its test entry"),
        pytest.param([None, LISTED], None, None, id="it lists one of them"),
        pytest.param([SILENT, LISTED], SILENT, None, id="it lists one, and others are lost"),
        pytest.param(
            [None],
            None,
            "it does not list its own test entry: it has no answers for this DNS resolver or this key, or it is no "
            "blocklist of domains",
            id="it lists nothing",
        ),
        pytest.param(
            [LISTED],
            LISTED,
            "it lists everything, also what no list may have: there is no list any more, or the DNS resolver lies",
            id="it lists everything",
        ),
        pytest.param([SILENT], SILENT, SILENT.reason, id="it is silent"),
        pytest.param([None], SILENT, SILENT.reason, id="one of them is lost"),
    ],
)
def test_a_list_is_believed_that_lists_its_test_entry_and_not_everything(
    tests: list[Reading], never: Reading, problem: str | None
) -> None:
    assert problem_of_tests(tests, never) == problem


def test_every_known_list_has_a_test_entry_a_name_and_a_place_to_ask_for_removal() -> None:
    for row in ANSWERS:
        assert row.tests
        for zone in row.zones:
            assert name_of_list(zone).endswith(f"({zone})")
            assert str(removal_of(zone)).startswith("https://")
    assert name_of_list("zrd.dq.spamhaus.net") == "Spamhaus ZRD (zrd.dq.spamhaus.net)"
    assert name_of_list(OTHER) == OTHER
    assert removal_of(OTHER) is None


def test_each_domain_is_looked_up_once_whether_it_or_an_address_is_verified() -> None:
    identities = ["shop.example", "news@shop.example", "Ops@Other.example", "x@"]
    assert domains_of(identities) == {"shop.example", "other.example"}


@pytest.mark.parametrize(
    ("domain", "name"),
    [
        ("shop.example", "shop.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("_dmarc.shop.example", "_dmarc.shop.example"),
        pytest.param("shop.example.", "shop.example", id="with the dot at its end"),
        pytest.param(LONGEST, LONGEST, id="as long as a name can be"),
        pytest.param(f"x{LONGEST}", None, id="a character longer than a name can be"),
        ("localhost", None),
        ("a..example", None),
        (f"{'x' * 64}.example", None),
    ],
)
def test_a_domain_is_asked_for_as_the_dns_has_it(domain: str, name: str | None) -> None:
    assert asked_name(domain) == name


def test_a_subdomain_is_asked_for_with_all_that_it_is_part_of() -> None:
    assert with_parents("a.mail.shop.example") == ("a.mail.shop.example", "mail.shop.example", "shop.example")
    assert with_parents("shop.example") == ("shop.example",)


MAIL, SHOP, A = "mail.shop.example", "shop.example", "a.mail.shop.example"


@pytest.mark.parametrize(
    ("readings", "senders", "look"),
    [
        pytest.param({MAIL: None, SHOP: None}, {MAIL}, Look(None, MAIL), id="neither is listed"),
        pytest.param({MAIL: LISTED, SHOP: None}, {MAIL}, Look(LISTED, MAIL), id="it is listed"),
        pytest.param({MAIL: None, SHOP: LISTED}, {MAIL}, Look(LISTED, SHOP), id="its parent is listed"),
        pytest.param({MAIL: LISTED, SHOP: LISTED}, {MAIL}, Look(LISTED, SHOP), id="both are listed"),
        pytest.param(
            {MAIL: LISTED, SHOP: LISTED},
            {MAIL, SHOP},
            Look(LISTED, SHOP, True),
            id="the parent sends, too, and is told",
        ),
        pytest.param(
            {MAIL: LISTED, SHOP: None}, {MAIL, SHOP}, Look(LISTED, MAIL), id="the parent sends, too, and is not listed"
        ),
        pytest.param({MAIL: None, SHOP: SILENT}, {MAIL}, Look(SILENT, SHOP), id="of the parent nobody knows"),
        pytest.param({MAIL: SILENT, SHOP: LISTED}, {MAIL}, Look(LISTED, SHOP), id="the parent is listed, for certain"),
    ],
)
def test_a_sender_is_listed_with_what_it_is_part_of(
    readings: dict[str, Reading], senders: set[str], look: Look
) -> None:
    assert look_at(MAIL, readings, senders) == look


def test_a_sender_between_two_is_told_when_what_both_are_part_of_is_listed() -> None:
    readings: dict[str, Reading] = {A: None, MAIL: None, SHOP: LISTED}
    assert look_at(A, readings, {A, MAIL}).covered
    assert not look_at(MAIL, readings, {A, MAIL}).covered


def test_what_nobody_asked_for_is_not_known() -> None:
    assert isinstance(look_at(MAIL, {MAIL: None}, {MAIL}).reading, Unanswered)
    assert isinstance(look_at(MAIL, {}, {MAIL}).reading, Unanswered)


def test_evidence_names_the_list_its_code_its_own_words_and_the_way_out() -> None:
    text = listing_text(DQS, MAIL, SHOP, Listing(("127.0.1.4",), ("phishing",)), "See\n https://check.example")
    assert text == (
        "mail.shop.example is part of shop.example, which is on the blocklist Spamhaus DBL (dbl.dq.spamhaus.net): it "
        'answers 127.0.1.4: phishing. The list says: "See https://check.example". To look it up, and to ask for '
        "removal once the cause is gone: https://check.spamhaus.org/"
    )
    assert listing_text(OTHER, SHOP, SHOP, LISTED, "") == (
        "shop.example is on the blocklist list.example: it answers 127.0.0.2."
    )
    assert removed_text(SURBL, SHOP) == "shop.example is no longer on the blocklist SURBL (multi.surbl.org)."


def test_what_a_list_says_can_neither_flood_nor_forge_the_evidence() -> None:
    text = listing_text(OTHER, SHOP, SHOP, LISTED, "\u202egnp.exe\x1b[2J\r\nSubject: paid\n" + "x" * 70_000)
    assert len(text) < OWN_WORDS_LENGTH + 200
    assert text.isprintable()
    assert '"?gnp.exe?[2J Subject: paid xxx' in text


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        pytest.param("zen.spamhaus.org", True, id="addresses"),
        pytest.param("zen.dq.spamhaus.net", True, id="the same under its other name"),
        pytest.param("bl.spamcop.net", True, id="addresses, of somebody else"),
        pytest.param("dbl.spamhaus.org", False, id="domains"),
        pytest.param("multi.surbl.org", False, id="domains, of somebody else"),
        pytest.param("bl.shop.example", False, id="one that nobody knows"),
    ],
)
def test_a_zone_that_lists_addresses_is_known_as_such(zone: str, expected: bool) -> None:
    """Of a domain it says that it is not listed, whatever that has done."""
    assert lists_addresses(zone) is expected
