"""docs/blocklist-look-ups.md says what the code and the template say."""

import re
from pathlib import Path

from ses_reputation.domain.blocklist_zones import NEVER_LISTED, answers_of
from ses_reputation.domain.decisions import DISMISSED_FOR
from ses_reputation.look_up import BATCH, LookedUp
from ses_reputation.notices.listings import OWN_WORDS_LENGTH
from tests.test_template import SOURCE

PAGE = (Path(__file__).parents[1] / "docs/blocklist-look-ups.md").read_text()


def test_every_parameter_is_a_row() -> None:
    own = {name for name in SOURCE["Parameters"] if name.startswith("Blocklist")}
    assert set(re.findall(r"^\| `(Blocklist\w+)` \|", PAGE, re.MULTILINE)) == own
    assert SOURCE["Parameters"]["BlocklistSchedule"]["Default"] == "rate(6 hours)"
    assert "every six hours unless" in PAGE


def test_its_numbers_and_names_are_those_of_the_code() -> None:
    assert f"{BATCH} names in a row" in PAGE
    assert f"up to {OWN_WORDS_LENGTH} characters" in PAGE
    assert DISMISSED_FOR.days == 7
    assert "not suspected again for a week" in PAGE
    for name in (*answers_of("list.example").tests, NEVER_LISTED):
        assert f"`{name}`" in PAGE
    for counted in LookedUp.__struct_fields__:
        assert f"`{counted}`" in PAGE or counted == "not_domains", counted
    assert "OperationsTopic" in SOURCE["Resources"]
