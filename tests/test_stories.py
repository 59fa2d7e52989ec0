"""Stories expand into exactly the events that they tell of."""

import json
from collections import Counter
from datetime import timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ses_reputation.commands import read_call, read_command
from ses_reputation_local.ses_mail import Publication
from ses_reputation_local.stories import Commanded, Story, StoryError, read_story

STORIES = sorted((Path(__file__).parents[1] / "events" / "stories").glob("*.toml"))

STREAM = """
title = "A test"
text = "Somebody writes to somebody."
start = 2026-03-02T08:00:00Z
feedback_loops = ["one.example"]

[audiences]
readers = { "one.example" = 3, "two.example" = 1 }
robots = { "bounce@simulator.amazonses.com" = 1 }

[streams.news]
from = "News <news@news.example>"
to = "readers"
subject = "News"
configuration_set = "newsletter"
"""

CHAPTER = """
[[chapters]]
title = "The only chapter"
text = "It happens."
hours = 10

[[chapters.mail]]
stream = "news"
every_hour = 20
"""


@pytest.fixture
def tell(tmp_path: Path) -> Any:
    """Write a story and read it."""

    def write(*parts: str) -> Story:
        path = tmp_path / "test.toml"
        path.write_text("\n".join(parts))
        return read_story(path)

    return write


def events(publications: list[Publication]) -> list[dict[str, Any]]:
    return [json.loads(p.message) for p in publications]


def counts(story: Story) -> Counter[str]:
    return Counter(document["eventType"] for document in events(list(story.publications())))


each_story = pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)


@each_story
def test_events_come_in_order_of_time(path: Path) -> None:
    times = [p.time for p in read_story(path).publications()]
    assert times == sorted(times)


@each_story
def test_every_telling_is_the_same(path: Path) -> None:
    story = read_story(path)
    assert list(story.publications()) == list(story.publications()) == list(read_story(path).publications())


@each_story
def test_the_chapters_together_are_the_whole_story(path: Path) -> None:
    story = read_story(path)
    assert [p for _, during in story.told() for p in during] == list(story.publications())


@each_story
def test_a_story_is_short_enough_for_a_demo(path: Path) -> None:
    limit = {"purchased-list": 2_500, "complaint-wave": 4_000}.get(path.stem, 1_000)
    assert sum(1 for _ in read_story(path).publications()) <= limit


@each_story
def test_the_last_event_comes_before_the_end(path: Path) -> None:
    story = read_story(path)
    assert list(story.publications())[-1].time < story.chapters[-1].end


def test_what_people_do_comes_before_the_mail_of_its_chapter(tell: Any) -> None:
    people = '[[chapters.people]]\nby = "ann"\ndo = { command = "decide", scope = "tenant/acme", decision = "lift" }'
    story = tell(STREAM, CHAPTER, CHAPTER, people)
    played = list(story.events())
    assert [event.time for event in played] == sorted(event.time for event in played)
    (number,) = (number for number, event in enumerate(played) if isinstance(event, Commanded))
    assert played[number] == Commanded(
        story.chapters[1].start, "ann", {"command": "decide", "scope": "tenant/acme", "decision": "lift"}
    )
    assert [event for event in played if not isinstance(event, Commanded)] == list(story.publications())


@each_story
def test_what_people_do_are_commands(path: Path) -> None:
    for event in read_story(path).events():
        if isinstance(event, Commanded):
            document = {"finding": "that of the scope", "by": event.by, **event.fields}
            read_command(read_call(document, "1", event.time))


def test_chapters_follow_each_other_without_a_gap(tell: Any) -> None:
    story = tell(STREAM, CHAPTER, CHAPTER)
    first, second = story.chapters
    assert second.start == first.end == first.start + timedelta(hours=10)


def test_a_chapter_has_what_is_published_before_it_ends(tell: Any) -> None:
    for chapter, during in list(tell(STREAM, CHAPTER, CHAPTER).told())[:-1]:
        assert during
        assert all(chapter.start <= p.time < chapter.end for p in during)


