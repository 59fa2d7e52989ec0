"""The list of bounces, delays and complaints in the receipts table, by day, through which receipts are found by time.

A receipt's key is made of the event itself, and says nothing of when it was. An index of DynamoDB's would cost a write
for each receipt; here one item lists the receipts of a whole batch.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from itertools import chain, count, groupby, islice
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from ses_reputation.adapters import keys
from ses_reputation.adapters.batches import BATCH_GET_KEYS, get_all
from ses_reputation.adapters.documents import Item
from ses_reputation.adapters.kept_recipients import RECIPIENTS, from_attribute
from ses_reputation.domain.counting import Entry, provider_scopes
from ses_reputation.domain.detection import Heard
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.recipients import without_addresses
from ses_reputation.domain.reply_rules import ReplyClass
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.feedback import BOUNCES, DELAYS, Feedback, RecentFeedback

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LISTED = 500  # Receipts of one item: each takes 150 bytes or so.
MAX_DOCUMENT = 350_000  # In bytes, of the 400 KB of an item: 500 receipts can name 7,000 scopes that no other does.
RECENT_PAGES = 12  # Queries that what is recent is looked for in: each is of 1 MB, which lists 6,000 receipts or more.
SEARCHED = 5_000  # Receipts that a sample is looked for in: 50 BatchGetItem, a second or so.
SAMPLED_PAGES = 20  # Queries that list them: 130,000 receipts or so, which take some 60 MB.
REPLIED = (BOUNCES | DELAYS) - {Measure.NOT_ATTEMPTED}
"""What a server has replied to: what SES did not even attempt, no server has seen."""

_Key = tuple[str, str]


class _Listed(Struct, frozen=True, array_like=True):
    """One receipt: its time in seconds since 1970, its key, and the numbers of its scopes."""

    time: int
    message_id: str
    entry: str
    scopes: tuple[int, ...]


class _Listing(Struct, frozen=True):
    scopes: tuple[Scope, ...]
    receipts: tuple[_Listed, ...]


class _KeptPages:
    """The pages of a day's list, each read once, however often somebody goes through them."""

    def __init__(self, pages: Iterator[list[_Listing]]) -> None:
        self._unread = pages
        self._read: list[list[_Listing]] = []

    def __iter__(self) -> Iterator[list[_Listing]]:
        for number in count():
            if number == len(self._read):
                page = next(self._unread, None)
                if page is None:
                    return
                self._read.append(page)
            yield self._read[number]


