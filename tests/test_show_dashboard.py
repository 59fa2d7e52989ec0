"""show_dashboard in the local cloud: what the widget's viewers get, from how many requests, and with which rights."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest
from moto.dynamodb.models import dynamodb_backends

from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.dashboard.pages import OverviewPage, Page, ReviewsPage, ScopePage, fields_of
from ses_reputation.domain.categories import Category
from ses_reputation.domain.lifecycle import Stage
from ses_reputation.domain.rates import Metric, Rate
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.standing import Finding, Measures, Standing
from ses_reputation.domain.trend import DAYS, Trend
from ses_reputation_local.cloud import LocalCloud
from tests.html_tree import Node
from tests.noted_calls import noted
from tests.privileges import Grant, refused, unused
from tests.test_whole_path import HOUR, MORNING, mail, publish

ACME = Scope("tenant/acme")

# As CloudWatch's documentation has it, with a theme and a zone.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
CONTEXT: dict[str, Any] = {
    "dashboardName": "SES-Reputation",
    "widgetId": "widget-16",
    "accountId": "123456789012",
    "locale": "en",
    "timezone": {"label": "UTC", "offsetISO": "+00:00", "offsetInMinutes": 0},
    "period": 300,
    "isAutoPeriod": True,
    "timeRange": {"mode": "relative", "start": 1627236199729, "end": 1627322599729},
    "theme": "light",
    "linkCharts": True,
    "title": "SES Reputation",
    "forms": {"all": {}},
    "params": {},
    "width": 1580,
    "height": 900,
}


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        cloud.now = MORNING
        yield cloud


def show(cloud: LocalCloud, asked: Page | Mapping[str, str]) -> str:
    """What the console shows when it asks for a page."""
    event = {"widgetContext": CONTEXT, **(asked if isinstance(asked, Mapping) else fields_of(asked))}
    run = cloud.invoke("ShowDashboard", event)
    assert run.error is None
    assert isinstance(run.result, str)
    return run.result


def filled(**fields: str) -> dict[str, Any]:
    """What the console sends besides, with what was filled in."""
    return {"widgetContext": {**CONTEXT, "forms": {"all": fields}}}


class Straight:
    """A client that puts items into a table past boto3, for many of them."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._table = dynamodb_backends[cloud.account][cloud.region].get_table(cloud.resources["StandingsTable"])

    def put_item(self, **put: Any) -> None:
        self._table.put_item(put["Item"])


def write(cloud: LocalCloud, *standings: Standing) -> None:
    client: Any = Straight(cloud)
    table = DynamoDbStandings(client, table=cloud.resources["StandingsTable"])
    for standing in standings:
        table.write(standing, 0, [], [])


def standing(scope: str, bounces: int = 1, *findings: Finding) -> Standing:
    """A scope that was judged, with a trend of two weeks."""
    rates = {metric: Rate(metric, bounces, 10_000, MORNING - 9 * HOUR, 99, 10_400) for metric in Metric}
    trend = Trend(date(2026, 3, 6), (12_345,) * DAYS, (1_234,) * DAYS)
    by_category = {finding.category: finding for finding in findings}
    measures = {metric: Measures(rate) for metric, rate in rates.items()}
    return Standing(Scope(scope), MORNING, measures=measures, findings=by_category, trend=trend)


def pending(name: str = "f-1") -> Finding:
    return Finding(name, Category.SPAMTRAP, Stage.PENDING_DECISION, MORNING, MORNING, MORNING)


def bounced_mail(cloud: LocalCloud) -> None:
    """Mail of a tenant, a fifth of which bounced, and what follows from that."""
    publish(cloud, mail(100, bad=20, at=MORNING - HOUR, tenant="acme"))
    cloud.deliver()
    cloud.tick(MORNING, ["EvaluateReputation"])


def test_a_widget_shows_where_everything_stands_with_the_look_in_it(cloud: LocalCloud) -> None:
    bounced_mail(cloud)
    html = show(cloud, OverviewPage())
    assert "tenant/acme" in html
    assert "20 %" in html
    assert html.count("<style") == 1
    assert "<script" not in html


def test_what_a_page_leads_to_is_asked_for_with_its_own_fields(cloud: LocalCloud) -> None:
    bounced_mail(cloud)
    assert show(cloud, OverviewPage()) == show(cloud, {}), "the overview is what nobody has to ask for"
    assert "Nothing waits for a decision" in show(cloud, ReviewsPage())
    scope = show(cloud, ScopePage(ACME))
    for known in ("Probation begins", "reader-19@gmail.com", "nobody here has this address"):
        assert known in scope


