"""What `ses-reputation explain` prints."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from ses_reputation.domain.eligibility import Rule
from ses_reputation.domain.explanation import Calculation, Explanation, Line, MetricExplanation, ProviderLine
from ses_reputation.domain.limits import Bound, exact_decimal
from ses_reputation.domain.outages import Outage
from ses_reputation.domain.policy import Evidence
from ses_reputation.domain.rates import Metric, Rate, decimal
from ses_reputation.domain.verdict import Verdict, compare
from ses_reputation.notices.numbers import clean_text, hours_text, moment, percent
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
        console.print("\n".join(_outlook(metric)), soft_wrap=True)
    if verdict:
        console.print(
            "\n[bold]What SES says itself[/bold]\n" + "\n".join(_verdict(verdict, explanation)), soft_wrap=True
        )
    if explanation.outages:
        console.print("\n[bold]Left out as outages of mailbox providers[/bold]")
        for outage in explanation.outages:
            console.print(f"  {_outage(outage)}", soft_wrap=True)
    if explanation.rules:
        console.print(
            "\n[bold]Rules that apply to these lines[/bold]\n" + "\n".join(_rules(explanation.rules)), soft_wrap=True
        )


def _calculation(calculation: Calculation, metric: MetricExplanation) -> Iterator[str]:
    rate = calculation.rate
    if calculation.full_at is None:
        yield f"  Since the probation began: all mail from {moment(calculation.start)} on. This rate decides."
    else:
        why = "the floor" if calculation.start == metric.floor else "older mail does not count"
        back = f"back to {moment(calculation.start)} ({why})"
        yield f"  Over the window: the newest hours that hold {calculation.full_at:,} recipients, {back}"
    oldest = f", the oldest {moment(rate.start)}" if rate.start else ""
    yield f"  That is {rate.volume:,} recipients in {hours_text(rate.hours)} with mail{oldest}"
    yield from _sum(
        calculation.volume, "eligible" if metric.metric is Metric.BOUNCE_RATE else "recipients", rate.volume
    )
    if calculation.providers:
        yield ""
        for provider in calculation.providers:
            yield _row(f"  to {provider.provider}", provider.volume, _counted(provider))
        yield _row("= at providers that send complaints", rate.eligible)
    yield ""
    yield from _sum(calculation.numerator, "counted", rate.count)
    for line in calculation.besides:
        yield _row(f"  ({line.what}, in no rate", line.count, f"{', '.join(line.rules)})")
    yield ""
    yield f"    {_quotient(rate)}"
    if rate.volume != rate.eligible and rate.volume > 0:
        yield f"    {rate.count:,} / {rate.volume:,} = {percent(rate.plain)} of all mail, the plain rate{_factor(rate)}"
    bound = metric.limits.limit
    if rate.eligible > 0:
        yield f"    {_comparison(rate, bound)}"


def _counted(provider: ProviderLine) -> str:
    """How much of the mail to a provider counts, and why."""
    match provider.eligible:
        case 0 if provider.volume:
            return f"left out: {provider.feedback.value}"
        case provider.volume:
            return provider.feedback.value
        case some:
            return f"{some:,} of them: {provider.feedback.value}"


def _sum(lines: Iterable[Line], result: str, total: int) -> Iterator[str]:
    """Lines and what they come to."""
    for line in lines:
        sign = "-" if line.count < 0 else " "
        yield _row(f"{sign} {line.what}", line.count, ", ".join(line.rules) if line.count < 0 else "")
    yield _row(f"= {result}", total)


def _row(label: str, count: int, note: str = "") -> str:
    return f"    {label:<{_LABEL}}{count:>{_NUMBER},}   {note}".rstrip()


def _quotient(rate: Rate) -> str:
    if rate.eligible <= 0:
        return f"{rate.count:,} / {rate.eligible:,}: no mail to divide by"
    return f"{rate.count:,} / {rate.eligible:,} = {decimal(rate.fraction)} = {percent(rate.fraction)}"


def _factor(rate: Rate) -> str:
    if not (rate.count and rate.eligible > 0):
        return ""
    return f": SES's is {_number(Fraction(rate.volume, rate.eligible))} times that"


def _comparison(rate: Rate, bound: Bound) -> str:
    """The rate held against its limit, by multiplication, as it is judged."""
    over = bound.exceeded_by(rate.count, rate.eligible)
    sign = (">=" if over else "<") if bound.inclusive else (">" if over else "<=")
    allowed = f"{percent(bound.value)} of {rate.eligible:,} = {_number(bound.value * rate.eligible)}"
    return f"{rate.count:,} {sign} {allowed}: {'over' if over else 'not over'} the limit"


def _outlook(metric: MetricExplanation) -> Iterator[str]:
    texts, limits = METRICS[metric.metric], metric.limits
    reached = "must not be reached" if limits.limit.inclusive else "may be reached, not passed"
    yield f"    Limit {percent(limits.limit.value)} ({reached}), recommended under {percent(limits.recommended.value)}"
    match metric.evidence:
        case Evidence.TOO_LITTLE_MAIL:
            volume = metric.calculations[0].rate.eligible
            yield f"    Too little mail to judge: {volume:,} of at least {metric.minimum_volume:,} recipients."
        case Evidence.TOO_FEW_EVENTS:
            few = f"{metric.calculations[0].rate.count:,} of at least {metric.minimum_count:,}"
            yield f"    Too few {texts.many} to judge: {few}. On so few no status changes for the worse."
    if forecast := metric.forecast:
        if forecast.limit_passed:
            yield f"    It passes the limit on {moment(forecast.limit_passed)}, at the present pace."
        under = f"under {percent(limits.recommended.value)}"
        for clean, goal in ((forecast.clean_to_limit, "within its limit"), (forecast.clean_to_recommended, under)):
            if clean:
                yield f"    {clean_text(clean, texts, goal)}."


def _verdict(verdict: Verdict, explanation: Explanation) -> Iterator[str]:
    if verdict.enforcement:
        sending = SENDING[verdict.sending_enabled]
        yield f"    Status {verdict.enforcement}, sending {sending} (asked {moment(verdict.time)})"
    windows = {metric.metric: metric.calculations[-1].rate for metric in explanation.metrics}
    ours = {metric: window.fraction for metric, window in windows.items() if window.eligible > 0}
    for rate in compare(verdict, ours):
        if rate.ses and rate.difference is not None:
            name, theirs = METRICS[rate.metric].name.capitalize(), f"{percent(rate.ses.rate)} ({moment(rate.ses.time)})"
            points = f"{float(rate.difference):+.3f} percentage points"
            yield f"    {name} {theirs}; ours, over the window, differs by {points}"


def _outage(outage: Outage) -> str:
    time = f"{moment(outage.start)} to {moment(outage.end) if outage.end else 'now'}"
    return f"{outage.provider}, {time} ({outage.stage}, {outage.id}). SES counts this mail all the same."


def _rules(rules: Iterable[Rule]) -> Iterator[str]:
    for rule in rules:
        yield f"  {rule.name}: {rule.says}"
        yield f"    {rule.source}"


def _number(value: Fraction) -> str:
    """A number with two digits behind the point at most, and none that say nothing."""
    return f"{float(value):,.2f}".rstrip("0").rstrip(".")


def _decimal(count: int, of: int) -> str | None:
    return decimal(Fraction(count, of)) if of > 0 else None


def _as_decimal(value: object) -> str:
    if isinstance(value, Fraction):
        return exact_decimal(value)
    raise NotImplementedError(type(value))
