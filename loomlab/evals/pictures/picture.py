"""A picture in hand: shown at the end of a cell, and asked for its figure, its drawing, its numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loomlab.core.errors import ConfigError
from loomlab.display.pictures import (
    Drawing,
    drawing_bundle,
    drawing_html,
    drawing_page,
    drawing_svg,
    drawing_text,
)

if TYPE_CHECKING:
    from pandas import DataFrame


class Picture:
    """Numbers to look at. In a notebook it shows itself: a figure to explore where that can be, else a still drawing.

    ``said`` is what it shows, in a sentence. ``frame`` has its numbers, ``figure`` is for plotly, ``svg`` for a paper.
    """

    def __init__(self, drawing: Drawing, numbers: Mapping[str, Sequence[Any]], index: str | None = None) -> None:
        self.drawing = drawing
        self._numbers = {name: list(column) for name, column in numbers.items()}
        self._index = index

    @property
    def said(self) -> str:
        """What the picture shows, in a sentence."""
        return self.drawing.said

    def frame(self) -> DataFrame:
        """The numbers as a DataFrame; what is not known is NaN. Needs the package pandas."""
        try:
            import pandas
        except ImportError:
            raise ImportError("a DataFrame needs the package pandas: pip install 'loomlab[evals]'") from None
        columns = {name: pandas.Series(column, dtype=_kind(column)) for name, column in self._numbers.items()}
        frame: DataFrame = pandas.DataFrame(columns)
        return frame if self._index is None else frame.set_index(self._index)

    def figure(self) -> Any:
        """The picture as a plotly ``Figure``. Needs the package plotly."""
        try:
            from plotly.graph_objects import Figure
        except ImportError:
            raise ImportError("a figure needs the package plotly: pip install 'loomlab[notebook]'") from None
        found = self.drawing.figure
        return Figure({"data": found["data"], "layout": found["layout"]})

    def svg(self) -> str:
        """The still drawing as an SVG file's text: no script, no id, nothing that loads; the same every time."""
        return drawing_svg(self.drawing)

    def html(self) -> str:
        """The still face: sentence, drawing, numbers, as sanitised HTML."""
        return drawing_html(self.drawing)

    def save(self, path: str | Path) -> Path:
        """Write it as ``.svg``, ``.html`` (a page that loads nothing) or ``.json`` (for plotly); else ConfigError."""
        target = Path(path).expanduser()
        made = {
            ".svg": lambda: self.svg(),
            ".html": lambda: drawing_page(self.drawing),
            ".json": lambda: json.dumps(self.drawing.figure, ensure_ascii=False, indent=1),
        }.get(target.suffix.lower())
        if made is None:
            raise ConfigError(f"a picture is saved as .svg, .html or .json, not as {target.name!r}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(made(), encoding="utf-8")
        return target

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return drawing_bundle(self.drawing)

    def __str__(self) -> str:
        return drawing_text(self.drawing)

    def __repr__(self) -> str:
        return f"<picture: {self.said}>"


def _kind(column: Sequence[Any]) -> Any:
    if column and all(one is None or (isinstance(one, float)) for one in column):
        return float
    return object if not column or any(one is None or isinstance(one, str) for one in column) else None
