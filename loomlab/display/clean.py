"""What may stand in our HTML, and the sanitiser that enforces it on everything that leaves this room."""

from loomlab.display.text import escape

ANSWER_TAGS = frozenset(
    "p strong em del code pre a span ul ol li blockquote br hr table thead tbody tr th td".split()  # noqa: SIM905
)
"""Elements that a model's own text can become."""

SVG_TAGS = frozenset({"svg", "rect", "line", "circle", "text", "title", "g"})
FACE_TAGS = ANSWER_TAGS | SVG_TAGS | {"div", "details", "summary"}
"""Elements of a whole face."""

LINK_REL = "noopener noreferrer nofollow"
SCHEMES = frozenset({"http", "https", "mailto"})

_SHAPE = frozenset(
    "class x y width height rx x1 x2 y1 y2 cx cy r fill stroke stroke-width stroke-dasharray text-anchor".split()  # noqa: SIM905
)
FACE_ATTRIBUTES: dict[str, frozenset[str]] = {
    **{tag: frozenset({"class"}) for tag in ("p", "span", "pre", "code", "td", "tr", "table", "summary", "strong")},
    "div": frozenset({"class", "role", "aria-live", "dir"}),
    "details": frozenset({"class", "open"}),
    "th": frozenset({"class", "scope", "colspan"}),
    "ol": frozenset({"start"}),
    "a": frozenset({"href"}),
    "svg": frozenset({"class", "width", "height", "viewBox", "role", "aria-label"}),
    **dict.fromkeys(("rect", "line", "circle", "text", "g"), _SHAPE),
}
"""Attributes of a whole face, by element. No ``id``, no ``style``, no event handler, nothing that loads."""

_ANSWER_ATTRIBUTES = {"ol": {"start"}, "a": {"href"}, "span": {"class"}}


def sanitise_answer(html: str) -> str:
    """Only what a model's text may become. Needs the package nh3."""
    return _clean(html, set(ANSWER_TAGS), _ANSWER_ATTRIBUTES, {"span": {"u"}})


def sanitise(html: str) -> str:
    """A whole face, with everything outside the allow-list taken out.

    Our own faces are built from escaped parts, so this changes nothing in them; it is the second lock. Without the
    package nh3 the text comes back as it was built.
    """
    try:
        return _clean(html, set(FACE_TAGS), {tag: set(names) for tag, names in FACE_ATTRIBUTES.items()}, None)
    except ImportError:
        return html


def preformatted(text: str) -> str:
    """``text`` as it stands, escaped."""
    return f"<pre>{escape(text)}</pre>"


def _clean(html: str, tags: set[str], attributes: dict[str, set[str]], classes: dict[str, set[str]] | None) -> str:
    import nh3

    if classes:
        attributes = {tag: names - ({"class"} if tag in classes else set()) for tag, names in attributes.items()}
    return nh3.clean(
        html,
        tags=tags,
        attributes=attributes,
        attribute_filter=_absolute_links,
        allowed_classes=classes,
        link_rel=LINK_REL,
        url_schemes=set(SCHEMES),
    )


def _absolute_links(tag: str, name: str, value: str) -> str | None:
    if name == "href" and value.split(":", 1)[0].lower() not in SCHEMES:
        return None
    return value
