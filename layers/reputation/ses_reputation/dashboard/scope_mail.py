"""The mail of a scope by mailbox provider, why it bounced, and the newest of what came back."""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from types import MappingProxyType

import htpy as h
from htpy import Element, Node

from ses_reputation.dashboard.medium import Medium
from ses_reputation.dashboard.pages import ScopePage
from ses_reputation.dashboard.parts import card, counted, day, nothing, outside_name, short_moment, wide
from ses_reputation.dashboard.views import FeedbackSample, ScopeView
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.events import Recipient
from ses_reputation.domain.feedback_loops import FeedbackLoops
from ses_reputation.domain.history import MailCounts, ProviderCounts
from ses_reputation.domain.providers import NOT_PROVIDERS, OTHER, UNSPECIFIED
from ses_reputation.domain.reply_rules import ReplyClass
from ses_reputation.domain.scopes import ScopeKind, kind_of, scope
from ses_reputation.feedback import Feedback
from ses_reputation.notices.numbers import percent
from ses_reputation.notices.replies import CLASSES, REASONS, class_name
from ses_reputation.notices.structure import readable

_REPLY_LENGTH = 300
_NONE = "\u2013"

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

_PLACES: Mapping[str, str] = MappingProxyType({OTHER: "all that have no name here", UNSPECIFIED: "not told by SES"})


def mail(view: ScopeView, medium: Medium) -> Iterator[Node]:
    """Where the mail went, and what came back."""
    yield _providers(view, medium)
    yield from _feedback(view, medium)


# -- Mailbox providers -------------------------------------------------------------------------------------------------


def _providers(view: ScopeView, medium: Medium) -> Node:
    if kind_of(view.standing.scope) is ScopeKind.PROVIDER or not view.providers:
        return None
    loops = view.frame.policy.feedback_loops
    caption = "Mailbox providers, the most mail first"
    return card(
        f"Mailbox providers, the last {view.page.days} days",
        wide(
            caption,
            h.table(".sr-providers")[
                h.caption(".sr-unseen")[caption],
                h.thead[
                    h.tr[
                        h.th(scope="col")["Provider"],
                        (
                            h.th(".sr-number", scope="col")[name]
                            for name in ("Recipients", "Hard bounces", "Soft", "Complaints")
                        ),
                        h.th(scope="col")["Complaints sent back"],
                    ]
                ],
                h.tbody[(_provider(each, loops, medium) for each in view.providers)],
            ],
        ),
    )


def _provider(each: ProviderCounts, loops: FeedbackLoops, medium: Medium) -> Element:
    counts = each.mail
    known = each.provider is not None and loops.percent(each.provider) > 0
    return h.tr[
        h.th(scope="row")[_provider_name(each.provider, medium)],
        h.td(".sr-number")[f"{counts.sent:,}"],
        h.td(".sr-number")[_with_rate(counts.hard_bounced, counts)],
        h.td(".sr-number")[f"{counts.soft_bounced:,}"],
        h.td(".sr-number")[_with_rate(counts.complained, counts) if known or counts.complained else _NONE],
        h.td[_NONE if each.provider is None else loops.feedback(each.provider).value],
    ]


def _provider_name(provider: str | None, medium: Medium) -> Node:
    if provider is None:
        return "all others"
    if provider in NOT_PROVIDERS:
        return _PLACES.get(provider, provider)
    return medium.link(ScopePage(scope(ScopeKind.PROVIDER, provider)), outside_name(provider))


def _with_rate(count: int, counts: MailCounts) -> Node:
    share = percent(Fraction(count, counts.sent)) if counts.sent > 0 else _NONE
    return [f"{count:,} ", h.span(".sr-muted")[f"({share})"]]


# -- Single feedback ---------------------------------------------------------------------------------------------------


def _feedback(view: ScopeView, medium: Medium) -> Iterator[Node]:
    sample = view.feedback
    if not sample.newest:
        since = day(sample.since, medium.zone)
        yield card("Recent feedback", nothing(["No bounce, delay or complaint is known since ", since, "."]))
        return
    yield h.div(".sr-columns")[_reasons(sample, medium), _classes(sample, medium)]
    yield _newest(sample, medium)


