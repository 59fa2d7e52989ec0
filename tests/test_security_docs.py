"""docs/security-and-privacy.md tells of every place in the template, and stops where it would have to guess."""

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from docs.generators import figures, keeping
from ses_reputation_local.template import read_template
from tests.pages import ROOT

RESOURCES: Mapping[str, Any] = read_template(ROOT / "template.yaml", {}, "eu-west-1").body["Resources"]
ROWS = {
    cells[0].strip("`"): cells[1:]
    for line in keeping.places(RESOURCES).splitlines()[2:]
    for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
}


@pytest.mark.parametrize(
    "kind", ["DynamoDB::Table", "SQS::Queue", "SNS::Topic", "SecretsManager::Secret", "Events::EventBus"]
)
def test_every_place_has_a_row(kind: str) -> None:
    names = {name for name, resource in RESOURCES.items() if resource["Type"] == f"AWS::{kind}"}
    assert names
    assert names <= ROWS.keys()


def test_nothing_has_a_row_that_is_not_there() -> None:
    assert ROWS.keys() - {"log groups"} <= RESOURCES.keys()


def test_ses_alone_puts_in_what_is_counted() -> None:
    for topic in ("BounceTopic", "ComplaintTopic", "VolumeTopic"):
        assert ROWS[topic][3] == "SES alone, for this account and region"


def changed(name: str, change: Any) -> dict[str, Any]:
    resources = copy.deepcopy(dict(RESOURCES))
    change(resources[name]["Properties"])
    return resources


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("BounceTopicPolicy", lambda of: of["PolicyDocument"]["Statement"][0].update(Principal="*")),
        ("BounceTopicPolicy", lambda of: of["PolicyDocument"]["Statement"][0]["Condition"].pop("StringEquals")),
        ("BounceTopicPolicy", lambda of: of["PolicyDocument"]["Statement"][0].pop("Condition")),
        ("VolumeQueue", lambda of: of.pop("KmsMasterKeyId")),
        ("RecordFeedbackLogs", lambda of: of.update(RetentionInDays={"Ref": "ReceiptRetentionDays"})),
    ],
    ids=["anybody", "SES of any account", "SES without a condition", "a queue without the key", "a log of its own age"],
)
def test_what_nobody_has_thought_of_can_not_be_told(name: str, change: Any) -> None:
    with pytest.raises(keeping.Untold):
        keeping.places(changed(name, change))


def test_a_place_without_words_can_not_be_told_of() -> None:
    with pytest.raises(keeping.Untold, match="AnotherTopic"):
        keeping.places({**RESOURCES, "AnotherTopic": RESOURCES["StatusTopic"]})


def test_a_figure_that_is_no_more_is_missed(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    page = tmp_path / "performance.md"
    page.write_text((ROOT / "docs" / "performance.md").read_text().replace("history of a year", "history of an age"))
    monkeypatch.setattr(figures, "PERFORMANCE", page)
    with pytest.raises(figures.NoFigure, match="history of a year"):
        figures.measured()
