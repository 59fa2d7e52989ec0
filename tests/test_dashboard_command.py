"""`ses-reputation dashboard` as a person starts and ends it, its file, and the end of the demo."""

import json
import os
import re
import subprocess
import tempfile
import time
import urllib.request
import webbrowser
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from click.testing import CliRunner

from ses_reputation.dashboard.pages import OverviewPage, Page
from ses_reputation.dashboard.views import Urgent, View
from ses_reputation.domain.categories import Category
from ses_reputation.domain.lifecycle import Stage, Status
from ses_reputation.domain.listing import Listed, ListedFinding
from ses_reputation.domain.scopes import ACCOUNT, ScopeKind, scope
from ses_reputation_cli import demo
from ses_reputation_cli.main import main
from ses_reputation_cli.site import serving as site_serving
from ses_reputation_cli.site import sheet as site_sheet
from ses_reputation_cli.site.serving import has_screen, serve
from ses_reputation_cli.site.sheet import SCOPES, WORST, scopes_of
from ses_reputation_cli.site.zone import MachineZone
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.server import Clock, Server, address_of, listening, serving
from tests.command import Command

ROOT = Path(__file__).parents[1]
BOUNCE = json.loads((ROOT / "events/configuration-set/bounce.json").read_text())
SEND = json.loads((ROOT / "events/configuration-set/send.json").read_text())
NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)
ACME = "tenant/acme"


run = Command().run


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "captured.jsonl"
    path.write_text(f"{json.dumps(SEND)}\n{json.dumps(BOUNCE)}\n")
    return path


