"""What MkDocs does not do by itself for the site of the documentation.

Pages lead to files outside of docs/: the template, the changelog, a test. On GitHub such a link shows the file. The
site has no address of a repository to lead to, and there would be another version's file. So it has a page for each of
these files, with the file's text, and can be read whole without a network. A link to a folder has nothing to lead to
there, and is only text.
"""

import posixpath
import re
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

from tests.npm_scripts import NotGot, Script, get

ROOT = Path(__file__).parents[2]
DOCS = "docs/"
REPOSITORY = "repository/"

_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s#:]+)(#[^)\s]*)?\)")
_FENCE = re.compile(r"^(`{3,}).*?^\1`*$", re.DOTALL | re.MULTILINE)
# How each kind of file is coloured; others are not.
_LANGUAGES = {".css": "css", ".json": "json", ".py": "python", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}
_WITH_ADDRESS = {"404.html", "sitemap.xml"}
# Named in mkdocs.yml and theme/main.html. Otherwise the theme has them come from a network.
_SCRIPTS = {"assets/mermaid.js": Script.MERMAID, "assets/iframe-worker.js": Script.IFRAME_WORKER}
# What a browser gets when it opens a page; not what a reader may click, nor what a page says its own address is.
_LOADED = re.compile(
    r"""<(?:script|link(?! rel="?canonical)|img|iframe|source)\b[^>]*?\b(?:src|href)=["']?(?:https?:)?//[^"'\s>]*"""
)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Leave out what needs the address of the site, which nobody knows here."""
    config.theme.static_templates -= _WITH_ADDRESS
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what pages lead to outside of docs/, what that leads to, and the scripts that readers need."""
    for name in _WITH_ADDRESS:
        if file := files.get_file_from_path(name):
            files.remove(file)
    leading = deque(DOCS + file.src_uri for file in files.documentation_pages())
    added = set()
    while leading:
        source = leading.popleft()
        for target in _outside(source, (ROOT / source).read_text(encoding="utf-8")):
            if target in added or not (ROOT / target).is_file():
                continue
            added.add(target)
            leading.extend([target] if target.endswith(".md") else [])
            files.append(
                File.generated(config, _page_of(target), content=_shown(target), inclusion=InclusionLevel.NOT_IN_NAV)
            )
    try:
        for uri, script in _SCRIPTS.items():
            get(script)
            files.append(File.generated(config, uri, content=script.read()))
    except NotGot as error:
        raise PluginError(str(error)) from error
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - by name
    """Have links between docs/ and the rest of the repository lead to the pages that stand for files."""
    source = _source_of(page.file.src_uri)

    def led(match: re.Match[str]) -> str:
        text, target, anchor = match[1], _resolved(source, match[2]), match[3] or ""
        if source.startswith(DOCS) and target.startswith(DOCS):
            return match[0]
        uri = target.removeprefix(DOCS) if target.startswith(DOCS) else _page_of(target)
        if not files.get_file_from_path(uri):
            return text
        return f"[{text}]({posixpath.relpath(uri, posixpath.dirname(page.file.src_uri))}{anchor})"

    return _outside_of_fences(markdown, lambda text: _LINK.sub(led, text))


def on_post_build(config: MkDocsConfig) -> None:
    """Refuse a site that needs a network to be read, or that names a folder of this machine."""
    problems = []
    for path in sorted(Path(config.site_dir).rglob("*.html")):
        html = path.read_text(encoding="utf-8")
        problems += [f"{path.name} loads {found[0]}" for found in _LOADED.finditer(html)]
        problems += [f"{path.name} names {ROOT}"] if str(ROOT) in html else []
    if problems:
        raise PluginError("\n".join(problems))


def _outside(source: str, markdown: str) -> Iterator[str]:
    """Where a file of the repository leads to, outside of docs/."""
    for match in _LINK.finditer(_FENCE.sub("", markdown)):
        target = _resolved(source, match[2])
        if not target.startswith((DOCS, "..")):
            yield target


def _resolved(source: str, target: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), target))


def _page_of(path: str) -> str:
    """The page that stands for a file. Many servers hide files whose name begins with a dot."""
    return f"{REPOSITORY}{path.lstrip('.')}.md"


def _source_of(uri: str) -> str:
    """The file that a page is made of, or stands for."""
    if not uri.startswith(REPOSITORY):
        return DOCS + uri
    path = uri.removeprefix(REPOSITORY).removesuffix(".md")
    return path if (ROOT / path).exists() else f".{path}"


def _shown(path: str) -> str:
    """The page of a file; only pages of the documentation are found by searching."""
    text = (ROOT / path).read_text(encoding="utf-8")
    if not path.endswith(".md"):
        fence = "`" * max(3, *(len(ticks) + 1 for ticks in ["", *re.findall(r"`+", text)]))
        text = f"# {path}\n\n{fence}{_LANGUAGES.get(Path(path).suffix, 'text')}\n{text.rstrip()}\n{fence}\n"
    return f"---\nsearch:\n  exclude: true\n---\n\n{text}"


def _outside_of_fences(markdown: str, change: Callable[[str], str]) -> str:
    """The text, changed wherever it is not a block of code."""
    parts: list[str] = []
    end = 0
    for fence in _FENCE.finditer(markdown):
        parts += [change(markdown[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, change(markdown[end:])])
