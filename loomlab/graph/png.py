"""The picture as a bitmap, drawn in this process by the package resvg-py with a font of this machine."""

from functools import cache

from loomlab.core.errors import ConfigError
from loomlab.graph.lights import Lights
from loomlab.graph.model import Graph
from loomlab.graph.paint import LIGHT, bitmap_style
from loomlab.graph.svg import to_svg

_SHARPER = 2.0
"""Pixels of the bitmap for one of the picture, for screens that have as many."""

_FAMILIES = (
    "DejaVu Sans", "Liberation Sans", "Noto Sans", "Arial", "Helvetica", "Segoe UI", "Roboto", "Ubuntu", "Cantarell",
    "Open Sans", "FreeSans", "Verdana", "Tahoma",
)  # fmt: skip


def to_png(graph: Graph, lights: Lights | None = None) -> bytes:
    """The picture in light colours, twice as many pixels wide as it is shown.

    Raises ConfigError where the package resvg-py or a font is missing.
    """
    try:
        import resvg_py
    except ImportError:
        raise ConfigError(
            "a picture as .png needs the package resvg-py: pip install 'loomlab[graph]' (.svg needs nothing)"
        ) from None
    svg = to_svg(graph, lights, style=bitmap_style(_family()))
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, background=LIGHT["bg"], zoom=_SHARPER))


@cache
def _family() -> str:
    """A font of this machine; without one a bitmap would have boxes and no words."""
    import resvg_py

    def drawn(family: str, text: str) -> bytes:
        words = f'<text x="2" y="16" font-size="14" font-family="{family}">{text}</text>'
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20">{words}</svg>'
        return bytes(resvg_py.svg_to_bytes(svg_string=svg))

    for family in _FAMILIES:
        if drawn(family, "loom") != drawn(family, ""):
            return family
    raise ConfigError(
        "a picture as .png needs a font, and this machine has none that we know: install one "
        "(for instance apt-get install fonts-dejavu-core), or write .svg"
    )
