"""Reading whole tables: in parts, several at a time.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html#Scan.ParallelScan
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from ses_reputation.adapters.documents import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import ScanOutputTypeDef

PARTS = 4
"""In how many parts a table is read, and as many at once: the processor that makes objects of JSON does no more."""

T = TypeVar("T")


def scan_parts(client: "DynamoDBClient", table: str, read: Callable[[Iterable[Item]], T], **query: Any) -> Iterator[T]:
    """What `read` makes of the items of each part, as they are now; it gets them while they are read."""
    return scan_pages(
        client, table, lambda pages: read(chain.from_iterable(page["Items"] for page in pages)), PARTS, **query
    )


def scan_pages(
    client: "DynamoDBClient", table: str, read: "Callable[[Iterable[ScanOutputTypeDef]], T]", parts: int, **query: Any
) -> Iterator[T]:
    """The same of DynamoDB's answers, which say besides how many items it looked at, and in so many parts."""

    def scan(segment: int) -> T:
        pages = client.get_paginator("scan").paginate(
            TableName=table, Segment=segment, TotalSegments=parts, ConsistentRead=True, **query
        )
        return read(pages)

    with ThreadPoolExecutor(PARTS) as pool:
        yield from pool.map(scan, range(parts))
