"""HTML as a tree, for tests that look at what a page is made of."""

from html.parser import HTMLParser
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

_VOID = ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")


class Unbalanced(ValueError):
    """An element was closed that is not the innermost open one, or was never closed."""


class Node:
    """An element: its attributes (None where one has no value), its text with that of all in it, and its place."""

    def __init__(self, tag: str, attributes: dict[str, str | None], parent: "Node | None" = None) -> None:
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self.children: list[Node | str] = []

    @classmethod
    def read(cls, html: str) -> Self:
        """The root, without a tag, of what the HTML holds; Unbalanced."""
        root = cls("", {})
        reader = _Reader(root)
        reader.feed(html)
        reader.close()
        if reader.within is not root:
            raise Unbalanced(f"<{reader.within.tag}> is never closed")
        return root

    @property
    def text(self) -> str:
        """The text in it as one reads it, without what is styling: a space that no line ends at is a space."""
        if self.tag == "style":
            return ""
        texts = (child if isinstance(child, str) else child.text for child in self.children)
        return "".join(texts).replace("\u00a0", " ")

    @property
    def elements(self) -> "list[Node]":
        """The elements directly in it."""
        return [child for child in self.children if isinstance(child, Node)]

    @property
    def before(self) -> "Node | None":
        """The element just before it, None if it is the first."""
        beside = self.parent.elements if self.parent else []
        index = next((index for index, node in enumerate(beside) if node is self), 0)
        return beside[index - 1] if index else None

    def all(self, *tags: str) -> "Iterator[Node]":
        """Every element in it with one of these tags, or with any tag, in the order of the page."""
        for child in self.elements:
            if not tags or child.tag in tags:
                yield child
            yield from child.all(*tags)

    def one(self, tag: str) -> "Node":
        """The only element in it with this tag."""
        (node,) = self.all(tag)
        return node

    def get(self, name: str) -> str | None:
        """The value of an attribute, None if it is not there."""
        return self.attributes.get(name)

    def within(self, tag: str) -> "Node | None":
        """The nearest element with this tag that it is in."""
        node = self.parent
        while node and node.tag != tag:
            node = node.parent
        return node


class _Reader(HTMLParser):
    def __init__(self, root: Node) -> None:
        super().__init__(convert_charrefs=True)
        self.within = root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, dict(attrs), self.within)
        self.within.children.append(node)
        if tag not in _VOID:
            self.within = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.within.children.append(Node(tag, dict(attrs), self.within))

    def handle_endtag(self, tag: str) -> None:
        if tag != self.within.tag or self.within.parent is None:
            raise Unbalanced(f"</{tag}> closes <{self.within.tag}>")
        self.within = self.within.parent

    def handle_data(self, data: str) -> None:
        self.within.children.append(data)
