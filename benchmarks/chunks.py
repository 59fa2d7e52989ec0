"""How much one run of evaluate_reputation judges, and how long 100,000 scopes take when they are handed on in chunks.

DynamoDB is answered here. The time that it takes there is added on paper: the requests of a scope come one after the
other. So is the processor that Lambda gives a function, which is less than one of this machine's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from benchmarks.figures import Figure
from benchmarks.null_endpoint import null_endpoint
from benchmarks.senders import REGION, STANDINGS, TO_SUMMARY, Deployment, judging
from benchmarks.turns import cpu_seconds, peak_megabytes
from ses_reputation.adapters import clients, keys
from ses_reputation.adapters.chunks import DynamoDbChunks
from ses_reputation.domain.scopes import ACCOUNT, ScopeKind, scope
from ses_reputation.due import CHUNK, Due, in_chunks
from ses_reputation.evaluate import evaluate_reputation
from ses_reputation.judge_chunks import judge_chunk
from ses_reputation_cli.planning.demand import PROCESSOR
from ses_reputation_local.environment import no_other_aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# In the hours of so many days so many mails to each provider are a full window of 10,000 recipients.
DAYS: Final = 12
MAILS: Final = 38
SCOPES: Final = 100_000
PERIOD: Final = 15 * 60  # the default of EvaluationSchedule, in seconds
CONCURRENCY: Final = 10  # the default of EvaluationConcurrency
LATENCIES: Final = (0.005, 0.010)  # of a request, in seconds


def measure(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - as all parts
    """What a scope costs in a chunk, what handing on costs, and what follows for all."""
    size, rounds = (50, 1) if quick else (CHUNK, 5)
    scopes = 2_000 if quick else SCOPES
    with measured(scopes, size) as large:
        large.judge()
        took = cpu_seconds({"judge": large.judge, "hand on": large.hand_on}, rounds)
        large.deployment.tables.reset()
        large.judge()
    cpu, requests = took["judge"] / size, large.deployment.tables.requests.total() / size
    yield Figure(
        "chunks", "a scope in a chunk", "processor", 1e3 * cpu, "ms", f"{size} scopes, each with a full window"
    )
    yield Figure("chunks", "a scope in a chunk", "requests", requests, "", "one after the other")
    handed_on = f"handing on {scopes:,} scopes"
    yield Figure("chunks", handed_on, "processor", took["hand on"], "s", "with what the tables in memory take")
    if not quick:
        code = "from benchmarks.chunks import SCOPES, measured\nwith measured(SCOPES, 1) as large: large.hand_on()"
        yield Figure("chunks", handed_on, "memory", peak_megabytes(code), "MB", "of 512, with the tables in it")
    for latency in LATENCIES:
        case = f"{1e3 * latency:.0f} ms a request, {PROCESSOR:.2f} processors"
        seconds = requests * latency + cpu / PROCESSOR
        yield Figure("chunks", case, "one run", 1 / seconds, "scopes/s")
        yield Figure("chunks", case, "a chunk", CHUNK * seconds, "s", "of 300")
        at_once = SCOPES * seconds / CONCURRENCY
        yield Figure("chunks", case, f"{SCOPES:,} scopes", at_once, "s", f"{CONCURRENCY} runs at once; of {PERIOD}")


@contextmanager
def measured(scopes: int, size: int) -> Iterator["Large"]:
    """Until the block ends, a deployment of so many scopes, and of so many in a chunk, is answered at once."""
    with no_other_aws(REGION):
        sqs = clients.sqs(REGION)
    deployment = Deployment(DAYS, 1 + size, MAILS)
    with deployment.answering() as client, null_endpoint(sqs):
        url = f"https://sqs.{REGION}.amazonaws.com/123456789012/evaluation"
        chunks = DynamoDbChunks(client, sqs, table=STANDINGS, queue_url=url, size=CHUNK)
        yield Large(deployment, client, chunks, scopes)


class Large:
    """A deployment with more scopes than a run judges by itself. Those that are touched have a history besides."""

    def __init__(self, deployment: Deployment, client: "DynamoDBClient", chunks: DynamoDbChunks, scopes: int) -> None:
        self.deployment = deployment
        self._client = client
        self._chunks = chunks
        self._all = [scope(ScopeKind.TENANT, f"all-{number:06}") for number in range(scopes)]
        deployment.touch(self._all)

    def judge(self) -> None:
        """Judge a chunk of those with a history."""
        scopes = [each for each in self.deployment.touched if each != ACCOUNT]
        (chunk,) = in_chunks((Due(each, "again") for each in scopes), self.deployment.now, len(scopes))
        self._chunks.hand_on([chunk])
        judged = judge_chunk(chunk.id, chunks=self._chunks, **judging(self._client))
        if judged.scopes != len(scopes):
            raise RuntimeError(f"{judged.scopes} of {len(scopes)} scopes were judged")

    def hand_on(self) -> None:
        """Read all that is due, and hand it on."""
        run = evaluate_reputation(
            self.deployment.now, chunks=self._chunks, to_summary=TO_SUMMARY, **judging(self._client)
        )
        if run.handed_on != len(self._all):
            raise RuntimeError(f"{run.handed_on} of {len(self._all)} scopes were handed on")
        self.deployment.tables.clear(STANDINGS, keys.CHUNKS)
