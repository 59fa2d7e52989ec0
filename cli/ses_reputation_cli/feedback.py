"""`ses-reputation feedback`: the bounces, delays and complaints themselves."""

import csv
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.recipients import NOT_KEPT, Person
from ses_reputation.domain.reply_rules import ReplyClass
from ses_reputation.domain.scopes import Scope
from ses_reputation.feedback import BOUNCES, COMPLAINTS, DELAYS, Feedback
from ses_reputation.notices.structure import readable
from ses_reputation_cli.arguments import ADDRESS, MOMENT, SCOPE, Moment, Whole, json_option, period
from ses_reputation_cli.deployment import Stack, deployed, deployment_options
from ses_reputation_cli.statuses import json_text

_KINDS = {"bounce": BOUNCES, "complaint": COMPLAINTS, "delay": DELAYS}
COLUMNS = (
    "time",
    "kind",
    "counted_as",
    "recipient",
    "reason",
    "status",
    "reply",
    "message_id",
    "scopes",
    "reply_class",
    "blocklist",
)

_EXAMPLES = """\b
Examples:
  ses-reputation feedback --kind bounce --scope configuration-set/newsletter
  ses-reputation feedback --kind bounce --hard --since 7d --limit 0 --csv > dead.csv
  ses-reputation feedback --kind bounce --class blocklist --class spam_block --since 7d
  ses-reputation feedback --kind bounce --recipient jane@example.com
  ses-reputation feedback --kind delay --scope provider/gmail
  ses-reputation feedback --kind complaint --json | jq -r '.feedback[].recipient' | sort -u
"""


@click.command(epilog=_EXAMPLES)
@click.option("--kind", type=click.Choice(list(_KINDS)), required=True, help="Which of them.")
@click.option("--scope", type=SCOPE, default="account", show_default=True, help="Those of one scope.")
@click.option(
    "--class",
    "classes",
    type=click.Choice([str(reply_class) for reply_class in ReplyClass]),
    multiple=True,
    help="Of bounces and delays only those whose reply is of this class; may be repeated.",
)
@click.option(
    "--recipient",
    type=ADDRESS,
    metavar="ADDRESS",
    help="Those of one recipient, also where receipts hold pseudonyms; - reads the address from standard input.",
)
@click.option("--hard", is_flag=True, help="Of bounces only those that count: dead addresses.")
@click.option(
    "--since", type=MOMENT, metavar="TIME", help="A time, or how long ago, such as 12h. Default: 30 days ago."
)
@click.option("--until", type=MOMENT, metavar="TIME", help="A time, or how long ago. Default: now.")
@click.option("--limit", type=Whole(0), metavar="N", default=100, show_default=True, help="The newest N; 0 for all.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, with a heading.")
@json_option
@deployment_options
def command(  # noqa: PLR0913 - each is an option
    kind: str,
    scope: Scope,
    since: Moment | None,
    until: Moment | None,
    limit: int,
    stack: Stack,
    *,
    classes: Collection[str],
    recipient: str | None,
    hard: bool,
    as_csv: bool,
    as_json: bool,
) -> None:
    """List the newest bounces, delays or complaints, so that a list can be cleaned from them: when, whom, and why.
    There is a row for each recipient; of a complaint they are suspects, since providers often hide who complained.

    `reply_class` says what the receiving server meant (docs/smtp-replies.md), and `blocklist` which list it named.
    `counted_as` says what each was to the rates. `recipient` is a pseudonym, or empty, if RecipientStorage says so.
    As long as receipts are kept (ReceiptRetentionDays), they are here.
    """
    if as_csv and as_json:
        raise click.UsageError("--csv and --json exclude each other")
    if hard and kind != "bounce":
        raise click.UsageError("--hard is for --kind bounce")
    if classes and kind == "complaint":
        raise click.UsageError("--class is for --kind bounce and --kind delay: nobody replies with a complaint")
    measures = {Measure.HARD_BOUNCED} if hard else _KINDS[kind]
    with deployed(stack) as deployment:
        start, end = period(deployment.now(), since, until)
        found = deployment.feedback().newest_first(scope, measures, start, end)
        person = deployment.person(recipient) if recipient else None
        unclear = Counter[str]()
        rows = _rows(kind, islice(_of_person(_of_classes(found, classes), person, unclear), limit or None), person)
        if as_csv:
            _write_csv(rows)
        elif as_json:
            click.echo(json_text({"feedback": list(rows)}))
        else:
            of = f"{readable(scope)} that names this recipient" if person else readable(scope)
            _print(Console(), list(rows), f"No {kind} of {of} is known since {start:%Y-%m-%d %H:%M} UTC.")
        for why, number in unclear.items():
            click.echo(f"Of the others, {number:,} {why}", err=as_csv or as_json)


