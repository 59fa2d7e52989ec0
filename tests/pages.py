"""The pages that people read, taken apart: where their links lead, and the commands that they show."""

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec import Struct

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PATHS = sorted(
    path for pattern in ("*.md", "docs/*.md", "events/*.md", "examples/**/*.md") for path in ROOT.glob(pattern)
)

_MARKDOWN = MarkdownIt("commonmark").enable("table")
# What the shell takes as the end of a command, or as where its output goes. $(...) is not taken apart.
_BETWEEN = re.compile(r"[|;&]+")
_BESIDE = re.compile(r"[<>]+")


class Session(Struct, frozen=True):
    """A command in a console block, with the lines that it is shown to print."""

    command: str
    shown: tuple[str, ...]


class Line(Struct, frozen=True):
    """A command in a block for a shell: its words, and the folder of the repository that it is given in."""

    words: tuple[str, ...]
    folder: str = "."


class Page(Struct, frozen=True):
    """One page, with what is in it."""

    path: Path
    links: tuple[str, ...]
    anchors: frozenset[str]
    """Where a link to this page may lead, as GitHub names its headings."""
    lines: tuple[Line, ...]
    """The commands in its blocks for a shell."""
    mentions: tuple[tuple[str, ...], ...]
    """The commands that its sentences name, with some of their arguments or without any."""
    sessions: tuple[Session, ...]

    @property
    def name(self) -> str:
        """The page as the repository names it."""
        return str(self.path.relative_to(ROOT))


@cache
def read(path: Path) -> Page:
    """A page of the repository."""
    links: list[str] = []
    lines: list[Line] = []
    mentions: list[tuple[str, ...]] = []
    sessions: list[Session] = []
    headings: list[str] = []
    tokens = _MARKDOWN.parse(path.read_text(encoding="utf-8"))
    for before, token in zip([Token("", "", 0), *tokens], tokens, strict=False):
        match token.type, token.info:
            case "fence", "console":
                found = list(_sessions(token.content))
                sessions += found
                lines += _lines("\n".join(session.command for session in found))
            case "fence", "sh":
                lines += _lines(token.content)
            case "inline", _:
                inside = token.children or []
                if before.type == "heading_open":
                    headings.append("".join(part.content for part in inside))
                links += (str(part.attrs.get("href") or part.attrs["src"]) for part in inside if part.attrs)
                mentions += (
                    words
                    for part in inside
                    if part.type == "code_inline" and part.content.startswith(("ses-reputation ", "make "))
                    for words in commands(part.content)
                )
    return Page(path, tuple(links), frozenset(_anchors(headings)), tuple(lines), tuple(mentions), tuple(sessions))


def _lines(block: str) -> Iterator[Line]:
    folder = "."
    for words in commands(block):
        yield Line(words, folder)
        if words[0] == "cd":
            folder = words[1]


def commands(text: str) -> Iterator[tuple[str, ...]]:
    """The simple commands of a text for a shell: their words, without what sets variables and redirects."""
    pending = ""
    for line in text.replace("\\\n", " ").splitlines():
        pending += line
        lexer = shlex.shlex(pending, posix=True, punctuation_chars="<>|;&")
        lexer.whitespace_split = True
        try:
            words = list(lexer)
        except ValueError:  # A quotation goes on in the next line.
            pending += "\n"
            continue
        pending = ""
        yield from _simple(words)


def _simple(words: list[str]) -> Iterator[tuple[str, ...]]:
    command: list[str] = []
    beside = False
    for word in [*words, ";"]:
        if _BETWEEN.fullmatch(word):
            if command:
                yield tuple(command)
            command = []
        elif _BESIDE.fullmatch(word):
            beside = True
        elif beside:
            beside = False
        elif command or not re.fullmatch(r"[A-Za-z_]+=.*", word, re.DOTALL):
            command.append(word)
        elif "=$(" in word:
            command.append(word.partition("$(")[2])


def _sessions(block: str) -> Iterator[Session]:
    for session in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *shown = session.replace("\\\n", " ").rstrip("\n").split("\n")
        yield Session(command, tuple(shown))


def _anchors(headings: list[str]) -> Iterator[str]:
    """What GitHub makes of headings: a second one of the same name gets a number."""
    seen: Counter[str] = Counter()
    for heading in headings:
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        yield f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor
        seen[anchor] += 1
