"""What is wrong with a page as HTML, whatever it shows: names that refer to nothing, headings that skip a level."""

import json
from collections import Counter
from collections.abc import Iterator

from tests.cloudwatch_sanitiser import ACTION
from tests.html_tree import Node

_REFERENCES = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "headers", "list")
_FIELDS = ("input", "select", "textarea")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_UNNAMED_INPUTS = ("hidden", "submit")

# What a browser would move elsewhere, or close before: the tree would not be what was written.
_NOT_WITHIN = {
    "a": ("a", "button"),
    "button": ("a", "button"),
    "form": ("form",),
    "p": ("p", "h1", "h2", "h3", "h4", "h5", "h6"),
    **dict.fromkeys(
        ("div", "dl", "ul", "ol", "table", "section", "details", "figure", "form", "pre", *_HEADINGS), ("p", *_HEADINGS)
    ),
}
_ONLY_WITHIN = {
    "tr": ("thead", "tbody", "tfoot"),
    "td": ("tr",),
    "th": ("tr",),
    "li": ("ul", "ol"),
    "dt": ("dl", "div"),
    "dd": ("dl", "div"),
    "summary": ("details",),
    "caption": ("table",),
    "option": ("select", "optgroup", "datalist"),
}


def flaws(html: str) -> list[str]:
    """Each flaw in words; tests.html_tree.Unbalanced if the elements do not even close."""
    page = Node.read(html)
    checks = (_ids, _headings, _names, _nesting, _actions, _tables, _drawings)
    return [flaw for check in checks for flaw in check(page)]


def _ids(page: Node) -> Iterator[str]:
    ids = Counter(node.get("id") for node in page.all() if "id" in node.attributes)
    yield from (f"{count} elements have the id {name!r}" for name, count in ids.items() if count > 1 or not name)
    for node in page.all():
        for attribute in _REFERENCES:
            for name in (node.get(attribute) or "").split():
                if name not in ids:
                    yield f"{attribute} of <{node.tag}> refers to {name!r}, which is not there"
        target = node.get("href") or ""
        if target.startswith("#") and target[1:] not in ids:
            yield f"a link leads to {target!r}, which is not there"


def _headings(page: Node) -> Iterator[str]:
    levels = [int(node.tag[1]) for node in page.all(*_HEADINGS)]
    if levels.count(1) != 1:
        yield f"{levels.count(1)} headings are of the first level"
    last = 0
    for node, level in zip(page.all(*_HEADINGS), levels, strict=True):
        if level > last + 1:
            yield f"the heading {node.text!r} is of level {level} after {last}"
        if not node.text.strip():
            yield f"a heading of level {level} is empty"
        last = level


def _names(page: Node) -> Iterator[str]:
    """Fields, buttons and links that say nothing of what they are for."""
    labelled = {node.get("for") for node in page.all("label")}
    for node in page.all(*_FIELDS):
        named = node.get("aria-label") or node.get("aria-labelledby") or node.within("label")
        if not (named or node.get("id") in labelled - {None} or node.get("type") in _UNNAMED_INPUTS):
            yield f"the field {node.get('name')!r} has no label"
    for node in page.all("button", "a", "summary", "label"):
        if not (node.text.strip() or node.get("aria-label")):
            yield f"<{node.tag}> has no text"
    for node in page.all("button"):
        if not node.get("type"):
            yield f"the button {node.text!r} does not say whether it submits"


def _nesting(page: Node) -> Iterator[str]:
    for node in page.all():
        for outer in _NOT_WITHIN.get(node.tag, ()):
            if node.within(outer):
                yield f"<{node.tag}> is within <{outer}>"
        inside = node.parent.tag if node.parent else ""
        if node.tag in _ONLY_WITHIN and inside not in _ONLY_WITHIN[node.tag]:
            yield f"<{node.tag}> is within <{inside}>"


def _actions(page: Node) -> Iterator[str]:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_interactivity.html"""
    for node in page.all(ACTION):
        label = node.before.text if node.before else ""
        if node.before is None or node.before.tag not in {"button", "a", "summary"}:
            yield f"an action belongs to nothing that can be chosen: {node.text}"
        if node.get("action") == "call" and not (node.get("endpoint") or "").startswith("arn:"):
            yield f"the action of {label!r} calls nothing"
        try:
            fields = json.loads(node.text)
        except ValueError:
            yield f"the action of {label!r} holds no JSON: {node.text}"
        else:
            if not isinstance(fields, dict):
                yield f"the action of {label!r} holds no object: {node.text}"


def _tables(page: Node) -> Iterator[str]:
    for table in page.all("table"):
        if not (any(table.all("caption")) or table.get("aria-label") or table.get("aria-labelledby")):
            yield f"a table has no caption: {table.text[:60]}"
        yield from (
            f"the heading {node.text!r} does not say of what" for node in table.all("th") if not node.get("scope")
        )


def _drawings(page: Node) -> Iterator[str]:
    for drawing in page.all("svg"):
        names = (drawing.get("aria-label"), drawing.get("aria-labelledby"), *(t.text for t in drawing.all("title")))
        if drawing.get("aria-hidden") != "true" and not (drawing.get("role") == "img" and any(names)):
            yield "a drawing says nothing to who can not see it"
