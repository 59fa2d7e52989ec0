"""What may be on a function's output: JSON in one line, metrics as CloudWatch reads them, and nobody's address."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
UNITS: Final = frozenset(
    f"{size}{of}{per}"
    for size in ("", "Kilo", "Mega", "Giga", "Tera")
    for of in ("Bytes", "Bits")
    for per in ("", "/Second")
) | {"Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"}

ADDRESS: Final = re.compile(r"[\w.+-]+@[\w-]+\.\w+")

# Of a log event in CloudWatch, which Lambda makes of a line.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
_MAXIMUM_BYTES: Final = 1_048_576


def flaws(lines: Iterable[str]) -> Iterator[str]:
    """What is wrong with lines that a function wrote."""
    for line in lines:
        if ADDRESS.search(line):
            yield f"an address: {line}"
        if len(line.encode()) > _MAXIMUM_BYTES:
            yield f"{len(line)} characters: {line[:200]}"
        try:
            document = json.loads(line)
        except ValueError:
            yield f"no JSON: {line}"
            continue
        if not isinstance(document, dict):
            yield f"no JSON object: {line}"
        elif "_aws" in document:
            yield from (f"{flaw}: {line}" for flaw in metric_flaws(document))


def metric_flaws(document: Mapping[str, Any]) -> Iterator[str]:
    """What CloudWatch would not take of a document in its embedded metric format.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    metadata = document["_aws"]
    if not isinstance(metadata.get("Timestamp"), int):
        yield "no time"
    if not metadata.get("CloudWatchMetrics"):
        yield "no metrics"
    for directive in metadata.get("CloudWatchMetrics", ()):
        if not re.fullmatch(r"[A-Za-z0-9.\-_/#:]{1,255}", directive.get("Namespace", "")):
            yield "no namespace"
        for dimensions in directive["Dimensions"]:
            if len(dimensions) > 30:
                yield "too many dimensions"
            for name in dimensions:
                if not (isinstance(document.get(name), str) and 1 <= len(document[name]) <= 1024):
                    yield f"the dimension {name} has no value"
        if not 1 <= len(directive["Metrics"]) <= 100:
            yield "no metrics, or too many"
        for metric in directive["Metrics"]:
            if metric.get("Unit", "None") not in UNITS:
                yield f"{metric['Unit']} is no unit"
            values = document.get(metric["Name"])
            values = values if isinstance(values, list) else [values]
            if not 1 <= len(values) <= 100 or not all(type(value) in {int, float} for value in values):
                yield f"{metric['Name']} has no value"
