"""What `ses-reputation explain` prints."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from ses_reputation.domain.eligibility import Rule
from ses_reputation.domain.explanation import Calculation, Explanation, Line, MetricExplanation
from ses_reputation.domain.limits import exact_decimal
from ses_reputation.domain.rates import decimal
from ses_reputation.domain.verdict import Verdict, compare
from ses_reputation.notices.arithmetic import (
    AT_PROVIDERS,
    counted_text,
    difference_text,
    extent_text,
    left_out_text,
    outlook_texts,
    result_texts,
    span_text,
    volume_name,
)
from ses_reputation.notices.numbers import moment, percent
from ses_reputation.notices.texts import METRICS, VOLUME_SOURCES
from ses_reputation_cli.statuses import SENDING, status_text

_LABEL, _NUMBER = 44, 10


def explanation_document(explanation: Explanation, verdict: Verdict | None) -> str:
    """The explanation as JSON. Rates are decimal fractions of four places, limits exact decimals."""
    body: dict[str, Any] = msgspec.to_builtins(explanation, enc_hook=_as_decimal)
    for metric in body["metrics"]:
        for calculation in metric["calculations"]:
            rate = calculation["rate"]
            rate["rate"] = _decimal(rate["count"], rate["eligible"])
            rate["plain_rate"] = _decimal(rate["count"], rate["volume"])
    body["ses"] = msgspec.to_builtins(verdict)
    return msgspec.json.format(msgspec.json.encode(body)).decode()


def print_explanation(console: Console, explanation: Explanation, verdict: Verdict | None) -> None:
    """Print the explanation for people."""
    console.print(Text(explanation.scope, "bold"), ": ", status_text(explanation.status), sep="")
    console.print(f"At {moment(explanation.now)}. Volume: {VOLUME_SOURCES[explanation.source]}.", soft_wrap=True)
    for metric in explanation.metrics:
        name = METRICS[metric.metric].name
        console.print(f"\n[bold]{name.capitalize()}[/bold]: ", status_text(metric.status), sep="")
        for calculation in metric.calculations:
            console.print("\n".join(_calculation(calculation, metric)), soft_wrap=True)
        console.print("\n".join(f"    {line}" for line in outlook_texts(metric, moment)), soft_wrap=True)
    if verdict:
        console.print(
            "\n[bold]What SES says itself[/bold]\n" + "\n".join(_verdict(verdict, explanation)), soft_wrap=True
        )
    if explanation.outages:
        console.print("\n[bold]Left out as outages of mailbox providers[/bold]")
        for outage in explanation.outages:
            console.print(f"  {left_out_text(outage, moment)}", soft_wrap=True)
    if explanation.rules:
        console.print(
            "\n[bold]Rules that apply to these lines[/bold]\n" + "\n".join(_rules(explanation.rules)), soft_wrap=True
        )


def _calculation(calculation: Calculation, metric: MetricExplanation) -> Iterator[str]:
    rate = calculation.rate
    yield f"  {span_text(calculation, metric, moment)}"
    yield f"  {extent_text(rate, moment)}"
    yield from _sum(calculation.volume, volume_name(metric.metric), rate.volume)
    if calculation.providers:
        yield ""
        for provider in calculation.providers:
            yield _row(f"  to {provider.provider}", provider.volume, counted_text(provider))
        yield _row(f"= {AT_PROVIDERS}", rate.eligible)
    yield ""
    yield from _sum(calculation.numerator, "counted", rate.count)
    for line in calculation.besides:
        yield _row(f"  ({line.what}, in no rate", line.count, f"{', '.join(line.rules)})")
    yield ""
    yield from (f"    {line}" for line in result_texts(rate, metric.limits.limit))


def _sum(lines: Iterable[Line], result: str, total: int) -> Iterator[str]:
    """Lines and what they come to."""
    for line in lines:
        sign = "-" if line.count < 0 else " "
        yield _row(f"{sign} {line.what}", line.count, ", ".join(line.rules) if line.count < 0 else "")
    yield _row(f"= {result}", total)


def _row(label: str, count: int, note: str = "") -> str:
    return f"    {label:<{_LABEL}}{count:>{_NUMBER},}   {note}".rstrip()


def _verdict(verdict: Verdict, explanation: Explanation) -> Iterator[str]:
    if verdict.enforcement:
        sending = SENDING[verdict.sending_enabled]
        yield f"    Status {verdict.enforcement}, sending {sending} (asked {moment(verdict.time)})"
    windows = {metric.metric: metric.calculations[-1].rate for metric in explanation.metrics}
    ours = {metric: window.fraction for metric, window in windows.items() if window.eligible > 0}
    for rate in compare(verdict, ours):
        if rate.ses and rate.difference is not None:
            name, theirs = METRICS[rate.metric].name.capitalize(), f"{percent(rate.ses.rate)} ({moment(rate.ses.time)})"
            yield f"    {name} {theirs}; ours, over the window, differs by {difference_text(rate.difference)}"


def _rules(rules: Iterable[Rule]) -> Iterator[str]:
    for rule in rules:
        yield f"  {rule.name}: {rule.says}"
        yield f"    {rule.source}"


def _decimal(count: int, of: int) -> str | None:
    return decimal(Fraction(count, of)) if of > 0 else None


def _as_decimal(value: object) -> str:
    if isinstance(value, Fraction):
        return exact_decimal(value)
    raise NotImplementedError(type(value))
