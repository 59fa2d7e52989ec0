"""checkov finds nothing in the template but what .checkov.yaml leaves out with a reason, and all of that."""

import json
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.audit.pinned import ROOT
from tests.audit.resolved_template import TEMPLATE, resolved_template

CHECKOV = ROOT / ".venv-audit/bin/checkov"
LEFT_OUT = set(yaml.safe_load((ROOT / ".checkov.yaml").read_text(encoding="utf-8"))["skip-check"])


def failed(folder: Path, template: Path) -> set[tuple[str, str]]:
    """Every check that fails and the resource, whatever is left out: checkov finds its settings in its folder only."""
    command = [
        str(CHECKOV),
        "--file",
        str(template),
        "--framework",
        "cloudformation",
        "--skip-download",
        "--output",
        "json",
    ]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - checkov
    told: dict[str, Any] = json.loads(ran.stdout)
    assert not told["summary"]["parsing_errors"]
    return {(each["check_id"], each["resource"]) for each in told["results"]["failed_checks"]}


def test_nothing_fails_but_what_is_left_out_and_all_of_that_does(tmp_path: Path) -> None:
    """Where a property depends on a condition, checkov takes it for set: so it looks at what SAM makes of it, too."""
    path = tmp_path / "template.json"
    path.write_text(
        json.dumps(resolved_template({"AutomaticSuppression": "true", "BlocklistZones": "multi.surbl.org"}))
    )
    found = failed(tmp_path, TEMPLATE) | failed(tmp_path, path)
    assert {check for check, _ in found} == LEFT_OUT


def test_a_failing_is_found(tmp_path: Path) -> None:
    template = resolved_template({})
    del template["Resources"]["ReceiptsTable"]["Properties"]["PointInTimeRecoverySpecification"]
    path = tmp_path / "template.json"
    path.write_text(json.dumps(template))
    assert ("CKV_AWS_28", "AWS::DynamoDB::Table.ReceiptsTable") in failed(tmp_path, path)
