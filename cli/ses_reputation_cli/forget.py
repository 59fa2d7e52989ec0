"""`ses-reputation forget`: take one recipient out of what the deployed stack keeps."""

from collections.abc import Iterator

import click
from msgspec import Struct

from ses_reputation.forget import PARTS, carry_out, histories, look_for
from ses_reputation_cli.arguments import ADDRESS, SECRET, json_option
from ses_reputation_cli.deployment import Stack, deployed, deployment_options
from ses_reputation_cli.progress import progress
from ses_reputation_cli.statuses import json_text

_EXAMPLES = """\b
Examples:
  ses-reputation forget jane@example.com
  ses-reputation forget jane@example.com --apply
  ses-reputation forget - --apply --json < address.txt
  ses-reputation forget jane@example.com --key-secret RecipientKey-8aVq0Yb1cD2e --apply
"""

# What holds addresses and is not this system's to change, or ends by itself.
_ELSEWHERE = (
    "SES's own suppression list, so that no mail goes there again; aws sesv2 delete-suppressed-destination lets it",
    "Events that wait in queues, or are dead letters, for 14 days at most: one of them may name the recipient anew",
    "Backups of the receipts table: what was there can be restored for 35 days",
    "What people wrote themselves, such as notes of decisions and evidence of findings",
)


class _Report(Struct, frozen=True):
    """What is known of a recipient, and whether it was taken out; how many of the other receipts hold pseudonyms, none
    of which is his under so many keys.
    """

    dry_run: bool
    looked_at: int
    receipts: int
    histories: int
    pseudonyms: int
    keys: int


@click.command(epilog=_EXAMPLES)
@click.argument("address", type=ADDRESS)
@click.option("--dry-run/--apply", default=True, show_default=True, help="Say what would be done, or do it.")
@click.option(
    "--key-secret",
    "secrets",
    type=SECRET,
    metavar="NAME",
    multiple=True,
    help="A secret with an earlier key, for pseudonyms from before RecipientStorage was changed. Repeatable.",
)
@json_option
@deployment_options
def command(address: str, secrets: tuple[str, ...], stack: Stack, *, dry_run: bool, as_json: bool) -> None:
    """Take a recipient's address, or pseudonym, and what servers replied about him out of the receipts, and delete what
    is known of his suppression. Without --apply it says what would be done, and changes nothing.

    The receipts themselves stay until they expire (ReceiptRetentionDays), with the mailbox provider and the status
    code: they are the proofs that events were counted, and no rate changes. Others whom a complaint suspects stay.

    ADDRESS is compared without regard to upper and lower case, as receipts have it, and as a whole: jane+news@ is
    another recipient than jane@. A dash reads it from standard input, so that it stays out of the shell's history.

    All receipts are read, which takes a while where there are millions. To run it again is safe, and goes on from where
    it was stopped. docs/addresses-of-recipients.md says what it leaves alone.
    """
    with deployed(stack) as deployment:
        person, items = deployment.person(address, secrets), deployment.personal_items()
        sightings = []
        with progress("reading receipts", PARTS) as advance:
            for sighting in look_for(person, items):
                sightings.append(sighting)
                advance(1)
        receipts = [receipt for sighting in sightings for receipt in sighting.receipts]
        found = histories(person, items)
        if not dry_run:
            with progress("forgetting", len(receipts) + len(found)) as advance:
                for done in carry_out(person, receipts, found, items):
                    advance(done)
    report = _Report(
        dry_run,
        sum(sighting.looked_at for sighting in sightings),
        len(receipts),
        len(found),
        sum(sighting.pseudonyms for sighting in sightings),
        len(person.keys),
    )
    if as_json:
        click.echo(json_text({**_fields(report), "elsewhere": _ELSEWHERE}))
    else:
        click.echo("\n".join(_texts(report)))


def _fields(report: _Report) -> dict[str, bool | int]:
    return {
        "dry_run": report.dry_run,
        "items_looked_at": report.looked_at,
        "receipts": report.receipts,
        "suppression_histories": report.histories,
        "others_with_pseudonyms": report.pseudonyms,
        "keys": report.keys,
    }


def _texts(report: _Report) -> Iterator[str]:
    """What was done, and where the address may be besides."""
    known = " and ".join(
        part
        for number, part in (
            (report.receipts, _counted(report.receipts, "receipt", "receipts")),
            (report.histories, "the history of his suppression"),
        )
        if number
    )
    if not known:
        yield f"Nothing was found of this recipient: none of {report.looked_at:,} items names him."
    elif report.dry_run:
        yield f"Nothing was changed: this was a dry run. --apply takes the recipient out of {known}."
    else:
        yield f"The recipient was taken out of {known}."
    if report.pseudonyms:
        holding = "1 receipt holds" if report.pseudonyms == 1 else f"{report.pseudonyms:,} receipts hold"
        if report.keys:
            yield f"{holding} pseudonyms of others, or his from under an earlier key: --key-secret gives it."
        else:
            yield f"{holding} pseudonyms, and there is no key to tell whether one is his: --key-secret gives one."
    yield "It leaves alone:"
    yield from (f"- {text}." for text in _ELSEWHERE)


def _counted(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"
