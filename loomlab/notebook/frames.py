"""Answers of the run log as data frames that look like our tables: escaped, capped, dollars as dollars."""

from typing import TYPE_CHECKING, Any

from loomlab.core.results import format_cost
from loomlab.display import empty_html, empty_text
from loomlab.notebook.face import Face
from loomlab.notebook.faces import table_face
from loomlab.notebook.formatters import register

if TYPE_CHECKING:
    import pandas as pd

_DOLLARS = ("cost_usd", "cached_usd")
_HINT = "loomlab_empty"
_kinds: dict[str, type] = {}


def as_table(frame: "pd.DataFrame", shell: Any, *, empty: tuple[str, str] | None = None) -> "pd.DataFrame":
    """The same frame, shown as one of our tables, and so are its parts. ``empty``: what to say and to type instead."""
    kind = _kind()
    register(shell, kind, frame_face)
    table: pd.DataFrame = kind(frame)
    if empty is not None:
        table.attrs[_HINT] = empty
    return table


def frame_face(frame: "pd.DataFrame") -> Face:
    """The faces of a frame."""
    hint = frame.attrs.get(_HINT)
    if hint is not None and not len(frame):
        return Face(empty_html(*hint), empty_text(*hint))
    head = frame.head(20)
    rows = [[_plain(value) for value in line] for line in head.itertuples(index=False, name=None)]
    names = [str(name) for name in head.columns]
    for place, name in enumerate(names):
        if name in _DOLLARS:
            for row in rows:
                row[place] = format_cost(row[place])
    return table_face(names, rows, total=len(frame))


def _plain(value: Any) -> Any:
    """Numbers, times and texts of Python; what is missing is None."""
    import pandas as pd

    if isinstance(value, (str, bytes, dict, list, tuple)):
        return value
    missing = pd.isna(value)
    if isinstance(missing, bool) and missing:
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value.item() if hasattr(value, "item") else value


def _kind() -> type:
    """The class, made when pandas is loaded anyway."""
    if not _kinds:
        import pandas as pd

        class LogFrame(pd.DataFrame):
            """A DataFrame that came out of the run log."""

            @property
            def _constructor(self) -> type:
                return LogFrame

        _kinds["frame"] = LogFrame
    return _kinds["frame"]
