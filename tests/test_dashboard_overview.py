"""The overview: what it answers, at a glance and in the table, whatever things are called."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from msgspec.structs import replace

from ses_reputation.dashboard import frame as frame_module
from ses_reputation.dashboard.pages import OverviewPage
from ses_reputation.dashboard.parts import KINDS
from ses_reputation.dashboard.rate_cards import meter
from ses_reputation.dashboard.render import problem, render
from ses_reputation.dashboard.views import OverviewView
from ses_reputation.dashboard.widget import Widget
from ses_reputation.domain.categories import Category
from ses_reputation.domain.enforcement import Enforcement, State
from ses_reputation.domain.forecast import Forecast
from ses_reputation.domain.lifecycle import Stage, Status
from ses_reputation.domain.limits import Profile, limits_by_kind
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric, Rate, VolumeSource
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind
from ses_reputation.domain.standing import Actor, Measures, ReportedChanges, Standing
from ses_reputation.domain.statements import SesFinding
from ses_reputation.domain.trend import Trend
from ses_reputation.domain.verdict import SesRate, Verdict
from ses_reputation.notices.vocabulary import STATUS_NAMES, Vocabulary
from tests.cloudwatch_sanitiser import sanitised
from tests.dashboard_views import (
    DAY,
    HOSTILE,
    NOW,
    OUTAGE,
    TENANT,
    finding,
    frame,
    overview_view,
    row,
    standing,
)
from tests.html_tree import Node
from tests.page_flaws import flaws

WIDGET = Widget("arn:aws:lambda:show", "arn:aws:lambda:operate", UTC)


def shown(view: OverviewView) -> Node:
    return Node.read(str(render(view, WIDGET)))


def classed(node: Node, name: str) -> list[Node]:
    return [each for each in node.all() if name in (each.get("class") or "").split()]


def facts_of(node: Node) -> dict[str, str]:
    return {pair.one("dt").text: pair.one("dd").text for each in node.all("dl") for pair in each.elements}


# -- The account -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vocabulary", Vocabulary)
@pytest.mark.parametrize(
    ("stage", "status"),
    [
        (Stage.PROBATION, Status.PROBATION),
        (Stage.ALMOST_HEALED, Status.PROBATION),
        (Stage.PENDING_DECISION, Status.PENDING_DECISION),
        (Stage.PENDING_SHUTDOWN, Status.PENDING_SHUTDOWN),
        (Stage.SHUTDOWN, Status.SHUTDOWN),
    ],
)
def test_the_account_s_status_is_the_heading_of_the_page(stage: Stage, status: Status, vocabulary: Vocabulary) -> None:
    view = overview_view(
        standing(ACCOUNT, finding(Category.BOUNCE_RATE, stage), bounces=1_234), frame=frame(words=vocabulary)
    )
    page = shown(view)
    assert page.one("h1").text == f"The account {STATUS_NAMES[vocabulary][status]}"
    assert "The bounce rate is over 10 %." in page.text
    assert "Stop mailing the addresses that bounced, today" in page.text
    assert not re.search(r"\{\w+\}", page.text)


def test_an_account_in_good_standing_says_so_and_has_nothing_to_do() -> None:
    page = shown(overview_view())
    assert page.one("h1").text == "The account Healthy"
    assert "No finding is open about the account itself. You can go on sending." in page.text
    assert "there is nothing to do" in page.text


def with_forecast(of: Standing, metric: Metric, passed: datetime) -> Standing:
    measures = replace(of.measures[metric], forecast=Forecast(passed, 0, 0))
    return replace(of, measures={**of.measures, metric: measures})


def test_a_rate_over_what_is_recommended_is_said_before_it_is_a_finding() -> None:
    watched = standing(complaints=16)
    over = "The complaint rate is 0.2 %, and recommended is under 0.1 %"
    page = shown(overview_view(watched))
    assert [each.text for each in classed(page, "sr-warning")] == [f"{over}."]
    assert "Over what is recommended, and within the limit." in page.text
    rising = with_forecast(watched, Metric.COMPLAINT_RATE, NOW + 7 * DAY)
    assert [each.text for each in classed(shown(overview_view(rising)), "sr-warning")] == [
        f"{over}; at the present pace it passes 0.5 % on 2026-03-23 14:20 UTC."
    ]
    known = replace(watched, findings={Category.COMPLAINT_RATE: finding(Category.COMPLAINT_RATE)})
    assert not classed(shown(overview_view(known)), "sr-warning"), "of a finding there is more to say"
    assert not classed(shown(overview_view()), "sr-warning")


def test_a_rate_that_will_pass_its_limit_is_said_however_low_it_is() -> None:
    rising = with_forecast(standing(), Metric.BOUNCE_RATE, NOW + 7 * DAY)
    assert [each.text for each in classed(shown(overview_view(rising)), "sr-warning")] == [
        "The bounce rate is 1.34 %; at the present pace it passes 10 % on 2026-03-23 14:20 UTC."
    ]


def test_what_is_only_suspected_of_the_account_is_no_status_but_waits() -> None:
    page = shown(overview_view(standing(ACCOUNT, finding(stage=Stage.SUSPECTED))))
    assert page.one("h1").text == "The account Healthy"
    assert "only suspected waits for a person" in page.text


def test_a_glance_tells_since_when_until_when_and_what_waits() -> None:
    account = standing(ACCOUNT, finding(Category.BOUNCE_RATE), bounces=1_234)
    others = [standing(TENANT, finding()), standing(Scope("tenant/hill-bikes"))]
    facts = facts_of(classed(shown(overview_view(account, others, frame=frame(waiting=2))), "sr-hero")[0])
    assert facts == {
        "Since": "2026-03-07 (9 days ago)",
        "Period ends": "2026-03-28 (in 12 days)",
        "Other scopes": "1 of 2 not Healthy",
        "Decisions": '2 wait for a person{"page": "reviews"}',
    }


@pytest.mark.parametrize("account", [standing(), Standing(ACCOUNT)], ids=["evaluated", "not evaluated yet"])
def test_an_account_in_good_standing_does_not_hide_the_scopes_that_are_not(account: Standing) -> None:
    others = [standing(TENANT, finding()), standing(Scope("tenant/hill-bikes"))]
    text = shown(overview_view(account, others)).text
    assert "Other scopes1 of 2 not Healthy" in text
    assert "But 1 of 2 other scopes is not Healthy" in text
    assert "Other scopesall 1 Healthy" in shown(overview_view(account, others[1:])).text


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        (standing(), None),
        (replace(standing(), ended={Category.SPAMTRAP: NOW - 40 * DAY}), NOW - 40 * DAY),
        (standing(ACCOUNT, finding(stage=Stage.ALMOST_HEALED)), NOW - 9 * DAY),
        (standing(ACCOUNT, finding(stage=Stage.SHUTDOWN), finding(Category.OTHER)), NOW - 5 * DAY),
        (standing(ACCOUNT, finding(stage=Stage.SUSPECTED)), None),
    ],
    ids=["never anything else", "healed", "a probation that nearly healed", "the worst of two", "suspected"],
)
def test_since_when_a_status_holds_follows_from_the_findings(account: Standing, expected: object) -> None:
    assert account.status_since == expected


def test_before_anything_was_evaluated_the_page_says_how_to_begin() -> None:
    view = overview_view(Standing(ACCOUNT), frame=frame(evaluated=None))
    page = shown(view)
    assert page.one("h1").text == "Nothing was evaluated yet"
    assert [each.text for each in page.all("code")] == ["ses-reputation connect", "ses-reputation doctor"]
    assert not list(page.all("table"))


# -- Rates -------------------------------------------------------------------------------------------------------------


def test_a_rate_is_shown_with_what_it_may_be_and_over_which_mail() -> None:
    card = classed(shown(overview_view(standing(bounces=1_234))), "sr-rate-card")[0]
    assert [each.text for each in classed(card, "sr-figure")] == ["12.34 % 1,234 hard bounces in 10,000 recipients"]
    assert facts_of(card)["Limit"] == "10 % (may be reached, not passed)"
    assert facts_of(card)["Recommended"] == "under 5 %"
    assert facts_of(card)["Measured over"] == "120 hours with mail since 2026-03-09 14:20 UTC"
    assert [each.get("aria-label") for each in card.all("svg") if each.get("role") == "img"] == [
        "12.34 %, 123 % of the limit; limit 10 %, recommended under 5 %"
    ]


@pytest.mark.parametrize(
    ("rate", "told"),
    [
        (Rate(Metric.BOUNCE_RATE, 1, 12, NOW, 1, 12), "Too little mail to judge: it takes at least 100 recipients."),
        (Rate(Metric.BOUNCE_RATE, 1, 0, NOW, 1, 0), "Too little mail to judge"),
    ],
    ids=["hardly any mail", "no mail that counts"],
)
def test_too_little_mail_is_no_rate(rate: Rate, told: str) -> None:
    account = replace(standing(), measures={Metric.BOUNCE_RATE: Measures(rate)})
    card = classed(shown(overview_view(account)), "sr-rate-card")[0]
    assert classed(card, "sr-figure")[0].text.startswith("\u2013 ")
    assert told in card.text


def test_too_few_bounces_to_act_on_are_said_to_be_so() -> None:
    policy = Policy(minimum_volume=2, minimum_bounces=3)
    account = replace(standing(), measures={Metric.BOUNCE_RATE: Measures(Rate(Metric.BOUNCE_RATE, 2, 4, NOW, 1, 4))})
    text = shown(overview_view(account, frame=frame(policy=policy))).text
    assert "Over the limit, but too few to act on: it takes at least 3 hard bounces." in text


def test_what_the_statistics_can_not_tell_is_no_rate_either() -> None:
    policy = Policy(volume_source=VolumeSource.STATISTICS)
    account = replace(standing(), measures={})
    assert "No mail was counted yet." in shown(overview_view(account, frame=frame(policy=policy))).text


LIMITS = limits_by_kind(Profile.CLASSIC)[ScopeKind.ACCOUNT][Metric.BOUNCE_RATE]


@pytest.mark.parametrize(
    ("rate", "tone", "width"),
    [
        (Fraction(0), "sr-good", None),
        (Fraction(49, 1000), "sr-good", "39.20%"),
        (Fraction(5, 100), "sr-watch", "40.00%"),
        (Fraction(10, 100), "sr-watch", "80.00%"),
        (Fraction(101, 1000), "sr-bad", "80.80%"),
        (Fraction(1), "sr-bad", "100.00%"),
        (None, "sr-plain", None),
    ],
    ids=["none", "under recommended", "recommended", "the limit", "over the limit", "all of it", "no rate"],
)
def test_a_meter_is_as_full_as_the_rate_and_as_bad(rate: Fraction | None, tone: str, width: str | None) -> None:
    drawing = Node.read(str(meter(rate, LIMITS))).elements[0].elements[0]
    bar = [each.get("width") for each in drawing.elements if each.get("class") == "sr-filled"]
    assert (drawing.get("class"), bar) == (tone, [width] if width else [])


def test_a_rate_has_a_line_of_its_days() -> None:
    trend = Trend(NOW.date(), (10_000, None, 20_000), (100, 100, 100))
    account = replace(standing(), trend=trend)
    cards = classed(shown(overview_view(account)), "sr-rate-card")
    assert [len(classed(card, "sr-sparkline")) for card in cards] == [1, 1]
    one_day = replace(account, trend=Trend(NOW.date(), (10_000,), (100,)))
    assert not classed(classed(shown(overview_view(one_day)), "sr-rate-card")[0], "sr-sparkline")


@pytest.mark.parametrize(
    ("last", "told"),
    [
        (NOW.date(), "Last 3 days: 1 %, 3 %, 2 %"),
        (NOW.date() - 5 * DAY, "Last 8 days: 1 %, 3 %, 2 %"),
        (NOW.date() - 12 * DAY, "Last 14 days: 3 %, 2 %"),
        (NOW.date() - 13 * DAY, None),
    ],
    ids=["until today", "until five days ago", "before most of it", "with one day left"],
)
def test_a_scope_without_mail_has_no_line_of_older_days_as_if_they_were_the_last(last: date, told: str | None) -> None:
    quiet = replace(standing(TENANT), trend=Trend(last, (10_000, 30_000, 20_000), (100, 100, 100)))
    page = shown(overview_view(replace(standing(), trend=quiet.trend), [quiet]))
    bounces = [each.one("title").text for each in classed(page, "sr-sparkline")][::2]
    assert [title.rpartition(", ")[0] for title in bounces] == ([told] * 3 if told else [])


# -- What SES says, what is open ---------------------------------------------------------------------------------------


def test_what_ses_says_stands_beside_what_was_counted() -> None:
    found = SesFinding("BOUNCE", "HIGH", "<b>Too many</b>", open=True, time=NOW - DAY, since=NOW - DAY)
    verdict = Verdict(
        ACCOUNT, NOW - DAY / 24, SesRate("0.0150", NOW), None, "PROBATION", False, 50_000, 8_123, findings=(found,)
    )  # fmt: skip
    (card,) = [each for each in shown(overview_view(verdict=verdict)).all("section") if "What SES" in each.text]
    for part in (
        "PROBATIONSES has put this account on probation.",
        "Sendingswitched off",
        "HIGH bounce problem, since 2026-03-15",
        "<b>Too many</b>",
        "8,123 of 50,000",
        "(1 hour ago)",
        "Bounce rate1.5 %1.34 %\u22120.16",
    ):
        assert part in card.text
    # Of what SES publishes no rate, there is nothing to compare.
    assert "Complaint rate" not in card.text


@pytest.mark.parametrize(
    ("told", "sends", "account", "said"),
    [
        ("HEALTHY", True, standing(), None),
        ("PROBATION", True, standing(), "SES itself says: PROBATION."),
        ("PROBATION", True, standing(ACCOUNT, finding(stage=Stage.PENDING_DECISION)), None),
        ("SHUTDOWN", True, standing(ACCOUNT, finding()), "SES itself says: SHUTDOWN."),
        ("SHUTDOWN", True, standing(ACCOUNT, finding(stage=Stage.SHUTDOWN)), None),
        ("SOMETHING NEW", True, standing(), "SES itself says: SOMETHING NEW."),
        (None, False, standing(), "SES itself says: sending off."),
        (None, None, standing(), None),
    ],
)
def test_where_ses_says_worse_it_is_said_first(
    told: str | None, sends: bool | None, account: Standing, said: str | None
) -> None:
    verdict = Verdict(ACCOUNT, NOW, enforcement=told, sending_enabled=sends)
    page = shown(overview_view(account, verdict=verdict))
    alarms = [each.text for each in classed(page, "sr-alarm")]
    (lead,) = classed(page, "sr-lead")
    assert ("you can go on sending" in lead.text.casefold()) == (not said and account.status is not Status.SHUTDOWN)
    assert [text.startswith(said or "") for text in alarms] == ([True] if said else [])


def test_a_period_that_is_over_is_no_longer_waited_for() -> None:
    over = finding(stage=Stage.PENDING_DECISION, period_end=NOW - DAY)
    assert "Period ends" not in shown(overview_view(standing(ACCOUNT, over))).text


def test_before_ses_was_asked_the_page_says_who_asks() -> None:
    assert "SES was not asked yet" in shown(overview_view()).text


WAITING = [
    (finding(stage=Stage.SUSPECTED), "Waits for a decision: is it so?", "waits since 2026-03-11 (5 days ago)"),
    (finding(), "Waits for the problem to be solved", "ends 2026-03-28 (in 12 days)"),
    (finding(Category.BOUNCE_RATE, Stage.ALMOST_HEALED), "Waits for the rate to stay down", "ends 2026-03-28"),
    (finding(stage=Stage.PENDING_DECISION), "Waits for a decision: what follows?", "waits since 2026-03-11"),
    (finding(stage=Stage.PENDING_SHUTDOWN), "Waits for a decision: is it shut down?", "waits since 2026-03-11"),
    (finding(stage=Stage.SHUTDOWN), "Waits for an appeal", "since 2026-03-11"),
    (
        finding(Category.INTERNAL_REVIEW, Stage.PERMANENT_SHUTDOWN),
        "Waits for nothing: it is for good",
        "since 2026-03-11",
    ),
]


@pytest.mark.parametrize(("one", "waits", "when"), WAITING, ids=[one.stage for one, _, _ in WAITING])
def test_an_open_finding_says_what_it_waits_for_and_until_when(one: object, waits: str, when: str) -> None:
    view = overview_view(others=[standing(TENANT, one)])  # type: ignore[arg-type]
    (item,) = classed(shown(view), "sr-urgent")
    assert "of tenant lucky-deals" in item.text
    assert waits in item.text
    assert when in item.text


def test_only_the_most_urgent_findings_are_unfolded_and_the_rest_is_counted() -> None:
    others = [standing(Scope(f"tenant/{n}"), finding()) for n in range(9)]
    page = shown(replace(overview_view(others=others), urgent_total=200))
    (folded,) = [each for each in page.all("details") if each.one("summary").text == "The next 3"]
    assert (len(classed(page, "sr-urgent")), len(classed(folded, "sr-urgent"))) == (9, 3)
    assert "191 more are less urgent." in page.text


def test_an_outage_says_whether_it_counts_here() -> None:
    text = shown(overview_view(outages=(OUTAGE,))).text
    assert "812 of 3,020 recipients (26.89 %) bounced hard. That counts in every bounce rate." in text
    held = frame(policy=Policy(hold_outages=True))
    assert "That is in no bounce rate here; SES counts it." in shown(overview_view(outages=(OUTAGE,), frame=held)).text


# -- All scopes --------------------------------------------------------------------------------------------------------


def cells(page: Node) -> Iterator[list[str]]:
    """The rows of the table of scopes, without what stands for the heads in narrow ones."""
    (table,) = classed(page, "sr-scopes")
    for each in table.one("tbody").elements:
        yield ["|".join(part.text for part in parts(cell)) for cell in each.elements]


def parts(cell: Node) -> list[Node]:
    return [each for each in cell.all("span", "button", "bdi") if not each.get("aria-hidden") and not each.elements]


def test_a_row_has_the_status_the_rates_and_what_is_paused() -> None:
    paused = Enforcement(TENANT, State.PAUSED, NOW - DAY)
    one = replace(standing(TENANT, finding(stage=Stage.SHUTDOWN), bounces=700), trend=Trend())
    page = shown(overview_view(others=[one], sending={TENANT: paused}))
    (table,) = classed(page, "sr-scopes")
    text = table.one("tbody").elements[0].text
    for part in (
        "Tenant",
        "lucky-deals",
        "Shutdown",
        "At SES: paused",
        "7 %",
        "70 % of the limit",
        "0.075 %",
        "10,000",
    ):
        assert part in text
    assert "15 % of the limit" not in text


def test_every_cell_of_a_row_is_under_a_head_for_programs_that_read_aloud() -> None:
    (table,) = classed(shown(overview_view(others=[standing(TENANT)])), "sr-scopes")
    heads = [each.text for each in table.one("thead").all("th")]
    assert heads[:2] == ["Scope", "Status"]
    assert "Bounce rate, 14 days" in heads
    for each in table.one("tbody").elements:
        assert len(each.elements) == len(heads)
        assert {cell.get("role") for cell in each.elements} == {"rowheader", "cell"}


def test_every_kind_of_scope_has_a_name() -> None:
    assert KINDS.keys() == {*ScopeKind}


def test_what_was_asked_for_stays_filled_in_and_says_how_many_match() -> None:
    page = OverviewPage(ScopeKind.TENANT, Status.PROBATION, '"><b>shop')
    view = replace(overview_view(others=[standing(TENANT)]), page=page, total=10_000, matching=1)
    form = shown(view).one("form")
    chosen = [each.get("value") for each in form.all("option") if "selected" in each.attributes]
    assert (chosen, [each.get("value") for each in form.all("input")]) == (["tenant", "Probation"], ['"><b>shop'])
    assert "1 of 10,000 matches." in shown(view).text


def test_where_nothing_matches_the_page_says_what_to_look_for() -> None:
    view = replace(overview_view(), page=OverviewPage(search="nope"), rows=(), matching=0)
    assert "No scope is like that." in shown(view).text
    assert "0 of 1 match." in shown(view).text


def test_further_pages_keep_what_was_asked_for() -> None:
    page = OverviewPage(search="shop", number=2)
    view = replace(overview_view(others=[standing(TENANT)]), page=page, pages=400)
    (nav,) = [each for each in shown(view).all("nav") if each.get("aria-label") == "Further pages"]
    assert nav.text.startswith("Page 2 of 400")
    assert '{"page": "overview", "search": "shop"}' in nav.text
    assert '{"page": "overview", "search": "shop", "number": "3"}' in nav.text


def test_that_the_healthiest_are_missing_is_said() -> None:
    assert "the healthiest are missing" in shown(overview_view(complete=False)).text
    assert "the healthiest are missing" not in shown(overview_view()).text


def test_numbers_of_a_listing_that_was_cut_off_are_not_told_as_all_there_is() -> None:
    others = [standing(TENANT, finding()), standing(Scope("tenant/hill-bikes"))]
    page = shown(overview_view(others=others, complete=False))
    assert "All scopes at least 3" in page.text
    assert [each.text.partition("{")[0] for each in classed(page, "sr-chips")[0].elements] == [
        "Probation at least 1",
        "Healthy at least 2",
    ]
    assert "Tenant (at least 2)" in page.text
    assert "Open findings at least 1" in page.text
    assert "Other scopes1 of 2 that were read not Healthy" in page.text
    assert "But 1 of 2 other scopes that were read is not Healthy" in page.text
    healthy = shown(overview_view(others=others[1:], complete=False)).text
    assert "Other scopesall 1 that were read Healthy" in healthy
    assert "No finding is open in the scopes that were read." in healthy
    asked = overview_view(page=OverviewPage(search="nope"), rows=(), matching=0, complete=False)
    assert "0 of 1 that were read match." in shown(asked).text
    assert "No scope among those that were read is like that." in shown(asked).text


def test_the_chips_count_all_scopes_by_status() -> None:
    view = replace(
        overview_view(others=[standing(TENANT, finding(stage=Stage.SHUTDOWN))]),
        statuses={Status.SHUTDOWN: 3, Status.HEALTHY: 9_997},
    )
    (chips,) = classed(shown(view), "sr-chips")
    assert [each.text.partition("{")[0] for each in chips.elements] == ["Shutdown 3", "Healthy 9,997"]


# -- Whatever things are called ----------------------------------------------------------------------------------------

PAGES = {
    "healthy": overview_view(others=[standing(TENANT)]),
    "every stage": overview_view(
        standing(ACCOUNT, finding(Category.BOUNCE_RATE), bounces=1_234),
        [standing(Scope(f"tenant/{one.stage}"), one) for one, _, _ in WAITING],
        outages=(OUTAGE,),
    ),
    "nothing yet": overview_view(Standing(ACCOUNT), frame=frame(evaluated=None)),
    "hostile": overview_view(
        others=[standing(Scope(f"tag/{HOSTILE}={HOSTILE}"), finding(stage=Stage.SUSPECTED))],
        outages=(replace(OUTAGE, provider=HOSTILE),),
        page=OverviewPage(search=HOSTILE, number=2),
        pages=3,
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_sound_and_the_same_after_cloudwatch_has_cleaned_it(name: str) -> None:
    html = WIDGET.shown(render(PAGES[name], WIDGET))
    assert flaws(html) == []
    assert sanitised(html) == html


def test_a_hostile_name_is_text_in_one_line_and_whole_where_it_is_pointed_at() -> None:
    page = shown(PAGES["hostile"])
    names = {each.text for each in page.all("bdi")}
    assert all(len(name) <= 60 and "\u202e" not in name for name in names)
    assert any("<script>" in name for name in names)
    assert any("?gnp.exe" in (each.get("title") or "") for each in page.all("bdi"))
    assert not list(page.all("script"))


def test_a_name_of_white_space_can_be_clicked() -> None:
    page = shown(overview_view(others=[standing(Scope("tenant/ "))]))
    (button,) = [each for each in page.all("button") if list(each.all("bdi"))]
    assert button.text == "?"


def test_a_page_that_is_not_there_leads_back_to_one_that_is() -> None:
    page = Node.read(str(problem(f"nothing is known of tenant/{HOSTILE}", WIDGET)))
    assert page.one("h1").text == "There is nothing to show"
    assert '{"page": "overview"}' in page.text
    assert not list(page.all("script"))


def test_a_row_costs_so_little_that_25_of_them_are_far_under_a_megabyte() -> None:
    one = replace(row("tenant/x"), scope=Scope(f"tenant/{'x' * 300}"))
    view = replace(overview_view(), rows=(one,) * 25)
    assert len(WIDGET.shown(render(view, WIDGET)).encode()) < 200_000


# -- The look ----------------------------------------------------------------------------------------------------------

STYLE = (Path(frame_module.__file__).parent / "style.css").read_text()
TOKEN = re.compile(r"--sr-([a-z-]+): (#[0-9a-f]{6});")


def themes() -> dict[str, dict[str, str]]:
    """The colours of each theme: those of the dark one stand twice, as chosen and as the system has it."""
    blocks = {"light": ".ses-reputation {", "dark": ".ses-reputation.sr-dark {", "auto": ".ses-reputation.sr-auto {"}
    return {name: dict(TOKEN.findall(STYLE.split(start, 1)[1].split("}", 1)[0])) for name, start in blocks.items()}


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


TEXT = ("ink", "muted", "accent", "good", "watch", "bad", "suspect")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_on_what_it_stands_on(theme: str) -> None:
    """At least 4.5 to 1, and 3 to 1 for the edges of fields (WCAG 2.2, AA)."""
    colours = themes()[theme]
    pairs = [(text, ground) for text in TEXT for ground in ("surface", "raised")]
    pairs += [(tone, f"{tone}-soft") for tone in ("good", "watch", "bad", "suspect")]
    # What is on a filled button, or a count.
    pairs += [("raised", filled) for filled in ("accent", "watch", "bad")]
    too_faint = {pair: ratio for pair in pairs if (ratio := contrast(colours[pair[0]], colours[pair[1]])) < 4.5}
    assert too_faint == {}
    assert min(contrast(colours["edge"], colours[ground]) for ground in ("surface", "raised")) >= 3


@pytest.mark.parametrize("rule", [".sr-hero", ".sr-plot", ".sr-finding"])
def test_the_look_has_the_rules_of_every_file(rule: str) -> None:
    assert f".ses-reputation {rule}" in str(frame_module.style())


def test_the_dark_colours_are_the_same_chosen_or_not() -> None:
    assert themes()["auto"] == themes()["dark"]


def test_a_period_that_a_shutdown_has_ended_is_no_longer_waited_for() -> None:
    """An appeal waits for a person, and time moves nothing any more."""
    changes = ReportedChanges(NOW, NOW, "The list is gone.", Actor("bob", proven=False))
    one = finding(stage=Stage.SHUTDOWN, period_since=NOW - 9 * DAY, period_end=NOW + DAY, changes=changes)
    assert "Period ends" not in facts_of(shown(overview_view(standing(ACCOUNT, one))))
