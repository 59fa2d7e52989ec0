"""The arithmetic of a scope's rates, to be checked with a pencil: what `ses-reputation explain` prints, as tables."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import htpy as h
from htpy import Element, Node

from ses_reputation.dashboard.medium import Medium
from ses_reputation.dashboard.parts import card, moment_text, more, nothing, wide
from ses_reputation.dashboard.views import ScopeView
from ses_reputation.domain.eligibility import Rule
from ses_reputation.domain.explanation import Calculation, Explanation, Line, MetricExplanation, ProviderLine
from ses_reputation.notices.arithmetic import (
    AT_PROVIDERS,
    counted_text,
    extent_text,
    left_out_text,
    outlook_texts,
    result_texts,
    span_text,
    volume_name,
)
from ses_reputation.notices.numbers import Moments
from ses_reputation.notices.structure import readable
from ses_reputation.notices.texts import METRICS, VOLUME_SOURCES


def arithmetic(view: ScopeView, medium: Medium) -> Element:
    """How each rate comes about, folded away."""
    if view.explanation is None:
        return card("The arithmetic", nothing("No mail was counted, so that there is nothing to divide."))
    moment = partial(moment_text, zone=medium.zone)
    explanation = view.explanation
    return card(
        "The arithmetic",
        h.p(".sr-hint")[
            f"How the rates come about at {moment(explanation.now)}. Volume: {VOLUME_SOURCES[explanation.source]}."
        ],
        (
            more(f"How the {METRICS[metric.metric].name} comes about", _metric(metric, moment))
            for metric in explanation.metrics
        ),
        _left_out(explanation, moment),
        more("The rules that apply to these lines", _rules(explanation.rules)) if explanation.rules else None,
    )


def _metric(metric: MetricExplanation, moment: Moments) -> Node:
    return [
        [
            _calculation(calculation, metric, moment, decides=len(metric.calculations) > 1 and number == 0)
            for number, calculation in enumerate(metric.calculations)
        ],
        h.ul[(h.li[text] for text in outlook_texts(metric, moment))],
    ]


def _calculation(calculation: Calculation, metric: MetricExplanation, moment: Moments, *, decides: bool) -> Element:
    """One rate; where a finding has a rate of its own, that decides, and comes before the one over the window."""
    rate = calculation.rate
    caption = f"The {METRICS[metric.metric].name} {'that decides' if decides else 'over the window'}"
    return h.section(".sr-calculation")[
        h.h3[caption],
        h.p[span_text(calculation, metric, moment), h.br, extent_text(rate, moment)],
        wide(
            caption,
            h.table(".sr-small.sr-sum")[
                h.caption(".sr-unseen")[caption],
                h.thead[
                    h.tr[h.th(scope="col")["Line"], h.th(".sr-number", scope="col")["Number"], h.th(scope="col")["Why"]]
                ],
                _sum(calculation.volume, volume_name(metric.metric), rate.volume),
                _providers(calculation.providers, rate.eligible) if calculation.providers else None,
                _sum(calculation.numerator, "counted", rate.count, calculation.besides),
            ],
        ),
        h.p(".sr-result")[_lines(result_texts(rate, metric.limits.limit))],
    ]


def _lines(texts: Iterable[str]) -> Iterator[Node]:
    for number, text in enumerate(texts):
        if number:
            yield h.br
        yield text


def _sum(lines: Sequence[Line], result: str, total: int, besides: Sequence[Line] = ()) -> Element:
    return h.tbody[
        (_row(line.what, line.count, ", ".join(line.rules) if line.count < 0 else "") for line in lines),
        _row(result, total, result=True),
        (_row(f"{line.what}, in no rate", line.count, ", ".join(line.rules)) for line in besides),
    ]


def _providers(providers: Sequence[ProviderLine], eligible: int) -> Element:
    return h.tbody[
        (_row(f"to {readable(each.provider, 60)}", each.volume, counted_text(each)) for each in providers),
        _row(AT_PROVIDERS, eligible, result=True),
    ]


def _row(label: str, count: int, note: str = "", *, result: bool = False) -> Element:
    # A true minus is as wide as a digit.
    number = f"{count:,}".replace("-", "\u2212")
    return h.tr(".sr-total" if result else "")[
        h.th(scope="row")[h.bdi[f"= {label}" if result else label]], h.td(".sr-number")[number], h.td[note]
    ]


def _left_out(explanation: Explanation, moment: Moments) -> Node:
    if not explanation.outages:
        return None
    texts = (left_out_text(outage, moment) for outage in explanation.outages)
    return [h.h3["Left out as outages of mailbox providers"], h.ul[(h.li[h.bdi[text]] for text in texts)]]


def _rules(rules: Iterable[Rule]) -> Element:
    return h.dl(".sr-rules")[
        (h.div[h.dt[h.code[rule.name]], h.dd[rule.says, " ", _source(rule.source)]] for rule in rules)
    ]


def _source(address: str) -> Node:
    """Where a rule is written. Nothing but a page of the web is a link."""
    host = address.removeprefix("https://").partition("/")[0]
    return h.a(href=address, rel="noreferrer")[host] if address.startswith("https://") else address
