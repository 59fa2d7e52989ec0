"""The notices about one finding: something was decided about it, or people are reminded of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from ses_reputation.domain.categories import CATEGORIES, AtEnd, Category, OnChanges
from ses_reputation.domain.changes import ReminderKind
from ses_reputation.domain.decisions import CHANGES_MADE, DISMISSED_FOR
from ses_reputation.domain.lifecycle import Status, Trigger
from ses_reputation.domain.scopes import Scope, ScopeKind, is_other
from ses_reputation.domain.standing import Actor
from ses_reputation.notices.alert import FindingDocument, ReminderAlert, StatusAlert
from ses_reputation.notices.categories import CATEGORY_TEXTS, SUSPICIONS
from ses_reputation.notices.numbers import Moments, day, duration, moment, ordinal, rows_of_rate, words_of_limits
from ses_reputation.notices.structure import (
    Command,
    Headline,
    Notice,
    Part,
    Points,
    Quote,
    Row,
    Rows,
    Section,
    Text,
    listed,
    readable,
)
from ses_reputation.notices.texts import (
    APPEALING,
    AT_END,
    AT_END_BETWEEN,
    AT_END_MEASURED,
    CAUSES,
    CONFIRMING,
    CONFIRMING_REPEATS,
    DECIDING,
    DECIDING_TO,
    DECISIONS,
    DISMISSING,
    EXPLAIN,
    EXPLAINING,
    KEPT_PAUSED_IN_SES,
    METRICS,
    NEWS,
    NEWS_OF_SHUTDOWN,
    NEWS_OF_SUSPICION,
    NEXT,
    NEXT_DISMISSED,
    NEXT_LIFTED,
    NEXT_MEASURED,
    NEXT_PERMANENT,
    NEXT_SUSPECTED,
    NEXT_UNDECIDED,
    NEXT_WITHDRAWN,
    ON_APPEAL,
    ON_CHANGES,
    OTHERS_OPEN,
    PAUSED_IN_SES,
    REMINDERS,
    REPEATS,
    REPORTING_CHANGES,
    SES_DECIDES_TOO,
    STOPPED_BY_SENDERS,
)
from ses_reputation.notices.vocabulary import STATUS_NAMES, Vocabulary, other_name, words_of

# What somebody wrote can be long, and the history has all of it. What was seen is what people decide by.
QUOTED = 280
SEEN = 600

_SEVERITY = tuple(Status)
_NEWS: Mapping[Status, Mapping[Trigger, str]] = MappingProxyType(
    {Status.SHUTDOWN: NEWS_OF_SHUTDOWN, Status.HEALTHY: NEWS_OF_SUSPICION}
)
_ENDED: Mapping[Trigger, str] = MappingProxyType({Trigger.DISMISSED: NEXT_DISMISSED, Trigger.WITHDRAWN: NEXT_WITHDRAWN})
_REPORTS = frozenset(
    {
        Trigger.SUSPECTED,
        Trigger.REPORTED,
        Trigger.REPORTED_FOR_SHUTDOWN,
        Trigger.REPORTED_FOR_REVIEW,
        Trigger.REPEATED,
        Trigger.REPEATED_FOR_SHUTDOWN,
        Trigger.REPEATED_FOR_REVIEW,
        Trigger.REPEATED_FOR_GOOD,
    }
)


def status_notice(alert: StatusAlert, vocabulary: Vocabulary) -> Notice:
    """What was decided about a finding, why, and what follows."""
    trigger = Trigger(alert.cause)
    before, after = Status(alert.before), Status(alert.after)
    words = words_about(alert, vocabulary)
    permanent = alert.finding.permanent
    worse = _SEVERITY.index(after) > _SEVERITY.index(before)
    # Who has heard before what it is about hears it again when that matters most.
    explained = worse and (before is Status.HEALTHY or (after is Status.SHUTDOWN and not permanent))
    helped = (worse or trigger is Trigger.CHANGES_REFUSED) and not permanent
    return _notice(
        alert,
        _news(alert, words),
        [
            Section(Part.WHY, _texts([CAUSES[trigger, before], *_explanation(alert, explained=explained)], words)),
            *_decision(alert),
            *_evidence(alert, words),
            *([_advice(alert, words)] if helped or trigger is Trigger.SUSPECTED else []),
            Section(Part.NEXT, (*_texts(_follows(alert), words), *commands_about(alert, words))),
        ],
        also=other_name(after, vocabulary),
    )


def _explanation(alert: StatusAlert, *, explained: bool) -> Iterator[str]:
    """What the problem is; of a suspicion, why it may be none."""
    category = Category(alert.category)
    if alert.cause == Trigger.SUSPECTED:
        yield SUSPICIONS[category].doubt
    elif explained:
        yield CATEGORY_TEXTS[category].about


def reminder_notice(alert: ReminderAlert, vocabulary: Vocabulary) -> Notice:
    """What people are reminded of, and what they can do."""
    kind = ReminderKind(alert.reminder)
    words = words_about(alert, vocabulary)
    news, why = REMINDERS[kind]
    return _notice(
        alert,
        ("suspected, " if alert.finding.suspected else "") + news.format_map(words),
        [
            Section(Part.WHY, _texts([why], words)),
            *_evidence(alert, words),
            *([_advice(alert, words)] if kind is ReminderKind.PERIOD_ENDS else []),
            Section(Part.NEXT, (*_texts(_follows(alert), words), *commands_about(alert, words))),
        ],
        also=other_name(Status(alert.finding.status), vocabulary),
    )


def _notice(alert: StatusAlert | ReminderAlert, news: str, sections: Sequence[Section], also: str) -> Notice:
    name = CATEGORY_TEXTS[Category(alert.category)].name
    return Notice(
        subject=Headline(f"SES {name} of ", readable(alert.scope), f": {news}"),
        title=Headline("", readable(alert.scope), f": {name} {news}"),
        also=also,
        sections=tuple(sections),
        account=alert.account,
        region=alert.region,
        time=alert.time,
        alert=alert.id,
        finding=alert.finding.id,
    )


def _news(alert: StatusAlert, words: Mapping[str, str]) -> str:
    """What has changed, in a few words."""
    if alert.before == alert.after:
        within = news_within(Status(alert.after), Trigger(alert.cause), words)
        return within if alert.after == Status.HEALTHY else f"{words['after']}, {within}"
    news = "{before} -> {after}" + (", for good" if alert.finding.permanent else "")
    return news.format_map(words)


def news_within(status: Status, trigger: Trigger, words: Mapping[str, str]) -> str:
    """What is new of a finding whose status is what it was. `words` has the day `ends_day` where there is a period."""
    return _NEWS.get(status, NEWS)[trigger].format_map(words)


def words_about(alert: StatusAlert | ReminderAlert, vocabulary: Vocabulary, moment: Moments = moment) -> dict[str, str]:
    """What the placeholders stand for. What an alert does not have, no text about it asks for."""
    finding, metric = alert.finding, Category(alert.category).metric
    names, texts = STATUS_NAMES[vocabulary], CATEGORY_TEXTS[Category(alert.category)]
    words = words_of(vocabulary)
    words["at_worst"] = names[Status(alert.at_worst)]
    many = is_other(Scope(alert.scope))
    words["who_pauses"] = STOPPED_BY_SENDERS if many else PAUSED_IN_SES
    words["who_keeps_paused"] = STOPPED_BY_SENDERS if many else KEPT_PAUSED_IN_SES
    words["nth"] = ordinal(finding.repeat + 1)
    words["dismissed_days"] = str(DISMISSED_FOR.days)
    if suspicion := SUSPICIONS.get(Category(alert.category)):
        words["seen"] = suspicion.seen
    if isinstance(alert, StatusAlert):
        words["before"], words["after"] = names[Status(alert.before)], names[Status(alert.after)]
        words["scope_after"] = names[Status(alert.scope_after)]
        words["steady"], words["healing"] = duration(alert.steady_hours), duration(alert.healing_hours)
    if finding.period:
        words["opened"], words["measured_from"] = moment(finding.period.opened), moment(finding.period.measured_from)
        words["ends"], words["ends_day"] = moment(finding.period.ends), day(finding.period.ends)
        words["reported_again"] = _reported_again(finding, moment)
    if finding.changes:
        words["changes_reported"] = moment(finding.changes.reported)
    if finding.waits_since:
        words["waits_since"], words["waits_day"] = moment(finding.waits_since), day(finding.waits_since)
    if metric and alert.measured:
        words |= {"metric": METRICS[metric].name, "many": METRICS[metric].many} | words_of_limits(alert.measured)
    for name, text in (("happened", texts.happened), ("unless", texts.unless), ("said", texts.said)):
        words[name] = text.format_map(words)
    if finding.period:
        words["at_end"] = _at_end(alert).format_map(words)
    return words


def _at_end(alert: StatusAlert | ReminderAlert) -> str:
    """What the end of the probation leads to."""
    if alert.measured:
        return AT_END_MEASURED if alert.measured.shutdown_limit == alert.measured.limit else AT_END_BETWEEN
    return AT_END[AtEnd(alert.finding.remains)]


def _reported_again(finding: FindingDocument, moment: Moments) -> str:
    if finding.period and finding.last_observed and finding.last_observed > finding.period.measured_from:
        return f"the problem was reported again, as seen on {moment(finding.last_observed)}"
    since = f" after {moment(finding.period.measured_from)}" if finding.period else ""
    return f"no report tells of anything seen{since}"


def _texts(templates: Iterable[str], words: Mapping[str, str]) -> tuple[Text, ...]:
    return tuple(Text(template.format_map(words)) for template in templates)


def _advice(alert: StatusAlert | ReminderAlert, words: Mapping[str, str]) -> Section:
    category = Category(alert.category)
    advice = SUSPICIONS[category].checks if alert.finding.suspected else CATEGORY_TEXTS[category].advice
    return Section(Part.ADVICE, (Points(tuple(point.format_map(words) for point in advice)),))


def _decision(alert: StatusAlert) -> Iterator[Section]:
    """Who decided, and why."""
    if alert.act and Trigger(alert.cause) not in {*_REPORTS, Trigger.WITHDRAWN, Trigger.CHANGES_REPORTED}:
        note = [Row("Why", readable(alert.act.note, QUOTED))] if alert.act.note else []
        yield Section(Part.DECIDED, (Rows((Row("By", who(alert.act.by)), *note)),))


def _evidence(alert: StatusAlert | ReminderAlert, words: Mapping[str, str]) -> Iterator[Section]:
    """What was measured, or reported, and what was changed since."""
    finding, metric = alert.finding, Category(alert.category).metric
    period = []
    if finding.period:
        times = f"{moment(finding.period.opened)} to {moment(finding.period.ends)}"
        period = [Row(words["probation"].capitalize(), times)]
    if metric and alert.measured:
        since = finding.period.measured_from if finding.period else None
        rows = rows_of_rate(METRICS[metric], alert.measured, words, since)
        yield Section(Part.NUMBERS, (Rows((*rows, *period)),))
    elif finding.reports and finding.status != Status.HEALTHY:
        yield Section(Part.REPORTED, (Rows((*_reports(alert), *period)), *_quotes(finding)))
    elif finding.suspected:
        yield Section(Part.SEEN, (Rows(tuple(_reports(alert))), *_quotes(finding)))
    elif isinstance(alert, StatusAlert) and alert.cause == Trigger.WITHDRAWN:
        yield Section(Part.SEEN, tuple(_quotes(finding)))
    if changes := finding.changes:
        what = Row("Changed", readable(changes.text, QUOTED))
        by = Row("Reported by", f"{who(changes.by)}, {moment(changes.reported)}")
        yield Section(Part.CHANGED, (Rows((what, Row("Since", moment(changes.since)), by)),))


def _reports(alert: StatusAlert | ReminderAlert) -> Iterator[Row]:
    finding = alert.finding
    seen = f", seen last on {moment(finding.last_observed)}" if finding.last_observed else ""
    yield Row("Reports", f"{finding.reports:,}{seen}")
    if isinstance(alert, StatusAlert) and alert.act and Trigger(alert.cause) in _REPORTS:
        yield Row("Entered by", who(alert.act.by))
        if alert.act.note:
            yield Row("Note", readable(alert.act.note, QUOTED))


def _quotes(finding: FindingDocument) -> Iterator[Quote]:
    for observation in reversed(finding.evidence):
        only = " (only suspected)" if observation.suspected and not finding.suspected else ""
        by = f"{moment(observation.observed)}, {readable(observation.source, QUOTED)}{only}"
        yield Quote(by, readable(observation.text, SEEN))


def who(actor: Actor) -> str:
    """Who did something, and whether that is proven. What is done without a person needs no proof."""
    name = readable(actor.name, QUOTED)
    if not actor.proven:
        return f"{name} (as stated)"
    return f"{name} (as IAM proves)" if name.startswith("arn:") else name


def _follows(alert: StatusAlert | ReminderAlert) -> Iterator[str]:
    """What happens next, what reporting changes leads to, and how to appeal."""
    finding, status = alert.finding, Status(alert.finding.status)
    by_status = NEXT_MEASURED if finding.metric else NEXT
    if finding.suspected:
        yield from _follows_suspicion(finding)
        return
    if status is Status.HEALTHY and isinstance(alert, StatusAlert):
        yield _ENDED.get(Trigger(alert.cause)) or (NEXT_LIFTED if alert.act else by_status[status])
        if alert.scope_after != Status.HEALTHY:
            yield OTHERS_OPEN
    elif finding.permanent:
        yield NEXT_PERMANENT
    elif finding.changes:
        yield from NEXT_UNDECIDED[status]
    elif isinstance(alert, ReminderAlert) and alert.reminder == ReminderKind.PERIOD_ENDS:
        yield "{at_end}"
    else:
        yield by_status.get(status) or NEXT[status]
    if CHANGES_MADE in finding.allowed and not finding.changes:
        yield ON_APPEAL if status is Status.SHUTDOWN else ON_CHANGES[OnChanges(finding.on_changes)]
    if status in {Status.PROBATION, Status.HEALTHY} and not _was_suspicion(alert):
        yield from repeating(finding)
    if alert.scope_kind == ScopeKind.ACCOUNT and not finding.metric and status is not Status.HEALTHY:
        yield SES_DECIDES_TOO


def _was_suspicion(alert: StatusAlert | ReminderAlert) -> bool:
    """Whether it ends what was never more than suspected."""
    return isinstance(alert, StatusAlert) and Trigger(alert.cause) in _ENDED


def _follows_suspicion(finding: FindingDocument) -> Iterator[str]:
    """That nothing happens by itself, and what each decision leads to."""
    yield NEXT_SUSPECTED
    yield confirming(finding)
    yield DISMISSING
    if not finding.changes:
        yield EXPLAINING


def repeating(finding: FindingDocument) -> Iterator[str]:
    """What one more finding of its kind leads to, where that escalates."""
    if repeats := CATEGORIES[Category(finding.category)].repeats:
        yield REPEATS[repeats[min(finding.repeat, len(repeats) - 1)]]


def confirming(finding: FindingDocument) -> str:
    """What confirming a suspicion leads to."""
    repeats = CATEGORIES[Category(finding.category)].repeats
    if repeats and finding.repeat:
        return CONFIRMING_REPEATS[repeats[min(finding.repeat, len(repeats)) - 1]]
    return CONFIRMING


def commands_about(alert: StatusAlert | ReminderAlert, words: Mapping[str, str]) -> Iterator[Command]:
    """What can be typed about it now."""
    finding = alert.finding
    if CHANGES_MADE in finding.allowed:
        status = Status(finding.status)
        what = EXPLAIN if finding.suspected else APPEALING if status is Status.SHUTDOWN else REPORTING_CHANGES
        yield Command(what.format_map(words), f'ses-reputation {CHANGES_MADE} {finding.id} --note "what, since when"')
    decisions = [name for name in finding.allowed if name != CHANGES_MADE]
    if finding.suspected:
        for name in decisions:
            yield Command(DECIDING_TO.format(decision=name), _deciding(finding, name))
    elif decisions:
        options = listed(decisions)
        which, one = ("", options) if len(decisions) == 1 else (DECISIONS.format(options=options), "DECISION")
        yield Command(DECIDING + which, _deciding(finding, one))


def _deciding(finding: FindingDocument, decision: str) -> str:
    return f'ses-reputation decide {finding.id} {decision} --note "why"'