class DynamoDbFeedback:
    """The bounces, delays and complaints of one deployment.

    `pause` waits before the attempt with the given number to read what DynamoDB did not give; by default, that many
    seconds.
    """

    def __init__(self, client: "DynamoDBClient", *, table: str, pause: Callable[[int], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._pause = pause
        self._kept_until: datetime | None = None
        self._kept: dict[date, _KeptPages] = {}

    def newest_first(
        self, scope: Scope, measures: Collection[Measure], since: datetime, until: datetime
    ) -> Iterator[Feedback]:
        """What was told of a scope from `since` until before `until`, read as far as it is asked for."""
        for day in _days(since, until):
            yield from self._read(
                iter(self._listed(keys.feedback_of(day), scope, measures, since, until)), BATCH_GET_KEYS
            )

    def sample(
        self, scope: Scope, since: datetime, until: datetime, size: int, classes: Collection[ReplyClass]
    ) -> Iterator[Heard]:
        """What servers replied of these classes about a scope's mail in that time: so much of it, about the newest.

        No more is read than that takes, and SEARCHED receipts at most, of those that SAMPLED_PAGES list: in a storm, a
        day has a million of them.
        """
        pages = islice(self._kept_pages(since, until), SAMPLED_PAGES)
        wanted = islice(_distinct(pages, scope, REPLIED, since, until), SEARCHED)
        found = (heard for feedback in self._read(wanted, min(size, BATCH_GET_KEYS)) for heard in _heard(feedback))
        return islice((heard for heard in found if heard.reply.reply_class in classes), size)

    def recent(
        self, scope: Scope, measures: Collection[Measure], since: datetime, until: datetime, size: int
    ) -> RecentFeedback:
        """So much at most of what was told of a scope from `since` until before `until`, about the newest of it.

        It is looked for in no more than RECENT_PAGES queries, and one that finds out whether there would be another.
        """
        pages = self._pages(since, until)
        looked_at = islice(pages, RECENT_PAGES)
        wanted = list(islice(_distinct(looked_at, scope, measures, since, until), size + 1))
        complete = len(wanted) <= size and next(pages, None) is None
        found = sorted(self._read(iter(wanted[:size]), BATCH_GET_KEYS), key=lambda feedback: feedback.time)
        return RecentFeedback(tuple(reversed(found)), complete)

    def _pages(self, since: datetime, until: datetime) -> Iterator[list[_Listing]]:
        """What lists the receipts of these days, about newest first, a query's worth at a time."""
        for day in _days(since, until):
            yield from self._pages_of(keys.feedback_of(day), newest_first=True)

    def _kept_pages(self, since: datetime, until: datetime) -> Iterator[list[_Listing]]:
        """The same, read once for all who ask for a time until the same moment: an evaluation asks for many scopes.

        After a storm of 200,000 bounces, 100 small senders took 2,600 queries and 11 s of CPU; like this, 20 and 0.5 s.
        """
        if until != self._kept_until:
            self._kept_until, self._kept = until, {}
        try:
            for day in _days(since, until):
                if day not in self._kept:
                    self._kept[day] = _KeptPages(self._pages_of(keys.feedback_of(day), newest_first=True))
                yield from self._kept[day]
        except Exception:
            # What was read by then would look like all there is.
            self._kept = {}
            raise

    def _read(self, wanted: Iterator[_Key], at_once: int) -> Iterator[Feedback]:
        """The receipts with these keys; one that has expired, or was forgotten, is left out."""
        while chunk := list(islice(wanted, at_once)):
            found = self._receipts(chunk)
            yield from (_feedback(found[key]) for key in chunk if key in found)

    def _listed(
        self, collection: str, scope: Scope, measures: Collection[Measure], since: datetime, until: datetime
    ) -> list[_Key]:
        """The keys of the receipts that are wanted, newest first, each once."""
        wanted: dict[_Key, int] = {}
        for listing in chain.from_iterable(self._pages_of(collection)):
            wanted |= dict(_wanted(listing, scope, measures, since, until))
        return sorted(wanted, key=lambda key: (wanted[key], key), reverse=True)

    def _pages_of(self, collection: str, *, newest_first: bool = False) -> Iterator[list[_Listing]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="message_id = :day",
            ExpressionAttributeValues={":day": keys.string(collection)},
            ScanIndexForward=not newest_first,
        )
        for page in pages:
            # Who could publish to SES's topics could choose a message id like this; then it is a receipt.
            documents = [item["document"]["S"] for item in page["Items"] if "document" in item]
            yield [msgspec.json.decode(document, type=_Listing) for document in documents]

    def _receipts(self, wanted: Collection[_Key]) -> Mapping[_Key, Item]:
        keys_of = [{"message_id": keys.string(m), "entry": keys.string(e)} for m, e in wanted]
        items = get_all(self._client, self._table, keys_of, self._pause)
        return {(item["message_id"]["S"], item["entry"]["S"]): item for item in items}


def listing_items(entries: Iterable[Entry], retention: timedelta) -> Iterator[Item]:
    """The items that list the receipts of these bounces, delays and complaints. To list one twice does no harm."""
    by_day = sorted(entries, key=lambda entry: (entry.time, entry.key))
    for day, group in groupby(by_day, key=lambda entry: entry.time.date()):
        for chunk, document in _documents(list(group)):
            yield {
                "message_id": keys.string(keys.feedback_of(day)),
                # The same batch, when it comes again, replaces what it wrote.
                "entry": keys.string(f"{chunk[0].time.isoformat()}/{_digest(document)}"),
                "document": keys.string(document.decode()),
                "expires": keys.expires(chunk[-1].time, retention),
            }


def _days(since: datetime, until: datetime) -> Iterator[date]:
    """The days of this time, newest first."""
    day = until.astimezone(UTC).date()
    while day >= since.astimezone(UTC).date():
        yield day
        day -= timedelta(days=1)


def _wanted(
    listing: _Listing, scope: Scope, measures: Collection[Measure], since: datetime, until: datetime
) -> Iterator[tuple[_Key, int]]:
    """The keys of a listing's receipts that are wanted, with their times."""
    first, last = since.timestamp(), until.timestamp()
    numbers = {n for n, listed in enumerate(listing.scopes) if listed == scope}
    # Most of what a storm lists is not about a scope that has little to do with it.
    for receipt in listing.receipts if numbers or scope == ACCOUNT else ():
        if (
            first <= receipt.time < last
            and receipt.entry.partition("#")[0] in measures
            and (scope == ACCOUNT or not numbers.isdisjoint(receipt.scopes))
        ):
            yield (receipt.message_id, receipt.entry), receipt.time


def _distinct(
    pages: Iterable[Iterable[_Listing]], scope: Scope, measures: Collection[Measure], since: datetime, until: datetime
) -> Iterator[_Key]:
    """The keys of the receipts that are wanted, each once, the last that is listed first if pages are newest first."""
    known = set[_Key]()
    for listing in chain.from_iterable(pages):
        for key, _ in reversed([*_wanted(listing, scope, measures, since, until)]):
            # A bounce that came in both formats, or again, is listed each time.
            if key not in known:
                known.add(key)
                yield key


def _documents(entries: Sequence[Entry]) -> Iterator[tuple[Sequence[Entry], bytes]]:
    """The entries in parts that fit into an item each, with the document that lists them."""
    for start in range(0, len(entries), LISTED):
        yield from _fitting(entries[start : start + LISTED])


def _fitting(entries: Sequence[Entry]) -> Iterator[tuple[Sequence[Entry], bytes]]:
    document = msgspec.json.encode(_listing(entries))
    if len(document) <= MAX_DOCUMENT or len(entries) == 1:
        yield entries, document
        return
    half = len(entries) // 2
    yield from _fitting(entries[:half])
    yield from _fitting(entries[half:])


def _listing(entries: Collection[Entry]) -> _Listing:
    numbers: dict[Scope, int] = {}
    receipts = []
    for entry in entries:
        named = {scope for scope in (*entry.scopes, *provider_scopes(entry.increments)) if scope != ACCOUNT}
        of_entry = tuple(numbers.setdefault(scope, len(numbers)) for scope in sorted(named))
        receipts.append(_Listed(int(entry.time.timestamp()), entry.message_id, entry.name, of_entry))
    return _Listing(tuple(numbers), tuple(receipts))


def _heard(feedback: Feedback) -> Iterator[Heard]:
    for recipient in feedback.recipients:
        if reply := feedback.reply_to(recipient):
            text = without_addresses(recipient.reply or "", recipient.address or "")
            yield Heard(recipient.mailbox_provider, text, reply)


def _digest(document: bytes) -> str:
    return blake2b(document, digest_size=8).hexdigest()


def _feedback(item: Item) -> Feedback:
    return Feedback(
        time=datetime.fromisoformat(item["time"]["S"]),
        measure=Measure(item["entry"]["S"].partition("#")[0]),
        reason=item["reason"]["S"],
        message_id=item["message_id"]["S"],
        recipients=from_attribute(item[RECIPIENTS]),
        scopes=tuple(Scope(scope["S"]) for scope in item["scopes"]["L"]),
    )
