"""The command `ses-reputation`, run in this process as a user runs it, at a moment of the test's choice."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from click.testing import CliRunner, Result

from ses_reputation_cli.main import main


@dataclass(frozen=True)
class Command:
    """The command with these first arguments, such as a subcommand, at a moment, unless a run has its own."""

    now: datetime | None = None
    begins: Sequence[str] = ()

    def run(self, *arguments: str, code: int = 0, now: datetime | None = None, said: str | None = None) -> Result:
        """Run it, with this on standard input; it must exit with the code."""
        result = CliRunner().invoke(main, [*self.begins, *arguments], input=said, obj=now or self.now)
        assert result.exit_code == code, result.output
        return result

    def told(self, *arguments: str, code: int = 0, now: datetime | None = None, said: str | None = None) -> Any:
        """The JSON document that it prints."""
        return json.loads(self.run(*arguments, "--json", code=code, now=now, said=said).stdout)
