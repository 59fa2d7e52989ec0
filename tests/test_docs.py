"""docs/how-rates-are-counted.md says what the tables of the code say."""

import re
from pathlib import Path

import pytest

from ses_reputation.domain.eligibility import RULES
from ses_reputation.domain.feedback_loops import SENDING, SILENT
from ses_reputation.domain.limits import PROFILES, Bound, Profile
from ses_reputation.domain.providers import PROVIDERS
from ses_reputation.domain.rates import Metric, VolumeSource
from ses_reputation.notices.numbers import percent
from ses_reputation_local.template import read_source

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/how-rates-are-counted.md").read_text()
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")]


def test_every_rule_is_a_row_with_its_source() -> None:
    for rule in RULES:
        (row,) = (row for row in ROWS if row[0] == f"`{rule.name}`")
        assert row[1] == rule.says
        assert row[2].endswith(f"]({rule.source})")


def test_every_provider_is_a_row_with_its_domains_and_whether_it_sends_complaints() -> None:
    for name, domains in PROVIDERS.items():
        stance = "sends them" if name in SENDING else "sends none" if name in SILENT else "learned"
        assert [f"`{name}`", domains, stance] in ROWS


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("metric", Metric)
def test_every_limit_is_a_row_that_says_whether_it_may_be_reached(profile: Profile, metric: Metric) -> None:
    def over(bound: Bound) -> str:
        return f"{percent(bound.value)} or more" if bound.inclusive else f"over {percent(bound.value)}"

    limits = PROFILES[profile][metric]
    shown = [over(limits.limit), over(limits.shutdown), f"under {percent(limits.recommended.value)}"]
    assert [f"`{profile}`", metric.replace("_", " "), *shown] in ROWS


def test_every_parameter_that_changes_a_rate_is_explained_with_its_default() -> None:
    template = read_source(ROOT / "template.yaml")
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    for group in groups:
        if group["Label"]["default"] in {"How rates are measured", "What rates may be"}:
            for name in group["Parameters"]:
                assert f"`{name}`" in PAGE or f"`{name}=" in PAGE, name
    for name in ("RepresentativeVolume", "OldestMailDays", "MinimumVolume", "MinimumBounces", "MinimumComplaints"):
        default = f"{template['Parameters'][name]['Default']:,}"
        assert re.search(rf"`{name}`[^`]*?\({default}\)", PAGE), name


def test_every_volume_source_is_a_row() -> None:
    assert {f"`{source}`" for source in VolumeSource} <= {row[0] for row in ROWS}
