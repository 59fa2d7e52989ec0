"""The arithmetic of a rate, in words: how `explain` says it, and the page of a scope."""

from collections.abc import Iterator
from fractions import Fraction

from ses_reputation.domain.explanation import Calculation, MetricExplanation, ProviderLine
from ses_reputation.domain.limits import Bound
from ses_reputation.domain.outages import Outage
from ses_reputation.domain.policy import Evidence
from ses_reputation.domain.rates import Metric, Rate, decimal
from ses_reputation.notices.numbers import Moments, clean_text, hours_text, percent
from ses_reputation.notices.structure import readable
from ses_reputation.notices.texts import METRICS

AT_PROVIDERS = "at providers that send complaints"
"""What the mail to single providers comes to, in a complaint rate."""


def span_text(calculation: Calculation, metric: MetricExplanation, moment: Moments) -> str:
    """Which mail a rate is over."""
    if calculation.full_at is None:
        return f"Since the probation began: all mail from {moment(calculation.start)} on. This rate decides."
    why = "the floor" if calculation.start == metric.floor else "older mail does not count"
    back = f"back to {moment(calculation.start)} ({why})"
    return f"Over the window: the newest hours that hold {calculation.full_at:,} recipients, {back}"


def extent_text(rate: Rate, moment: Moments) -> str:
    """How much mail a rate is over."""
    oldest = f", the oldest {moment(rate.start)}" if rate.start else ""
    return f"That is {rate.volume:,} recipients in {hours_text(rate.hours)} with mail{oldest}"


def volume_name(metric: Metric) -> str:
    """What the lines of a volume come to."""
    return "eligible" if metric is Metric.BOUNCE_RATE else "recipients"


def counted_text(provider: ProviderLine) -> str:
    """How much of the mail to a provider counts, and why."""
    match provider.eligible:
        case 0 if provider.volume:
            return f"left out: {provider.feedback.value}"
        case provider.volume:
            return provider.feedback.value
        case some:
            return f"{some:,} of them: {provider.feedback.value}"


def result_texts(rate: Rate, bound: Bound) -> Iterator[str]:
    """The division, that over all mail where it is another one, and how the rate compares with its limit."""
    yield _quotient(rate)
    if rate.volume != rate.eligible and rate.volume > 0:
        yield f"{rate.count:,} / {rate.volume:,} = {percent(rate.plain)} of all mail, the plain rate{_factor(rate)}"
    if rate.eligible > 0:
        yield _comparison(rate, bound)


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


def outlook_texts(metric: MetricExplanation, moment: Moments) -> Iterator[str]:
    """The limits, why the rate can't be judged if it can't, and where it is heading."""
    texts, limits = METRICS[metric.metric], metric.limits
    reached = "must not be reached" if limits.limit.inclusive else "may be reached, not passed"
    yield f"Limit {percent(limits.limit.value)} ({reached}), recommended under {percent(limits.recommended.value)}"
    if lacking := lacking_text(
        metric.evidence, metric.calculations[0].rate, metric.minimum_volume, metric.minimum_count
    ):
        yield lacking
    if forecast := metric.forecast:
        if forecast.limit_passed:
            yield f"It passes the limit on {moment(forecast.limit_passed)}, at the present pace."
        under = f"under {percent(limits.recommended.value)}"
        for clean, goal in ((forecast.clean_to_limit, "within its limit"), (forecast.clean_to_recommended, under)):
            if clean:
                yield f"{clean_text(clean, texts, goal)}."


def lacking_text(evidence: Evidence, rate: Rate, minimum_volume: int, minimum_count: int) -> str:
    """Why a rate can't be judged; empty if it can."""
    match evidence:
        case Evidence.TOO_LITTLE_MAIL:
            return f"Too little mail to judge: {rate.eligible:,} of at least {max(minimum_volume, 1):,} recipients."
        case Evidence.TOO_FEW_EVENTS:
            few = f"{rate.count:,} of at least {minimum_count:,}"
            many = METRICS[rate.metric].many
            return f"Too few {many} to judge: {few}. On so few no status changes for the worse."
        case Evidence.ENOUGH:
            return ""


def left_out_text(outage: Outage, moment: Moments) -> str:
    """An outage whose mail is in no rate here."""
    time = f"{moment(outage.start)} to {moment(outage.end) if outage.end else 'now'}"
    return f"{readable(outage.provider)}, {time} ({outage.stage}, {outage.id}). SES counts this mail all the same."


def difference_text(points: Fraction) -> str:
    """How far two rates are apart."""
    return f"{float(points):+.3f} percentage points"


def _number(value: Fraction) -> str:
    """A number with two digits behind the point at most, and none that say nothing."""
    return f"{float(value):,.2f}".rstrip("0").rstrip(".")
