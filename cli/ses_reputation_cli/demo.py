"""`ses-reputation demo`: a story told in the terminal as it happens."""

import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from ses_reputation_cli.arguments import LISTED
from ses_reputation_cli.options import errors_for_people, local_playback, setting_options

if TYPE_CHECKING:
    from ses_reputation.domain.policy import Policy
    from ses_reputation.domain.standing import Standing
    from ses_reputation_local.cloud import Email
    from ses_reputation_local.replay import Playback, Tick
    from ses_reputation_local.stories import Chapter, Story

DEFAULT_STORY = "purchased-list"

_WIDTH = 80
_BAR = 10
_SCOPE = 22

_EXAMPLES = """\b
Examples:
  ses-reputation demo
  ses-reputation demo complaint-wave --no-serve
  ses-reputation demo second-chance -P EnforceScopes=tenant
  ses-reputation demo my-story.toml -P ProbationDays=7
"""


@click.command(epilog=_EXAMPLES)
@click.argument("story", default=DEFAULT_STORY)
@click.option(
    "--serve/--no-serve",
    default=None,
    help="Serve the dashboard over the story when it is told, until Ctrl-C. Default: on a terminal.",
)
@setting_options
def command(story: str, parameters: dict[str, str], identities: tuple[str, ...], *, serve: bool | None) -> None:
    """Tell a story from beginning to end: mail, rates, alerts. Then show where that leads to, on the dashboard.

    STORY is the name of a story in events/stories (default: purchased-list), or the path of one of your own. SES is
    simulated, everything behind it is real: the topics, queues, functions and tables of template.yaml, in this process.
    """
    console = Console(highlight=False)
    console.width = min(console.width, _WIDTH)
    with errors_for_people():
        from ses_reputation_cli.dashboard import serve_replay  # noqa: PLC0415 - help must not wait for it
        from ses_reputation_cli.replay_report import outcomes_text, scopes_table, worst_first_of  # noqa: PLC0415
        from ses_reputation_cli.statuses import left_out_text  # noqa: PLC0415
        from ses_reputation_local.stories import read_story  # noqa: PLC0415

        told = read_story(_path(story))
        with local_playback(parameters, identities) as playback:
            letters = _tell(console, told, playback)
            report = playback.report()
            console.rule("Where every scope stands")
            scopes = worst_first_of(report)
            console.print(scopes_table(scopes[:LISTED], report.policy))
            if left_out := [scope.standing for scope in scopes[LISTED:]]:
                console.print(left_out_text(left_out, report.policy, lister="ses-reputation replay --all"))
            console.print(f"{report.read:,} events: {outcomes_text(report.events)}. {letters} e-mails.")
            console.print("\nNext, with your own mail: ses-reputation replay PATH (--help says what it takes)")
            if _is_watched() if serve is None else serve:
                console.print()
                serve_replay(playback)


def _is_watched() -> bool:
    """Whether somebody is there who can look at the dashboard, and end it."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _path(story: str) -> Path:
    from ses_reputation_local.application import STORIES, sample  # noqa: PLC0415

    if story.endswith(".toml"):
        return sample(Path(story))
    path = STORIES / f"{story}.toml"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in STORIES.glob("*.toml")))
        raise click.UsageError(f"there is no story {story!r}; there are {known}, or the path of a .toml file")
    return path


def _tell(console: Console, story: "Story", playback: "Playback") -> int:
    """Tell the story; how many e-mails there were."""
    console.print(f"\n[bold]{escape(story.title)}[/bold]\n{_unwrapped(story.text)}")
    policy = playback.policy()
    letters = 0
    chapters = iter(story.chapters)
    chapter = next(chapters, None)
    for tick in playback.play(story.events()):
        # The first evaluation of a chapter's mail is after its start.
        while chapter and tick.now > chapter.start:
            _announce(console, chapter)
            chapter = next(chapters, None)
        ends_day = tick.next is None or tick.next.date() != tick.now.date()
        if ends_day or tick.emails:
            console.print(_lines(tick, playback.standings(), policy))
        for email in tick.emails:
            console.print(letter(email))
            letters += 1
    console.print()
    return letters


def _announce(console: Console, chapter: "Chapter") -> None:
    console.print()
    day = f"{chapter.start:%A} {chapter.start.day} {chapter.start:%B}"
    console.rule(f"{escape(chapter.title)}, {day}", align="left")
    console.print(f"{_unwrapped(chapter.text)}\n")


def _lines(tick: "Tick", standings: "list[Standing]", policy: "Policy") -> Text:
    """How much of its limit the account uses up, and the scope that is worst off."""
    from ses_reputation.domain.categories import Category  # noqa: PLC0415
    from ses_reputation.domain.rates import Metric  # noqa: PLC0415
    from ses_reputation.domain.scopes import ACCOUNT  # noqa: PLC0415
    from ses_reputation.notices.numbers import percent  # noqa: PLC0415
    from ses_reputation.notices.texts import METRICS  # noqa: PLC0415
    from ses_reputation_cli.statuses import status_text  # noqa: PLC0415

    rows = []
    for standing in standings:
        for metric in Metric:
            measures = standing.measures[metric]
            rate = measures.since if measures.since and policy.can_judge(measures.since) else measures.window
            if policy.can_judge(rate):
                limit = policy.limits_of(standing.scope, metric).limit.value
                # Of a limit of nothing, anything is more than all.
                share = rate.fraction / limit if limit else Fraction(2 * (rate.count > 0))
                # On probation comes first, however good the rate is by now.
                rows.append(
                    (standing.stage(Category(metric)) is not None, share, standing.scope, metric, rate, standing)
                )
    account = max((row for row in rows if row[2] == ACCOUNT), default=None)
    worst = max((row for row in rows if row[2] != ACCOUNT), default=None)
    lines = Text(f"{tick.now:%a %d %b %H:%M}, {tick.fed:,} events so far")
    for row in (account, worst):
        if row:
            _, share, scope, metric, rate, standing = row
            counted = METRICS[metric].many
            rate_text = f"{percent(rate.fraction)} of {rate.eligible:,}"
            lines.append(f"\n  {_cut(scope):<22} {counted:<13}{_bar(float(share))} {rate_text:>15} ")
            lines.append(status_text(standing.metric_status(metric)))
    return lines


def _cut(scope: str) -> str:
    return scope if len(scope) <= _SCOPE else f"{scope[: _SCOPE - 1]}…"


def _unwrapped(text: str) -> str:
    """Text as one line, for the terminal to wrap at its own width."""
    return escape(" ".join(text.split()))


def _bar(share: float) -> str:
    """How much of the limit is used up: full is at the limit, + is over it."""
    filled = min(round(share * _BAR), _BAR)
    return f"[{'#' * filled}{'.' * (_BAR - filled)}{'+' if share > 1 else ']'}"


def letter(email: "Email") -> Panel:
    """An e-mail as the terminal shows it."""
    text = f"To: {email.to}\nSubject: {email.subject}\n\n{email.body.rstrip()}"
    return Panel(Text(text), title="E-mail", title_align="left", width=_WIDTH)