NOT_THERE = {
    "Nothing is known of tenant/nobody": {"page": "scope", "scope": "tenant/nobody"},
    "is no scope": {"page": "scope", "scope": "nobody"},
    "There is no page": {"page": "nowhere"},
    "Number is none that a page can have": {"page": "reviews", "number": "-1"},
}


def test_what_is_not_there_is_said_on_a_page_that_leads_back(cloud: LocalCloud) -> None:
    for why, fields in NOT_THERE.items():
        html = show(cloud, fields)
        assert why in html
        assert '{"page": "overview"}' in html


def test_a_widget_documents_itself(cloud: LocalCloud) -> None:
    run = cloud.invoke("ShowDashboard", {"describe": True})
    assert run.error is None
    described: Any = run.result
    assert described.keys() == {"markdown"}
    assert "SES Reputation" in described["markdown"]


def test_decisions_are_made_by_operate_which_the_widget_names(cloud: LocalCloud) -> None:
    cloud.invoke("Operate", {"command": "report", "by": "ana", "id": "1", "scope": ACME, **SUSPICION})
    html = show(cloud, ReviewsPage())
    assert f'endpoint="{function_arn(cloud, "Operate")}"' in html
    assert f'endpoint="{function_arn(cloud, "ShowDashboard")}"' in html


SUSPICION = {"category": "other", "severity": "suspected", "evidence": "mail that nobody wanted"}


def function_arn(cloud: LocalCloud, name: str) -> str:
    arn: str = cloud.client("lambda").get_function(FunctionName=cloud.resources[name])["Configuration"]["FunctionArn"]
    return arn


def test_a_role_allows_what_its_function_does_and_no_more(cloud: LocalCloud) -> None:
    bounced_mail(cloud)
    cloud.invoke("Operate", {"command": "report", "by": "ana", "id": "1", "scope": ACME, **SUSPICION})
    with noted() as notes:
        for page in (OverviewPage(), ReviewsPage(), ScopePage(ACME)):
            show(cloud, page)
    assert refused(notes) == unused(notes, "ShowDashboard") == []


def test_an_overview_of_ten_thousand_scopes_is_a_few_requests_and_a_small_page(cloud: LocalCloud) -> None:
    others = (standing(f"tenant/customer-of-ours-{n:05}", n % 900) for n in range(9_998))
    worst = standing("configuration-set/the-worst", 1_100, pending())
    write(cloud, standing(ACCOUNT), worst, *others)
    with noted() as notes:
        html = show(cloud, OverviewPage())
    assert notes.uses.pop(Grant("ShowDashboard", "ReadListing", "dynamodb:Query", 0)) <= 8
    assert notes.uses.total() <= 8, "and no more however many there are: see test_show"
    assert html.index("the-worst") < html.index("customer-of-ours-00899") < html.index("customer-of-ours-01799")
    assert "10,000" in html
    assert len(html.encode()) < 200_000


def test_a_click_in_the_widget_decides_once_and_the_history_says_who_said_so(cloud: LocalCloud) -> None:
    write(cloud, standing("tenant/acme", 1, pending()))
    reviews = Node.read(show(cloud, ReviewsPage()))
    lift = next(
        json.loads(action.text)
        for action in reviews.all("cwdb-action")
        if action.before and action.before.text == "Lift"
    )
    event = {**lift, **filled(**{"note-f-1": "It was another tenant.", "by-f-1": "ben"})}
    first, second = (cloud.invoke("Operate", event).result for _ in range(2))
    assert "Finding f-1 (spamtrap): Healthy. tenant/acme is Healthy." in Node.read(str(first)).text
    assert "This was done before. tenant/acme is Healthy." in Node.read(str(second)).text
    assert "Nothing waits for a decision." in show(cloud, ReviewsPage())
    page = Node.read(show(cloud, ScopePage(ACME))).text
    assert "ben, in CloudWatch (as stated)" in page
    assert page.count("It was another tenant.") == 1


def test_a_click_without_a_reason_decides_nothing(cloud: LocalCloud) -> None:
    write(cloud, standing("tenant/acme", 1, pending()))
    event = {"command": "decide", "scope": "tenant/acme", "finding": "f-1", "decision": "lift", "fields": {"by": "b"}}
    answered = cloud.invoke("Operate", {**event, **filled(b="ben")}).result
    assert "Say why: the reason is kept" in str(answered)
    assert "Nothing waits for a decision." not in show(cloud, ReviewsPage())
