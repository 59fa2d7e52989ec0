"""The model of what CloudWatch leaves of a widget's HTML."""

import pytest

from tests.cloudwatch_sanitiser import sanitised


@pytest.mark.parametrize(
    ("html", "left"),
    [
        pytest.param("a<script>alert(1)</script>b", "ab", id="a script"),
        pytest.param("a<ScRiPt src=x></sCrIpT>b", "ab", id="a script in odd letters"),
        pytest.param("a<iframe src='https://evil.example'><p>c</p></iframe>b", "ab", id="a frame, with what is in it"),
        pytest.param("<svg><use href='#a'/><path d='M0 0'/></svg>", "<svg><path d='M0 0'/></svg>", id="a use"),
        pytest.param("<svg><foreignObject><p>a</p></foreignObject></svg>", "<svg></svg>", id="a foreign object"),
        pytest.param("<meta http-equiv='refresh' content='0'>a", "a", id="a meta"),
        pytest.param("<link rel='stylesheet' href='https://evil.example'>a", "a", id="a style from elsewhere"),
        pytest.param("<p onclick='x()' class='a'>b</p>", '<p class="a">b</p>', id="a handler"),
        pytest.param("<a href='javascript:x()'>b</a>", "<a>b</a>", id="an address that is a script"),
        pytest.param("<a href=' JaVa&#115;cript:x()'>b</a>", "<a>b</a>", id="an address that hides that it is one"),
        pytest.param("<a href='data:text/html,x'>b</a>", "<a>b</a>", id="an address that is a page"),
        pytest.param(
            '<cwdb-action confirmation="Lift: really?">{}</cwdb-action>',
            "<cwdb-action>{}</cwdb-action>",
            id="a question that looks like an address",
        ),
        pytest.param(
            '<cwdb-action confirmation="Lift &lt;b>?">{}</cwdb-action>',
            "<cwdb-action>{}</cwdb-action>",
            id="a question with markup in it",
        ),
        pytest.param("<blink>b</blink>", "b", id="an unknown element, but not what is in it"),
        pytest.param("<!-- c -->b", "b", id="a comment"),
        pytest.param("<p formaction='x'>b</p>", "<p>b</p>", id="an unknown attribute"),
        pytest.param("<style>@import 'x';</style>", "<style></style>", id="styles from elsewhere"),
        pytest.param("<style>a{content:'<b>'}</style>", "<style></style>", id="markup within styles"),
    ],
)
def test_removed_is(html: str, left: str) -> None:
    assert sanitised(html) == left


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("a &amp; b &#39;c&#x27; &lt;script&gt;", id="references"),
        pytest.param('<style>a > b { color: red }</style><p class="a">b</p>', id="styles"),
        pytest.param('<svg viewBox="0 0 1 1"><path d="M0 0" fill="red"/></svg>', id="a drawing"),
        pytest.param(
            '<a href="https://docs.aws.amazon.com/ses/">b</a><a href="#c">d</a><a href="?e=f">g</a>', id="links"
        ),
        pytest.param('<cwdb-action action="call" endpoint="arn:x">{"a": 1}</cwdb-action>', id="an action"),
        pytest.param('<button type="button" aria-label="b" data-c="d">e</button>', id="what is said of an element"),
    ],
)
def test_everything_else_is_left_as_it_was(html: str) -> None:
    assert sanitised(html) == html
