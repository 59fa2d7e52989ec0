"""A part of a batch that fails comes again, alone: the rest is counted, and at the end everything is, once."""

import json
from datetime import timedelta

from werkzeug.wrappers import Response

from ses_reputation.domain.eligibility import Measure
from ses_reputation.record import MAX_ATTEMPTS
from tests.runtime.runtime_cloud import Call, Proceed, RuntimeCloud
from tests.runtime.triggers import START, bounce, unique
from tests.test_whole_path import totals

BATCH = 120
"""More than one transaction holds."""


def hard_bounced(cloud: RuntimeCloud, name: str) -> int:
    return totals(cloud, f"configuration-set/{name}").get(Measure.HARD_BOUNCED, 0)


def bounces(name: str, count: int = BATCH) -> list[str]:
    """So many bounces of one configuration set, in two hours, so that the counters of a transaction differ."""
    tags = {"ses:configuration-set": [name]}
    return [
        bounce(f"{name}-{number:03}", tags=tags, timestamp=(START + number * timedelta(minutes=1)).isoformat())
        for number in range(count)
    ]


def test_what_cannot_be_counted_is_named_and_the_rest_is_counted(cloud: RuntimeCloud) -> None:
    name, refused = unique(), 0

    def contended(call: Call, proceed: Proceed) -> Response:
        nonlocal refused
        if call.action != "TransactWriteItems" or f"{name}-007".encode() not in call.body or refused == MAX_ATTEMPTS:
            return proceed()
        refused += 1
        reasons = [{"Code": "TransactionConflict"}] * len(json.loads(call.body)["TransactItems"])
        error = {"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "Message": "conflict"}
        return Response(json.dumps(error | {"CancellationReasons": reasons}), 400)

    cloud.endpoint.fault = contended
    cloud.enqueue("BounceQueue", bounces(name))
    cloud.deliver()
    first, second = [ended for function, ended in cloud.ended if function == "RecordFeedback"]
    failed = {item["itemIdentifier"] for item in first.response["batchItemFailures"]}
    assert 1 <= len(failed) < BATCH
    assert f'"counted":{BATCH - len(failed)}' in "".join(first.lines)
    assert second.response == {"batchItemFailures": []}
    assert f'"counted":{len(failed)},"duplicate":0' in "".join(second.lines)
    assert hard_bounced(cloud, name) == BATCH


def test_poison_is_set_apart_and_not_reported(cloud: RuntimeCloud) -> None:
    name = unique()
    before = len(cloud.messages("FeedbackDeadLetterQueue"))
    cloud.enqueue("BounceQueue", [f"{name} is no event", *bounces(name, 3)])
    cloud.deliver()
    ((_, ended),) = cloud.ended
    assert ended.response == {"batchItemFailures": []}
    assert hard_bounced(cloud, name) == 3
    poison = cloud.messages("FeedbackDeadLetterQueue")[before:]
    assert [message.body for message in poison] == [f"{name} is no event"]


def test_poison_that_the_dead_letter_queue_refuses_is_reported_alone(cloud: RuntimeCloud) -> None:
    name, refusals = unique(), 1

    def refusing(call: Call, proceed: Proceed) -> Response:
        nonlocal refusals
        if call.action != "SendMessageBatch" or not refusals:
            return proceed()
        refusals -= 1
        failed = [
            {"Id": entry["Id"], "Code": "InternalError", "SenderFault": False}
            for entry in json.loads(call.body)["Entries"]
        ]
        return Response(json.dumps({"Successful": [], "Failed": failed}))

    cloud.endpoint.fault = refusing
    cloud.enqueue("BounceQueue", [f"{name} is no event", *bounces(name, 3)])
    cloud.deliver()
    first, second = [ended.response["batchItemFailures"] for _, ended in cloud.ended]
    assert (len(first), second) == (1, [])
    assert hard_bounced(cloud, name) == 3
