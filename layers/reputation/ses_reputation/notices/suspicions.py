"""What a detector has seen, in words: the evidence of a suspected finding."""

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

from ses_reputation.domain.categories import Category
from ses_reputation.domain.detection import Heard, Rise, Suspicion
from ses_reputation.domain.providers import OTHER
from ses_reputation.domain.reply_rules import ReplyClass
from ses_reputation.notices.numbers import percent
from ses_reputation.notices.structure import readable

LISTS = 5
EXAMPLES = 3
EXAMPLE_LENGTH = 160

_SAYING: Mapping[ReplyClass, str] = MappingProxyType(
    {
        ReplyClass.BLOCKLIST: "refused or delayed it because of a blocklist",
        ReplyClass.SPAM_BLOCK: "refused or delayed it as spam, or for the sender's reputation",
        ReplyClass.POLICY_BLOCK: "refused or delayed it by their policy",
        ReplyClass.AUTHENTICATION_FAILURE: "refused or delayed it because it could not be authenticated",
        ReplyClass.RATE_LIMITED: "put it off, because too much of it came or to have it sent once more",
    }
)

_LISTS_OF: Mapping[Category, str] = MappingProxyType(
    {
        Category.DOMAIN_BLOCKLIST: "a list of domains",
        Category.ANTI_SPAM_ORGANIZATION: "a list of addresses, or one that nobody knows",
    }
)


def evidence_text(suspicion: Suspicion) -> str:
    """How much of what was heard, how that was before, and a few examples; no recipient is in it."""
    sentences = [_rise_text(rise, suspicion.category) for rise in suspicion.rises]
    if suspicion.trapped:
        times = "once" if suspicion.trapped == 1 else f"{suspicion.trapped:,} times"
        sentences.append(f"In 24 hours mail was sent or delivered {times} to addresses that you named as spamtraps.")
    if lists := Counter(h.reply.blocklist.name for h in suspicion.heard if h.reply.blocklist):
        names = ", ".join(f"{readable(name, 60)} ({n})" for name, n in lists.most_common(LISTS))
        sentences.append(f"The newest of them name {names}.")
    if examples := _examples(suspicion):
        quoted = "; at ".join(f'{_place(h.provider)}: "{_words(h.text)}"' for h in examples)
        sentences.append(f"They say, at {quoted}.")
    return " ".join(sentences)


def _rise_text(rise: Rise, category: Category) -> str:
    when = f"Since {rise.since:%H:%M} UTC on {rise.since:%Y-%m-%d}" if rise.since else "In 24 hours"
    text = (
        f"{when}, {rise.count:,} replies to mail for {rise.volume:,} recipients "
        f"({_share(rise.count, rise.volume)}) {_SAYING[rise.reply_class]}. {_before(rise)}"
    )
    if rise.named is None or rise.named == rise.count:
        return text
    return f"{text} Going by the newest, about {rise.named:,} of them are about {_LISTS_OF[category]}."


def _before(rise: Rise) -> str:
    if not rise.volume_before:
        return "There was nothing before that to compare with."
    days = "day" if rise.days == 1 else f"{rise.days} days"
    if not rise.before:
        return f"In the {days} before, none did, on {rise.volume_before:,} recipients."
    return (
        f"In the {days} before, {rise.before:,} did, on {rise.volume_before:,} recipients "
        f"({_share(rise.before, rise.volume_before)})."
    )


def _share(count: int, volume: int) -> str:
    return percent(Fraction(count, volume))


def _examples(suspicion: Suspicion) -> list[Heard]:
    """Replies that differ, of as many providers as possible, the newest first."""
    by_text: dict[str, Heard] = {}
    for heard in suspicion.heard:
        by_text.setdefault(heard.text, heard)
    by_provider: dict[str, Heard] = {}
    for heard in by_text.values():
        by_provider.setdefault(heard.provider, heard)
    return list(dict.fromkeys((*by_provider.values(), *by_text.values())))[:EXAMPLES]


def _place(provider: str) -> str:
    return "another provider" if provider == OTHER else provider


def _words(reply: str) -> str:
    """What a server said, without SES's mark of where it heard it."""
    return readable(reply.removeprefix("smtp; "), EXAMPLE_LENGTH)
