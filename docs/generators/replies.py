"""The tables of docs/smtp-replies.md: classes, rules and blocklists from the code, real replies from their test."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from docs.generators.tables import table
from ses_reputation.domain.blocklists import BLOCKLISTS
from ses_reputation.domain.reply_codes import CODES
from ses_reputation.domain.reply_rules import (
    SES_WORDS,
    SMTP_CODES,
    STATUSES,
    WORDINGS,
    ReplyClass,
    ReplyRule,
)

REPLIES = Path(__file__).parents[2] / "tests" / "replies.toml"


class Meaning(NamedTuple):
    """What a class of replies means, and what the sender does."""

    means: str
    do: str


CLASSES: Mapping[ReplyClass, Meaning] = MappingProxyType(
    {
        ReplyClass.USER_UNKNOWN: Meaning(
            "There is no such mailbox or domain, or it is closed for good.",
            "Take the address off your list. Many at once: find out where these addresses came from.",
        ),
        ReplyClass.MAILBOX_FULL: Meaning(
            "The mailbox takes no more for now.",
            "Nothing at once. An address that stays full for months is abandoned: take it off.",
        ),
        ReplyClass.SPAM_BLOCK: Meaning(
            "Judged as spam: by content, by complaints, or by the reputation of the sender, its domain or its address, "
            "also where that is the provider's own list. Refused, delayed or slowed down makes no difference.",
            "Send to whom has opened or clicked of late, and less of it. Look for the campaign that began it.",
        ),
        ReplyClass.BLOCKLIST: Meaning(
            "On a list that many servers ask, which the reply mostly names.",
            "If it lists domains, it is yours to mend: look yourself up, end the cause, ask to be taken off. If it "
            "lists addresses, and yours are not dedicated, tell AWS Support.",
        ),
        ReplyClass.POLICY_BLOCK: Meaning(
            "A rule of the server or the recipient: attachments, links, size, form, country, who may write to whom; or "
            "access is denied, and nobody says why.",
            "Read the reply: it is about this message, or between you and this recipient.",
        ),
        ReplyClass.AUTHENTICATION_FAILURE: Meaning(
            "The sender can't be proved: SPF, DKIM, DMARC, reverse DNS, or a domain that does not exist.",
            "Check the DKIM records of the identity, its MAIL FROM domain, and the DMARC record of the domain in From.",
        ),
        ReplyClass.RATE_LIMITED: Meaning(
            "Too much in a short time, or come back later (greylisting), and no other reason.",
            "Send more slowly to this provider. SES tries again by itself.",
        ),
        ReplyClass.PROVIDER_OUTAGE: Meaning(
            "The server, its network or its DNS fails, or nobody answered until SES gave up.",
            "Nothing: it is not about you. Do not take addresses off for bounces of these hours.",
        ),
        ReplyClass.OTHER: Meaning(
            "None of these, or there was no reply.",
            "Nothing, unless there are many: then read them.",
        ),
    }
)


def classes() -> str:
    """What each class means, and what to do about it."""
    return table(
        ("class", "what it means", "what to do"),
        ((f"`{reply_class}`", meaning.means, meaning.do) for reply_class, meaning in CLASSES.items()),
    )


def codes() -> str:
    """The rows of what only one provider says, in their order."""
    return table(
        ("server", "class", "what it means", "looked for", "source"),
        (
            (rule.server, f"`{rule.reply_class}`", rule.why, ", ".join(_looked_for(rule)), _link(rule.source))
            for rule in CODES
        ),
    )


def wordings() -> str:
    """The rows of what many servers say, in their order."""
    return table(
        ("server", "class", "what it means", "looked for"),
        ((rule.server, f"`{rule.reply_class}`", rule.why, ", ".join(_looked_for(rule))) for rule in WORDINGS),
    )


def _looked_for(rule: ReplyRule) -> Iterator[str]:
    yield from (f"`{phrase.strip()}`" for phrase in rule.each_phrase)
    yield from _ranges(rule.statuses)


def _ranges(statuses: Sequence[str]) -> Iterator[str]:
    """Status codes, those that follow one another as the first and the last."""
    runs: list[list[str]] = []
    for status in statuses:
        prefix, _, detail = status.rpartition(".")
        if runs and runs[-1][-1] == f"{prefix}.{int(detail) - 1}":
            runs[-1].append(status)
        else:
            runs.append([status])
    return (f"`{run[0]}`" + (f" to `{run[-1]}`" if len(run) > 1 else "") for run in runs)


def _link(source: str | None) -> str:
    return f"[{urlsplit(source).netloc}]({source})" if source else "the words"


def plain() -> str:
    """What status codes, SMTP codes and SES's own words mean, by class."""
    rows = {
        "SES's own word": SES_WORDS,
        "enhanced status code": STATUSES,
        "SMTP code": SMTP_CODES,
    }
    return table(
        ("what", "class", "which"),
        (
            (what, f"`{reply_class}`", ", ".join(f"`{word}`" for word in words))
            for what, meanings in rows.items()
            for reply_class in CLASSES
            if (words := [word for word, known in meanings.items() if known is reply_class])
        ),
    )


def blocklists() -> str:
    """The blocklists that are known by name."""
    return table(
        ("blocklist", "lists", "zone", "look yourself up"),
        (
            (
                known.blocklist.name,
                known.blocklist.lists or "domains or addresses",
                f"`{known.blocklist.zone}`" if known.blocklist.zone else "none, or not told",
                known.look_up,
            )
            for known in BLOCKLISTS
        ),
    )


def replies() -> str:
    """Real replies, by who says them."""
    providers: list[dict[str, Any]] = tomllib.loads(REPLIES.read_text())["provider"]
    return "\n\n".join(
        f"### {provider['name']}\n\nSource: <{provider['source']}>\n\n"
        + table(
            ("class", "reply"),
            (
                (f"`{row['class']}`" + (f": {row['list']}" if "list" in row else ""), f"`{_on_one_line(row['reply'])}`")
                for row in provider["replies"]
            ),
        )
        for provider in providers
    )


def _on_one_line(reply: str) -> str:
    return " ".join(reply.split())
