"""docs/smtp-replies.md says what the classifier does: its tables are read as a person would."""

import tomllib
from pathlib import Path

from ses_reputation.domain.blocklists import BLOCKLISTS
from ses_reputation.domain.reply_codes import CODES
from ses_reputation.domain.reply_rules import SES_WORDS, SMTP_CODES, STATUSES, WORDINGS, ReplyClass
from ses_reputation.notices.replies import CLASSES

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/smtp-replies.md").read_text()
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")]


def test_every_class_is_a_row_that_says_what_to_do() -> None:
    assert list(CLASSES) == sorted(ReplyClass, key=list(CLASSES).index)
    for reply_class in ReplyClass:
        (row,) = (row for row in ROWS if row[0] == f"`{reply_class}`" and len(row) == 3)
        assert all(cell.endswith(".") for cell in row[1:])


def test_every_rule_is_a_row_in_the_order_in_which_they_are_tried() -> None:
    told = [(row[0], row[1], row[2]) for row in ROWS if len(row) in {4, 5}]
    rules = [(rule.server, f"`{rule.reply_class}`", rule.why) for rule in (*CODES, *WORDINGS)]
    assert [row for row in told if row in rules] == rules
    for rule in (*CODES, *WORDINGS):
        (row,) = (row for row in ROWS if row[:3] == [rule.server, f"`{rule.reply_class}`", rule.why])
        assert all(f"`{phrase.strip()}`" in row[3] for phrase in rule.each_phrase)


def test_every_word_and_code_is_in_the_row_of_its_class() -> None:
    tables = {"SES's own word": SES_WORDS, "enhanced status code": STATUSES, "SMTP code": SMTP_CODES}
    for what, meanings in tables.items():
        for word, reply_class in meanings.items():
            (row,) = (row for row in ROWS if row[:2] == [what, f"`{reply_class}`"])
            assert f"`{word}`" in row[2]


def test_every_blocklist_is_a_row_with_what_it_lists_its_zone_and_where_to_ask() -> None:
    for known in BLOCKLISTS:
        (row,) = (row for row in ROWS if row[0] == known.blocklist.name)
        assert row[1] == (known.blocklist.lists or "domains or addresses")
        assert row[2] == (f"`{known.zone}`" if known.zone else "none, or not told")
        assert row[3] == known.look_up


def test_every_real_reply_of_the_test_is_a_row() -> None:
    shown = [row for row in ROWS if len(row) == 2]
    for provider in tomllib.loads((ROOT / "tests/replies.toml").read_text())["provider"]:
        assert f"### {provider['name']}" in PAGE
        for reply in provider["replies"]:
            listed = f": {reply['list']}" if "list" in reply else ""
            assert [f"`{reply['class']}`{listed}", f"`{' '.join(reply['reply'].split())}`"] in shown
