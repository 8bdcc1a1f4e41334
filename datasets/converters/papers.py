"""Small PDF, Word and Excel files, byte for byte the same on every machine: no program, date or compression in them."""

import io
import textwrap
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

Block = tuple[str, str] | tuple[str, Sequence[Sequence[str]]]
"""What stands on paper: ("title" | "heading" | "text" | "bullet" | "note", words) or ("table", rows)."""

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_P = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_SIZES = {"title": 20, "heading": 14, "text": 11, "bullet": 11}


def pdf(title: str, pages: Sequence[Sequence[Block]]) -> bytes:
    """A PDF: lines of Helvetica, tables with ruled lines."""
    streams = [_stream(page) for page in pages]
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        f"<</Title({_literal(title)})>>".encode("cp1252"),
    ]
    for number, stream in enumerate(streams):
        page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {6 + 2 * number} 0 R"
        objects.append(f"{page}/Resources<</Font<</F 3 0 R>>>>>>".encode())
        objects.append(f"<</Length {len(stream)}>>\nstream\n".encode() + stream + b"\nendstream")
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + one + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{at:010d} 00000 n \n".encode() for at in places)
    return (
        bytes(out) + f"trailer\n<</Size {len(places) + 1}/Root 1 0 R/Info 4 0 R>>\nstartxref\n{start}\n%%EOF\n".encode()
    )


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _stream(blocks: Sequence[Block]) -> bytes:
    commands: list[str] = []
    y = 780.0

    def line(text: str, x: float, size: int) -> None:
        commands.append(f"BT /F {size} Tf {x:g} {y:g} Td ({_literal(text)}) Tj ET")

    for kind, content in blocks:
        if kind == "table":
            y -= 6
            top = y + 14
            columns = len(content[0])
            edges = [60 + number * 475 / columns for number in range(columns + 1)]
            for row in content:
                for x, value in zip(edges, row, strict=False):
                    line(str(value), x + 4, 10)
                y -= 18
            levels = [top - 18 * number for number in range(len(content) + 1)]
            commands += [f"{edges[0]:g} {level:g} m {edges[-1]:g} {level:g} l S" for level in levels]
            commands += [f"{edge:g} {levels[0]:g} m {edge:g} {levels[-1]:g} l S" for edge in edges]
            y -= 14
            continue
        size = _SIZES[kind]
        words = f"• {content}" if kind == "bullet" else str(content)
        for text in textwrap.wrap(words, 88 if size == 11 else 60):
            line(text, 60, size)
            y -= size * 1.3
        y -= 3 if kind == "bullet" else 12
    return "\n".join(commands).encode("cp1252")


def _package(parts: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, _HEAD + content)
    return out.getvalue()


def _types(kind: str, overrides: dict[str, str]) -> str:
    base = f"application/vnd.openxmlformats-officedocument.{kind}"
    lines = "".join(
        f'<Override PartName="/{name}" ContentType="{base}.{what}+xml"/>' for name, what in overrides.items()
    )
    return (
        f'<Types xmlns="{_P}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.'
        f'openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{lines}</Types>'
    )


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    lines = "".join(
        f'<Relationship Id="rId{number}" Type="{_R}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_P}/relationships">{lines}</Relationships>'


def docx(blocks: Sequence[Block]) -> bytes:
    """A Word file. A "note" is a footnote of the block before it; ``[-old-]`` and ``[+new+]`` are tracked changes."""
    body: list[str] = []
    notes: list[str] = []
    for kind, content in blocks:
        if kind == "table":
            rows = "".join(
                f"<w:tr>{''.join(f'<w:tc>{_paragraph(str(one))}</w:tc>' for one in row)}</w:tr>" for row in content
            )
            body.append(f"<w:tbl><w:tblPr/><w:tblGrid/>{rows}</w:tbl>")
        elif kind == "note":
            notes.append(str(content))
            reference = f'<w:r><w:footnoteReference w:id="{len(notes) + 1}"/></w:r></w:p>'
            body[-1] = body[-1].removesuffix("</w:p>") + reference
        else:
            style = {"title": "Title", "heading": "Heading1", "bullet": "ListBullet"}.get(kind, "")
            body.append(_paragraph(str(content), style))
    names = {"Title": "Title", "Heading1": "heading 1", "ListBullet": "List Bullet"}
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/>'
        + ('<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>' if key == "ListBullet" else "")
        + "</w:style>"
        for key, name in names.items()
    )
    footnotes = "".join(
        f'<w:footnote w:id="{number}">{_paragraph(words)}</w:footnote>' for number, words in enumerate(notes, 2)
    )
    space = f'xmlns:w="{_W}"'
    kinds = {"document": "document.main", "styles": "styles", "numbering": "numbering", "footnotes": "footnotes"}
    return _package(
        {
            "[Content_Types].xml": _types("wordprocessingml", {f"word/{one}.xml": what for one, what in kinds.items()}),
            "_rels/.rels": _relations([("officeDocument", "word/document.xml")]),
            "word/document.xml": f"<w:document {space}><w:body>{''.join(body)}</w:body></w:document>",
            "word/_rels/document.xml.rels": _relations([(one, f"{one}.xml") for one in list(kinds)[1:]]),
            "word/styles.xml": f"<w:styles {space}>{styles}</w:styles>",
            "word/numbering.xml": f"<w:numbering {space}>"
            '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0">'
            '<w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/></w:lvl></w:abstractNum>'
            '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>',
            "word/footnotes.xml": f"<w:footnotes {space}>{footnotes}</w:footnotes>",
        }
    )


