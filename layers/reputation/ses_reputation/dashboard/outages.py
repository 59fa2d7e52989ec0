"""Outages of mailbox providers: when, how much bounced, and whether that counts here."""

from collections.abc import Sequence

import htpy as h
from htpy import Element, Node

from ses_reputation.dashboard.medium import Medium
from ses_reputation.dashboard.pages import ScopePage
from ses_reputation.dashboard.parts import (
    distance,
    facts,
    moment,
    outside_name,
    plain_badge,
    suspected_badge,
)
from ses_reputation.dashboard.views import Frame
from ses_reputation.domain.outages import Outage, OutageStage, Tally
from ses_reputation.domain.scopes import ScopeKind, scope
from ses_reputation.notices.outages import share_of_mail


def outage_list(outages: Sequence[Outage], frame: Frame, medium: Medium) -> Element:
    """Outages, each in a few lines."""
    return h.ul(".sr-list")[(h.li[_outage(outage, frame, medium)] for outage in outages)]


def _outage(outage: Outage, frame: Frame, medium: Medium) -> Element:
    provider = scope(ScopeKind.PROVIDER, outage.provider)
    went_on = ["since ", moment(outage.start, medium.zone), f" ({distance(outage.start, frame.now)})"]
    over = (
        ["from ", moment(outage.start, medium.zone), " to ", moment(outage.end, medium.zone)] if outage.end else went_on
    )
    return h.div(".sr-urgent")[
        h.div[
            h.p(".sr-what")["Outage of ", medium.link(ScopePage(provider), outside_name(outage.provider))],
            h.p(".sr-muted")[
                _share(outage.seen), " bounced hard. ", counting(outage, frame)
            ],
        ],
        h.div[h.p[outage_badge(outage)], h.p(".sr-muted.sr-number")[over]],
    ]  # fmt: skip


def outage_badge(outage: Outage) -> Element:
    """Whether an outage is more than suspected."""
    name = outage.stage.capitalize()
    return suspected_badge(name) if outage.stage is OutageStage.SUSPECTED else plain_badge(name)


def counting(outage: Outage, frame: Frame) -> str:
    """Whether what an outage bounced is in the bounce rates here."""
    held = outage.is_held(frame.policy)
    return "That is in no bounce rate here; SES counts it." if held else "That counts in every bounce rate."


def outage_facts(outage: Outage, frame: Frame, medium: Medium) -> Element:
    """When an outage was, how much bounced in it, and how much before."""
    end: Node = moment(outage.end, medium.zone) if outage.end else "now"
    return facts(
        [
            ("Time", [moment(outage.start, medium.zone), " to ", end]),
            ("Hard bounces", _share(outage.seen)),
            ("4 weeks before", _share(outage.before)),
            ("Counting", counting(outage, frame)),
        ]
    )


def _share(tally: Tally) -> str:
    return share_of_mail(tally.bounced, tally.recipients)
