"""An imitation of CloudWatch's console, as far as a custom widget meets it.

It calls the widget's function, cleans the HTML that it returns with DOMPurify, and carries out each `cwdb-action`.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_interactivity.html
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from ses_reputation_local.cloud import LocalCloud
from tests.npm_scripts import Script

_BACKGROUND = {"light": "#ffffff", "dark": "#161d26"}

# Other styles are around the widget and reach into it, as a console's do. It scrolls by itself.
_DASHBOARD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>CloudWatch</title><style>
  body {{ margin: 0; padding: 10px; background: {background}; font: 14px/20px Arial, sans-serif; color: {ink} }}
  .widget {{ height: {height}px; overflow: auto; border: 1px solid #8887; border-radius: 8px }}
  .widget-heading {{ font-size: 14px; padding: 6px 10px; margin: 0 }}
  cwdb-action {{ display: none }}
</style></head><body>
<main><h1 class="widget-heading">SES reputation</h1>
<div class="widget" tabindex="0" role="region" aria-label="Widget"></div></main>
<dialog aria-label="Message"></dialog>
</body></html>"""

_CONSOLE = (Path(__file__).parent / "console.js").read_text(encoding="utf-8")


class Console:
    """A dashboard with one widget, whose functions run in a local cloud. `questions` were asked before actions."""

    def __init__(self, page: Page, cloud: LocalCloud, theme: str, *, height: int = 860) -> None:
        self.page, self._cloud, self._theme = page, cloud, theme
        self.questions: list[str] = []
        self.answer = True
        dark = theme == "dark"
        page.set_content(
            _DASHBOARD.format(background=_BACKGROUND[theme], ink="#d1d5db" if dark else "#0f141a", height=height)
        )
        page.evaluate(Script.DOMPURIFY.read())
        page.expose_function("invoke", self._invoke)
        page.evaluate(_CONSOLE)
        page.on("dialog", self._ask)

    @property
    def widget(self) -> Locator:
        """The widget, with what it shows now."""
        return self.page.locator(".widget")

    @property
    def sideways(self) -> int:
        """How many pixels of what the widget shows are only seen by scrolling sideways."""
        hidden: int = self.widget.evaluate("widget => widget.scrollWidth - widget.clientWidth")
        return hidden

    @property
    def removed(self) -> list[str]:
        """What did not pass the cleaning so far, and actions that belong to nothing."""
        removed: list[str] = self.page.evaluate("window.removed")
        return removed

    def open(self, function: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Have the widget show what its function returns."""
        arn = self._arn(function)
        self.page.evaluate("html => window.showWidget(html)", self._invoke(arn, json.dumps(parameters or {}), {}))

    def _arn(self, function: str) -> str:
        name = self._cloud.resources[function]
        return f"arn:aws:lambda:{self._cloud.region}:{self._cloud.account}:function:{name}"

    def click(self, element: Locator, *, times: int = 1) -> None:
        """Click, and wait until the widget shows what came of it; of so many clicks, of each."""
        self._awaiting(lambda: element.click(click_count=times), answers=times)

    def press(self, key: str) -> None:
        """Press a key, and wait likewise."""
        self._awaiting(lambda: self.page.keyboard.press(key))

    def _awaiting(self, act: Callable[[], None], answers: int = 1) -> None:
        before = self.page.evaluate("window.shown")
        act()
        self.page.wait_for_function("awaited => window.shown >= awaited", arg=before + answers)

    def _ask(self, dialog: Any) -> None:
        self.questions.append(dialog.message)
        dialog.accept() if self.answer else dialog.dismiss()

    def _invoke(self, endpoint: str, body: str, fields: dict[str, str]) -> str:
        """Call the function as the console does: its JSON, and the widget's context beside it."""
        size = self.page.viewport_size or {"width": 1600, "height": 900}
        context = {
            "dashboardName": "SES-reputation",
            "widgetId": "widget-1",
            "domain": "https://eu-west-1.console.aws.amazon.com",
            "accountId": self._cloud.account,
            "locale": "en",
            "timezone": {"label": "UTC+2", "offsetISO": "+02:00", "offsetInMinutes": -120},
            "period": 300,
            "isAutoPeriod": True,
            "timeRange": {"mode": "relative", "start": 0, "end": 0, "relativeStart": 86_400_000},
            "theme": self._theme,
            "linkCharts": True,
            "title": "SES reputation",
            "params": {},
            "forms": {"all": fields},
            "width": size["width"] - 20,
            "height": 860,
        }
        names = {physical: logical for logical, physical in self._cloud.resources.items()}
        function = names[endpoint.rpartition(":")[2]]
        ran = self._cloud.invoke(function, {**json.loads(body), "widgetContext": context})
        if ran.error is not None:
            raise ran.error
        self._cloud.deliver()
        assert isinstance(ran.result, str), f"{function} returned no HTML but {ran.result!r}"
        return ran.result
