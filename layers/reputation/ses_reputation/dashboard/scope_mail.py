"""The mail of a scope by mailbox provider, why it bounced, and the newest of what came back."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from types import MappingProxyType

import htpy as h
from htpy import Element, Node

from ses_reputation.dashboard.charts.bars import Bar, bars
from ses_reputation.dashboard.medium import Medium
from ses_reputation.dashboard.pages import ScopePage
from ses_reputation.dashboard.parts import card, counted, day, nothing, outside_name, short_moment, wide
from ses_reputation.dashboard.views import FEEDBACK_DAYS, FeedbackSample, ScopeView
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.feedback_loops import FeedbackLoops
from ses_reputation.domain.history import MailCounts, ProviderCounts
from ses_reputation.domain.providers import NOT_PROVIDERS, OTHER, UNSPECIFIED
from ses_reputation.domain.recipients import NOT_KEPT, KeptRecipient
from ses_reputation.domain.reply_rules import ReplyClass
from ses_reputation.domain.scopes import ScopeKind, kind_of, scope
from ses_reputation.feedback import Feedback
from ses_reputation.notices.numbers import percent
from ses_reputation.notices.replies import CLASSES, REASONS, class_name
from ses_reputation.notices.structure import readable

_REPLY_LENGTH = 300
_NONE = "\u2013"
_LAST_DAYS = f"the last {FEEDBACK_DAYS} days"

_KINDS: Mapping[Measure, str] = MappingProxyType(
    {
        Measure.HARD_BOUNCED: "hard bounce",
        Measure.SOFT_BOUNCED: "soft bounce",
        Measure.NOT_ATTEMPTED: "never attempted",
        Measure.DELAYED: "delay",
        Measure.COMPLAINED: "complaint",
        Measure.NOT_SPAM: "not spam",
        Measure.COMPLAINED_UNSENT: "complaint about mail never sent",
    }
)
"""What single feedback is called. All else is no feedback."""

_PLACES: Mapping[str | None, str] = MappingProxyType(
    {None: "all others", OTHER: "other domains", UNSPECIFIED: "not told by SES"}
)
"""What stands where a provider's name does."""


def mail(view: ScopeView, medium: Medium) -> Iterator[Node]:
    """Where the mail went, and what came back."""
    yield _providers(view, medium)
    yield from _feedback(view, medium)


# -- Mailbox providers -------------------------------------------------------------------------------------------------


def _providers(view: ScopeView, medium: Medium) -> Node:
    if kind_of(view.standing.scope) is ScopeKind.PROVIDER or not view.providers:
        return None
    loops = view.frame.policy.feedback_loops
    headings = ("Provider", "Recipients", "Hard bounces", "Complaints")
    rows = [_provider(each, loops, medium) for each in view.providers]
    return card("Mailbox providers", bars(f"Mail of the last {view.page.days} days", headings, rows))


def _provider(each: ProviderCounts, loops: FeedbackLoops, medium: Medium) -> Bar:
    counts, provider = each.mail, each.provider
    sends = provider is not None and loops.percent(provider) > 0
    return Bar(
        label=_provider_name(provider, medium),
        size=counts.sent,
        cells=(
            # SES's own statistics do not tell how much mail a provider got.
            f"{counts.sent:,}" if counts.sent or not (counts.hard_bounced or counts.complained) else _NONE,
            _of_mail(counts.hard_bounced, counts),
            _of_mail(counts.complained, counts) if sends or counts.complained else _NONE,
        ),
        note=None
        if provider is None
        else _note(f"{loops.feedback(provider).value[:1].upper()}{loops.feedback(provider).value[1:]}"),
    )


def _provider_name(provider: str | None, medium: Medium) -> Node:
    if provider is None or provider in NOT_PROVIDERS:
        return _PLACES.get(provider, provider)
    return medium.link(ScopePage(scope(ScopeKind.PROVIDER, provider)), outside_name(provider))


def _of_mail(count: int, counts: MailCounts) -> Node:
    share = percent(Fraction(count, counts.sent)) if count and counts.sent else ""
    return [f"{count:,}", [" ", h.span(".sr-share")[f"({share})"]] if share else None]


