"""The rates of a scope over time, and its mail day by day: as charts, and below them in numbers."""

from collections.abc import Iterator
from hashlib import blake2b

import htpy as h
from htpy import Element, Node
from msgspec.structs import replace

from ses_reputation.dashboard.charts.marks import marks_of
from ses_reputation.dashboard.charts.rates import RateChart, rate_chart, rate_table
from ses_reputation.dashboard.charts.volume import volume_chart, volume_table
from ses_reputation.dashboard.medium import Medium
from ses_reputation.dashboard.pages import DAYS
from ses_reputation.dashboard.parts import card, more, nothing, scope_text
from ses_reputation.dashboard.views import ScopeView
from ses_reputation.domain.history import statuses_over_time
from ses_reputation.domain.rates import Metric
from ses_reputation.domain.scopes import Scope
from ses_reputation.notices.texts import METRICS


def over_time(view: ScopeView, medium: Medium) -> Element:
    """How the rates, and the mail that they are of, came to be what they are, in the days that were asked for."""
    return card(
        [h.span[f"The last {view.page.days} days"], _choice(view, medium)],
        h.div(".sr-columns")[_rates(view, medium)] if _is_measured(view) else None,
        _mail(view),
        classes="sr-over-time",
    )


def _choice(view: ScopeView, medium: Medium) -> Node:
    """How far back the charts go."""
    links = (
        medium.link(replace(view.page, days=days), f"{days} days", current=days == view.page.days) for days in DAYS
    )
    return h.nav(".sr-days", aria_label="How far back")[links]


def _is_measured(view: ScopeView) -> bool:
    return any(point.window.volume or point.window.count for points in view.rates.values() for point in points)


def _rates(view: ScopeView, medium: Medium) -> Iterator[Element]:
    charts = [_chart(metric, view, medium) for metric in Metric]
    for chart in charts:
        name = METRICS[chart.metric].name
        yield h.section[
            h.h3[name.capitalize()],
            rate_chart(chart, _prefix(chart.metric, view.standing.scope), beside=charts),
            more(f"The {name} in numbers", rate_table(chart)),
        ]


def _chart(metric: Metric, view: ScopeView, medium: Medium) -> RateChart:
    standing, frame = view.standing, view.frame
    points = view.rates[metric]
    return RateChart(
        metric=metric,
        subject=scope_text(standing.scope),
        points=points,
        statuses=statuses_over_time(view.news, standing, metric, frame.now),
        marks=marks_of(view.news, view.floors[metric], standing.findings.values(), metric, frame.words),
        limits=frame.policy.limits_of(standing.scope, metric),
        policy=frame.policy,
        since=points[0].time if points else frame.now,
        now=frame.now,
        zone=medium.zone,
        words=frame.words,
    )


def _mail(view: ScopeView) -> Element:
    counted = any(day.mail.sent or day.mail.hard_bounced or day.mail.complained for day in view.volume)
    return h.section[
        h.h3["Mail"],
        [
            volume_chart(view.volume, scope_text(view.standing.scope), _prefix("volume", view.standing.scope)),
            more("The mail in numbers", volume_table(view.volume)),
        ]
        if counted
        else nothing(_no_mail(view)),
    ]


def _prefix(chart: str, scope: Scope) -> str:
    """What makes the ids of a chart unique: one document can have the pages of several scopes."""
    return f"sr-{chart}-{blake2b(scope.encode(), digest_size=4).hexdigest()}"


def _no_mail(view: ScopeView) -> str:
    if not view.frame.policy.can_measure(view.standing.scope):
        return (
            "The volume is taken from SES's own statistics here (VolumeSource), which tell of the account and of "
            "configuration sets alone. With Send events this would be measured."
        )
    return "No mail was counted in these days. If that is a mistake, ses-reputation doctor finds out why."