def _reasons(sample: FeedbackSample, medium: Medium) -> Element:
    if not sample.by_reason:
        return card("Bounces, in SES's words", nothing("None."))
    rows = [(h.code[h.bdi[readable(reason, 80)]], _told(reason), n) for reason, n in sample.by_reason.items()]
    return _breakdown("Bounces, in SES's words", "Subtype", rows, sample, medium)


def _told(reason: str) -> Node:
    return h.p(".sr-hint")[REASONS[reason]] if reason in REASONS else None


def _classes(sample: FeedbackSample, medium: Medium) -> Element:
    if not sample.by_class:
        return card("What servers replied", nothing("No server's reply is known."))
    rows = [(class_name(each).capitalize(), _meaning(each), n) for each, n in sample.by_class.items()]
    return _breakdown("What servers replied", "Reply", rows, sample, medium)


def _meaning(reply_class: str) -> Node:
    texts = CLASSES[ReplyClass(reply_class)]
    return [h.p(".sr-hint")[texts.means], h.p[texts.do]]


def _breakdown(
    title: str, kind: str, rows: Iterable[tuple[Node, Node, int]], sample: FeedbackSample, medium: Medium
) -> Element:
    """How many there are of each kind, the most first, with what it means below its name."""
    counted_rows = list(rows)
    most = max(n for _, _, n in counted_rows)
    return card(
        title,
        h.table(".sr-breakdown")[
            h.caption(".sr-muted")[_extent(sample, medium)],
            h.thead[h.tr[h.th(scope="col")[kind], h.th(".sr-number", scope="col")["Recipients"]]],
            h.tbody[
                (
                    h.tr[
                        h.th(scope="row")[
                            h.p(".sr-what")[name],
                            _bar(n, most),
                            meaning,
                        ],
                        h.td(".sr-number")[f"{n:,}"],
                    ]
                    for name, meaning, n in counted_rows
                )
            ],
        ],
    )


def _bar(number: int, most: int) -> Element:
    """How much that is of the most, as a length: something to look at beside the number, so that it is not read out."""
    return h.svg(".sr-share-bar", width="100%", height="4", aria_hidden="true")[
        h.rect(width=f"{max(100 * number / most, 0.5):.1f}%", height="4", rx="2")
    ]


def _extent(sample: FeedbackSample, medium: Medium) -> Node:
    """Which feedback was looked at."""
    since = day(sample.since, medium.zone)
    if sample.complete:
        return ["All since ", since]
    return [f"Of the newest {counted(sample.examined, 'message')} since ", since]


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
            classes="sr-tall",
        ),
        h.p(".sr-hint")[
            "Of a complaint the recipients are suspects: providers often hide who complained. All of it, as a list: ",
            h.code["ses-reputation feedback"],
        ],
    )


def _row(feedback: Feedback, recipient: Recipient, medium: Medium) -> Element:
    return h.tr[
        h.td[short_moment(feedback.time, medium.zone)],
        h.td[_KINDS[feedback.measure]],
        h.td(".sr-address")[h.bdi[readable(recipient.address, _REPLY_LENGTH)]],
        h.td(".sr-word")[h.bdi[readable(feedback.reason, 80)]],
        h.td(".sr-reply")[_reply(feedback, recipient)],
    ]


def _reply(feedback: Feedback, recipient: Recipient) -> Node:
    """What a server replied, and what that means. A reply may hold anything."""
    meant = feedback.reply_to(recipient)
    said = recipient.reply or recipient.status
    if meant is None and not said:
        return _NONE
    named = meant.blocklist.name if meant and meant.blocklist else ""
    word = named or (class_name(meant.reply_class) if meant else "")
    return [
        h.span(".sr-what")[h.bdi[readable(word, 80)]] if word else None,
        h.span(".sr-said")[h.bdi[readable(said, _REPLY_LENGTH)]] if said else None,
    ]
