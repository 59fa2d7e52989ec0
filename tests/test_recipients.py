"""What is kept of recipients, what identifies them, and how one is forgotten."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ses_reputation.domain.events import Recipient
from ses_reputation.domain.recipients import (
    IN_FULL,
    MAX_ADDRESS,
    NOT_KEPT,
    Keeping,
    KeptRecipient,
    Person,
    RecipientKey,
    RecipientStorage,
    bare_address,
    digest,
    forget,
    pseudonym,
    read_address,
    without_addresses,
)

KEY, OTHER_KEY = RecipientKey(b"k" * 64), RecipientKey(b"o" * 64)
HASHED, NONE = (Keeping(storage, KEY) for storage in (RecipientStorage.HASHED, RecipientStorage.NONE))
JANE = "jane.roe@mailbox.example"
REFUSED = Recipient(JANE, "5.1.1", "smtp; 550 5.1.1 <Jane.Roe@mailbox.example>: jane.roe is unknown")

ADDRESSES = st.builds("{}@{}.example".format, *(st.text("abcdefghij.+", min_size=1, max_size=12),) * 2)


def identity(keeping: Keeping, address: str) -> str:
    return keeping.identity("m-1", address)


def history(keeping: Keeping, address: str) -> str:
    return keeping.history(address)


# -- What is kept ------------------------------------------------------------------------------------------------------


def test_in_full_everything_is_kept_under_the_identities_of_before() -> None:
    assert IN_FULL.kept(REFUSED) == KeptRecipient(JANE, "5.1.1", REFUSED.reply)
    assert IN_FULL.identity("m-1", JANE) == digest(JANE) == "00fe556a1dcd4b1dbe185bef"
    assert IN_FULL.history(JANE) == digest(JANE)


def test_hashed_a_recipient_has_a_pseudonym_and_a_reply_without_him() -> None:
    kept = HASHED.kept(REFUSED)
    assert kept == KeptRecipient(
        status="5.1.1",
        reply="smtp; 550 5.1.1 <(recipient)>: (recipient) is unknown",
        pseudonym=pseudonym(KEY, JANE),
        provider="other",
    )
    assert kept.name == pseudonym(KEY, JANE) != pseudonym(OTHER_KEY, JANE)


def test_with_none_nothing_tells_one_recipient_from_another() -> None:
    kept = NONE.kept(REFUSED)
    assert (kept.name, kept.address, kept.pseudonym) == (None, None, None)
    assert kept == NONE.kept(
        Recipient(
            "john.doe@mailbox.example",
            "5.1.1",
            REFUSED.reply and REFUSED.reply.replace("Jane.Roe", "john.doe").replace("jane.roe", "john.doe"),
        )
    )


@pytest.mark.parametrize("keeping", [IN_FULL, HASHED, NONE], ids=lambda keeping: keeping.storage)
def test_the_mailbox_provider_is_known_whatever_is_kept(keeping: Keeping) -> None:
    assert keeping.kept(Recipient("jane.roe@gmail.com")).mailbox_provider == "gmail"


@given(ADDRESSES, ADDRESSES, st.sampled_from([HASHED, NONE]))
def test_what_identifies_a_recipient_can_not_be_had_without_the_key(one: str, other: str, keeping: Keeping) -> None:
    another = Keeping(keeping.storage, OTHER_KEY)
    for of in (identity, history):
        assert of(keeping, one) == of(keeping, one)
        assert (of(keeping, one) == of(keeping, other)) == (one == other)
        assert of(keeping, one) not in {of(another, one), digest(one), digest("m-1", one)}


@pytest.mark.parametrize("keeping", [HASHED, NONE], ids=lambda keeping: keeping.storage)
def test_the_name_of_a_receipt_does_not_tell_that_two_messages_went_to_one_person(keeping: Keeping) -> None:
    assert keeping.identity("m-1", JANE) != keeping.identity("m-2", JANE)
    assert HASHED.identity("m-1", JANE) == NONE.identity("m-1", JANE), "so that one may change between the two"
    assert keeping.identity("m-1", JANE) != keeping.history(JANE) != pseudonym(KEY, JANE).removeprefix("recipient-")


@pytest.mark.parametrize("key", [b"", b"k" * 31], ids=["none", "a short one"])
@pytest.mark.parametrize("storage", [RecipientStorage.HASHED, RecipientStorage.NONE])
def test_nothing_is_made_with_a_key_that_could_be_guessed(storage: RecipientStorage, key: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Keeping(storage, RecipientKey(key))


def test_a_key_is_not_shown() -> None:
    assert repr(KEY) == str(KEY) == "b'...'"
    assert "kkk" not in f"{HASHED!r} {HASHED} {KEY!r} {Person(JANE, (KEY,))!r} {KEY!s}"


def test_names_stay_the_same_in_later_versions() -> None:
    """They are in tables: under any other, what was kept before would count twice, and nobody could be forgotten."""
    assert digest("m-1", JANE) == "6987a469dd3d5bf31968580d"
    assert HASHED.identity("m-1", JANE, "abuse") == NONE.identity("m-1", JANE, "abuse") == "a7bc90bf8f7632fd9a10745c"
    assert HASHED.history(JANE) == NONE.history(JANE) == "55095ff1cc415d980fce699c"
    assert pseudonym(KEY, JANE) == "recipient-8a815b233b9edafc92ca907f"


def test_a_person_is_found_under_each_key_and_without_any() -> None:
    person = Person(JANE, (KEY, OTHER_KEY))
    assert person.names == {JANE, pseudonym(KEY, JANE), pseudonym(OTHER_KEY, JANE)}
    assert person.histories == (
        IN_FULL.history(JANE),
        HASHED.history(JANE),
        Keeping(RecipientStorage.HASHED, OTHER_KEY).history(JANE),
    )


def test_a_person_is_in_a_receipt_that_holds_the_address_or_a_pseudonym_of_it() -> None:
    person = Person(JANE, (KEY,))
    assert all(person.is_in((KeptRecipient("john@x.example"), keeping.kept(REFUSED))) for keeping in (IN_FULL, HASHED))
    assert not person.is_in((KeptRecipient("john@x.example"), NONE.kept(REFUSED)))


def test_an_address_stands_before_a_pseudonym() -> None:
    assert KeptRecipient(JANE, pseudonym="recipient-1").name == JANE


def test_the_provider_that_is_kept_stands_before_that_of_the_address() -> None:
    assert KeptRecipient("jane.roe@gmail.com", provider="yahoo").mailbox_provider == "yahoo"
    assert KeptRecipient().mailbox_provider == "other"


@pytest.mark.parametrize("keeping", [HASHED, NONE], ids=lambda keeping: keeping.storage)
def test_a_status_is_kept_without_an_address_and_what_was_not_told_is_not_kept(keeping: Keeping) -> None:
    kept = keeping.kept(Recipient(JANE, f"5.1.1 {JANE}", ""))
    assert (kept.status, kept.reply) == ("5.1.1 (recipient)", None)


def test_a_key_of_just_32_bytes_is_enough() -> None:
    assert Keeping(RecipientStorage.HASHED, RecipientKey(b"k" * 32)).history(JANE)


# -- Replies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("550 5.1.1 <Bob.Smith@gmail.com>: no such user", "550 5.1.1 <(recipient)>: no such user"),
        ("mailbox bob.smith is full", "mailbox (recipient) is full"),
        ("xbob.smith and bob.smithson", "xbob.smith and bob.smithson"),
        ("user_bob.smith_, x-bob.smith-y, 1bob.smith2", "user_(recipient)_, x-(recipient)-y, 1(recipient)2"),
        ("abuse: write to postmaster@provider.example", "abuse: write to (recipient)"),
        ("from=<bounce+bob.smith=gmail.com@amazonses.com>", "from=<(recipient)>"),
        ("see https://x.example/?who=bob.smith%40gmail.com", "see https:(recipient)"),
        ('to "ann roe"@x.example', "to (recipient)"),
        ("user at ann@[192.0.2.1] unknown", "user at (recipient) unknown"),
        ("=?utf-8?Q?Bob_Smith?= is unknown", "(recipient) is unknown"),
        ("forwarded to ann@x", "forwarded to (recipient)"),
        ("550 5.1.1 no such mailbox: bob.smi", "550 5.1.1 no such mailbox: (recipient)"),
        ("550 5.1.1 no such mailbox: bob.smith@gma", "550 5.1.1 no such mailbox: (recipient)"),
    ],
    ids=[
        "in capitals",
        "the local part",
        "other names",
        "between digits and signs",
        "somebody else",
        "a return path",
        "in a URL",
        "a quoted local part",
        "at an IP address",
        "an encoded word",
        "cut off in the domain",
        "cut off in the local part",
        "cut off after it",
    ],
)
def test_no_address_stays_in_a_reply(text: str, left: str) -> None:
    assert without_addresses(text, "bob.smith@gmail.com") == left


@pytest.mark.parametrize("named", ["bob.smith", "Bob.Smith+news", "bob.smith+news@gmail.com"])
def test_a_tag_does_not_give_away_whose_mailbox_it_is(named: str) -> None:
    assert without_addresses(f"mailbox {named} is full", "bob.smith+news@gmail.com") == "mailbox (recipient) is full"


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ('"bob smith"@x.example', '"Bob Smith"@x.example'),
        ('"bob smith"@x.example', "bob smith"),
        ("o'brien@x.example", "O'Brien@x.example"),
        ("=?utf-8?q?bob=2esmith?=@x.example", "bob.smith"),
        ("=?utf-8?b?!?=@x.example", "=?utf-8?b?!?="),
        ("=?utf-8?b?a?=@x.example", "=?utf-8?b?a?="),
        ("=?utf-8?q?bob?=smith@x.example", "bobsmith"),
        ("=?utf-8?q?gro=c3=9f?=@x.example", "GROß"),
        ("=?iso-8859-1?q?bob=e9?=@x.example", "=?iso-8859-1?q?bob=e9?="),
        ("=?bobby@x.example", "=?bobby"),
        ('"bob smith"@x.example', '"bob smith"'),
        ("bobby+a+b@x.example", "bobby"),
    ],
    ids=[
        "quoted",
        "quoted, without the marks",
        "an apostrophe",
        "an encoded word",
        "an encoded word that is none",
        "one that can not be decoded",
        "an encoded word and more",
        "an encoded word in capitals",
        "one in another character set",
        "the beginning of one",
        "quoted, without the domain",
        "without two tags",
    ],
)
def test_a_strange_local_part_does_not_stay_either(address: str, named: str) -> None:
    assert without_addresses(f"mailbox {named} is full", address) == "mailbox (recipient) is full"


@pytest.mark.parametrize("address", ["spam@x.example", "e-mail@x.example", "2024@x.example"])
def test_words_and_numbers_stay_whole_whatever_a_recipient_is_called(address: str) -> None:
    text = "anti-spam_1, e-mail7, no_e-mail_, 12024-03"
    assert without_addresses(text, address) == text


def test_a_short_local_part_is_taken_for_a_word_unless_it_is_set_apart() -> None:
    assert without_addresses("550 no such user", "no@gmail.com") == "550 no such user"
    assert (
        without_addresses("550 <no> unknown, user=no", "no@gmail.com") == "550 <(recipient)> unknown, user=(recipient)"
    )


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param("mailbox anna is full", "mailbox (recipient) is full", id="four letters tell"),
        pytest.param("mailbox anna+news is full", "mailbox (recipient) is full", id="the tag goes with the name"),
        pytest.param("mailbox news is full", "mailbox news is full", id="the tag alone is a word"),
        pytest.param("550 no mailbox anna", "550 no mailbox (recipient)", id="at the end"),
        pytest.param("550 no mailbox ANN", "550 no mailbox ANN", id="cut off after three letters"),
        pytest.param("550 no mailbox ANNA+N", "550 no mailbox (recipient)+N", id="cut off in the tag, in capitals"),
        pytest.param("550 ann", "550 ann", id="three letters are a word"),
        pytest.param("550 anna@s", "550 (recipient)", id="cut off in the domain"),
        pytest.param("550", "550", id="nothing of it"),
    ],
)
def test_a_name_is_told_by_four_letters_and_a_cut_off_address_too(text: str, left: str) -> None:
    assert without_addresses(text, "anna+news@shop.example") == left


def test_four_letters_of_a_name_that_was_cut_off_tell() -> None:
    assert without_addresses("550 no mailbox bobb", "bobby@x.example") == "550 no mailbox (recipient)"
    assert without_addresses("550 no mailbox bob", "bobby@x.example") == "550 no mailbox bob"


def test_a_short_local_part_that_is_set_apart_may_be_in_capitals() -> None:
    assert without_addresses("550 <NO> unknown", "no@gmail.com") == "550 <(recipient)> unknown"


def test_without_a_recipient_only_addresses_are_taken_out() -> None:
    assert without_addresses("mailbox jane@x.example is full", "") == "mailbox (recipient) is full"


@given(ADDRESSES, st.text(max_size=20), st.text(max_size=20))
def test_an_address_never_stays_in_a_text(address: str, before: str, after: str) -> None:
    assert address not in without_addresses(f"{before} {address.upper()} {after}", address).lower()


# -- Forgetting --------------------------------------------------------------------------------------------------------

JOHN = KeptRecipient("john@mailbox.example", reply="550 no")


@pytest.mark.parametrize("keeping", [IN_FULL, HASHED], ids=lambda keeping: keeping.storage)
def test_of_a_forgotten_recipient_the_provider_and_the_status_code_stay(keeping: Keeping) -> None:
    before = (JOHN, keeping.kept(Recipient("jane.roe@gmail.com", "5.1.1", "550 jane is unknown")))
    after = forget(before, Person("jane.roe@gmail.com", (OTHER_KEY, KEY)))
    assert after == (JOHN, KeptRecipient(status="5.1.1", provider="gmail"))
    assert forget(after, Person("jane.roe@gmail.com", (KEY,))) is None, "once is enough"


def test_whoever_is_not_there_is_not_forgotten() -> None:
    assert forget((JOHN, HASHED.kept(REFUSED), NONE.kept(REFUSED)), Person(JANE)) is None
    assert forget((JOHN, HASHED.kept(REFUSED)), Person(JANE, (OTHER_KEY,))) is None


def test_what_servers_replied_about_others_names_him_no_more() -> None:
    told = KeptRecipient("list@mailbox.example", reply="550 forwarded to <Jane.Roe@Mailbox.example>, refused")
    after = forget((told,), Person(JANE))
    assert after == (KeptRecipient("list@mailbox.example", reply="550 forwarded to <(recipient)>, refused"),)


@pytest.mark.parametrize(
    "text",
    [
        "<mary.jane.roe@mailbox.example> is away",
        "mary+jane.roe@mailbox.example",
        "mary-jane.roe@mailbox.example",
        "jane.roe@mailbox.example.au",
        "jane.roe@mailbox.examples",
        "jane.roe@mailbox.example-2.net",
    ],
)
def test_an_address_that_is_a_part_of_anothers_stays(text: str) -> None:
    assert forget((KeptRecipient("list@mailbox.example", reply=text),), Person(JANE)) is None


@pytest.mark.parametrize(
    "text", ["<{}>", "to {}.", "to='{}'", "rcpt={}", "mailto:{},", "%3C{}%3E", '"{}"', "{}... User unknown"]
)
def test_an_address_as_a_whole_goes_from_what_was_said_of_others(text: str) -> None:
    (after,) = forget((KeptRecipient("list@mailbox.example", reply=text.format(JANE)),), Person(JANE)) or ()
    assert after.reply == text.format("(recipient)")


@pytest.mark.parametrize(
    "text",
    [
        " Jane.Roe@Mailbox.example\n",
        '"jane roe"@mailbox.example',
        "o'brien@x",
        "é@x.example",
        '"jane@home"@x.example',
        '"jane@home, Roe@x"@x.example',
        '"jane\\"roe"@x.example',
        f"{'j' * 65}@x.example",
        "jane:x@x.example",
        "(c)jane[x]@x.example",
        "jane roe@x.example",
        "a@b@c",
    ],
)
def test_an_address_is_read_in_lower_case_as_receipts_have_it(text: str) -> None:
    assert read_address(text) == read_address(f"Jane Roe <{text.strip()}>") == text.strip().lower()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        pytest.param('"Jane <at work>" <jane@x.example>', "jane@x.example", id="the last of several brackets"),
        pytest.param("jane@x.example>", "jane@x.example>", id="a bracket that nothing opens"),
        pytest.param("<jane@x.example", "<jane@x.example", id="a bracket that nothing closes"),
    ],
)
def test_an_address_is_what_the_last_pair_of_brackets_holds(text: str, address: str) -> None:
    assert bare_address(text) == address


def test_an_address_may_be_as_long_as_ses_takes_one() -> None:
    longest = f"a@{'x' * (MAX_ADDRESS - 2)}"
    assert read_address(longest) == longest


@given(st.text(max_size=MAX_ADDRESS), st.text(max_size=MAX_ADDRESS))
def test_what_was_read_is_read_as_itself(local_part: str, domain: str) -> None:
    with suppress(ValueError):
        address = read_address(f"{local_part}@{domain}")
        assert bare_address(address) == read_address(address) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "jane",
        "jane roe",
        "@x.example",
        "jane@",
        "jane@home@",
        "a@x, b@x",
        "a@x b@x",
        "a@x;b@x",
        f"a@{'x' * (MAX_ADDRESS - 1)}",
    ],
)
def test_what_is_no_address_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not one address such as jane@example\.com$"):
        read_address(text)


def test_what_is_not_kept_has_a_name_of_its_own() -> None:
    assert (KeptRecipient().name or NOT_KEPT) == "(not kept)"
