"""Run rules of CloudFormation Guard over templates: pairs of both come in as JSON, and what each rule said goes out.

It runs with the Python of .venv-audit, where guardpycfn is.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

from guardpycfn import validate_with_guard


def outcomes(template: str, rules: str) -> Mapping[str, Any]:
    """The names of the rules that hold, and of those that had nothing to say; and all that was said of the others.

    guardpycfn 0.1.0 returns text that has lost its beginning when there is much to say. Its end is always there, and
    that is where these names are.
    """
    answer = validate_with_guard(template, rules)
    if not answer["success"]:
        raise ValueError(answer["error"])
    said = answer["result"] if isinstance(answer["result"], str) else json.dumps(answer["result"], indent=2)
    end = json.loads("{" + said[said.rindex('"not_applicable"') :])
    return {"holding": end["compliant"], "silent": end["not_applicable"], "said": said}


if __name__ == "__main__":
    json.dump([outcomes(json.dumps(template), rules) for template, rules in json.load(sys.stdin)], sys.stdout)
