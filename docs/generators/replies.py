"""The tables of docs/smtp-replies.md: classes, rules and blocklists from the code, real replies from their test."""

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from docs.generators.tables import table
from ses_reputation.domain.blocklists import BLOCKLISTS
from ses_reputation.domain.reply_codes import CODES
from ses_reputation.domain.reply_rules import (
    SES_WORDS,
    SMTP_CODES,
    STATUSES,
    WORDINGS,
    ReplyRule,
)
from ses_reputation.notices.replies import CLASSES

REPLIES = Path(__file__).parents[2] / "tests" / "replies.toml"


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
                f"`{known.zone}`" if known.zone else "none, or not told",
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
