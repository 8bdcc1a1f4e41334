"""Word files: paragraphs, headings, lists, tables and notes in the order in which they are read."""

from pathlib import Path
from typing import Any

from loomlab.core.documents import Document
from loomlab.loader.cells import table
from loomlab.loader.marking import one_line, plain
from loomlab.loader.packed import Package, opened
from loomlab.loader.problems import MAX_UNPACKED, breathe
from loomlab.loader.word_styles import Style, Styles, attribute, child, local

_TRANSPARENT = {"ins", "moveTo", "hyperlink", "smartTag", "sdt", "sdtContent", "fldSimple", "r", "AlternateContent",
                "Choice", "customXml", "dir", "bdo", "rt", "ruby", "rubyBase"}  # fmt: skip
_BREATH = 500


def load_docx(path: str | Path, *, max_unpacked: int = MAX_UNPACKED) -> Document:
    """A Word file: headings, lists, tables, footnotes and text boxes in reading order.

    Tracked changes read as if all were accepted; comments, headers and footers are left out. A merged cell's words
    stand in each of its rows. DocumentError for a file that is damaged, encrypted, no Word file, or would unpack to
    more than ``max_unpacked`` bytes.
    """
    with opened(path, kind="DOCX", main=r"word/document\d*\.xml", max_unpacked=max_unpacked) as package:
        reader = _Reader(package)
        for number, (_event, element) in enumerate(package.elements(package.main, tags=("{*}p", "{*}tbl", "{*}sdt"))):
            if number % _BREATH == 0:
                breathe()
            above = element.getparent()
            if above is None or local(above) != "body":
                continue
            reader.block(element)
            element.clear()
            while element.getprevious() is not None:
                del above[0]
        reader.notes(package)
        title = _title(package) or reader.title or Path(path).stem
    metadata = {
        "source": str(path),
        "format": "docx",
        "paragraph_count": reader.paragraphs,
        "table_count": reader.tables,
        "title": title,
    }
    return Document(reader.text(), metadata)


def _title(package: Package) -> str:
    core = package.tree("docProps/core.xml")
    found = child(core, "title") if core is not None else None
    return one_line(found.text or "") if found is not None else ""


