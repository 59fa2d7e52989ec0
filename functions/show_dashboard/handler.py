"""show_dashboard: answers CloudWatch's custom widget with a page, as HTML."""

import os
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from ses_reputation import wiring
from ses_reputation.dashboard.pages import PageNotFound
from ses_reputation.dashboard.render import problem, render
from ses_reputation.dashboard.widget import DESCRIPTION, asks_for_description, read_asked, read_widget
from ses_reputation.discretion import discreet
from ses_reputation.schema import TablesAreNewer

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


@cache
def dashboard() -> wiring.Dashboard:
    return wiring.dashboard(os.environ)


def clock() -> datetime:
    # The console does not say when it asks, so it is now.
    return datetime.now(UTC)


@discreet
@logger.inject_lambda_context
def lambda_handler(event: object, context: "LambdaContext") -> str | dict[str, str]:
    if asks_for_description(event):
        return {"markdown": DESCRIPTION}
    widget = read_widget(event, show=context.invoked_function_arn, operate=dashboard().operate_arn)
    try:
        view = dashboard().gather(read_asked(event), clock(), widget.zone)
    except (PageNotFound, TablesAreNewer) as error:
        return widget.shown(problem(str(error), widget))
    return widget.shown(render(view, widget))