class Document(HTMLParser):
    """What a test wants to know of a document."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def names(self) -> set[str]:
        return {tag for tag, _ in self.tags}

    def values(self, attribute: str) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get(attribute)) is not None]


# -- The file ----------------------------------------------------------------------------------------------------------


def test_a_file_has_all_that_matters_and_needs_nothing_else(capture: Path, tmp_path: Path) -> None:
    out = tmp_path / "standing.html"
    out.write_text("an older one")
    said = run("dashboard", "--replay", str(capture), "--out", str(out)).output
    assert str(out) in said
    text = out.read_text()
    assert text.startswith("<!doctype html>")
    document = Document(text)
    assert not document.names() & {"script", "link", "iframe", "form", "img", "base", "object", "use"}
    assert not document.values("src")
    assert "url(" not in text
    ids, anchors = document.values("id"), [a.removeprefix("#") for a in document.values("href") if a.startswith("#")]
    assert sorted(ids) == sorted(set(ids)), "each id once, over all pages"
    assert {"overview", "reviews", "scope-1"} <= set(anchors) <= set(ids)
    referred = " ".join(document.values("aria-labelledby") + document.values("aria-describedby")).split()
    assert referred
    assert set(referred) <= set(ids)
    assert text.count("<main") == text.count("<header") == 1, "one frame around all"
    assert "UTC" in text
    assert not list(tmp_path.glob(".*")), "nothing is left beside it"


def test_a_new_file_is_for_its_owner_alone_and_an_older_one_keeps_its_mode(
    capture: Path, tmp_path: Path, short: str
) -> None:
    """It has the addresses of recipients in it."""
    new, older = tmp_path / "new.html", tmp_path / "older.html"
    older.write_text("for all to read")
    older.chmod(0o644)
    for out in (new, older):
        run("dashboard", "--replay", str(capture), "--out", str(out))
        assert out.read_text(encoding="utf-8") == short
    assert [path.stat().st_mode & 0o777 for path in (new, older)] == [0o600, 0o644]
    assert sorted(tmp_path.iterdir()) == sorted([capture, new, older])


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> str:
    """A file that is quickly made."""
    text = "<!doctype html><p>é</p>"
    monkeypatch.setattr(site_sheet, "sheet", lambda *_: text)
    return text


def test_a_dash_writes_to_standard_output(capture: Path, short: str) -> None:
    assert run("dashboard", "--replay", str(capture), "--out", "-").stdout == f"{short}\n"


def test_what_was_read_is_told_beside_the_file(capture: Path, short: str) -> None:
    with capture.open("a") as file:
        file.write("not JSON\n")
    told = run("dashboard", "--replay", str(capture), "--out", "-")
    assert told.stdout == f"{short}\n"
    assert told.stderr == "3 events read: 2 counted, 0 duplicate, 0 ignored, 1 unreadable.\n"


@pytest.mark.parametrize("text", ["", "not JSON\n", '{"some": "thing"}\n'], ids=["empty", "text", "other-json"])
def test_what_holds_no_event_is_no_empty_dashboard(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text(text)
    assert "there is nothing to show" in run("dashboard", "--replay", str(path), "--out", "-", code=2).output


def test_a_file_that_can_not_be_written_is_told_before_the_work_is_done(tmp_path: Path) -> None:
    said = run("dashboard", "--replay", "nothing-is-read", "--out", str(tmp_path / "no" / "file.html"), code=2)
    assert "there is no folder" in said.output


def test_a_pipe_is_written_to_and_not_replaced(capture: Path, tmp_path: Path, short: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert run("dashboard", "--replay", str(capture), "--out", str(pipe)).stdout == "", "it may lead on to it"
        assert os.read(reader, 1_000).decode() == short
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_links_that_lead_nowhere_are_told(capture: Path, tmp_path: Path, short: str) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.symlink_to(second)
    second.symlink_to(first)
    told = run("dashboard", "--replay", str(capture), "--out", str(first), code=1)
    assert f"{first} was not written: Too many levels of symbolic links" in told.output
    assert first.is_symlink()


def test_a_full_disk_is_told(capture: Path, short: str) -> None:
    said = run("dashboard", "--replay", str(capture), "--out", "/dev/full", code=1)
    assert "/dev/full was not written: No space left on device" in said.output


@pytest.mark.parametrize("target", ["march.html", "nowhere.html"], ids=["a-file", "nothing"])
def test_nothing_is_written_through_a_link(capture: Path, tmp_path: Path, short: str, target: str) -> None:
    """Somebody else may have laid it."""
    link, march = tmp_path / "newest.html", tmp_path / "march.html"
    march.write_text("precious")
    link.symlink_to(tmp_path / target)
    told = run("dashboard", "--replay", str(capture), "--out", str(link), code=1)
    assert f"{link} was not written: it is a symbolic link" in told.output
    assert link.is_symlink()
    assert march.read_text() == "precious"
    assert sorted(tmp_path.iterdir()) == sorted([capture, link, march])


@pytest.mark.parametrize(
    ("module", "name"), [(Path, "lstat"), (tempfile, "mkstemp")], ids=["before-it-is-looked-at", "after"]
)
def test_a_link_that_is_laid_at_the_last_moment_is_not_followed(
    capture: Path, tmp_path: Path, short: str, monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    out, theirs = tmp_path / "new.html", tmp_path / "theirs"
    theirs.write_text("precious")
    step = getattr(module, name)

    def after_a_link(*arguments: Any, **options: Any) -> Any:
        if not os.path.lexists(out):
            out.symlink_to(theirs)
        return step(*arguments, **options)

    monkeypatch.setattr(module, name, after_a_link)
    CliRunner().invoke(main, ["dashboard", "--replay", str(capture), "--out", str(out)])
    assert os.path.lexists(out), "it was laid, or is the dashboard"
    assert theirs.read_text() == "precious"


@pytest.mark.parametrize("name", ["/dev/stdout", "its-name"])
def test_what_standard_output_appends_to_is_not_written_over(
    capture: Path, tmp_path: Path, short: str, name: str
) -> None:
    out = tmp_path / "all.html"
    out.write_text("what was there")
    shell = os.dup(1)
    try:
        with out.open("a") as file:
            os.dup2(file.fileno(), 1)
        told = run("dashboard", "--replay", str(capture), "--out", str(out) if name == "its-name" else name)
    finally:
        os.dup2(shell, 1)
        os.close(shell)
    assert told.stdout == f"{short}\n", "as for -"
    assert out.read_text() == "what was there"


@pytest.mark.parametrize(
    ("refused", "asked", "mode"),
    [
        ((), [True], 0o664),
        ((True,), [True, False], 0o664),
        ((True, False), [True, False], 0o600),
    ],
    ids=["root", "somebody-of-the-group", "anybody-else"],
)
def test_an_older_file_keeps_its_owner_and_group_or_is_closed_to_others(  # noqa: PLR0917 - two are fixtures
    capture: Path,
    tmp_path: Path,
    short: str,
    monkeypatch: pytest.MonkeyPatch,
    refused: tuple[bool, ...],
    asked: list[bool],
    mode: int,
) -> None:
    """What is asked for is the owner with the group, or the group alone."""
    out = tmp_path / "older.html"
    out.write_text("an older one")
    out.chmod(0o664)
    status = out.stat()
    calls = []

    def chown(path: Path, owner: int, group: int) -> None:
        assert path.stat().st_mode & 0o777 == 0o600, "nobody else can read it meanwhile"
        assert group == status.st_gid
        calls.append(owner == status.st_uid)
        if calls[-1] in refused:
            raise PermissionError

    monkeypatch.setattr(os, "chown", chown)
    run("dashboard", "--replay", str(capture), "--out", str(out))
    assert calls == asked
    assert out.stat().st_mode & 0o777 == mode


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with (
        closing(listening("127.0.0.1", 0)) as listener,
        LocalCloud({"NotificationEmail": "ops@shop.example"}, address=address_of(listener)) as cloud,
        serving(Server(cloud, Clock(NOW)), listener),
    ):
        cloud.now = NOW
        report = {"command": "report", "category": "spamtrap", "scope": ACME, "evidence": "14 hits"}
        opened: Any = cloud.call("Operate", report).body
        changes = {"command": "changes-made", "scope": ACME, "finding": opened["finding"]["id"], "note": "no more list"}
        assert cloud.call("Operate", changes).status == 200
        yield cloud


def test_a_file_of_a_deployment_has_the_commands_that_decide(cloud: LocalCloud) -> None:
    text = run("dashboard", "--out", "-", "--region", "eu-west-1", now=NOW).stdout
    lines = re.findall(r"<pre[^>]*>(ses-reputation decide \w+ accept [^<]*)</pre>", text)
    assert lines
    assert lines[0].endswith(" --revision 2 --stack-name ses-reputation --region eu-west-1")
    assert "14 hits" in text


def test_a_stack_that_is_not_there_is_told_at_once(cloud: LocalCloud) -> None:
    for options in (["--no-open", "--port", "0"], ["--out", "-"]):
        said = run("dashboard", "--stack-name", "other", *options, code=1)
        assert "there is no stack other in eu-west-1" in said.output


def row(name: str, *findings: ListedFinding) -> Listed:
    return Listed(scope(ScopeKind.TENANT, name), Status.HEALTHY, findings=findings)


def test_a_file_has_the_scopes_that_somebody_should_look_at() -> None:
    finding = ListedFinding("57d77a092d", Category.SPAMTRAP, Stage.PROBATION, NOW)
    urgent = [Urgent(scope(ScopeKind.TENANT, name), finding) for name in ("late", "soon", "late")]
    rows = [row("late", finding), row("open", finding), *(row(f"well-{number}") for number in range(WORST + 3))]
    well = [f"tenant/well-{number}" for number in range(WORST)]
    assert scopes_of(urgent, rows) == [ACCOUNT, "tenant/late", "tenant/soon", "tenant/open", *well]
    many = [row(f"bad-{number}", finding) for number in range(SCOPES)]
    assert len(scopes_of([], many)) == SCOPES
    assert scopes_of([], []) == [ACCOUNT]
    assert (SCOPES, WORST) == (25, 5), "which docs/dashboard.md says"


# -- The site ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::", "shop.example", ""])  # noqa: S104 - refused
def test_the_site_is_of_this_machine_alone(host: str) -> None:
    said = run("dashboard", "--host", host, code=2)
    assert "is no address of this machine alone" in " ".join(said.output.replace("│", " ").split())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--profile", "current"], "those of this command are for --replay"),
        (["-P", "ProbationDays=7"], "those of this command are for --replay"),
        (["--verified-identity", "shop.example"], "those of this command are for --replay"),
        (["--replay", "x", "--stack-name", "other"], "--stack-name is of a deployed stack"),
        (["--replay", "x", "--region", "eu-west-1"], "--region is of a deployed stack"),
        (["--replay", "no-such-file", "--port", "0"], "no-such-file: there is no such file"),
        (["--replay", "x", "--out", "x", "--port", "0"], "--port is of the site: --out writes a file"),
        (["--replay", "x", "--out", "x", "--host", "::1"], "--host is of the site: --out writes a file"),
        (["--replay", "x", "--out", "x", "--no-open"], "--no-open is of the site: --out writes a file"),
        (["--out", ""], "an empty name is none"),
        (["--replay", ""], "an empty name is none"),
    ],
    ids=["profile", "parameter", "identity", "stack", "region", "no-file", "port", "host", "open", "no-out", "no-path"],
)
def test_what_does_not_go_together_is_refused(arguments: list[str], says: str) -> None:
    assert says in " ".join(run("dashboard", *arguments, code=2).output.replace("│", " ").split())


def test_a_port_that_is_taken_is_told(capture: Path) -> None:
    with closing(listening("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = run("dashboard", "--replay", str(capture), "--port", port, code=1)
    assert f"nothing can listen on port {port} of 127.0.0.1" in said.output


def test_it_serves_until_it_is_interrupted(capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def look(source: Any, listener: Any, zone: Any, *, open_browser: bool) -> None:
        assert not open_browser

        def wait() -> None:
            address = re.search(r"http://\S+", buffered())
            assert address
            browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
            with browser.open(address[0]) as welcome:
                onward = welcome.headers["Refresh"].removeprefix("0; url=")
            with browser.open(urljoin(address[0], onward)) as answer:
                read.append(answer.read().decode())
            raise KeyboardInterrupt

        serve(source, listener, zone, open_browser=False, wait=wait)

    printed: list[str] = []
    monkeypatch.setattr("click.echo", lambda text="", **_: printed.append(str(text)))

    def buffered() -> str:
        return "\n".join(printed)

    monkeypatch.setattr(site_serving, "serve", look)
    run("dashboard", "--replay", str(capture), "--port", "0", "--no-open")
    assert "Bounce rate" in read[0]
    assert printed[-1] == "\nThe dashboard is closed."


def test_nobody_else_learns_the_address_from_how_the_browser_was_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """All users of a machine can see with which address a program was started."""
    started: list[str] = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(webbrowser, "open", started.append)

    def look() -> None:
        assert started[0].startswith("file:")
        assert "token" not in started[0]
        file = Path(unquote(urlsplit(started[0]).path))
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        assert re.search(r'http-equiv="refresh" content="0; url=http://127.0.0.1:\d+/\?token=', file.read_text())
        raise KeyboardInterrupt

    source: Any = SimpleNamespace(operate=None)
    with closing(listening("127.0.0.1", 0)) as listener:
        serve(source, listener, UTC, open_browser=True, wait=look)
    assert not Path(urlsplit(started[0]).path).exists()


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"BROWSER": "wslview"}, "linux", True),
        ({"DISPLAY": ":0", "CI": "true"}, "linux", False),
        ({}, "darwin", True),
        ({"CI": "1"}, "darwin", False),
        ({}, "win32", True),
    ],
    ids=["terminal", "x11", "wayland", "wsl", "ci", "mac", "mac-ci", "windows"],
)
def test_a_browser_is_opened_where_somebody_sees_it(environment: dict[str, str], platform: str, expected: bool) -> None:
    assert has_screen(environment, platform) is expected


def test_times_are_those_of_this_machine_with_its_summer_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        zone = MachineZone()
        winter, summer = datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC)
        assert winter.astimezone(zone).isoformat() == "2026-01-15T13:00:00+01:00"
        assert summer.astimezone(zone).isoformat() == "2026-07-15T14:00:00+02:00"
        repeated = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 comes twice
        for moment in (repeated, repeated + timedelta(hours=1)):
            assert moment.astimezone(zone).astimezone(UTC) == moment
        assert datetime(2026, 7, 15, tzinfo=zone).astimezone(UTC) == datetime(2026, 7, 14, 22, tzinfo=UTC)
    finally:
        monkeypatch.undo()
        time.tzset()


# -- The end of the demo -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "watched", "served"),
    [([], True, True), (["--serve"], False, True), (["--no-serve"], True, False)],
    ids=["terminal", "asked-for", "declined"],
)
def test_a_story_ends_with_its_dashboard_for_who_is_there(
    monkeypatch: pytest.MonkeyPatch, option: list[str], watched: bool, served: bool
) -> None:
    shown: list[Page] = []

    def look(source: Any, *_: Any, **__: Any) -> None:
        view: View = source.pages(UTC)(OverviewPage())
        shown.append(view.page)

    monkeypatch.setattr(demo, "_is_watched", lambda: watched)
    monkeypatch.setattr(site_serving, "serve", look)
    output = run("demo", "five-mails", *option).output
    assert "Where every scope stands" in output
    assert bool(shown) is served


@pytest.mark.parametrize(
    ("setting", "option"), [([], ""), (["SERVE=0"], "--no-serve"), (["SERVE=1"], "--serve")], ids=str
)
def test_make_demo_serves_or_not_as_it_is_told(setting: list[str], option: str) -> None:
    # What the make that runs this test was told is not for this one.
    own = {
        name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "ARGS"}
    }
    shown = subprocess.run(  # noqa: S603 - our own words
        ["make", "--dry-run", "--assume-old=.venv/demo.installed", "demo", *setting],  # noqa: S607
        cwd=ROOT,
        env=own,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shown.split("ses-reputation demo")[1].split() == option.split()
