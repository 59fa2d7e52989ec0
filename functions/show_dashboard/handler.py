"""show_dashboard: answers CloudWatch's custom widget with a page, as HTML. It is shown as of now."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from ses_reputation.dashboard.widget import DESCRIPTION, answer

from ses_reputation import wiring
from ses_reputation.dashboard.pages import Page
from ses_reputation.dashboard.views import View

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


@cache
def shower() -> Callable[[Page, datetime, tzinfo], View]:
    return wiring.shower(os.environ)


def clock() -> datetime:
    # The console does not say when it asks, so it is now.
    return datetime.now(UTC)


@logger.inject_lambda_context
def lambda_handler(event: Mapping[str, Any], context: "LambdaContext") -> str | dict[str, str]:
    if event.get("describe"):
        return {"markdown": DESCRIPTION}
    return answer(event, clock(), shower(), show=context.invoked_function_arn, operate=os.environ["OPERATE_ARN"])