@settings(deadline=None)  # a telling takes as long as the machine takes
@given(percent=st.decimals(0, 100, places=2), every_hour=st.integers(1, 25), each=st.integers(1, 7))
def test_a_share_is_exact_after_any_number_of_recipients(
    tmp_path_factory: pytest.TempPathFactory, percent: object, every_hour: int, each: int
) -> None:
    path = tmp_path_factory.mktemp("story") / "test.toml"
    chapter = CHAPTER.replace("every_hour = 20", f"every_hour = {every_hour}\nrecipients_each = {each}")
    path.write_text(f'{STREAM}\n{chapter}\nhard_bounces = "{percent}%"')
    share = Fraction(str(percent)) / 100
    documents = events(list(read_story(path).publications()))
    bounced = Counter[str]()
    for document in documents:
        if document["eventType"] == "Bounce":
            bounced[document["mail"]["messageId"]] += len(document["bounce"]["bouncedRecipients"])
    sent = hard = 0
    for mail in (document["mail"] for document in documents if document["eventType"] == "Send"):
        sent += len(mail["destination"])
        hard += bounced[mail["messageId"]]
        assert hard == int(sent * share + Fraction(1, 2))
    assert sent == every_hour * 10


def test_every_share_counts_what_it_says(tell: Any) -> None:
    shares = 'hard_bounces = "10%"\nsoft_bounces = "5%"\ncomplaints = "2%"\nopens = "25%"\nclicks = "12.5%"'
    assert counts(tell(STREAM, CHAPTER, shares)) == {
        "Send": 200,
        "Delivery": 170,
        "Bounce": 30,
        "Complaint": 4,
        "Open": 50,
        "Click": 25,
    }


def test_only_people_at_a_feedback_loop_complain(tell: Any) -> None:
    documents = events(list(tell(STREAM, CHAPTER, 'complaints = "20%"').publications()))
    complained = [
        r["emailAddress"] for d in documents if "complaint" in d for r in d["complaint"]["complainedRecipients"]
    ]
    assert len(complained) == 40
    assert all(address.endswith("@one.example") for address in complained)


def test_a_repeated_publication_is_the_same_message_again(tell: Any) -> None:
    messages = Counter(p.message for p in tell(STREAM, CHAPTER, 'repeat = "10%"').publications())
    assert len(messages) == 400
    assert Counter(messages.values()) == {1: 360, 2: 40}


def test_with_both_formats_every_bounce_comes_twice(tell: Any) -> None:
    both = 'formats = ["configuration-set", "identity"]\npublishes = ["Send", "Bounce"]'
    documents = events(list(tell(STREAM, both, CHAPTER, 'hard_bounces = "10%"').publications()))
    bounced = Counter(d["mail"]["messageId"] for d in documents if "bounce" in d)
    assert len(bounced) == 20
    assert set(bounced.values()) == {2}


def test_the_mailbox_simulator_bounces_by_itself(tell: Any) -> None:
    assert counts(tell(STREAM, CHAPTER, 'to = "robots"\ncomplaints = "50%"')) == {"Send": 200, "Bounce": 200}


def test_mail_goes_out_only_in_its_hours_of_the_day(tell: Any) -> None:
    story = tell(STREAM, CHAPTER, "hours_of_day = [9, 12]")
    sent = {d["mail"]["timestamp"][11:13] for d in events(list(story.publications()))}
    assert sent == {"09", "12"}


def test_a_refusal_falls_into_the_hour_of_its_mail(tell: Any) -> None:
    story = tell(STREAM, CHAPTER.replace("every_hour = 20", "every_hour = 60"), 'hard_bounces = "100%"')
    for document in events(list(story.publications())):
        if "bounce" in document:
            assert document["bounce"]["timestamp"][:13] == document["mail"]["timestamp"][:13]


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [
        pytest.param("every_hour", "evry_hour", "chapter 1, mail 1: ", id="a key that there is not"),
        pytest.param("hours = 10", "hours = '10'", "chapter 1, hours: ", id="text for a number"),
        pytest.param("hours = 10", "", "chapter 1: a chapter lasts", id="a chapter without a length"),
        pytest.param('stream = "news"', 'stream = "mews"', "chapter 1, mail 1, stream: ", id="an unknown stream"),
        pytest.param('to = "readers"', 'to = "raeders"', "streams, news, to: ", id="an unknown audience"),
        pytest.param("T08:00:00Z", "T08:30:00Z", "start: ", id="a start within an hour"),
        pytest.param("T08:00:00Z", "T08:00:00", "start: ", id="a start without an offset"),
        pytest.param('configuration_set = "newsletter"', "", "streams, news: ", id="events without a set"),
        pytest.param('"one.example" = 3', '"one.example" = 0', "audiences: ", id="a weight of nothing"),
        pytest.param("every_hour = 20", "every_hour = 0", "chapter 1, mail 1, every_hour: ", id="no mail at all"),
        pytest.param("[[chapters]]", "[[chapters]", "not TOML: ", id="a bracket too few"),
    ],
)
def test_a_mistake_is_told_with_its_place(tell: Any, written: str, instead: str, told: str) -> None:
    with pytest.raises(StoryError) as error:
        tell((STREAM + CHAPTER).replace(written, instead, 1))
    assert str(error.value).startswith(f"test.toml: {told}")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("hard_bounces", "0.1", id="a float for a share"),
        pytest.param("hard_bounces", '"0.1"', id="a share without a percent sign"),
        pytest.param("complaints", '"101%"', id="more than all"),
        pytest.param("hard_bounce_subtype", '"MailboxFull"', id="a soft subtype of a hard bounce"),
        pytest.param("soft_bounce_subtype", '"NoSuchThing"', id="a subtype that SES has not"),
        pytest.param("to", '"strangers"', id="an unknown audience"),
        pytest.param("hours_of_day", "[24]", id="a 25th hour"),
        pytest.param("recipients_each", "51", id="more recipients than SES takes"),
    ],
)
def test_a_wrong_value_is_told_with_its_chapter_and_key(tell: Any, key: str, value: str) -> None:
    with pytest.raises(StoryError, match=rf"^test\.toml: chapter 1, mail 1, {key}"):
        tell(STREAM, CHAPTER, f"{key} = {value}")


