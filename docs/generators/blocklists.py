"""The table of docs/blocklist-look-ups.md, from how the lists answer."""

from collections.abc import Iterator

from docs.generators.tables import table
from ses_reputation.domain.blocklist_zones import ANSWERS, REFUSALS, Answers, name_of_list


def answers() -> str:
    """What each answer of each list means."""
    anybody = [("any", f"`{code}`", f"no listing: {reason}") for code, reason in REFUSALS.items()]
    return table(("list", "it answers", "which means"), [*(row for each in ANSWERS for row in _rows(each)), *anybody])


def _rows(row: Answers) -> Iterator[tuple[str, str, str]]:
    name = " and ".join(f"`{zone}`" for zone in row.zones)
    name = f"{name_of_list(row.zones[0]).partition(' (')[0]}: {name}"
    for code, meaning in row.codes.items():
        yield name, f"`{code}`", meaning
    for bit, meaning in row.bits.items():
        yield name, f"`127.0.0.{bit}`", meaning
    for code, reason in row.refusals.items():
        yield name, f"`{code}`", f"no listing: {reason}"