def _paragraph(text: str, style: str = "") -> str:
    runs: list[str] = []
    for piece in text.replace("[-", "\0-").replace("[+", "\0+").replace("-]", "\0").replace("+]", "\0").split("\0"):
        if not piece:
            continue
        kind = {"-": "del", "+": "ins"}.get(piece[0], "")
        tag = "delText" if kind == "del" else "t"
        run = f'<w:r><w:{tag} xml:space="preserve">{escape(piece[1:] if kind else piece)}</w:{tag}></w:r>'
        mark = f'w:id="{len(runs)}" w:author="Editor" w:date="2026-01-01T00:00:00Z"'
        runs.append(f"<w:{kind} {mark}>{run}</w:{kind}>" if kind else run)
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}{''.join(runs)}</w:p>"


def xlsx(sheets: dict[str, Sequence[Sequence[object]]], merged: dict[str, str] | None = None) -> bytes:
    """A workbook. Numbers are numbers; ("date", serial), ("percent", share) and ("formula", text, value) are cells too.

    ``merged`` has ranges such as ``A2:A3``, with spaces between, by sheet.
    """
    parts = {}
    for number, (name, rows) in enumerate(sheets.items(), 1):
        data = "".join(
            f'<row r="{at}">{"".join(_cell(f"{letter}{at}", value) for letter, value in _named(row))}</row>'
            for at, row in enumerate(rows, 1)
        )
        ranges = (merged or {}).get(name, "").split()
        inner = "".join(f'<mergeCell ref="{one}"/>' for one in ranges)
        merge = f'<mergeCells count="{len(ranges)}">{inner}</mergeCells>' if ranges else ""
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{_S}"><sheetData>{data}</sheetData>{merge}</worksheet>'
        )
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"/>' for number, name in enumerate(sheets, 1)
    )
    fonts = '<fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>'
    forms = "".join(f'<xf numFmtId="{one}" fontId="0" fillId="0" borderId="0"/>' for one in (0, 14, 9))
    overrides = {"xl/workbook.xml": "sheet.main", "xl/styles.xml": "styles", **dict.fromkeys(parts, "worksheet")}
    targets = [("worksheet", one.removeprefix("xl/")) for one in parts]
    return _package(
        {
            "[Content_Types].xml": _types("spreadsheetml", overrides),
            "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
            "xl/workbook.xml": f'<workbook xmlns="{_S}" xmlns:r="{_R}"><sheets>{listed}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": _relations([*targets, ("styles", "styles.xml")]),
            "xl/styles.xml": f'<styleSheet xmlns="{_S}">{fonts}<cellStyleXfs count="1"><xf/></cellStyleXfs>'
            f'<cellXfs count="3">{forms}</cellXfs></styleSheet>',
            **parts,
        }
    )


def _named(row: Sequence[object]) -> list[tuple[str, object]]:
    """The values of a row with the letters of their columns."""
    return list(zip("ABCDEFGHIJ", row, strict=False))


def _cell(place: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        kind, *rest = value
        if kind == "formula":
            return f'<c r="{place}"><f>{escape(rest[0])}</f><v>{rest[1]}</v></c>'
        return f'<c r="{place}" s="{1 if kind == "date" else 2}"><v>{rest[0]}</v></c>'
    if isinstance(value, (int, float)):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'
