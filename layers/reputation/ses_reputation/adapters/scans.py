"""Reading whole tables: in parts, several at a time.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html#Scan.ParallelScan
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from ses_reputation.adapters.documents import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PARTS = 4
"""In how many parts a table is read, and as many at once: the processor that makes objects of JSON does no more."""

T = TypeVar("T")


def scan_parts(client: "DynamoDBClient", table: str, read: Callable[[Iterable[Item]], T], **query: Any) -> Iterator[T]:
    """What `read` makes of the items of each part, as they are now; it gets them while they are read."""

    def scan(segment: int) -> Iterator[Item]:
        pages = client.get_paginator("scan").paginate(
            TableName=table, Segment=segment, TotalSegments=PARTS, ConsistentRead=True, **query
        )
        for page in pages:
            yield from page["Items"]

    with ThreadPoolExecutor(PARTS) as pool:
        yield from pool.map(lambda segment: read(scan(segment)), range(PARTS))
