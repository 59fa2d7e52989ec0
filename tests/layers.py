"""The layers of the code: what each may import. A test holds it, and docs/architecture.md shows it."""

from collections.abc import Mapping

# What each layer may import of the others.
INWARDS: Mapping[str, set[str]] = {
    "domain": set(),
    "notices": {"domain"},
    "use cases": {"notices", "domain"},
    "settings": {"use cases", "notices", "domain"},
    "adapters": {"settings", "use cases", "notices", "domain"},
    "wiring": {"adapters", "settings", "use cases", "notices", "domain"},
    "functions": {"wiring", "use cases", "domain"},
}
# And of packages, beside Python's own and msgspec.
PACKAGES: Mapping[str, set[str]] = {
    "domain": set(),
    "notices": set(),
    "use cases": {"aws_lambda_powertools", "htpy", "markupsafe"},  # the units of metrics.py, and the pages
    "settings": set(),
    "adapters": {"boto3", "botocore", "dns"},
    "wiring": set(),
    "functions": {"aws_lambda_powertools"},
}

# What is at the top of the package is a use case, but these. The doctor reads the settings of every function.
ELSEWHERE: Mapping[str, str] = {
    "settings": "settings",
    "diagnosis": "settings",
    "wiring": "wiring",
    "record_wiring": "wiring",
}