def _of_classes(found: Iterable[Feedback], classes: Collection[str]) -> Iterator[Feedback]:
    """Those whose replies are of these classes, or of any if there are none."""
    for feedback in found:
        replies = [feedback.reply_to(recipient) for recipient in feedback.recipients]
        if not classes or any(reply and reply.reply_class in classes for reply in replies):
            yield feedback


_NAMELESS = "may be about him: they name nobody, by RecipientStorage or because he was forgotten."
_NO_KEY = "may be about him: they hold pseudonyms, and the stack has no key to tell whose."


def _of_person(found: Iterable[Feedback], person: Person | None, unclear: Counter[str]) -> Iterator[Feedback]:
    """Those that name one person, or any if none is meant; meanwhile `unclear` counts others that may be about him."""
    for feedback in found:
        if person is None or person.is_in(feedback.recipients):
            yield feedback
        elif not all(recipient.name for recipient in feedback.recipients):
            unclear[_NAMELESS] += 1
        elif not person.keys and any(recipient.pseudonym for recipient in feedback.recipients):
            unclear[_NO_KEY] += 1


def _rows(kind: str, found: Iterable[Feedback], person: Person | None) -> Iterator[dict[str, Any]]:
    for feedback in found:
        for recipient in feedback.recipients:
            if person and not person.is_in([recipient]):
                continue
            reply = feedback.reply_to(recipient)
            yield {
                "time": feedback.time,
                "kind": kind,
                "counted_as": feedback.measure,
                "recipient": recipient.name,
                "reason": feedback.reason,
                "status": recipient.status,
                "reply": recipient.reply,
                "message_id": feedback.message_id,
                "scopes": list(feedback.scopes),
                "reply_class": reply.reply_class if reply else None,
                "blocklist": reply.blocklist.name if reply and reply.blocklist else None,
            }


def _write_csv(rows: Iterable[dict[str, Any]]) -> None:
    writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        texts = {"time": row["time"].isoformat(), "scopes": " ".join(row["scopes"])}
        writer.writerow({name: _harmless(texts.get(name, value)) for name, value in row.items()})


def _harmless(value: str | None) -> str:
    """A cell that no spreadsheet takes for a formula: what servers reply is anybody's.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    text = value or ""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _print(console: Console, rows: Sequence[dict[str, Any]], nothing: str) -> None:
    if not rows:
        console.print(Text(nothing))
        return
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("Time (UTC)", no_wrap=True)
    table.add_column("Recipient", overflow="fold")
    table.add_column("Counted as")
    table.add_column("Why", overflow="fold")
    for row in rows:
        meant = row["blocklist"] or (row["reply_class"] or "").replace("_", " ")
        why = ", ".join(filter(None, (meant, row["reason"], row["reply"] or row["status"])))
        counted = row["counted_as"].replace("_", " ")
        table.add_row(
            f"{row['time']:%Y-%m-%d %H:%M}",
            Text(readable(row["recipient"] or NOT_KEPT)),
            counted,
            Text(readable(why, 200)),
        )
    console.print(table)
