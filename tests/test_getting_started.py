"""docs/getting-started.md is true: its commands print what they are shown to, from top to bottom, in one deployment."""

import re
import shlex
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from ses_reputation_cli import doctor
from ses_reputation_cli.main import main
from ses_reputation_local.cloud import Email, LocalCloud
from ses_reputation_local.server import Clock, Server, address_of, listening, serving
from tests.pages import ROOT, Session, read
from tests.sessions import difference, lines_of

PAGE = ROOT / "docs" / "getting-started.md"
NOW = datetime(2026, 3, 2, 9, 40, tzinfo=UTC)
SETS = ("alerts", "newsletter", "password-resets", "receipts")


@dataclass(frozen=True)
class SetByHand(Clock):
    """A clock that shows what it was set to last."""

    times: list[datetime] = field(default_factory=lambda: [NOW])

    def now(self) -> datetime:
        return self.times[-1]


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, SetByHand, list[Email]]]:
    """The deployment of a shop with four configuration sets, which has sent before, and the e-mails that it sends."""
    clock, emails = SetByHand(), list[Email]()
    with (
        closing(listening("127.0.0.1", 0)) as listener,
        LocalCloud({"NotificationEmail": "you@example.com"}, address=address_of(listener)) as cloud,
    ):
        cloud.now = NOW
        cloud.ses.verify("shop.example")
        for name in SETS:
            cloud.ses.configuration_sets.add(name)
        for days in range(1, 13):
            hour = NOW.replace(minute=0) - timedelta(days=days)
            cloud.ses.count(hour, sent=420, bounced=9)
            cloud.ses.count(hour, sent=120, bounced=6, configuration_set="newsletter")
        # While the command waits for a mail, AWS goes on.
        monkeypatch.setattr(doctor, "time", SimpleNamespace(sleep=lambda _: cloud.deliver()))
        server = Server(cloud, clock, on_email=emails.append)
        with serving(server, listener):
            yield server, clock, emails


def test_the_page_can_be_walked_from_top_to_bottom(shop: tuple[Server, SetByHand, list[Email]]) -> None:
    server, clock, emails = shop
    for minute, session in enumerate(read(PAGE).sessions):
        clock.times.append(NOW + timedelta(minutes=minute))
        server.tick()
        name, *arguments = shlex.split(session.command)
        assert name == "ses-reputation"
        result = CliRunner().invoke(main, arguments, obj=clock.now())
        assert result.exit_code == 0, result.output
        assert not difference(session, lines_of(result.stdout)), session.command
    server.tick()
    told = [re.sub(r"^SES | of .*|: .*", "", email.subject) for email in emails]
    assert told == ["other problem", "other problem", "bounce rate"]
    (letter,) = re.findall(r"^```text\n(Subject:.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    first = lines_of(f"Subject: {emails[0].subject}\n\n{emails[0].body}")
    assert not difference(Session("the first alert", tuple(letter.splitlines())), first)
