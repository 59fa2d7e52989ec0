"""Charts: what they show, what they say in words, and what CloudWatch lets through."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from htpy import Element, div
from hypothesis import given, settings
from hypothesis import strategies as st

import ses_reputation.dashboard
from ses_reputation.dashboard.charts.axes import ROOMY, Taken, TimeAxis, apart, lanes, rate_axis, ticks
from ses_reputation.dashboard.charts.bars import Bar, bars
from ses_reputation.dashboard.charts.marks import Mark, MarkKind, marks_of
from ses_reputation.dashboard.charts.rates import MOST_MARKS, RateChart, rate_chart, rate_table
from ses_reputation.dashboard.charts.sparkline import sparkline
from ses_reputation.dashboard.charts.volume import volume_chart, volume_table
from ses_reputation.domain.categories import Category
from ses_reputation.domain.changes import Change
from ses_reputation.domain.history import DayCounts, MailCounts, RatePoint, StatusSpan
from ses_reputation.domain.lifecycle import SCOPE_STATUS, Stage, Status, Trigger
from ses_reputation.domain.limits import PROFILES, Bound, Limits, Profile
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric, Rate
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import Finding
from ses_reputation.notices.numbers import percent
from ses_reputation.notices.vocabulary import Vocabulary

NOW = datetime(2026, 3, 31, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BOUNCES, COMPLAINTS = Metric
CLASSIC = PROFILES[Profile.CLASSIC][BOUNCES]
CURRENT = PROFILES[Profile.CURRENT][BOUNCES]
HOSTILE = "x\"'><script>alert(1)</script>&\u202eevil\n" + "y" * 300

# What an SVG of ours is made of. CloudWatch removes <use> and whatever could run something.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_security.html
DRAWN = {"svg", "g", "title", "desc", "rect", "line", "circle", "path", "text", "tspan"}


def point(ago: float, count: int, eligible: int = 1_000, since: tuple[int, int] | None = None) -> RatePoint:
    """The rate so many days ago; `since` is the one over the mail that a finding counts."""
    counted = Rate(BOUNCES, *since, volume=since[1]) if since else None
    return RatePoint(NOW - ago * DAY, Rate(BOUNCES, count, eligible, volume=eligible), counted)


def chart(
    *points: RatePoint,
    statuses: Sequence[StatusSpan] = (),
    marks: Sequence[Mark] = (),
    limits: Limits = CLASSIC,
    subject: str = "tenant/shop",
    days: float = 30,
    zone: timezone = UTC,
    words: Vocabulary = Vocabulary.CLASSIC,
) -> RateChart:
    since = NOW - days * DAY
    return RateChart(BOUNCES, subject, points, statuses, marks, limits, Policy(), since, NOW, zone, words)


def drawn(element: Element) -> ET.Element:
    """What was drawn, as XML: it must be well-formed."""
    return ET.fromstring(str(div[element]))  # noqa: S314 - it is ours


def texts(element: Element, tag: str = "text") -> list[str]:
    return ["".join(found.itertext()) for found in drawn(element).iter(tag)]


def classed(element: Element, name: str) -> list[ET.Element]:
    return [found for found in drawn(element).iter() if name in found.get("class", "").split()]


def described(element: Element) -> str:
    """What a screen reader says of a chart besides its title."""
    root = drawn(element)
    svg = next(root.iter("svg"))
    (desc,) = (found for found in root.iter("desc") if found.get("id") == svg.get("aria-describedby"))
    return desc.text or ""


def mark(ago: float, text: str = "Probation begins", kind: MarkKind = MarkKind.CHANGE) -> Mark:
    return Mark(NOW - ago * DAY, kind, text)


STEEP = [point(20 - n, 10 * n) for n in range(21)]
DAYS = [DayCounts(date(2026, 3, 1) + n * DAY, MailCounts(100 * n, 90 * n, n, 2, n % 2, 1)) for n in range(10)]
EVERY = {
    "a rate": rate_chart(chart(*STEEP, marks=[mark(3)]), "rate"),
    "a rate that nobody knows": rate_chart(chart(), "rate"),
    "mail": volume_chart(DAYS, "tenant/shop", "mail"),
    "a small line": sparkline([Fraction(1, 100), None, Fraction(2, 100)], Fraction(1, 10)),
}


# -- All of them


@pytest.mark.parametrize("element", EVERY.values(), ids=EVERY)
def test_a_chart_is_made_of_what_cloudwatch_lets_through(element: Element) -> None:
    for svg in drawn(element).iter("svg"):
        for found in svg.iter():
            assert found.tag in DRAWN
            assert not any(name.startswith("on") or "href" in name or name == "style" for name in found.attrib)


@pytest.mark.parametrize("element", EVERY.values(), ids=EVERY)
def test_colours_come_from_the_theme_alone(element: Element) -> None:
    assert not re.search(r'(fill|stroke|color)="', str(element))


@pytest.mark.parametrize("element", EVERY.values(), ids=EVERY)
def test_a_chart_is_an_image_with_a_name(element: Element) -> None:
    svg = next(drawn(element).iter("svg"))
    assert svg.get("role") == "img"
    title = svg.find("title")
    assert title is not None
    assert title.text
    assert svg.get("aria-labelledby") == title.get("id")


def test_two_charts_on_a_page_share_no_id() -> None:
    page = div[rate_chart(chart(*STEEP), "bounces"), rate_chart(chart(*STEEP), "complaints"), EVERY["mail"]]
    ids = [found.get("id") for found in drawn(page).iter() if found.get("id")]
    assert len(ids) == len(set(ids)) == 6


HOSTILE_ELEMENTS = {
    "the subject of a rate": rate_chart(chart(*STEEP, subject=HOSTILE), "x"),
    "a mark": rate_chart(chart(*STEEP, marks=[mark(2, HOSTILE)]), "x"),
    "the subject of mail": volume_chart(DAYS, HOSTILE, "x"),
    "a bar": bars("Replies", ("Class", "Count"), [Bar(HOSTILE, 3, ("3",))]),
}


@pytest.mark.parametrize("element", HOSTILE_ELEMENTS.values(), ids=HOSTILE_ELEMENTS)
def test_names_from_outside_are_text(element: Element) -> None:
    assert "script" not in {found.tag for found in drawn(element).iter()}
    said = "".join(drawn(element).itertext())
    assert "<script>alert(1)</script>" in said
    assert "\u202e" not in said


def css() -> str:
    folder = Path(ses_reputation.dashboard.__file__).parent
    return re.sub(r"/\*.*?\*/", "", (folder / "charts.css").read_text(), flags=re.DOTALL)


def test_every_rule_is_about_the_dashboard_alone() -> None:
    selectors = [part.strip() for rule in re.findall(r"([^{}]+)\{[^{}]*\}", css()) for part in rule.split(",")]
    assert selectors
    assert [selector for selector in selectors if not selector.startswith(".ses-reputation ")] == []


def test_the_look_names_no_colours_and_fetches_nothing() -> None:
    assert not re.search(r"#[0-9a-fA-F]{3}|rgb|url\(|@import", css())


def test_what_is_left_out_where_there_is_little_room_is_left_out_below_that_width() -> None:
    margin = 78
    assert f"calc(100% - {margin}px)" in css()
    assert [
        (int(px) + 1 - margin, name) for px, name in re.findall(r"max-width: (\d+)px\)[^.]*\.\S+ \.\S+ \.(\S+) ", css())
    ] == list(ROOMY.items())


# -- Rates


def test_a_chart_says_in_words_what_it_shows() -> None:
    said = rate_chart(chart(*STEEP[:-1], point(0, 42), marks=[mark(3)]), "x")
    assert texts(said, "title")[0] == "Bounce rate of tenant/shop, 2026-03-01 to 2026-03-31"
    assert described(said) == (
        "From 0 % on 2026-03-11 00:00 UTC; highest 19 % on 2026-03-30 00:00 UTC; now 4.2 %, 42 hard bounces of 1,000. "
        "Limit 10 %; Recommended: under 5 %. 2026-03-28 00:00 UTC: Probation begins."
    )


def test_a_rate_that_is_not_known_now_is_said_to_be_the_last() -> None:
    assert "last known on 2026-03-29 00:00 UTC 1 %" in described(rate_chart(chart(point(2, 10), point(0, 1, 5)), "x"))


def test_without_enough_mail_a_chart_says_so() -> None:
    said = rate_chart(chart(point(2, 1, 5), point(1, 1, 5)), "x")
    assert "Too little mail to show a rate" in texts(said)
    assert described(said).startswith("Too little mail to show a rate.")
    assert classed(said, "sr-line") == []


def test_where_there_is_too_little_mail_there_is_a_gap() -> None:
    gap = [point(9, 10), point(8, 20), point(7, 1, 5), point(6, 30), point(5, 40)]
    assert len(classed(rate_chart(chart(*gap), "x"), "sr-line")) == 2


def test_a_rate_that_stands_alone_is_a_ring_smaller_than_the_dot_of_the_newest() -> None:
    told = rate_chart(chart(point(9, 10), point(7, 1, 5), point(6, 30), point(5, 40)), "x")
    (ring,), (last,) = classed(told, "sr-alone"), classed(told, "sr-last")
    assert (ring.get("cx"), last.get("cx")) == ("70%", "83.33%")
    assert float(ring.get("r", "")) < float(last.get("r", ""))
    assert len(classed(told, "sr-line")) == 1


def test_the_newest_rate_is_a_full_dot_though_it_stands_alone() -> None:
    told = rate_chart(chart(point(9, 10), point(8, 20), point(7, 1, 5), point(6, 30)), "x")
    ((ring,), (last,)) = classed(told, "sr-alone"), classed(told, "sr-last")
    order = list(drawn(told).iter("circle"))
    classes = [found.get("class") for found in order if found.get("class")]
    assert ring.get("cx") == last.get("cx")
    assert classes.index("sr-alone") < classes.index("sr-last"), "the dot covers the ring"


def test_the_rate_that_decides_is_drawn_over_that_of_the_window() -> None:
    both = rate_chart(
        chart(point(9, 10), point(8, 200), point(7, 150, since=(1, 500)), point(6, 120, since=(2, 900))), "x"
    )
    lines = [found for found in classed(both, "sr-line") if found.get("vector-effect")]
    assert ["sr-window" in found.get("class", "") for found in lines] == [True, False]
    assert texts(both, "li") == [
        " The rate that decides: in a probation, over the mail since it began",
        " Over the whole window",
    ]
    assert "0.222 %" in texts(both)


def test_one_line_needs_no_legend() -> None:
    assert classed(rate_chart(chart(*STEEP), "x"), "sr-legend") == []


@pytest.mark.parametrize(
    ("limits", "counts", "named"),
    [
        pytest.param(CLASSIC, 10, ["Limit 10 %", "Recommended: under 5 %"], id="a shutdown over the limit itself"),
        pytest.param(CURRENT, 10, ["Limit 5 %", "Recommended: under 2 %"], id="a shutdown that is far away"),
        pytest.param(
            CURRENT, 60, ["Limit 5 %", "Recommended: under 2 %", "Shutdown 10 %"], id="a shutdown that is near"
        ),
        pytest.param(PROFILES[Profile.CURRENT][COMPLAINTS], 0, ["Limit 0.1 %"], id="recommended is the limit"),
        pytest.param(Limits(*[Bound(Fraction(0))] * 3), 0, ["Limit 0 %"], id="nothing is allowed"),
    ],
)
def test_each_limit_has_its_line_and_its_name(limits: Limits, counts: int, named: list[str]) -> None:
    bounds = classed(rate_chart(chart(point(1, counts), limits=limits), "x"), "sr-bound")
    assert ["".join(bound.itertext()) for bound in bounds] == named
    assert all(bound.find("line") is not None for bound in bounds)


def test_limits_that_are_far_below_the_rates_keep_their_names_apart() -> None:
    limits = Limits(*(Bound(Fraction(n, 10_000)) for n in (2, 3, 1)))
    bounds = classed(rate_chart(chart(point(1, 900), limits=limits), "x"), "sr-bound")
    heights = sorted(float(text.get("y", "")) for bound in bounds for text in bound.iter("text"))
    assert [b - a for a, b in pairwise(heights)] == [14, 14]


def test_marks_are_numbered_in_the_chart_and_told_below() -> None:
    told = rate_chart(chart(*STEEP, marks=[mark(9), mark(2, "Healthy")]), "x")
    assert ["".join(found.itertext()) for found in classed(told, "sr-pin-number")] == ["1", "2"]
    assert texts(told, "li") == [
        "12026-03-22 00:00 UTC Probation begins",
        "22026-03-29 00:00 UTC Healthy",
    ]


def test_marks_at_the_same_time_stand_below_each_other() -> None:
    pins = classed(rate_chart(chart(*STEEP, marks=[mark(9), mark(9, kind=MarkKind.FLOOR)]), "x"), "sr-pin")
    assert len({pin.get("cx") for pin in pins}) == 1
    assert len({pin.get("cy") for pin in pins}) == 2


def test_of_too_many_marks_the_newest_are_drawn() -> None:
    many = rate_chart(chart(*STEEP, marks=[mark(20 - n, f"mark {n}") for n in range(MOST_MARKS + 3)]), "x")
    assert "mark 3" in texts(many, "li")[0]
    assert "The history has 3 more." in texts(many, "p")


def test_marks_of_other_findings_leave_room_for_those_of_the_rate() -> None:
    others = [mark(20 - n, f"other {n}", MarkKind.OTHER_FINDING) for n in range(1, MOST_MARKS + 1)]
    told = texts(rate_chart(chart(*STEEP, marks=[mark(20, "mark 0"), *others]), "x"), "li")
    assert len(told) == MOST_MARKS
    assert "mark 0" in told[0]
    assert "other 2" in told[1]


def test_marks_from_before_the_chart_are_not_in_it() -> None:
    assert texts(rate_chart(chart(*STEEP, marks=[mark(31)]), "x"), "li") == []


END = "Probation ends"


def test_a_chart_reaches_to_the_end_of_a_period() -> None:
    ahead = rate_chart(chart(*STEEP, marks=[mark(-20, END, MarkKind.PERIOD_END)]), "x")
    assert "now" in texts(ahead)
    (pin,) = classed(ahead, "sr-pin")
    (last,) = classed(ahead, "sr-last")
    assert (pin.get("cx"), last.get("cx")) == ("100%", "60%")


def test_charts_beside_each_other_have_the_same_times_and_heights() -> None:
    two = [chart(*STEEP, marks=[mark(9), mark(9), mark(-20, END, MarkKind.PERIOD_END)]), chart(*STEEP)]
    both = [rate_chart(each, "x", beside=two) for each in two]
    assert [len(classed(each, "sr-pin")) for each in both] == [3, 0]
    for name, place in (("sr-last", "cx"), ("sr-last", "cy"), ("sr-plot", "height"), ("sr-stretched", "y")):
        assert len({found.get(place) for each in both for found in classed(each, name)}) == 1
    assert ["now" in texts(each) for each in both] == [True, True]


def test_an_end_that_is_too_far_ahead_is_told_and_not_drawn() -> None:
    far = rate_chart(chart(*STEEP, marks=[mark(-23, END, MarkKind.PERIOD_END)]), "x")
    assert "now" not in texts(far)
    assert classed(far, "sr-pin") == []
    assert texts(far, "li") == ["\u21922026-04-23 00:00 UTC Probation ends"]


def test_the_next_full_hour_does_not_widen_a_chart() -> None:
    assert chart(marks=[mark(-1 / 48, kind=MarkKind.FLOOR)]).until == NOW


def test_the_statuses_stand_above_by_name_where_there_is_room() -> None:
    spans = [
        StatusSpan(None, NOW - 20 * DAY, Status.HEALTHY),
        StatusSpan(NOW - 20 * DAY, NOW - 15 * DAY, Status.PROBATION),
        StatusSpan(NOW - 15 * DAY, NOW - 14 * DAY, Status.SHUTDOWN),
        StatusSpan(NOW - 14 * DAY, NOW, Status.HEALTHY),
    ]
    above = rate_chart(chart(*STEEP, statuses=spans, words=Vocabulary.CURRENT), "x")
    names = [(found.get("class"), "".join(found.itertext())) for found in classed(above, "sr-name")]
    assert names == [
        ("sr-name", "Bounce rate: Healthy"),
        ("sr-name sr-roomier", "Under review"),
        ("sr-name", "Bounce rate: Healthy"),
    ]
    prefixes = [(found.text, found.get("class")) for found in drawn(above).iter("tspan")]
    assert prefixes == [("Bounce rate: ", "sr-roomier"), ("Bounce rate: ", "sr-roomy")]
    assert len(classed(above, "sr-sign")) == len(spans), "a sign has room where a name has none"
    assert "Bounce rate: Sending paused, since 2026-03-16 00:00 UTC" in texts(above, "title")
    assert len(classed(above, "sr-behind")) == 2


def test_statuses_from_before_the_chart_are_not_in_it() -> None:
    old = StatusSpan(NOW - 90 * DAY, NOW - 60 * DAY, Status.SHUTDOWN)
    assert classed(rate_chart(chart(*STEEP, statuses=[old]), "x"), "sr-span") == []


def test_times_are_in_the_readers_zone() -> None:
    said = rate_chart(chart(*STEEP, zone=timezone(2 * HOUR), marks=[mark(3)]), "x")
    assert "2026-03-28 02:00 UTC+02:00 Probation begins" in texts(said, "li")[0]
    assert "2026-03-31 02:00 UTC+02:00: 20 % (200 of 1,000)" in texts(said, "title")


def test_a_rates_table_has_the_newest_first_and_says_where_there_was_too_little() -> None:
    table = rate_table(chart(point(2, 5), point(1, 1, 5)))
    assert texts(table, "th")[4:] == ["2026-03-30 00:00 UTC", "2026-03-29 00:00 UTC"]
    assert texts(table, "td") == ["too little mail", "1", "5", "0.5 %", "5", "1,000"]


def test_a_rates_table_has_both_rates_where_there_are_two() -> None:
    table = rate_table(chart(point(1, 150, since=(1, 500))))
    assert texts(table, "td") == ["0.2 %", "1", "500", "15 %"]


counts = st.integers(0, 2_000).flatmap(lambda eligible: st.tuples(st.integers(0, max(eligible, 3)), st.just(eligible)))
points = st.lists(
    st.builds(
        point, st.floats(0, 30), counts.map(lambda c: c[0]), st.sampled_from([0, 99, 100, 10_000]), st.none() | counts
    ),
    max_size=8,
    unique_by=lambda p: p.time,
)
marks = st.lists(st.builds(mark, st.floats(-60, 60), st.text(max_size=5), st.sampled_from(MarkKind)), max_size=5)
bounds = st.sampled_from([0, 1, 10, 1_000, 10_000]).map(lambda n: Bound(Fraction(n, 10_000)))


@given(points, marks, st.builds(Limits, bounds, bounds, bounds), st.sampled_from([0.001, 1, 7, 30, 800]))
@settings(max_examples=50)
def test_whatever_happened_a_chart_stays_within_its_edges(
    told: list[RatePoint], marked: list[Mark], limits: Limits, days: float
) -> None:
    ordered = sorted(told, key=lambda p: p.time)
    plot = next(drawn(rate_chart(chart(*ordered, marks=marked, limits=limits, days=days), "x")).iter("svg"))
    height = float(plot.get("height", ""))
    for found in plot.iter():
        for name in ("x", "x1", "x2", "cx"):
            if (x := found.get(name, "")).endswith("%"):
                assert 0 <= float(x.removesuffix("%")) <= 100
        for name in ("y", "y1", "y2", "cy"):
            assert 0 <= float(found.get(name, "0")) <= height


# -- Axes


@given(
    st.builds(lambda n, tens: Fraction(n, 10**tens), st.integers(0, 99), st.integers(1, 8)), st.sampled_from([34, 180])
)
@settings(max_examples=100)
def test_a_rate_axis_holds_the_rates_and_is_written_exactly(highest: Fraction, height: int) -> None:
    axis = rate_axis(highest, height)
    assert axis.top >= min(highest, Fraction(1))
    assert len(axis.marks) <= 6
    assert [Fraction(percent(m).removesuffix(" %")) / 100 for m in axis.marks] == axis.marks
    assert axis.at(Fraction(0)) == height
    assert axis.at(axis.top) == 0


@given(st.floats(0, 800 * 24), st.sampled_from([-9.5, 0, 2, 5.75, 13]))
@settings(max_examples=100)
def test_a_time_axis_names_a_few_moments_of_the_readers_zone(hours: float, offset: float) -> None:
    axis = TimeAxis(NOW - hours * HOUR, NOW, timezone(offset * HOUR))
    found = ticks(axis)
    assert len(found) <= 9
    assert sum(not tick.minor for tick in found) <= 4
    assert all(axis.holds(tick.moment) and tick.moment.minute == 0 for tick in found)
    assert [tick.moment for tick in found] == sorted({tick.moment for tick in found})
    assert hours < 2 or found


@pytest.mark.parametrize(
    ("days", "labels"),
    [
        pytest.param(0.125, ["21:00", "22:00", "23:00", "31 Mar"], id="hours"),
        pytest.param(
            4, ["27 Mar", "12:00", "28 Mar", "12:00", "29 Mar", "12:00", "30 Mar", "12:00", "31 Mar"], id="half days"
        ),
        pytest.param(7, [f"{n} Mar" for n in range(24, 32)], id="days"),
        pytest.param(30, ["2 Mar", "9 Mar", "16 Mar", "23 Mar", "30 Mar"], id="weeks begin on Mondays"),
        pytest.param(90, ["5 Jan", "19 Jan", "2 Feb", "16 Feb", "2 Mar", "16 Mar", "30 Mar"], id="every other week"),
        pytest.param(200, ["Oct", "Nov", "Dec", "2026", "Feb", "Mar"], id="months"),
        pytest.param(730, ["Apr", "Jul", "Oct", "2025", "Apr", "Jul", "Oct", "2026"], id="quarters"),
    ],
)
def test_the_names_along_a_time_axis(days: float, labels: list[str]) -> None:
    assert [tick.label for tick in ticks(TimeAxis(NOW - days * DAY, NOW, UTC))] == labels


@given(st.lists(st.floats(0, 100).map(lambda x: Taken(x, x + 7)), max_size=12))
def test_nothing_stands_upon_another(wanted: list[Taken]) -> None:
    wanted = sorted(wanted, key=lambda taken: taken.start)
    found = list(zip(wanted, lanes(wanted), strict=True))
    for lane in range(len(found)):
        in_lane = [taken for taken, n in found if n == lane]
        assert all(one.end <= other.start for one, other in pairwise(in_lane))


@given(st.lists(st.floats(0, 180), max_size=4))
def test_heights_are_moved_up_only_as_far_as_they_must(wanted: list[float]) -> None:
    moved = apart(wanted, 14)
    assert all(height <= was for height, was in zip(moved, wanted, strict=True))
    assert all(b - a >= 14 - 1e-9 for a, b in pairwise(sorted(moved)))
    if all(b - a >= 14 for a, b in pairwise(sorted(wanted))):
        assert moved == pytest.approx(wanted)


# -- Marks


def change(
    trigger: Trigger,
    before: Stage | None,
    after: Stage,
    ago: float = 1,
    category: Category = Category.BOUNCE_RATE,
) -> Change:
    finding = Finding("f-1", category, after, NOW, NOW, NOW)
    statuses = SCOPE_STATUS[before], SCOPE_STATUS[after]
    return Change(
        "n-1", NOW - ago * DAY, Scope("tenant/shop"), finding.category, before, after, trigger, *statuses, finding
    )


@pytest.mark.parametrize(
    ("trigger", "before", "after", "classic", "current"),
    [
        (Trigger.LIMIT_EXCEEDED, None, Stage.PROBATION, "Probation begins", "Review begins"),
        (Trigger.LIMIT_EXCEEDED, Stage.ALMOST_HEALED, Stage.PROBATION, "Probation again", "Review again"),
        (Trigger.STEADY_UNDER_LIMIT, Stage.PROBATION, Stage.ALMOST_HEALED, "Almost healed", "Almost healed"),
        (Trigger.HEALED, Stage.ALMOST_HEALED, Stage.RESOLVED, "Healthy", "Healthy"),
        (Trigger.ENDED_OVER_SHUTDOWN_LIMIT, Stage.PROBATION, Stage.SHUTDOWN, "Shutdown", "Sending paused"),
        (Trigger.CHANGES_REPORTED, Stage.SHUTDOWN, Stage.SHUTDOWN, "Changes reported", "Changes reported"),
        (Trigger.EXTENDED, Stage.PENDING_DECISION, Stage.PROBATION, "Period extended", "Period extended"),
        (
            Trigger.MADE_PERMANENT,
            Stage.SHUTDOWN,
            Stage.PERMANENT_SHUTDOWN,
            "Shutdown for good",
            "Sending paused for good",
        ),
    ],
)
def test_a_change_is_marked_by_what_it_led_to_or_by_what_was_done(
    trigger: Trigger, before: Stage | None, after: Stage, classic: str, current: str
) -> None:
    news = [change(trigger, before, after)]
    for words, text in ((Vocabulary.CLASSIC, classic), (Vocabulary.CURRENT, current)):
        assert marks_of(news, [], [], BOUNCES, words) == [Mark(NOW - DAY, MarkKind.CHANGE, text)]


def test_another_metrics_changes_are_not_marked() -> None:
    news = [change(Trigger.LIMIT_EXCEEDED, None, Stage.PROBATION)]
    assert marks_of(news, [], [], COMPLAINTS, Vocabulary.CLASSIC) == []


def test_what_moved_a_finding_that_is_about_no_rate_is_marked_in_both_charts_with_its_name() -> None:
    shutdown = Stage.SHUTDOWN
    news = [
        change(Trigger.SUSPECTED, None, Stage.SUSPECTED, 4, Category.SPAMTRAP),
        change(Trigger.CONFIRMED, Stage.SUSPECTED, Stage.PROBATION, 3, Category.SPAMTRAP),
        change(Trigger.ENDED_STILL_REPORTED, Stage.PROBATION, shutdown, 2, Category.SPAMTRAP),
        change(Trigger.CHANGES_REPORTED, shutdown, shutdown, 1, Category.SPAMTRAP),
        change(Trigger.LIFTED, shutdown, Stage.RESOLVED, 0, Category.SPAMTRAP),
    ]
    for metric in Metric:
        marks = marks_of(news, [], [], metric, Vocabulary.CLASSIC)
        assert {mark.kind for mark in marks} == {MarkKind.OTHER_FINDING}
        assert [mark.text for mark in marks] == [
            "Spamtrap: Suspected",
            "Spamtrap: Probation begins",
            "Spamtrap: Shutdown",
            "Spamtrap: Lifted: Healthy",
        ]


@pytest.mark.parametrize(
    ("category", "kinds"),
    [
        (Category.BOUNCE_RATE, [MarkKind.PERIOD_END]),
        (Category.SPAMTRAP, [MarkKind.OTHER_FINDING]),
        (Category.COMPLAINT_RATE, []),
    ],
)
def test_the_end_of_another_findings_period_is_marked_unless_it_is_of_the_other_rate(
    category: Category, kinds: list[MarkKind]
) -> None:
    finding = Finding("f-1", category, Stage.PROBATION, NOW, NOW, NOW, period_since=NOW, period_end=NOW + DAY)
    assert [mark.kind for mark in marks_of([], [], [finding], BOUNCES, Vocabulary.CLASSIC)] == kinds


def test_a_floor_is_marked_once_and_where_it_is() -> None:
    floors = [(NOW, NOW - 2 * DAY), (NOW + HOUR, NOW - 2 * DAY)]
    (floor,) = marks_of([], floors, [], BOUNCES, Vocabulary.CLASSIC)
    assert (floor.time, floor.kind) == (NOW - 2 * DAY, MarkKind.FLOOR)


@pytest.mark.parametrize(("stage", "marked"), [(Stage.PROBATION, 1), (Stage.ALMOST_HEALED, 1), (Stage.SHUTDOWN, 0)])
def test_the_end_of_a_period_is_marked_while_it_runs(stage: Stage, marked: int) -> None:
    finding = Finding("f-1", Category.BOUNCE_RATE, stage, NOW, NOW, NOW, period_since=NOW, period_end=NOW + DAY)
    assert len(marks_of([], [], [finding], BOUNCES, Vocabulary.CLASSIC)) == marked


def test_marks_are_in_order_of_time() -> None:
    news = [
        change(Trigger.HEALED, Stage.ALMOST_HEALED, Stage.RESOLVED),
        change(Trigger.LIMIT_EXCEEDED, None, Stage.PROBATION, 9),
    ]
    assert [m.text for m in marks_of(news, [], [], BOUNCES, Vocabulary.CLASSIC)] == ["Probation begins", "Healthy"]


# -- Mail


def test_each_kind_of_mail_has_its_own_scale() -> None:
    told = volume_chart(DAYS, "tenant/shop", "x")
    tallest = {
        name: max(float(bar.get("height", "")) for bar in classed(told, f"sr-bar-{name}"))
        for name in ("sent", "hard-bounced", "complained")
    }
    assert tallest == {"sent": 64, "hard-bounced": 34, "complained": 34}
    assert {"900", "9", "1"} <= set(texts(told))


def test_what_there_was_none_of_is_said() -> None:
    told = volume_chart([DayCounts(date(2026, 3, 1), MailCounts(sent=5))], "tenant/shop", "x")
    assert texts(told)[0] == "Recipients a day"
    assert {"No hard bounces", "No complaints"} <= set(texts(told))


def test_days_without_any_mail_are_no_chart() -> None:
    assert "No mail" in str(volume_chart([DayCounts(date(2026, 3, 1), MailCounts())], "tenant/shop", "x"))


def test_however_few_bounces_there_were_they_are_seen() -> None:
    told = volume_chart(
        [
            DayCounts(date(2026, 3, 1), MailCounts(1, hard_bounced=1)),
            DayCounts(date(2026, 3, 2), MailCounts(9, hard_bounced=9_999)),
        ],
        "tenant/shop",
        "x",
    )
    assert min(float(bar.get("height", "")) for bar in classed(told, "sr-bar-hard-bounced")) == 1.5


def test_mail_is_told_in_words() -> None:
    told = volume_chart(DAYS, "tenant/shop", "x")
    assert texts(told, "title")[0] == "Mail of tenant/shop by day, 2026-03-01 to 2026-03-10"
    assert described(told).startswith("4,500 recipients, most Tue 2026-03-10 with 900; 45 hard bounces, most Tue")
    assert "Tue 2026-03-10: 900 recipients, 9 hard bounces, 2 soft bounces, 1 complaints; 1 % bounced hard" in texts(
        told, "title"
    )


def test_many_days_are_drawn_by_week_and_lose_no_mail() -> None:
    many = [DayCounts(date(2026, 1, 1) + n * DAY, MailCounts(sent=1)) for n in range(101)]
    told = volume_chart(many, "tenant/shop", "x")
    assert "Recipients a week" in texts(told)
    assert len(classed(told, "sr-bar-sent")) == 15
    assert "101 recipients" in described(told)
    assert "2026-04-05 to 2026-04-11: 7 recipients" in texts(told, "title")[-1]


@pytest.mark.parametrize(
    ("sent", "label"), [(99_999, "99,999"), (100_000, "100 k"), (1_234_567, "1.23 M"), (5_000_000_000, "5 G")]
)
def test_large_numbers_fit_beside_a_chart(sent: int, label: str) -> None:
    assert label in texts(volume_chart([DayCounts(date(2026, 3, 1), MailCounts(sent=sent))], "tenant/shop", "x"))


def test_a_table_of_mail_leaves_out_what_was_never_counted() -> None:
    plain = [DayCounts(date(2026, 3, 1), MailCounts(sent=5)), DayCounts(date(2026, 3, 2), MailCounts(sent=1_000))]
    assert texts(volume_table(plain), "th")[:5] == ["Day", "Recipients", "Hard bounces", "Soft bounces", "Complaints"]
    assert texts(volume_table(plain), "td")[0] == "1,000"
    assert "Delivered" in texts(volume_table(DAYS), "th")


# -- Small ones

LIMIT = Fraction(1, 10)


def rates(*percents: float | None) -> Iterator[Fraction | None]:
    return (None if p is None else Fraction(str(p)) / 100 for p in percents)


@pytest.mark.parametrize(
    ("percents", "said"),
    [
        pytest.param(
            (0.4, None, 0.5), "Last 3 days: 0.4 %, 0.5 %, higher than at first; the limit is 10 %", id="higher"
        ),
        pytest.param((9, 7), "Last 2 days: 9 %, 7 %, lower than at first; the limit is 10 %", id="lower, near it"),
        pytest.param((1, 1.1), "Last 2 days: 1 %, 1.1 %, about as at first; the limit is 10 %", id="steady"),
        pytest.param((0, 0), "Last 2 days: 0 %, 0 %, about as at first; the limit is 10 %", id="nothing"),
        pytest.param((1,), "Today: 1 %; the limit is 10 %", id="one day"),
        pytest.param((None, None), "No rate in the last days", id="too little mail"),
        pytest.param((), "No rate in the last days", id="never evaluated"),
    ],
)
def test_a_small_line_says_where_a_rate_is_going(percents: tuple[float | None, ...], said: str) -> None:
    assert texts(sparkline(list(rates(*percents)), LIMIT), "title") == [said]


def test_small_lines_of_several_scopes_are_on_one_scale() -> None:
    lines = [sparkline(list(rates(1, highest)), LIMIT) for highest in (1, 4.9, 10, 20, 25, 90)]
    (hair,) = {line.get("y1") for each in lines for line in classed(each, "sr-limit-hair")}
    heights = [float(last.get("cy", "")) for each in lines for last in classed(each, "sr-last")]
    assert hair == "9.3"
    assert heights == [pytest.approx(height, abs=0.06) for height in (16.6, 12.5, 9.3, 4.9, 4, 4)]


def test_where_nothing_is_allowed_a_rate_is_at_the_top_of_a_small_line() -> None:
    (last,) = classed(sparkline(list(rates(0, 0.1)), Fraction(0)), "sr-last")
    assert last.get("cy") == "4"


def test_a_small_line_has_gaps_and_marks_its_newest_rate() -> None:
    line = sparkline(list(rates(1, 2, None, 3, None)), LIMIT)
    assert len(classed(line, "sr-line")) == 2
    (last,) = classed(line, "sr-last")
    assert float(last.get("cx", "")) < 96 - 4


def test_bars_are_as_long_as_they_are_many() -> None:
    told = bars(
        "Replies",
        ("Class", "Count"),
        [Bar("user unknown", 30, ("30",)), Bar("other", 10, ("10",)), Bar("none", 0, ("0",))],
    )
    assert [bar.get("width") for bar in classed(told, "sr-bar-size")] == ["100%", "33.33%", "0%"]
    assert texts(told, "th") == ["Class", "Count", "user unknown", "other", "none"]
    assert texts(told, "td") == ["30", "10", "0"]


def test_a_bar_of_something_is_seen_however_short_it_is() -> None:
    told = bars("Replies", ("Class", "Count"), [Bar("many", 9_999, ()), Bar("one", 1, ())])
    assert [bar.get("width") for bar in classed(told, "sr-bar-size")] == ["100%", "0.5%"]


def test_bars_of_nothing_are_said_to_be_so() -> None:
    assert "Nothing was counted" in str(bars("Replies", ("Class", "Count"), []))