def _note(*texts: Node) -> Element:
    return h.div(".sr-note")[texts]


# -- Single feedback ---------------------------------------------------------------------------------------------------


def _feedback(view: ScopeView, medium: Medium) -> Iterator[Node]:
    sample = view.feedback
    if not sample.newest:
        since = day(sample.since, medium.zone)
        yield card(
            "Recent feedback", nothing([f"No bounce, delay or complaint is known of {_LAST_DAYS}, since ", since, "."])
        )
        return
    extent = _extent(sample, medium)
    reasons, classes = list(_reasons(sample)), list(_classes(sample))
    yield h.div(".sr-columns")[
        card("Bounces, in SES's words", bars(extent, ("Subtype", "Recipients"), reasons)),
        card("What servers replied", bars(extent, ("Reply", "Recipients"), classes)),
    ]
    yield _newest(sample, medium)


def _reasons(sample: FeedbackSample) -> Iterator[Bar]:
    for reason, n in sample.by_reason.items():
        yield Bar(h.code[_word(reason)], n, (f"{n:,}",), _note(REASONS[reason]) if reason in REASONS else None)


def _classes(sample: FeedbackSample) -> Iterator[Bar]:
    for reply_class, n in sample.by_class.items():
        texts = CLASSES[ReplyClass(reply_class)]
        name = h.span(".sr-what")[class_name(reply_class).capitalize()]
        yield Bar(name, n, (f"{n:,}",), [_note(texts.means), h.div[texts.do]])


def _extent(sample: FeedbackSample, medium: Medium) -> str:
    """Which feedback was looked at."""
    since = f"{sample.since.astimezone(medium.zone):%Y-%m-%d}"
    which = "All" if sample.complete else f"The newest {counted(sample.examined, 'message')}"
    return f"{which} of {_LAST_DAYS}, since {since}"


def _newest(sample: FeedbackSample, medium: Medium) -> Element:
    caption = "The newest bounces, delays and complaints"
    return card(
        "Recent feedback",
        wide(
            caption,
            h.table(".sr-small.sr-feedback")[
                h.caption(".sr-unseen")[caption],
                h.thead[
                    h.tr[
                        (
                            h.th(scope="col")[name]
                            for name in ("Time", "What", "Recipient", "SES's word", "What the server replied")
                        )
                    ]
                ],
                h.tbody[
                    (
                        _row(feedback, recipient, medium)
                        for feedback in sample.newest
                        for recipient in feedback.recipients
                    )
                ],
            ],
            classes="sr-scrolled sr-newest",
        ),
        h.p(".sr-hint")[
            "Of a complaint the recipients are suspects: providers often hide who complained. All of it, as a list: ",
            h.code["ses-reputation feedback"],
        ],
    )


def _row(feedback: Feedback, recipient: KeptRecipient, medium: Medium) -> Element:
    return h.tr[
        h.td[short_moment(feedback.time, medium.zone)],
        h.td(".sr-kind")[_KINDS[feedback.measure]],
        h.td(".sr-address")[h.bdi[readable(recipient.name or NOT_KEPT, _REPLY_LENGTH)]],
        h.td(".sr-word")[_word(feedback.reason)],
        h.td(".sr-reply")[_reply(feedback, recipient)],
    ]


def _word(reason: str) -> Element:
    """SES's word for why, which may be broken at its stroke."""
    kind, stroke, subtype = readable(reason, 80).partition("/")
    return h.bdi[kind, stroke, h.wbr if stroke else None, subtype]


def _reply(feedback: Feedback, recipient: KeptRecipient) -> Node:
    """What a server replied, and what that means. A reply may hold anything."""
    meant = feedback.reply_to(recipient)
    # SES marks where it heard a reply.
    said = (recipient.reply or recipient.status or "").removeprefix("smtp; ")
    if meant is None and not said:
        return _NONE
    named = meant.blocklist.name if meant and meant.blocklist else ""
    word = named or (class_name(meant.reply_class) if meant else "")
    return [
        h.span(".sr-what")[h.bdi[readable(word, 80)]] if word else None,
        h.span(".sr-said")[h.bdi[readable(said, _REPLY_LENGTH)]] if said else None,
    ]
