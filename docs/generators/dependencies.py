"""The table of what the project depends on, held against pyproject.toml."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from docs.generators.tables import table

_PROJECT = Path(__file__).parents[2] / "pyproject.toml"


class Why(NamedTuple):
    """What a package is for, and why the project does not have code of its own instead."""

    use: str
    instead: str
    size: str


_APART = "an environment of its own"
COMMAND, LOCAL = "the command", "the local cloud"
GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "functions": "Lambda",
        "build": "installing",
        "lock": "`make lock`",
        "browser": "`make browser`",
        "test": "tests",
        "check": "`make check`",
        "sam": "`make build`",
        "engine": "`make engine`, `runtime`",
        "audit": "`make audit`",
        "site": "`make site`",
        "measure": "`make coverage`, `mutants`",
    }
)
"""Where the packages of each dependency group run."""

WHY: Mapping[str, Why] = MappingProxyType(
    {
        "aws-lambda-powertools": Why(
            "log lines in JSON with the request's id, metrics in CloudWatch's format",
            "Both formats have corners, and everybody who runs Lambda knows these. Nothing else of it is imported: the "
            "Tracer alone takes longer to import than all of ours.",
            "6",
        ),
        "botocore": Why(
            "AWS clients, of the command and of the functions: it is in Lambda's runtime",
            "Signing, retries, credentials of every kind.",
            "20",
        ),
        "boto3": Why("what moto and the examples are written with", "Programs that send mail use it.", "1"),
        "click": Why(
            "options, help and completion of all commands", "argparse has no completion and no nested help.", "1"
        ),
        "dnspython": Why(
            "DNS queries with a time-out, to a server that can be chosen", "Python's own resolver has neither.", "3"
        ),
        "htpy": Why(
            "HTML of the dashboard, from functions",
            "What is put in is escaped, always: names are chosen by strangers. Brings markupsafe.",
            "0.1",
        ),
        "msgspec": Why(
            "JSON to typed, checked, frozen structs and back, and their schemas",
            "Decodes and checks an event in 3 us; pydantic takes 8, and four times as long to import.",
            "0.6",
        ),
        "rich": Why("tables and colours in a terminal", "Widths, wrapping and terminals without colours.", "3"),
        "Werkzeug": Why(
            "serves the dashboard and the local cloud, on this machine alone",
            "http.server parses requests too loosely to guard.",
            "2",
        ),
        "aws-sam-translator": Why("template.yaml as CloudFormation sees it", "It is SAM itself.", "4"),
        "Flask": Why("moto's server is made with it", "moto imports it.", "0.7"),
        "flask-cors": Why("the same", "moto imports it.", "0.1"),
        "moto": Why(
            "topics, queues, tables, CloudFormation in one process",
            "The alternative is an account of AWS, or a container that starts in seconds instead of 80 ms.",
            "40",
        ),
        "openapi-spec-validator": Why("moto's CloudFormation needs it", "moto imports it.", "0.4"),
        "PyYAML": Why("reads template.yaml", "aws-sam-translator reads with it.", "3"),
        "editables": Why("an editable install without network", "hatchling asks for it.", "0.02"),
        "hatchling": Why("builds the package from three folders", "setuptools needs more to do so.", "0.7"),
        "uv": Why("pins by hash for every platform at once", "pip-tools pins for the machine that it runs on.", "40"),
        "playwright": Why(
            "a real browser looks at the dashboard",
            "What a page looks like, and whether a keyboard can use it, no parser says.",
            "171, and Chromium",
        ),
        "hypothesis": Why("laws, held against examples that it looks for", "It also finds the smallest.", "6"),
        "pytest": Why("runs the tests", "Parameters, fixtures, and failures that say what differs.", "3"),
        "pytest-xdist": Why("on all cores", "Half the time on two.", "0.3"),
        "boto3-stubs": Why("types of the AWS clients", "A misspelt parameter is found without AWS.", "8"),
        "cfn-lint": Why("CloudFormation's rules, held against the template", "AWS's own schemas.", "34"),
        "mypy": Why("strict types", "Finds what a new case was forgotten in.", "60"),
        "ruff": Why("lint and format", "One tool, in a second.", "25"),
        "types-PyYAML": Why("types of PyYAML", "mypy asks for them.", "0.1"),
        "aws-sam-cli": Why(
            "`sam build` and `sam validate`, as those use it who deploy",
            "It is SAM.",
            "27; 340 with all that it brings",
        ),
        "awslambdaric": Why("Lambda's own runtime client", "What it does with errors is not documented.", "1"),
        "ministack": Why(
            "a second engine, with nothing of moto's or ours in it",
            "What moto gets wrong would go unnoticed.",
            "23; 130 with all that it brings",
        ),
        "checkov": Why("known mistakes in templates", "Rules that others keep.", _APART),
        "guardpycfn": Why("AWS's rules for templates", "The same, by AWS.", _APART),
        "pip-audit": Why("known holes in packages", "Asks the public database.", _APART),
        "mkdocs-material": Why(
            "makes docs/ into a site, with search and no network",
            "Navigation, search, light and dark are its trade.",
            _APART,
        ),
        "coverage": Why("which branches the tests take", "Nothing else knows branches.", "2"),
        "mutmut": Why("changes the core in small ways", "It knows how to change code.", "0.6"),
        "pytest-cov": Why("mutmut asks for coverage by way of it", "mutmut uses it.", "0.1"),
    }
)


def dependencies() -> str:
    """A row for each package that pyproject.toml names; ValueError if one has no reason, or a reason no package."""
    where: dict[str, list[str]] = {}
    for place, name in _named():
        where.setdefault(name, []).append(place)
    if where.keys() != WHY.keys():
        raise ValueError(f"give a reason in docs/generators/dependencies.py: {', '.join(where.keys() ^ WHY.keys())}")
    return table(
        ("package", "runs in", "for", "why not code of our own", "MB"),
        ((f"`{name}`", ", ".join(places), *WHY[name]) for name, places in where.items()),
    )


def _named() -> Iterator[tuple[str, str]]:
    """Each place, and the name of a package that it needs."""
    project = tomllib.loads(_PROJECT.read_text())
    extras, groups = project["project"]["optional-dependencies"], project["dependency-groups"]
    yield from _names("Lambda", groups["functions"])
    yield from _names(COMMAND, project["project"]["dependencies"])
    yield from _names(LOCAL, extras["local"])
    for group, needed in groups.items():
        if group != "functions":
            yield from _names(GROUPS[group], needed)


def _names(place: str, needed: Sequence[str]) -> Iterator[tuple[str, str]]:
    return ((place, re.split(r"[\[<>=~!; ]", text)[0]) for text in needed)
