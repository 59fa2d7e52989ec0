"""What the tests of pages call a flaw."""

import pytest

from tests.html_tree import Node, Unbalanced
from tests.page_flaws import flaws

SOUND = """
<header><nav aria-label="Pages"><a href="#b">Scopes</a></nav></header>
<main><h1>Overview</h1><p>A <b>healthy</b> account.</p>
<section><h2 id="b">Scopes</h2><form><label for="c">Name</label><input id="c" name="search"></form>
<table><caption>Scopes</caption><thead><tr><th scope="col">Scope</th></tr></thead>
<tbody><tr><td>account</td></tr></tbody></table>
<svg role="img" aria-label="Rising"><path d="M0 0"></path></svg><svg aria-hidden="true"></svg>
<details><summary>More</summary><ul><li>one</li></ul></details>
<button type="button">Reviews</button>
<cwdb-action action="call" endpoint="arn:aws:lambda:x">{"page": "reviews"}</cwdb-action>
</section></main>
"""


def test_a_sound_page_has_no_flaw() -> None:
    assert flaws(SOUND) == []


@pytest.mark.parametrize(
    ("sound", "flawed", "flaw"),
    [
        pytest.param('id="c"', 'id="b"', "2 elements have the id 'b'", id="an id twice"),
        pytest.param('for="c"', 'for="d"', "refers to 'd', which is not there", id="a label of nothing"),
        pytest.param('href="#b"', 'href="#e"', "leads to '#e', which is not there", id="a link to nothing"),
        pytest.param(
            '<label for="c">Name</label>', "", "the field 'search' has no label", id="a field without a label"
        ),
        pytest.param('<h2 id="b">Scopes</h2>', '<h3 id="b">Scopes</h3>', "of level 3 after 1", id="a level left out"),
        pytest.param("<h1>Overview</h1>", "", "0 headings are of the first level", id="no title"),
        pytest.param("Reviews</button>", "</button>", "<button> has no text", id="a button that says nothing"),
        pytest.param('<button type="button">', "<button>", "whether it submits", id="a button of no kind"),
        pytest.param("<b>healthy</b>", "<div>healthy</div>", "<div> is within <p>", id="a box in a paragraph"),
        pytest.param("<ul><li>one</li></ul>", "<li>one</li>", "<li> is within <details>", id="a point of no list"),
        pytest.param('<button type="button">Reviews</button>', "", "belongs to nothing", id="an action of nothing"),
        pytest.param('{"page": "reviews"}', "{page}", "holds no JSON", id="an action that is no JSON"),
        pytest.param('"arn:aws:lambda:x"', '"x"', "calls nothing", id="an action that calls nothing"),
        pytest.param("<caption>Scopes</caption>", "", "a table has no caption", id="a table without a caption"),
        pytest.param(' scope="col"', "", "does not say of what", id="a heading of neither row nor column"),
        pytest.param(' aria-label="Rising"', "", "says nothing to who can not see", id="a drawing without a text"),
    ],
)
def test_a_flaw_is_told(sound: str, flawed: str, flaw: str) -> None:
    assert sound in SOUND
    assert any(flaw in told for told in flaws(SOUND.replace(sound, flawed, 1)))


@pytest.mark.parametrize("html", ["<p>a", "<b><i>a</b></i>", "a</p>"], ids=["left open", "crossed", "never opened"])
def test_what_does_not_close_is_no_page(html: str) -> None:
    with pytest.raises(Unbalanced):
        Node.read(html)