class _Reader:
    """Builds the Markdown of one Word file, block by block."""

    def __init__(self, package: Package) -> None:
        self._styles = Styles(package)
        self._blocks: list[tuple[bool, str]] = []  # whether it is a list item, and its text
        self._counters: dict[tuple[str, int], int] = {}
        self._notes: list[tuple[str, str]] = []
        self._unfinished = ""
        self._boxes: list[Any] = []
        self.paragraphs = self.tables = 0
        self.title = ""

    def text(self) -> str:
        """The whole document."""
        parts: list[str] = []
        for number, (item, block) in enumerate(self._blocks):
            if number:
                parts.append("\n" if item and self._blocks[number - 1][0] else "\n\n")
            parts.append(block)
        return "".join(parts)

    def block(self, element: Any) -> None:
        """One child of the body."""
        kind = local(element)
        if kind == "p":
            self._paragraph(element)
        elif kind == "tbl":
            self._table(element)
        elif kind in ("sdt", "sdtContent", "ins", "moveTo", "customXml"):
            for one in element:
                self.block(one)

    def _paragraph(self, element: Any) -> None:
        properties = child(element, "pPr")
        text = self._unfinished + self._words(element)
        self._unfinished = ""
        mark = child(properties, "rPr") if properties is not None else None
        if mark is not None and child(mark, "del") is not None:  # the line break is what was deleted
            self._unfinished = text
        elif text.strip():
            self.paragraphs += 1
            self._blocks.append(self._dressed(text.strip(), self._styles.of(properties)))
        boxes, self._boxes = self._boxes, []
        for box in boxes:
            for one in box:
                self.block(one)

    def _dressed(self, text: str, style: Style) -> tuple[bool, str]:
        if style.rank:
            text = one_line(text)
            self.title = self.title or text
            return False, f"{'#' * min(style.rank, 6)} {text}"
        if style.list_id is None:
            return False, plain(text)
        level = style.list_level
        for key in [key for key in self._counters if key[0] == style.list_id and key[1] > level]:
            del self._counters[key]
        number = self._counters.get((style.list_id, level), style.list_start - 1) + 1
        self._counters[style.list_id, level] = number
        sign = "-" if style.bullet else f"{number}."
        return True, f"{'   ' * level}{sign} {one_line(text)}"

    def _words(self, element: Any) -> str:
        """The words of a paragraph or run, as if all tracked changes were accepted."""
        parts: list[str] = []
        for one in element:
            kind = local(one)
            if kind == "t":
                parts.append(one.text or "")
            elif kind in _TRANSPARENT:
                parts.append(self._words(one))
            elif kind in ("tab", "ptab"):
                parts.append(" ")
            elif kind in ("br", "cr"):
                parts.append("" if attribute(one, "type") in ("page", "column") else "\n")
            elif kind == "noBreakHyphen":
                parts.append("\u2011")
            elif kind in ("footnoteReference", "endnoteReference"):
                parts.append(self._note(kind.removesuffix("Reference"), attribute(one, "id")))
            elif kind in ("oMath", "oMathPara"):
                parts.append("".join(found.text or "" for found in one.iter("{*}t")))
            elif kind in ("drawing", "pict", "object"):
                self._boxes += list(one.iter("{*}txbxContent"))
                parts += [f"[picture: {one_line(words)}]" for words in _descriptions(one)]
        return "".join(parts)

    def _note(self, kind: str, identity: str) -> str:
        key = (kind, identity)
        if key not in self._notes:
            self._notes.append(key)
        return f"[^{self._notes.index(key) + 1}]"

    def notes(self, package: Package) -> None:
        """Footnotes and endnotes that the text refers to, at its end."""
        words: dict[tuple[str, str], str] = {}
        if self._unfinished.strip():
            self._blocks.append((False, plain(self._unfinished.strip())))
        for kind in ("footnote", "endnote"):
            root = package.tree(f"word/{kind}s.xml")
            for note in root if root is not None else ():
                paragraphs = (self._words(one) for one in note.iter("{*}p"))
                words[kind, attribute(note, "id")] = one_line(" ".join(paragraphs))
        for number, key in enumerate(list(self._notes), 1):
            if words.get(key):
                self._blocks.append((True, f"[^{number}]: {words[key]}"))

    def _table(self, element: Any) -> None:
        rows: list[list[str]] = []
        for line in _within(element, "tr"):
            properties = child(line, "trPr")
            if properties is not None and child(properties, "del") is not None:
                continue
            cells: list[str] = []
            for one in _within(line, "tc"):
                cells += self._cell(one, rows, len(cells))
            rows.append(cells)
        if text := table(rows):
            self.tables += 1
            self._blocks.append((False, text))

    def _cell(self, element: Any, rows: list[list[str]], column: int) -> list[str]:
        properties = child(element, "tcPr")
        words = "\n".join(found for found in (self._words(one).strip() for one in element.iter("{*}p")) if found)
        if properties is None:
            return [words]
        merge, span = child(properties, "vMerge"), child(properties, "gridSpan")
        if merge is not None and attribute(merge, "val") != "restart" and rows and column < len(rows[-1]):
            words = rows[-1][column]
        width = attribute(span, "val") if span is not None else "1"
        return [words, *[""] * (min(int(width), 64) - 1 if width.isdigit() else 0)]


def _within(element: Any, kind: str) -> list[Any]:
    """Rows or cells, also those in content controls and tracked insertions, but not those of a table inside."""
    found: list[Any] = []
    for one in element:
        if local(one) == kind:
            found.append(one)
        elif local(one) in ("sdt", "sdtContent", "ins", "moveTo", "customXml"):
            found += _within(one, kind)
    return found


def _descriptions(drawing: Any) -> list[str]:
    return [one.get("descr") for one in drawing.iter("{*}docPr") if one.get("descr")]
