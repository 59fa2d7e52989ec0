"""One rate of a scope in a box: what it is, what it may be, over which mail, and where it is heading."""

from datetime import UTC, tzinfo
from fractions import Fraction

import htpy as h
from htpy import Element, Node

from ses_reputation.dashboard.charts.sparkline import sparkline
from ses_reputation.dashboard.parts import card, counted, facts, moment_text, more, status_badge, status_sign
from ses_reputation.dashboard.views import Frame
from ses_reputation.domain.categories import Category
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.limits import Limits
from ses_reputation.domain.policy import Evidence, Policy
from ses_reputation.domain.rates import Metric, Rate
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import Measures, Standing
from ses_reputation.domain.trend import Trend
from ses_reputation.notices.alert import measured_document
from ses_reputation.notices.numbers import percent, rows_of_rate, words_of_limits
from ses_reputation.notices.standings import warnings_of
from ses_reputation.notices.structure import Row
from ses_reputation.notices.texts import METRICS
from ses_reputation.notices.vocabulary import STATUS_NAMES, Vocabulary, words_of

# A rate far over its limit must not push the limit to the very left, where nobody sees what it is.
_ROOM = Fraction(5, 4)
_MOST_ROOM = 5


def rate_card(
    standing: Standing, metric: Metric, policy: Policy, words: Vocabulary, zone: tzinfo, *besides: Node
) -> Element:
    """A metric of a scope: its status, the rate that decides, its limits and the forecast.

    `besides` stands next to the number, such as the way that it went.
    """
    name = METRICS[metric].name.capitalize()
    status = standing.metric_status(metric)
    heading = [h.span[name], status_badge(status, STATUS_NAMES[words][status])]
    measures = standing.measures.get(metric)
    content = _unmeasured(standing, policy) if measures is None else _measured(standing, measures, policy, words, zone)
    return card(heading, h.div(".sr-rate")[content[0], besides], content[1:], classes="sr-rate-card")


def rate_rows(
    standing: Standing, metric: Metric, policy: Policy, words: Vocabulary, zone: tzinfo
) -> list[tuple[Row, tuple[Node, Node]]]:
    """The rates of a metric, its limits and the forecast, each as a row of a notice and as a label and a value.

    Nothing before it was measured.
    """
    measures = standing.measures.get(metric)
    if measures is None:
        return []
    measured = measured_document(standing.scope, metric, measures, policy)
    finding = standing.findings.get(Category(metric))
    placeholders = words_of(words) | words_of_limits(measured)
    since = finding.since if finding else None
    rows = rows_of_rate(METRICS[metric], measured, placeholders, since, lambda time: moment_text(time, zone))
    # A line that ends before the sign of a percentage makes one look twice.
    return [(row, (_label(row), row.value.replace(" %", "\u00a0%"))) for row in rows]


def warnings(standing: Standing, policy: Policy, zone: tzinfo) -> list[Element]:
    """What could become a finding, each as a paragraph with the sign of what to watch."""
    texts = warnings_of(standing, policy, lambda time: moment_text(time, zone))
    return [h.p(".sr-warning")[h.span(".sr-watch")[status_sign(Status.PROBATION)], h.span[text]] for text in texts]


def _label(row: Row) -> Node:
    return f"{row.label[:1].upper()}{row.label[1:]}" or h.span(".sr-unseen")["and"]


def _unmeasured(standing: Standing, policy: Policy) -> list[Node]:
    why = "No mail was counted yet."
    if not policy.can_measure(standing.scope):
        why = "SES's own statistics, which the volume is taken from here, do not tell of this kind of scope."
    return [_value("\u2013", "not measured"), h.p(".sr-muted")[why]]


def _measured(standing: Standing, measures: Measures, policy: Policy, words: Vocabulary, zone: tzinfo) -> list[Node]:
    rate = measures.deciding
    metric = rate.metric
    # The rate itself is in large figures above.
    rows = rate_rows(standing, metric, policy, words, zone)[1:]
    shown = policy.shown(rate)
    limits = policy.limits_of(standing.scope, metric)
    return [
        _value("\u2013" if shown is None else percent(shown), _counts(rate)),
        meter(shown, limits),
        _evidence(standing, rate, policy),
        facts(shown for row, shown in rows if not row.detail),
        _floor(standing, metric, zone),
        more("Over which mail", facts(shown for row, shown in rows if row.detail)),
    ]


def _value(value: str, counts: str) -> Element:
    return h.p(".sr-figure")[h.strong[value], " ", h.span[counts]]


