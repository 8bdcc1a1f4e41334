"""What a cell of a workbook says: shared texts, dates, percentages, errors, formulas."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from loomlab.loader.cells import number
from loomlab.loader.packed import Package
from loomlab.loader.word_styles import attribute, local

_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_PERCENT = {9, 10}
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_FURTHEST_DAY = 2_958_465  # 9999-12-31


class Values:
    """Reads the cells of one workbook."""

    def __init__(self, package: Package) -> None:
        folder = package.main.rpartition("/")[0]
        self._texts = _texts(package, f"{folder}/sharedStrings.xml")
        self._kinds = _kinds(package, f"{folder}/styles.xml")
        workbook = package.tree(package.main)
        properties = next(workbook.iter("{*}workbookPr"), None)
        self._from_1904 = properties is not None and properties.get("date1904") in ("1", "true")

    def of(self, element: Any) -> Any:
        """The value of a cell: text, number, date, time or None; a formula without a value is its own text."""
        kind = element.get("t") or "n"
        raw = formula = None
        for one in element:
            name = local(one)
            if name == "v":
                raw = one.text
            elif name == "f":
                formula = one.text or ""
            elif name == "is":
                return _words(one)
        if raw is None:
            return f"={formula}" if formula else None
        if kind == "s":
            return self._texts[int(raw)] if raw.isdigit() and int(raw) < len(self._texts) else None
        if kind == "b":
            return raw == "1"
        if kind in ("str", "e", "inlineStr"):
            return _unescaped(raw)
        if kind == "d":
            return raw.replace("T", " ").removesuffix(" 00:00:00")
        try:
            value = float(raw)
        except ValueError:
            return raw
        style = element.get("s") or "0"
        return self._dressed(
            value, self._kinds[int(style)] if style.isdigit() and int(style) < len(self._kinds) else ""
        )

    def _dressed(self, value: float, kind: str) -> Any:
        if kind == "percent":
            return f"{number(value * 100)}%"
        if kind == "elapsed" and abs(value) < 1e6:
            seconds = round(value * 86_400)
            return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        if kind in ("date", "time") and 0 <= value <= _FURTHEST_DAY:
            return self._instant(value, kind)
        return value

    def _instant(self, value: float, kind: str) -> datetime | date | time:
        days = int(value)
        seconds = round((value - days) * 86_400)
        if days == 0 and not self._from_1904:
            return (datetime(1900, 1, 1) + timedelta(seconds=seconds)).time()  # noqa: DTZ001 - a clock on a wall
        # In the 1900 system, day 60 is a 29 February 1900 that never was.
        first = date(1904, 1, 1) if self._from_1904 else date(1899, 12, 30 if days >= 60 else 31)
        found = datetime.combine(first, time()) + timedelta(days=days, seconds=seconds)
        return found.time() if kind == "time" and days == 0 else found


def _texts(package: Package, part: str) -> list[str]:
    if part not in package.names:
        return []
    found = []
    for _event, element in package.elements(part, tags=("{*}si",)):
        found.append(_words(element))
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
    return found


def _words(element: Any) -> str:
    """The text of a shared or inline string, without the reading aids of Japanese."""
    parts = []
    for one in element:
        if local(one) == "t":
            parts.append(one.text or "")
        elif local(one) == "r":
            parts += [run.text or "" for run in one if local(run) == "t"]
    return _unescaped("".join(parts))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _kinds(package: Package, part: str) -> list[str]:
    """Per cell style: "date", "time", "elapsed", "percent" or "" for anything else."""
    root = package.tree(part)
    if root is None:
        return []
    forms = {attribute(one, "numFmtId"): one.get("formatCode") or "" for one in root.iter("{*}numFmt")}
    styles = next(root.iter("{*}cellXfs"), ())
    return [_kind(one.get("numFmtId") or "0", forms) for one in styles]


def _kind(identity: str, forms: dict[str, str]) -> str:
    if identity in forms:
        code = _LITERAL.sub("", forms[identity].partition(";")[0])
        if _ELAPSED.search(code):
            return "elapsed"
        if "%" in code:
            return "percent"
        if (
            code.lower() != "general"
            and re.search(r"[dmyhs]", code, re.IGNORECASE)
            and not re.search(r"[0#?]", code.partition(".")[0])
        ):
            return "date" if re.search(r"[dy]", code, re.IGNORECASE) else "time"
        return ""
    builtin = int(identity) if identity.isdigit() else 0
    if builtin == 46:
        return "elapsed"
    return "date" if builtin in _DATES else "percent" if builtin in _PERCENT else ""