def test_complaints_need_somebody_who_can_complain(tell: Any) -> None:
    with pytest.raises(StoryError, match="chapter 1, mail 1, complaints: the story names no feedback_loops"):
        tell(STREAM.replace('feedback_loops = ["one.example"]', ""), CHAPTER, 'complaints = "1%"')


def story_named(name: str) -> Story:
    return read_story(next(path for path in STORIES if path.stem == name))


@cache
def purchased_list() -> dict[str, list[tuple[int, int]]]:
    """Recipients and hard bounces of each configuration set, summed up to the end of each chapter."""
    sums: dict[str, list[tuple[int, int]]] = {"receipts": [], "newsletter": []}
    seen: set[str] = set()
    totals: Counter[tuple[str, str]] = Counter()
    for _, during in story_named("purchased-list").told():
        for document in events(during):
            mail = document["mail"]
            key = f"{document.get('eventType')}/{mail['messageId']}"
            if "tags" not in mail or key in seen or "simulator" in mail["destination"][0]:
                continue
            seen.add(key)
            hard = document.get("bounce", {}).get("bounceType") == "Permanent"
            totals[mail["tags"]["ses:configuration-set"][0], "hard" if hard else document["eventType"]] += 1
        for name, rows in sums.items():
            rows.append((totals[name, "Send"], totals[name, "hard"]))
    return sums


def test_a_purchased_list_brings_the_newsletter_over_ten_percent() -> None:
    sent, bounced = purchased_list()["newsletter"][1]
    assert Fraction(bounced, sent) > Fraction(10, 100)


def test_a_purchased_list_leaves_the_account_under_five_percent() -> None:
    for newsletter, receipts in zip(*purchased_list().values(), strict=True):
        assert Fraction(newsletter[1] + receipts[1], newsletter[0] + receipts[0]) < Fraction(5, 100)


def test_after_a_purchased_list_the_newsletter_proves_itself_on_enough_mail() -> None:
    before, after = purchased_list()["newsletter"][2:4]
    sent, bounced = after[0] - before[0], after[1] - before[1]
    assert sent >= 100
    assert Fraction(bounced, sent) <= Fraction(10, 100)


@cache
def complaint_wave() -> Counter[tuple[str, str]]:
    """Events by tenant and type, each once."""
    documents = [json.loads(m) for m in {p.message for p in story_named("complaint-wave").publications()}]
    return Counter((d["mail"]["tags"]["ses:tenant-name"][0], d["eventType"]) for d in documents)


def test_a_complaint_wave_brings_one_tenant_over_half_a_percent() -> None:
    wave = complaint_wave()
    tenants = {tenant for tenant, _ in wave}
    limit = Fraction(5, 1000)
    assert {t for t in tenants if Fraction(wave[t, "Complaint"], wave[t, "Send"]) > limit} == {"lucky-deals"}


def test_a_complaint_wave_leaves_the_account_under_it() -> None:
    by_kind: Counter[str] = Counter()
    for (_, kind), number in complaint_wave().items():
        by_kind[kind] += number
    assert Fraction(by_kind["Complaint"], by_kind["Send"]) < Fraction(5, 1000)
