"""Stories: small scripts of who mails whom, which the SES simulator expands into events.

A story is a TOML file: streams of mail, audiences they go to, and chapters that say how much goes out and how it fares.
Its shares are exact. After N recipients, exactly the rounded share of N has bounced, whatever N is.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from heapq import heappop, heappush, merge
from itertools import accumulate
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from ses_reputation_local.ses_mail import (
    DIAGNOSES,
    MAX_RECIPIENTS,
    SIMULATOR_DOMAIN,
    Bounce,
    BounceSubtype,
    BounceType,
    Click,
    Complaint,
    EventType,
    FeedbackType,
    Format,
    Message,
    Open,
    Outcome,
    Publication,
)
from ses_reputation_local.ses_simulator import Dice, SesSimulator

HOUR = timedelta(hours=1)
REDELIVERING = (timedelta(seconds=20), timedelta(minutes=10))

Positive = Annotated[int, Meta(ge=1)]
Audience = Annotated[dict[str, Positive], Meta(min_length=1)]
"""Whom mail goes to: a weight for each domain, or for a whole address."""


class StoryError(ValueError):
    """A story that can't be told. Its text names the file, the chapter and the key."""


class Stream(Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of mail that somebody sends, and what SES publishes about it."""

    from_: str = field(name="from")
    to: str
    subject: str
    configuration_set: str | None = None
    tenant: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    formats: Annotated[frozenset[Format], Meta(min_length=1)] = frozenset({Format.CONFIGURATION_SET})
    publishes: frozenset[EventType] = frozenset(EventType)


class Mail(Struct, frozen=True, forbid_unknown_fields=True):
    """What a stream sends in a chapter: recipients an hour, in which hours of the day (UTC), and how they take it.

    `hard_bounces`, `soft_bounces` and `complaints` are shares of the recipients, `opens` and `clicks` of the messages,
    `repeat` of the publications: those that SNS delivers twice. The mailbox simulator's recipients are in no share.
    `hard_bounce_reply` and `soft_bounce_reply` are what the servers say, unless it goes with the subtype.
    """

    stream: str
    every_hour: Positive
    hours_of_day: Annotated[tuple[Annotated[int, Meta(ge=0, le=23)], ...], Meta(min_length=1)] = tuple(range(24))
    recipients_each: Annotated[int, Meta(ge=1, le=MAX_RECIPIENTS)] = 1
    to: str | None = None
    hard_bounces: Fraction = Fraction(0)
    hard_bounce_subtype: BounceSubtype = BounceSubtype.NO_EMAIL
    hard_bounce_reply: str | None = None
    soft_bounces: Fraction = Fraction(0)
    soft_bounce_subtype: BounceSubtype = BounceSubtype.MAILBOX_FULL
    soft_bounce_reply: str | None = None
    complaints: Fraction = Fraction(0)
    complaint_feedback_type: FeedbackType = FeedbackType.ABUSE
    opens: Fraction = Fraction(0)
    clicks: Fraction = Fraction(0)
    repeat: Fraction = Fraction(0)


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody does at the beginning of a chapter: `do` are the fields of a command for operate.

    Where that is about a finding, it is the one that is open in its scope.
    """

    by: str
    do: dict[str, str]


@dataclass(frozen=True, slots=True)
class Commanded:
    """A command that a person gives at a time."""

    time: datetime
    by: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of a story: what people do at `start`, mail from then up to `end`, and what a narrator says before it."""

    title: str
    text: str
    start: datetime
    end: datetime
    mail: tuple[Mail, ...]
    people: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """A story that can be told any number of times, always with the same events."""

    name: str
    title: str
    text: str
    streams: Mapping[str, Stream]
    audiences: Mapping[str, Audience]
    feedback_loops: frozenset[str]
    chapters: tuple[Chapter, ...]

    def publications(self) -> Iterator[Publication]:
        """Everything that SES and SNS publish, in order of time."""
        return _Telling(self).publications()

    def events(self) -> Iterator[Publication | Commanded]:
        """The same, and what people do."""
        commands = [
            Commanded(chapter.start, person.by, person.do) for chapter in self.chapters for person in chapter.people
        ]
        return merge(commands, self.publications(), key=lambda event: event.time)

    def told(self) -> Iterator[tuple[Chapter, list[Publication]]]:
        """Each chapter, with what is published before it ends.

        A complaint comes hours after its mail, so perhaps in a later chapter; the last one has all the rest.
        """
        publications = self.publications()
        pending = next(publications, None)
        for chapter in self.chapters:
            during: list[Publication] = []
            while pending and (pending.time < chapter.end or chapter is self.chapters[-1]):
                during.append(pending)
                pending = next(publications, None)
            yield chapter, during


def read_story(path: Path) -> Story:
    """Read the story in a TOML file; StoryError if it is none, OSError if there is no such file."""
    try:
        script = msgspec.toml.decode(path.read_bytes(), type=_Script, dec_hook=_share)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at ")
        raise StoryError(f"{path.name}: {_place(where)}{reason}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StoryError(f"{path.name}: not TOML: {error}") from error
    for place, problem in _problems(script):
        raise StoryError(f"{path.name}: {place}: {problem}")
    return Story(
        name=path.stem,
        title=script.title,
        text=script.text.strip(),
        streams=script.streams,
        audiences=script.audiences,
        feedback_loops=script.feedback_loops,
        chapters=tuple(_chapters(script)),
    )


class _ChapterScript(Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    text: str
    days: Annotated[int, Meta(ge=0)] = 0
    hours: Annotated[int, Meta(ge=0)] = 0
    mail: tuple[Mail, ...] = ()
    people: tuple[Person, ...] = ()

    @property
    def length(self) -> timedelta:
        return timedelta(days=self.days, hours=self.hours)


class _Script(Struct, frozen=True, forbid_unknown_fields=True):
    """The file as it is written."""

    title: str
    text: str
    start: Annotated[datetime, Meta(tz=True)]
    audiences: dict[str, Audience]
    streams: dict[str, Stream]
    chapters: Annotated[tuple[_ChapterScript, ...], Meta(min_length=1)]
    feedback_loops: frozenset[str] = frozenset()


def _share(kind: type, written: object) -> object:
    """Read `"1.2%"` exactly: a float would not be 12/1000."""
    if kind is not Fraction:
        raise NotImplementedError(kind)
    if not isinstance(written, str) or not re.fullmatch(r"\d{1,3}(\.\d{1,6})?%", written):
        raise ValueError(f'Expected a share such as "1.2%", got {written!r}')
    if (share := Fraction(written[:-1]) / 100) > 1:
        raise ValueError(f"Expected a share of at most 100%, got {written!r}")
    return share


def _place(where: str) -> str:
    """Where in the file, in words: `chapter 1, mail 2, hard_bounces: ` for `$.chapters[0].mail[1].hard_bounces`."""
    names = re.sub(r"\[\.\.\.\]", "", where.strip("`$")).strip(".")
    numbered = re.sub(r"chapters\[(\d+)\]|(mail)\[(\d+)\]", _numbered, names)
    return f"{numbered.replace('.', ', ')}: " if numbered else ""


def _numbered(match: re.Match[str]) -> str:
    chapter, _, mail = match.groups()
    return f"chapter {int(chapter) + 1}" if chapter else f"mail {int(mail) + 1}"


def _problems(script: _Script) -> Iterator[tuple[str, str]]:
    """Problems that no single value shows, each with its place."""
    if script.start.replace(minute=0, second=0, microsecond=0) != script.start:
        yield "start", "a story starts on a full hour"
    for name, stream in script.streams.items():
        if stream.to not in script.audiences:
            yield f"streams, {name}, to", f"there is no audience {stream.to!r}"
        try:
            _message(stream, ("somebody@mailbox.example",))
        except ValueError as error:
            yield f"streams, {name}", str(error)
    for number, chapter in enumerate(script.chapters, 1):
        place = f"chapter {number}"
        if not chapter.length:
            yield place, "a chapter lasts some days or hours"
        for position, mail in enumerate(chapter.mail, 1):
            for key, problem in _mail_problems(script, mail):
                yield f"{place}, mail {position}, {key}", problem


def _mail_problems(script: _Script, mail: Mail) -> Iterator[tuple[str, str]]:
    if mail.stream not in script.streams:
        yield "stream", f"there is no stream {mail.stream!r}"
    if mail.to is not None and mail.to not in script.audiences:
        yield "to", f"there is no audience {mail.to!r}"
    for key, kind, subtype in (
        ("hard_bounce_subtype", BounceType.PERMANENT, mail.hard_bounce_subtype),
        ("soft_bounce_subtype", BounceType.TRANSIENT, mail.soft_bounce_subtype),
    ):
        if (kind, subtype) not in DIAGNOSES:
            yield key, f"SES has no bounce {kind}/{subtype}"
    if mail.complaints and not script.feedback_loops:
        yield "complaints", "the story names no feedback_loops, the domains whose users can complain"


def _chapters(script: _Script) -> Iterator[Chapter]:
    start = script.start
    for chapter in script.chapters:
        end = start + chapter.length
        yield Chapter(chapter.title, chapter.text.strip(), start, end, chapter.mail, chapter.people)
        start = end


class _Quota:
    """A share by error diffusion: `due` whenever fewer were taken than the share of all so far, rounded half up."""

    def __init__(self, share: Fraction) -> None:
        self._share = share
        self._all = 0
        self._taken = 0

    def add(self) -> None:
        self._all += 1

    @property
    def due(self) -> bool:
        return self._taken < int(self._all * self._share + Fraction(1, 2))

    def take(self) -> bool:
        """Whether one is due; it is then taken."""
        if not self.due:
            return False
        self._taken += 1
        return True


@dataclass(slots=True)
class _Sending:
    """One message to send, with what becomes of it."""

    time: datetime
    message: Message
    outcomes: tuple[Outcome, ...]
    repeat: _Quota


class _Telling:
    """One run through a story: the counters that make its addresses and shares."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._dice = Dice(story.name)
        self._addresses = 0

    def publications(self) -> Iterator[Publication]:
        """Publish in order of time: no message has an event before it is sent, so what is earlier can go."""
        ses = SesSimulator(self._story.name)
        waiting: list[tuple[datetime, int, Publication]] = []
        number = 0
        for sending in self._sendings():
            while waiting and waiting[0][0] <= sending.time:
                yield heappop(waiting)[2]
            for publication in self._repeated(
                ses.send(sending.time, sending.message, *sending.outcomes), sending.repeat
            ):
                number += 1
                heappush(waiting, (publication.time, number, publication))
        while waiting:
            yield heappop(waiting)[2]

    def _repeated(self, publications: list[Publication], repeat: _Quota) -> Iterator[Publication]:
        """SNS delivers at least once. https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html"""
        for publication in publications:
            yield publication
            repeat.add()
            if repeat.take():
                later = publication.time + self._dice.within(REDELIVERING, "repeat", publication.time)
                yield Publication(publication.topic, later, publication.message)

    def _sendings(self) -> Iterator[_Sending]:
        for number, chapter in enumerate(self._story.chapters):
            mails = (self._mail(chapter, mail, f"{number}/{n}") for n, mail in enumerate(chapter.mail))
            yield from merge(*mails, key=lambda sending: sending.time)

    def _mail(self, chapter: Chapter, mail: Mail, purpose: str) -> Iterator[_Sending]:
        stream = self._story.streams[mail.stream]
        audience = mail.to or stream.to
        outcomes = _Outcomes(mail, self._story.feedback_loops)
        repeat = _Quota(mail.repeat)
        for time, size in self._slots(chapter, mail, purpose):
            recipients = tuple(self._address(audience) for _ in range(size))
            message = _message(stream, recipients)
            yield _Sending(time, message, tuple(outcomes.of(message)), repeat)

    def _slots(self, chapter: Chapter, mail: Mail, purpose: str) -> Iterator[tuple[datetime, int]]:
        """When messages go out, and to how many: evenly over the hour, each in the first half of its slot.

        So a refusal, which takes half a minute, falls into the hour of its mail.
        """
        sizes = [mail.recipients_each] * (mail.every_hour // mail.recipients_each)
        if rest := mail.every_hour % mail.recipients_each:
            sizes.append(rest)
        slot = HOUR / len(sizes)
        hour = chapter.start
        while hour < chapter.end:
            if hour.hour in mail.hours_of_day:
                for number, size in enumerate(sizes):
                    yield (
                        hour + number * slot + self._dice.within((timedelta(0), slot / 2), purpose, hour, number),
                        size,
                    )
            hour += HOUR

    def _address(self, audience: str) -> str:
        self._addresses += 1
        weights = self._story.audiences[audience]
        point = self._dice.number(sum(weights.values()), "domain", self._addresses)
        domain = [*weights][bisect_right([*accumulate(weights.values())], point)]
        return domain if "@" in domain else f"{audience}-{self._addresses:05}@{domain}"


class _Outcomes:
    """The shares of one mail, over all its messages in a chapter."""

    def __init__(self, mail: Mail, feedback_loops: frozenset[str]) -> None:
        self._mail = mail
        self._feedback_loops = feedback_loops
        self._hard = _Quota(mail.hard_bounces)
        self._soft = _Quota(mail.soft_bounces)
        self._complaints = _Quota(mail.complaints)
        self._opens = _Quota(mail.opens)
        self._clicks = _Quota(mail.clicks)

    def of(self, message: Message) -> Iterator[Outcome]:
        """Decide what becomes of this message. What is due but can't be here, such as a complaint from Gmail, waits."""
        bounced: dict[tuple[BounceType, BounceSubtype, str], list[str]] = {}
        complained: set[str] = set()
        for address in message.recipients:
            domain = address.rpartition("@")[2]
            if domain == SIMULATOR_DOMAIN:
                continue
            for quota in (self._hard, self._soft, self._complaints):
                quota.add()
            if self._hard.take():
                bounced.setdefault((BounceType.PERMANENT, self._mail.hard_bounce_subtype, domain), []).append(address)
            elif self._soft.take():
                bounced.setdefault((BounceType.TRANSIENT, self._mail.soft_bounce_subtype, domain), []).append(address)
            elif domain in self._feedback_loops and domain not in complained and self._complaints.take():
                # One complaint lists everybody at its domain, so a second one from there would look the same.
                complained.add(domain)
                yield Complaint(address, self._mail.complaint_feedback_type)
        for (kind, subtype, _), addresses in bounced.items():
            hard = kind is BounceType.PERMANENT
            reply = self._mail.hard_bounce_reply if hard else self._mail.soft_bounce_reply
            yield Bounce(tuple(addresses), kind, subtype, reply=reply)
        yield from self._read(message)

    def _read(self, message: Message) -> Iterator[Outcome]:
        self._opens.add()
        self._clicks.add()
        if self._opens.take():
            yield Open()
        if self._clicks.take():
            yield Click(f"https://{message.source.rpartition('@')[2].strip('>')}/")


def _message(stream: Stream, recipients: tuple[str, ...]) -> Message:
    return Message(
        source=stream.from_,
        recipients=recipients,
        configuration_set=stream.configuration_set,
        tenant=stream.tenant,
        subject=stream.subject,
        tags=stream.tags,
        formats=stream.formats,
        publishes=stream.publishes,
    )
