"""Whether a request has the shape that the service's model gives it: names, types, lengths, patterns, enums."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from botocore.model import OperationModel
from botocore.validate import ParamValidator


class WrongRequest(BaseException):
    """A request that AWS would not understand: it ignores a name that it does not know, and refuses the rest.

    It is no Exception, so that it reaches the test: no handler, retry or queue takes it for a failure of AWS.
    """


def check_request(operation: OperationModel, parameters: Mapping[str, Any]) -> None:
    """Raise WrongRequest for parameters that are not as the model of this operation has them.

    botocore's own check looks at names, types, required members and minima, the rest is looked at here.
    """
    if operation.input_shape is None:
        problems = [f"Unknown parameter {name}: there are none" for name in parameters]
    else:
        report = ParamValidator().validate(parameters, operation.input_shape)
        if report.has_errors():
            problems = [report.generate_report()]
        else:
            problems = [*_wrong_values(parameters, operation.input_shape, "")]
    if problems:
        raise WrongRequest(f"{operation.service_model.service_name} {operation.name}: {'; '.join(problems)}")


def _wrong_values(value: Any, shape: Any, name: str) -> Iterator[str]:
    match shape.type_name:
        case "structure":
            for member in value:
                yield from _wrong_values(value[member], shape.members[member], f"{name}.{member}".lstrip("."))
        case "list":
            yield from _too_long(len(value), shape, name)
            for number, item in enumerate(value):
                yield from _wrong_values(item, shape.member, f"{name}[{number}]")
        case "map":
            yield from _too_long(len(value), shape, name)
            for key, item in value.items():
                yield from _wrong_values(key, shape.key, f"a key of {name}")
                yield from _wrong_values(item, shape.value, f"{name}.{key}")
        case "string":
            yield from _too_long(len(value), shape, name)
            if shape.enum and value not in shape.enum:
                yield f"Invalid value for parameter {name}: {value!r} is none of {', '.join(shape.enum)}"
            if (pattern := shape.metadata.get("pattern")) and not _pattern(pattern).search(value):
                yield f"Invalid value for parameter {name}: {value!r} does not match {pattern}"
        case "integer" | "long" | "float" | "double":
            if value > shape.metadata.get("max", value):
                yield f"Invalid value for parameter {name}: {value}, valid max value: {shape.metadata['max']}"


def _too_long(length: int, shape: Any, name: str) -> Iterator[str]:
    if length > shape.metadata.get("max", length):
        yield f"Invalid length for parameter {name}: {length}, valid max length: {shape.metadata['max']}"


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    """AWS means the whole value, and says so with anchors in some patterns only."""
    return re.compile(rf"^(?:{pattern})\Z")
