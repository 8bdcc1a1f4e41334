"""An agent's config: what it changed, and its text."""

from collections.abc import Mapping
from typing import Any

from loomlab.display.table import table_body, table_text
from loomlab.display.text import clip, escape, preview
from loomlab.display.theme import fitting

_COLUMNS = ("key", "before", "now")
_TEXT = 6000
_ROWS = 30
_ABSENT = "–"


def config_changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What differs between two configs: the key, its value then and now, ``–`` where there was none."""
    old, new = _flat(before), _flat(now)
    keys = [*new, *(key for key in old if key not in new)]
    return [
        (key, preview(old.get(key, _ABSENT), 80), preview(new.get(key, _ABSENT), 80))
        for key in keys
        if old.get(key) != new.get(key)
    ]


def config_html(said: str, changes: list[tuple[str, str, str]], text: str, *, folded: bool = True) -> str:
    """One sentence, the changes as a table, and the config."""

    def body(cap: int, rows: int) -> str:
        table = table_body(_COLUMNS, changes, limit=rows) if changes else ""
        pre = f"<pre>{escape(clip(text, cap))}</pre>" if text else ""
        fold = f"<details><summary>Config</summary>{pre}</details>" if folded and pre else pre
        return f'<p class="s">{escape(said)}</p>{table}{fold}'

    return fitting(body(cap, rows) for cap, rows in ((_TEXT * 4, _ROWS), (_TEXT, _ROWS), (1000, 10)))


def config_text(said: str, changes: list[tuple[str, str, str]], text: str, *, folded: bool = True) -> str:
    """The same as text; a folded config is left out."""
    parts = [said]
    parts += [table_text(_COLUMNS, changes, limit=_ROWS)] if changes else []
    parts += [clip(text, _TEXT).rstrip("\n")] if text and not folded else []
    return "\n\n".join(parts)


def _flat(value: Any, key: str = "") -> dict[str, str]:
    """A tree of values as dotted keys."""
    if isinstance(value, Mapping) and value:
        return {
            path: text
            for name, one in value.items()
            for path, text in _flat(one, f"{key}.{name}" if key else str(name)).items()
        }
    if isinstance(value, (list, tuple)) and any(isinstance(one, Mapping) for one in value):
        return {path: text for n, one in enumerate(value, 1) for path, text in _flat(one, f"{key}.{n}").items()}
    if isinstance(value, (list, tuple)):
        return {key: ", ".join(map(str, value))}
    return {key: str(value).lower() if isinstance(value, bool) else str(value)} if key else {}
