"""What a Word file's styles and numbering say of a paragraph: is it a heading, is it in a list."""

import re
from dataclasses import dataclass
from typing import Any

from loomlab.loader.packed import Package

_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
_DEEPEST = 20
"""Styles built on styles: how far the chain is followed."""


def local(element: Any) -> str:
    """The name of an element without its namespace; empty for comments."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def child(element: Any, name: str) -> Any:
    """The first child of a name, in whichever namespace; None if there is none."""
    return next((one for one in element if local(one) == name), None)


def attribute(element: Any, name: str) -> str:
    """An attribute by its name, in whichever namespace; empty if it is not there."""
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), "")


@dataclass(frozen=True, slots=True)
class Style:
    """How a paragraph is to be read. ``rank`` 0 is no heading, ``list_id`` None no list item."""

    rank: int = 0
    list_id: str | None = None
    list_level: int = 0
    list_start: int = 1
    bullet: bool = True


class Styles:
    """The styles and lists of one file."""

    def __init__(self, package: Package) -> None:
        styles = package.tree("word/styles.xml")
        numbering = package.tree("word/numbering.xml")
        self._styles = {
            attribute(one, "styleId"): one for one in (styles if styles is not None else ()) if local(one) == "style"
        }
        self._levels: dict[str, dict[str, Any]] = {}
        self._known: dict[str, tuple[int, str | None, int]] = {}
        abstract = {}
        for one in numbering if numbering is not None else ():
            if local(one) == "abstractNum":
                abstract[attribute(one, "abstractNumId")] = {
                    attribute(level, "ilvl"): level for level in one if local(level) == "lvl"
                }
            elif local(one) == "num" and (refers := child(one, "abstractNumId")) is not None:
                self._levels[attribute(one, "numId")] = abstract.get(attribute(refers, "val"), {})

    def of(self, properties: Any) -> Style:
        """The style of a paragraph with these properties (``w:pPr``, or None)."""
        if properties is None:
            return Style()
        named = child(properties, "pStyle")
        rank, list_id, level = self._named(attribute(named, "val")) if named is not None else (0, None, 0)
        rank = _outline(properties) or rank
        own_id, own_level = _list(properties)
        list_id, level = (own_id, own_level or 0) if own_id is not None else (list_id, level)
        if rank or list_id in (None, "0"):
            return Style(rank)
        found = self._levels.get(str(list_id), {}).get(str(level))
        form = child(found, "numFmt") if found is not None else None
        start = child(found, "start") if found is not None else None
        begins = attribute(start, "val") if start is not None else "1"
        bullet = form is None or attribute(form, "val") in ("bullet", "none")
        return Style(0, list_id, min(level, 8), int(begins) if begins.isdigit() else 1, bullet)

    def _named(self, name: str) -> tuple[int, str | None, int]:
        if name not in self._known:
            self._known[name] = self._follow(name)
        return self._known[name]

    def _follow(self, name: str) -> tuple[int, str | None, int]:
        rank, list_id, level = 0, None, 0
        for _ in range(_DEEPEST):
            style = self._styles.get(name)
            if style is None:
                break
            label = child(style, "name")
            words = attribute(label, "val") if label is not None else ""
            heading = _HEADING.fullmatch(words)
            rank = rank or (int(heading[1]) if heading else 1 if words.lower() == "title" else 0)
            properties = child(style, "pPr")
            if properties is not None:
                rank = rank or _outline(properties)
                own_id, own_level = _list(properties)
                if list_id is None and own_id is not None:
                    list_id, level = own_id, own_level or 0
            base = child(style, "basedOn")
            if base is None:
                break
            name = attribute(base, "val")
        return rank, list_id, level


def _outline(properties: Any) -> int:
    found = child(properties, "outlineLvl")
    value = attribute(found, "val") if found is not None else ""
    return int(value) + 1 if value.isdigit() and int(value) < 9 else 0


def _list(properties: Any) -> tuple[str | None, int | None]:
    found = child(properties, "numPr")
    if found is None:
        return None, None
    identity, level = child(found, "numId"), child(found, "ilvl")
    depth = attribute(level, "val") if level is not None else ""
    return (attribute(identity, "val") if identity is not None else None), int(depth) if depth.isdigit() else None
