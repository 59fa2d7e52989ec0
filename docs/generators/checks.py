"""The tables of docs/checking-a-deployment.md, from the tables of the code."""

import re

from docs.generators.tables import table
from ses_reputation.diagnosis.faults import Check
from ses_reputation.diagnosis.texts import CHECKS, FAULTS, FaultText


def checks() -> str:
    """What each check looks at, and the IAM actions that it needs."""
    return table(
        ("check", "looks at", "IAM actions"),
        (
            (f"`{check}`", row.looks_at, ", ".join(f"`{a}`" for a in row.actions) or "-")
            for check, row in CHECKS.items()
        ),
    )


def faults() -> str:
    """For each check, what it finds wrong, what that means, and how it is mended."""
    return "\n\n".join(f"### {check}\n\n{_faults_of(check)}" for check in Check)


def _faults_of(check: Check) -> str:
    return table(
        ("fault", "it says", "what it means", "how it is mended"),
        (
            (f"`{fault}`, a {row.severity}", _text(row.says), _text(row.means), _mend(row))
            for fault, row in FAULTS.items()
            if row.check is check
        ),
    )


def _mend(row: FaultText) -> str:
    return _text(row.mend) + (" *With a command to copy.*" if row.command else "")


def _text(text: str) -> str:
    """A text in which the details of a case are in italics."""
    return re.sub(r"{(\w+)}", lambda name: f"*{name[1].replace('_', ' ')}*", text)
