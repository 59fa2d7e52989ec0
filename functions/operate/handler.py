"""operate: carries out what operators command, through its function URL, in a plain invocation or from CloudWatch."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from ses_reputation import wiring
from ses_reputation.commands import Answer, Call, read_call
from ses_reputation.discretion import discreet
from ses_reputation.domain.recipients import without_addresses

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


@cache
def operator() -> Callable[[Call], Answer]:
    return wiring.operator(os.environ)


def clock() -> datetime:
    # A plain invocation does not say when it was made, so it is now.
    return datetime.now(UTC)


@discreet
@logger.inject_lambda_context
def lambda_handler(event: object, context: "LambdaContext") -> Any:
    call = read_call(event, context.aws_request_id, clock())
    answer = operator()(call)
    by = {"by": answer.by.name, "proven": answer.by.proven} if answer.by else {}
    # The answer may quote what the caller wrote, and a log is no place for an address.
    problem = without_addresses(answer.body.get("error") or "", "") or None
    logger.info("operated", extra={"status": answer.status.value, **by, "problem": problem})
    return answer.to(call)
