"""What is wrong with a command that a page shows, without running it."""

import importlib.util
import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

import click
from botocore import xform_name
from botocore.loaders import Loader
from click.testing import CliRunner

from ses_reputation_cli.main import main
from ses_reputation_local.template import read_source
from tests.pages import ROOT, Line

TARGETS = frozenset(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

# Options of the aws command itself, and commands that are of its own making: AWS's models of services do not have them.
# https://docs.aws.amazon.com/cli/latest/reference/#options
_OPTIONS_OF_AWS = frozenset({"cli-binary-format", "endpoint-url", "output", "profile", "query", "region"})
_MADE_BY_AWS = frozenset({("cloudformation", "deploy"), ("cloudformation", "package")})


def problems(line: Line) -> Iterator[str]:
    """What is wrong with a command; nothing if it is none of those that are known here."""
    match line.words:
        case ["ses-reputation", *arguments]:
            yield from _misused(arguments)
            given = [value for option, value in pairwise(arguments) if option in {"-P", "--parameter"}]
            yield from _not_in("template.yaml", " ".join(given))
        case ["make", *arguments]:
            yield from (f"there is no target {name}" for name in _targets(arguments) if name not in TARGETS)
        case ["cd", folder] if (ROOT / folder.partition("/")[0]).exists():
            if not (ROOT / folder).is_dir():
                yield f"there is no folder {folder}"
        case ["sam", *arguments] if (ROOT / line.folder).is_dir():  # Else it is one of the reader's.
            yield from _overrides(arguments, f"{line.folder}/template.yaml".removeprefix("./"))
        case ["aws", "s3", *_] | ["aws", _, "wait", *_]:
            pass
        case ["aws", service, operation, *arguments]:
            yield from _of_aws(service, operation, arguments)
            yield from _names_of_stack(" ".join(arguments))
        case [".venv/bin/python", "-m", module, *_]:
            if not importlib.util.find_spec(module):
                yield f"there is no module {module}"
    for path in re.findall(r"(?<![\w/.-])tests/[\w/]+\.py", " ".join(line.words)):
        if not (ROOT / path).exists():
            yield f"there is no {path}"


def unknown(words: Sequence[str]) -> Iterator[str]:
    """What a command that a sentence names does not have; arguments may be left out there, or words stand for them."""
    match words:
        case ["ses-reputation", str(name), *arguments] if not name.startswith("-") and not name.isupper():
            command = main.get_command(click.Context(main), name)
            if not command:
                yield f"there is no command {name}"
                return
            options = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
            for word in arguments:
                if word.startswith("-") and word != "-" and word not in options | {"--help"}:
                    yield f"{name} has no {word}"
        case ["make", *_]:
            yield from problems(Line(tuple(words)))


def _misused(arguments: Sequence[str]) -> Iterator[str]:
    """What click says of arguments: whether the command has such options, and takes such values."""
    if not arguments or arguments[0].startswith("-"):
        return
    name, *rest = arguments
    command = main.get_command(click.Context(main), name)
    if not command:
        yield f"there is no command {name}"
        return
    try:
        with CliRunner().isolation(input="jane@example.com\n"):  # Some read an argument from there.
            command.make_context(name, rest).close()
    except click.exceptions.Exit:  # --help
        pass
    except click.UsageError as error:
        yield error.format_message()


def _targets(arguments: Sequence[str]) -> Iterator[str]:
    for word in arguments:
        if "=" not in word and word != "...":
            yield word


def _of_aws(service: str, operation: str, arguments: Sequence[str]) -> Iterator[str]:
    """What AWS's model of a service says of a command and its options."""
    options = [word.removeprefix("--") for word in arguments if word.startswith("--")]
    if (service, operation) in _MADE_BY_AWS:
        template = arguments[arguments.index("--template-file") + 1] if "template-file" in options else "template.yaml"
        yield from _overrides(arguments, template)
        return
    members = _operations(service).get(operation)
    if members is None:
        yield f"{service} has no {operation}"
        return
    for option in options:
        if option not in members | _OPTIONS_OF_AWS and option.removeprefix("no-") not in members:
            yield f"{service} {operation} has no --{option}"


@cache
def _operations(service: str) -> dict[str, set[str]]:
    """The commands of a service, and their options, as the aws command names them."""
    model = Loader().load_service_model(service, "service-2")
    return {
        xform_name(name, "-"): {
            xform_name(member, "-") for member in model["shapes"][operation["input"]["shape"]]["members"]
        }
        if "input" in operation
        else set()
        for name, operation in model["operations"].items()
    }


def _overrides(arguments: Sequence[str], template: str) -> Iterator[str]:
    """What the template says of parameters that are set."""
    if not (ROOT / template).exists():
        yield f"there is no {template}"
        return
    if "--parameter-overrides" not in arguments:
        return
    yield from _not_in(
        template, " ".join(arguments[arguments.index("--parameter-overrides") + 1 :]).partition(" --")[0]
    )


def _not_in(template: str, given: str) -> Iterator[str]:
    for name, value in re.findall(r"(\w+)=(\S*)", given):
        parameter = read_source(ROOT / template)["Parameters"].get(name)
        if not parameter:
            yield f"{template} has no parameter {name}"
        elif value not in map(str, parameter.get("AllowedValues", [value])):
            yield f"{name} is never {value}"


def _names_of_stack(text: str) -> Iterator[str]:
    """What a command names of the stack, and template.yaml does not have."""
    template = read_source(ROOT / "template.yaml")
    for output in re.findall(r"OutputKey==['`\"]+(\w+)", text):
        if output not in template["Outputs"]:
            yield f"there is no output {output}"
    for resource in re.findall(r"--logical-resource-id (\w+)", text):
        if resource not in template["Resources"]:
            yield f"there is no resource {resource}"
