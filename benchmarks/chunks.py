"""How much one run of evaluate_reputation judges, and how long 100,000 scopes take when they are handed on in chunks.

DynamoDB is answered here. The time that it takes there is added on paper: the requests of a scope come one after the
other. So is the processor that Lambda gives a function, which is less than one of this machine's.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from benchmarks.figures import Figure
from benchmarks.null_endpoint import null_endpoint
from benchmarks.turns import cpu_seconds, peak_megabytes
from ses_reputation.adapters import clients, keys
from ses_reputation.adapters.chunks import DynamoDbChunks
from ses_reputation.adapters.counters import DynamoDbCounters
from ses_reputation.adapters.documents import encode
from ses_reputation.adapters.feedback import DynamoDbFeedback
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.standing import Standing
from ses_reputation.due import CHUNK, Chunk, Due
from ses_reputation.evaluate import evaluate_reputation
from ses_reputation.judge_chunks import judge_chunk
from ses_reputation_local.environment import no_other_aws

NOW: Final = datetime(2026, 3, 6, 12, tzinfo=UTC)
HOURS: Final = 67  # of 150 recipients each: a full window of 10,000
SCOPES: Final = 100_000
PERIOD: Final = 15 * 60  # the default of EvaluationSchedule, in seconds
CONCURRENCY: Final = 10  # the default of EvaluationConcurrency
LATENCIES: Final = (0.005, 0.010)  # of a request, in seconds
PROCESSOR: Final = 512 / 1769
"""What a function with 512 MB has of a processor: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""
PAGE: Final = 7_000  # marks in 1 MB, which is a page of a query


def measure(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - as all parts
    """What a scope costs in a chunk, what handing on costs, and what follows for all."""
    size, rounds = (50, 1) if quick else (CHUNK, 5)
    scopes = 2_000 if quick else SCOPES
    with answered(scopes) as stub:
        took = cpu_seconds({"judge": lambda: stub.judge(size), "hand on": stub.hand_on}, rounds)
        stub.requests = 0
        stub.judge(size)
    cpu, requests = took["judge"] / size, stub.requests / size
    yield Figure("chunks", "a scope in a chunk", "processor", 1e3 * cpu, "ms", f"{size} scopes of {HOURS} hours each")
    yield Figure("chunks", "a scope in a chunk", "requests", requests, "", "one after the other")
    handed_on = f"handing on {scopes:,} scopes"
    yield Figure("chunks", handed_on, "processor", took["hand on"], "s", "reading what is due, keeping and sending it")
    if not quick:
        code = "from benchmarks.chunks import SCOPES, answered\nwith answered(SCOPES) as stub: stub.hand_on()"
        yield Figure("chunks", handed_on, "memory", peak_megabytes(code), "MB", "of 512")
    for latency in LATENCIES:
        case = f"{1e3 * latency:.0f} ms a request, {PROCESSOR:.2f} processors"
        seconds = requests * latency + cpu / PROCESSOR
        yield Figure("chunks", case, "one run", 1 / seconds, "scopes/s")
        yield Figure("chunks", case, "a chunk", CHUNK * seconds, "s", "of 300")
        at_once = SCOPES * seconds / CONCURRENCY
        yield Figure("chunks", case, f"{SCOPES:,} scopes", at_once, "s", f"{CONCURRENCY} runs at once; of {PERIOD}")


@contextmanager
def answered(scopes: int) -> Iterator["Stub"]:
    """Until the block ends, an evaluation of so many scopes is answered at once."""
    with no_other_aws("eu-west-1"):
        dynamodb, sqs = clients.dynamodb(), clients.sqs()
        stub = Stub(dynamodb, sqs, scopes)
        with null_endpoint(dynamodb, stub.answer), null_endpoint(sqs):
            yield stub


class Stub:
    """DynamoDB and SQS as an evaluation of so many scopes finds them, and how many requests there were."""

    def __init__(self, dynamodb: Any, sqs: Any, scopes: int) -> None:
        self.requests = 0
        self._dynamodb = dynamodb
        url = "https://sqs.eu-west-1.amazonaws.com/123456789012/evaluation"
        self._chunks = DynamoDbChunks(dynamodb, lambda: sqs, table="standings", queue_url=url, size=CHUNK)
        self._due = [
            {"name": {"S": f"tenant/customer-{number:06}"}, "token": {"S": f"{number:032x}"}}
            for number in range(scopes)
        ]
        self._chunk = Chunk("chunk", NOW, ())
        hours = ((NOW - timedelta(hours=ago)).isoformat()[:13] for ago in range(1, HOURS + 1))
        self._hours = [
            {"hour": {"S": f"{hour}#0"}, "gmail.sent": {"N": "100"}, "yahoo.sent": {"N": "50"}} for hour in hours
        ]
        self._standing = {"document": encode(Standing(Scope("tenant/known"))), "version": {"N": "7"}}

    def judge(self, size: int) -> None:
        """Judge a chunk of so many scopes."""
        due = tuple(Due(Scope(item["name"]["S"]), item["token"]["S"]) for item in self._due[:size])
        self._chunk = Chunk("chunk", NOW, due)
        judged = judge_chunk("chunk", chunks=self._chunks, **self._judging())
        if judged.scopes != len(due):
            raise RuntimeError(f"{judged.scopes} of {len(due)} scopes were judged")

    def hand_on(self) -> None:
        """Read all that is due, and hand it on."""
        run = evaluate_reputation(NOW, chunks=self._chunks, to_summary=_nothing, **self._judging())
        if run.handed_on != len(self._due):
            raise RuntimeError(f"{run.handed_on} of {len(self._due)} scopes were handed on")

    def _judging(self) -> dict[str, Any]:
        return {
            "policy": Policy(),
            "counters": DynamoDbCounters(self._dynamodb, table="counters"),
            "replies": DynamoDbFeedback(self._dynamodb, table="receipts"),
            "standings": DynamoDbStandings(self._dynamodb, table="standings"),
            "channels": {},
            "to_alert": _nothing,
        }

    def answer(self, operation: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """What DynamoDB says to a request."""
        self.requests += 1
        match operation, asked:
            case "GetItem", {"Key": {"collection": {"S": keys.CHUNKS}}}:
                return {"Item": {"document": encode(self._chunk)}}
            case "GetItem", _:
                return {"Item": self._standing}
            case "Query", {"TableName": "counters"}:
                return {"Items": self._hours}
            case "Query", {"ExpressionAttributeValues": {":collection": {"S": "due/0"}}}:
                start = int(asked.get("ExclusiveStartKey", {}).get("n", {"N": "0"})["N"])
                end = start + PAGE
                more = {"LastEvaluatedKey": {"n": {"N": str(end)}}} if end < len(self._due) else {}
                return {"Items": self._due[start:end], **more}
            case "Query", _:
                return {"Items": []}
        return {}


def _nothing(*_: object) -> Any:
    raise RuntimeError(f"nothing is to be told, not even of {ACCOUNT}")
