"""evaluate_reputation: judges what changed and sends alerts. EventBridge Scheduler calls it with the scheduled time.

What is too much for one run it hands on to itself: Lambda calls it with messages of the evaluation queue.
"""

import os
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from aws_lambda_powertools import Logger

from ses_reputation import metrics, wiring
from ses_reputation.discretion import discreet, told
from ses_reputation.evaluate import EvaluationIncomplete
from ses_reputation.schedule import scheduled_time

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


@cache
def evaluator() -> wiring.Evaluator:
    return wiring.evaluator(os.environ)


@discreet
@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    return judge_chunks(event) if "Records" in event else evaluate(scheduled_time(event))


def judge_chunks(event: dict[str, Any]) -> dict[str, Any]:
    judged = evaluator().judge_chunks(event)
    for each in judged:
        metrics.write(metrics.of_chunk(each.evaluated))
        (logger.warning if each.problem else logger.info)("judged a chunk", extra=msgspec.to_builtins(each))
    return {"batchItemFailures": [{"itemIdentifier": each.message_id} for each in judged if each.again]}


def evaluate(now: datetime) -> dict[str, Any]:
    try:
        evaluated = evaluator().evaluate(now)
    except EvaluationIncomplete as incomplete:
        metrics.write(metrics.of_evaluation(incomplete.evaluated, complete=False))
        raise
    metrics.write(metrics.of_evaluation(evaluated, complete=True))
    answer: dict[str, Any] = msgspec.to_builtins(evaluated)
    logger.info("evaluated", extra={"now": now.isoformat(), **answer})
    try:
        metrics.write(metrics.of_survey(evaluator().survey()))
    except Exception as error:  # noqa: BLE001 - the evaluation is done, whatever is wrong with the survey
        logger.error("not surveyed", extra={"problem": told(error)})  # noqa: TRY400 - others' exceptions may hold addresses
    return answer
