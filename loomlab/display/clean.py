"""What may stand in our HTML, and the sanitiser that enforces it on everything that leaves this room."""

from loomlab.display.text import escape, plain

_ANSWER = "p strong em del code pre a span ul ol li blockquote br hr table thead tbody tr th td"
_PICTURE = "svg rect line circle path text title g"
_FRAME = "div details summary"
_CLASSES = (
    "loom mathjax_ignore tex2jax_ignore answer facts s u ok no hm x t f n note bad all dot "
    "w d bm bt br bp bx c0 c1 c2 c3 c4 q g "
    "cols col gv gf gn gm gp gw gl gd ga gb gz gh gx on "
    "pv pl pa pb ps po ph pm pt pi"
)
_SHAPE = "x y width height rx x1 x2 y1 y2 cx cy r d fill stroke stroke-width stroke-dasharray text-anchor"

ANSWER_TAGS = frozenset(_ANSWER.split())
"""Elements that a model's own text can become."""

FACE_TAGS = ANSWER_TAGS.union(_PICTURE.split(), _FRAME.split())
"""Elements of a whole face."""

CLASSES = frozenset(_CLASSES.split())
"""The classes of our style sheet; no other stands in a face."""

LINK_REL = "noopener noreferrer nofollow"
SCHEMES = frozenset({"http", "https", "mailto"})

FACE_ATTRIBUTES: dict[str, frozenset[str]] = {
    "div": frozenset({"role", "aria-live", "dir", "tabindex"}),
    "pre": frozenset({"tabindex"}),
    "details": frozenset({"open"}),
    "th": frozenset({"scope", "colspan"}),
    "ol": frozenset({"start"}),
    "a": frozenset({"href"}),
    "svg": frozenset({"width", "height", "viewBox", "role", "aria-label"}),
    **dict.fromkeys(("rect", "line", "circle", "path", "text"), frozenset(_SHAPE.split())),
    "g": frozenset({*_SHAPE.split(), "role", "tabindex"}),
}
"""Attributes of a whole face besides classes, by element. No ``id``, no ``style``, no handler, nothing that loads."""


def sanitise_answer(html: str) -> str:
    """Only what a model's text may become. Needs the package nh3."""
    return _clean(html, ANSWER_TAGS, {"ol": {"start"}, "a": {"href"}}, {"span": {"u"}})


def sanitise(html: str) -> str:
    """A whole face, with everything outside the allow-list taken out.

    Our own faces are built from escaped parts, so this changes nothing in them; it is the second lock. Without the
    package nh3 the text comes back as it was built.
    """
    attributes = {tag: set(names) for tag, names in FACE_ATTRIBUTES.items()}
    try:
        return _clean(html, FACE_TAGS, attributes, {tag: set(CLASSES) for tag in FACE_TAGS})
    except ImportError:
        return html


def preformatted(text: str) -> str:
    """``text`` as it stands, escaped."""
    return f"<pre>{escape(text)}</pre>"


def _clean(html: str, tags: frozenset[str], attributes: dict[str, set[str]], classes: dict[str, set[str]]) -> str:
    import nh3

    cleaned = nh3.clean(
        plain(html),
        tags=set(tags),
        attributes=attributes,
        attribute_filter=_harmless,
        set_tag_attribute_values={"pre": {"tabindex": "0"}},  # where it scrolls, it does so by keyboard too
        allowed_classes=classes,
        link_rel=LINK_REL,
        url_schemes=set(SCHEMES),
    )
    return plain(cleaned)  # entities such as &#x202e; are characters only now


def _harmless(tag: str, name: str, value: str) -> str | None:
    if name == "href" and value.split(":", 1)[0].lower() not in SCHEMES:
        return None
    if name == "tabindex" and value not in ("0", "-1"):  # a higher one would jump the queue
        return None
    return value
