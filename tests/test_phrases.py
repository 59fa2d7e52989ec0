"""Phrases: of many rows the first is found that has a phrase in a text."""

import pytest

from ses_reputation.domain.phrases import Phrases, beginnings


def first(phrases: Phrases[str], text: str) -> tuple[int, str] | None:
    return phrases.first(text, beginnings(text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("not now", (1, "soon"), id="its phrase is in the text"),
        pytest.param("at once", (1, "soon"), id="or another of its phrases"),
        pytest.param("now, not later", (0, "deferred"), id="of two rows the first, wherever its phrase is"),
        pytest.param("later, not now", (0, "deferred"), id="and in whichever order"),
        pytest.param("a latter-day saint, nowhere", (1, "soon"), id="what only begins like a phrase is none"),
        pytest.param("no", None, id="a text shorter than any phrase"),
        pytest.param("", None, id="no text"),
        pytest.param("never", None, id="a text without any"),
    ],
)
def test_the_first_row_is_found_with_a_phrase_in_the_text(text: str, found: tuple[int, str] | None) -> None:
    rows = [(("later", "latest"), "deferred"), (("now", "at once"), "soon"), (("nowhere",), "lost")]
    assert first(Phrases(rows), text) == found


@pytest.mark.parametrize(
    ("phrase", "text", "is_found"),
    [
        pytest.param("here * there", "from here to there, and on", True, id="anything between"),
        pytest.param("here * there", "here to there", True, id="from the beginning of the text to its end"),
        pytest.param("here* there", "here there", True, id="nothing between"),
        pytest.param("here * there", "there, not here ", False, id="not the other way round"),
        pytest.param("here * there", "here we are", False, id="not the first part alone"),
        pytest.param("here* there", "where there", True, id="a part is found within a word"),
        pytest.param("bounce*bounce", "bounce", False, id="one place is not two parts"),
        pytest.param("bounce*bounce", "a bounce of a bounce", True, id="the same part twice"),
        pytest.param("one*two*six", "a one, a two and a six", True, id="three parts in order"),
        pytest.param("one*two*six", "a one, a six and a two", False, id="three parts out of order"),
        pytest.param("one*two*six", "a one and a six", False, id="three parts without the one between"),
        pytest.param("one*wow*owl", "one wowl", False, id="parts that have letters in common"),
        pytest.param("now*", "now", True, id="anything after it, or nothing"),
    ],
)
def test_an_asterisk_stands_for_anything_and_what_is_around_it_follows_one_another(
    phrase: str, text: str, is_found: bool
) -> None:
    assert (first(Phrases([((phrase,), "row")]), text) is not None) == is_found


def test_no_row_is_found_where_there_are_none() -> None:
    assert first(Phrases([]), "now") is None


@pytest.mark.parametrize("phrase", ["no", "no*where", ""], ids=["two characters", "before an asterisk", "empty"])
def test_a_phrase_too_short_to_look_for_is_an_error(phrase: str) -> None:
    with pytest.raises(ValueError, match="begins with") as refused:
        Phrases([(("now", phrase), "row")])
    assert str(refused.value) == f"{phrase!r} begins with less than 3 characters to look for"
