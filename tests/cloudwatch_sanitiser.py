"""What CloudWatch leaves of a widget's HTML, as a model: an allow-list of elements, attributes and addresses.

CloudWatch says that JavaScript and known weaknesses are removed, `<iframe>` and `<use>` among them, not how. The lists
here are what a page of ours may hold, each item known to pass sanitisers that are in wide use; so whatever is not in
them counts as removed.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_security.html
"""

import re
from html import escape
from html.parser import HTMLParser


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


HTML_ELEMENTS = _names(
    """
    a abbr article aside b bdi blockquote br button caption code col colgroup dd del details dfn div dl dt em
    fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr i input ins kbd label legend li main mark
    meter nav ol optgroup option output p pre progress q s samp section select small span strong style sub
    summary sup table tbody td textarea tfoot th thead time tr u ul var wbr
    """
)
SVG_ELEMENTS = _names(
    """
    svg circle clippath defs desc ellipse g line lineargradient marker mask path pattern polygon polyline rect
    stop text title tspan
    """
)
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_interactivity.html
ACTION = "cwdb-action"
ACTION_ATTRIBUTES = frozenset({"action", "confirmation", "display", "endpoint", "event"})

HTML_ATTRIBUTES = _names(
    """
    autocomplete checked cite class cols colspan datetime dir disabled for headers height hidden high href id
    inputmode label lang list low max maxlength min minlength multiple name open optimum pattern placeholder
    readonly rel required role rows rowspan scope selected size span start step style summary tabindex title
    type value width wrap
    """
)
SVG_ATTRIBUTES = _names(
    """
    class clip-path clip-rule cx cy d dominant-baseline dx dy fill fill-opacity fill-rule font-family font-size
    font-weight gradienttransform gradientunits height id letter-spacing marker-end marker-mid marker-start mask
    offset opacity paint-order pathlength patterntransform patternunits points preserveaspectratio r refx refy
    role rx ry stop-color stop-opacity stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin
    stroke-opacity stroke-width style tabindex text-anchor textlength transform vector-effect viewbox visibility
    width x x1 x2 xmlns y y1 y2
    """
)

# What they hold is removed with them. Of anything else that is unknown, what it holds stays.
REMOVED_WHOLE = _names(
    """
    animate animatemotion animatetransform applet audio base embed foreignobject frame frameset iframe link meta
    noscript object script set template use video
    """
)
_VOID = _names("base br col embed frame hr input link meta wbr")

# Any of these within a style has no business there. Markup within it makes sanitisers remove the whole.
_ODD_STYLE = re.compile(r"<|@import|expression\(|javascript:|behavior:|-moz-binding", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*(?=:)", re.IGNORECASE)
_SCHEMES = ("https", "http", "mailto")
# Of any other attribute, what begins as an address of another scheme does is removed, though it may be no address.
_NO_ADDRESS = _names("alt class for id label name pattern placeholder role summary title value style xmlns endpoint")
_NOT_IN_ADDRESSES = re.compile(r"[\x00-\x20]")


def sanitised(html: str) -> str:
    """The HTML without whatever is not allowed; HTML in which everything is comes back as it was."""
    cleaner = _Cleaner()
    cleaner.feed(html)
    cleaner.close()
    return "".join(cleaner.kept)


class _Cleaner(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.kept: list[str] = []
        self._within_svg = 0
        self._removing: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._removing or tag in REMOVED_WHOLE:
            if tag not in _VOID:
                self._removing.append(tag)
            return
        if not self._allows(tag):
            return
        self._within_svg += tag == "svg"
        self.kept.append(self._start(tag, attrs))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._removing and self._allows(tag):
            self.kept.append(self._start(tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        if self._removing:
            if tag in self._removing:
                while self._removing.pop() != tag:
                    pass
            return
        if self._allows(tag):
            self._within_svg -= tag == "svg"
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        styling = self.cdata_elem == "style"
        if not self._removing and not (styling and _ODD_STYLE.search(data)):
            self.kept.append(data)

    def handle_entityref(self, name: str) -> None:
        self._keep(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._keep(f"&#{name};")

    def _keep(self, text: str) -> None:
        if not self._removing:
            self.kept.append(text)

    def _allows(self, tag: str) -> bool:
        return tag == ACTION or tag in HTML_ELEMENTS or tag in SVG_ELEMENTS

    def _start(self, tag: str, attrs: list[tuple[str, str | None]]) -> str:
        allowed = [(name, value) for name, value in attrs if self._allows_attribute(tag, name, value or "")]
        written = self.get_starttag_text() or ""
        if len(allowed) == len(attrs):
            return written
        texts = (f" {name}" if value is None else f' {name}="{escape(value)}"' for name, value in allowed)
        return f"<{tag}{''.join(texts)}>"

    def _allows_attribute(self, tag: str, name: str, value: str) -> bool:
        if name.startswith(("aria-", "data-")):
            return True
        if name not in _NO_ADDRESS and (scheme := _SCHEME.match(_NOT_IN_ADDRESSES.sub("", value))):
            return scheme.group().lower() in _SCHEMES
        if name == "style" and _ODD_STYLE.search(value):
            return False
        if tag == ACTION:
            # Text with markup in it goes as well, wherever it may be taken for more than text.
            return name in ACTION_ATTRIBUTES and "<" not in value
        return name in (SVG_ATTRIBUTES if self._within_svg or tag == "svg" else HTML_ATTRIBUTES)