def _counts(rate: Rate) -> str:
    texts = METRICS[rate.metric]
    return f"{counted(rate.count, texts.one, texts.many)} in {rate.eligible:,} {texts.eligible}"


def _evidence(standing: Standing, rate: Rate, policy: Policy) -> Node:
    """That there is too little to judge by, where that is so."""
    match policy.evidence(standing.scope, rate):
        case Evidence.TOO_LITTLE_MAIL:
            least = counted(max(policy.minimum_volume, 1), "recipient")
            return h.p(".sr-hint")[f"Too little mail to judge: it takes at least {least}."]
        case Evidence.TOO_FEW_EVENTS:
            texts = METRICS[rate.metric]
            least = counted(policy.minimum_count(rate.metric), texts.one, texts.many)
            return h.p(".sr-hint")[f"Over the limit, but too few to act on: it takes at least {least}."]
        case Evidence.ENOUGH if _is_only_over_recommended(standing, rate, policy):
            return h.p(".sr-hint")["Over what is recommended, and within the limit."]
        case Evidence.ENOUGH:
            return None


def _is_only_over_recommended(standing: Standing, rate: Rate, policy: Policy) -> bool:
    limits = policy.limits_of(standing.scope, rate.metric)
    return limits.recommended.exceeded_by(rate.count, rate.eligible) and not policy.is_over_limit(standing.scope, rate)


def _floor(standing: Standing, metric: Metric, zone: tzinfo) -> Node:
    floor = standing.metric(metric).floor
    return (
        h.p(".sr-hint")[f"Mail from before {moment_text(floor, zone)} does not count: it was answered for."]
        if floor
        else None
    )


def meter(rate: Fraction | None, limits: Limits) -> Element:
    """A rate on a scale from 0 on, with its recommended value (a diamond) and its limit (a bar) marked."""
    limit, recommended = limits.limit, limits.recommended
    end = max(limit.value * _ROOM, min(rate or Fraction(0), limit.value * _MOST_ROOM), Fraction(1, 1_000_000))
    tone = "plain"
    if rate is not None:
        over, near = (bound.exceeded_by(rate.numerator, rate.denominator) for bound in (limit, recommended))
        tone = "bad" if over else "watch" if near else "good"
    return h.div(".sr-meter")[
        h.svg(class_=f"sr-{tone}", width="100%", height="18", role="img", aria_label=_told(rate, limits))[
            h.rect(".sr-track", x="0", y="6", width="100%", height="8", rx="4"),
            _bar(rate, end),
            h.svg(".sr-notch", aria_hidden="true", x=_at(recommended.value, end), y="10")[
                h.path(d="M0 -6l6 6-6 6-6-6z")
            ],
            h.svg(".sr-notch", aria_hidden="true", x=_at(limit.value, end), y="10")[h.path(d="M-2 -9h4v17h-4z")],
        ],
        h.p(".sr-notches", aria_hidden="true")[
            h.span[_mark("M6 0l6 6-6 6-6-6z"), f"recommended under {percent(recommended.value)}"],
            h.span[_mark("M4 -1h4v14h-4z"), f"limit {percent(limit.value)}"],
        ],
    ]


def _told(rate: Fraction | None, limits: Limits) -> str:
    """What the scale says to who can not see it."""
    limit = limits.limit.value
    marks = f"limit {percent(limit)}, recommended under {percent(limits.recommended.value)}"
    if rate is None:
        return f"No rate; {marks}"
    return f"{percent(rate)}{share_text(rate, limit)}; {marks}"


def share_text(rate: Fraction, limit: Fraction) -> str:
    """How much of its limit a rate uses up, to be put after it; nothing where the limit is 0."""
    return f", {round(rate / limit * 100):,} % of the limit" if limit else ""


def _bar(rate: Fraction | None, end: Fraction) -> Node:
    if not rate:
        return None
    return h.rect(".sr-filled", x="0", y="6", width=_at(min(rate, end), end), height="8", rx="4")


def _mark(path: str) -> Element:
    return h.svg(".sr-notch", viewBox="-1 -2 14 16", width="12", height="12", aria_hidden="true")[h.path(d=path)]


def _at(value: Fraction, end: Fraction) -> str:
    return f"{float(value / end) * 100:.2f}%"


def trend_line(trend: Trend, scope: Scope, metric: Metric, frame: Frame) -> Node:
    """The way of a rate in the last days until today, as a small line; nothing unless there are two days of it."""
    points = trend.until(frame.now.astimezone(UTC).date()).fractions(metric)
    known = sum(point is not None for point in points)
    return sparkline(points, frame.policy.limits_of(scope, metric).limit.value) if known > 1 else None
