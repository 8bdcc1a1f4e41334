"""Files that mean harm, or are broken: a clear error, in bounded memory."""

import random
import subprocess
import sys
import zipfile
import zlib
from functools import cache
from pathlib import Path

import anyio
import pytest
from fpdf import FPDF

from loomlab.loader import DocumentError, chunk, load, load_docx, load_pdf, load_text, write_csv
from loomlab.loader.cells import safe_for_spreadsheets

SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
DOCUMENT = f'<w:document xmlns:w="{SPACE}"><w:body>{{}}</w:body></w:document>'
BODY = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"
LIMIT = 400
"""Megabytes a process that meets a hostile file may take in all."""


def _word(path: Path, content: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", content)
    return path


def _peak(path: Path, code: str = "load(path)") -> tuple[str, float]:
    """What loading says in a process of its own, and the most memory it took, in megabytes."""
    script = (
        "import sys, warnings\nfrom pathlib import Path\nfrom loomlab.loader import *\n"
        "warnings.simplefilter('ignore')\npath = sys.argv[1]\n"
        f"try:\n    said = {code}\n    print('read', len(said.content))\n"
        "except Exception as exc:\n    print(type(exc).__name__, exc)\n"
        # ru_maxrss would count what the parent took before it started this process.
        "status = Path('/proc/self/status').read_text()\n"
        "print(int(status.split('VmHWM:')[1].split()[0]) / 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, encoding="utf-8", check=True
    )
    said, peak = done.stdout.rsplit("\n", 2)[:2]
    return said, float(peak)


@pytest.mark.parametrize(("suffix", "part"), [("docx", "word/document.xml"), ("xlsx", "xl/workbook.xml")])
def test_a_zip_bomb_is_refused_before_it_unpacks(suffix: str, part: str, tmp_path: Path) -> None:
    path = tmp_path / f"bomb.{suffix}"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(part, "w", force_zip64=True) as stream,
    ):
        for _ in range(60):
            stream.write(bytes(5_000_000))
    said, peak = _peak(path)
    assert "DocumentError bomb." in said
    assert "would unpack to 300 MB, over the limit of 256 MB" in said
    assert peak < LIMIT


def test_a_bomb_below_the_limit_is_known_by_its_ratio(tmp_path: Path) -> None:
    path = _word(tmp_path / "bomb.docx", DOCUMENT.format(BODY.format("a" * 20_000_000)))
    with pytest.raises(DocumentError, match=r"would unpack to \d+ times its size, as a ZIP bomb does"):
        load(path)


def test_an_archive_that_lies_about_its_size_is_damaged(tmp_path: Path) -> None:
    path = _word(tmp_path / "a.docx", DOCUMENT.format(BODY.format("word " * 50_000)))
    data = path.read_bytes()
    size = len(DOCUMENT.format(BODY.format("word " * 50_000))).to_bytes(4, "little")
    assert data.count(size) == 2
    path.write_bytes(data.replace(size, (100).to_bytes(4, "little")))
    with pytest.raises(DocumentError, match="damaged"):
        load(path)


def test_entities_are_refused(tmp_path: Path) -> None:
    lol = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "lol">{lol}]>' + DOCUMENT.format(BODY.format("&e9;"))
    with pytest.raises(DocumentError, match="declares entities, which no Office program does"):
        load(_word(tmp_path / "a.docx", bomb))
    wide = bomb.replace('version="1.0"', 'version="1.0" encoding="UTF-16"').encode("utf-16")
    with pytest.raises(DocumentError, match="declares entities"):
        load(_word(tmp_path / "b.docx", wide))


def test_a_secret_file_is_not_read_through_an_entity(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("the secret words", encoding="utf-8")
    address = (tmp_path / "secret.txt").as_uri()
    late = f'<?xml version="1.0"?><!--{"x" * 2000}--><!DOCTYPE x [<!ENTITY e SYSTEM "{address}">]>'
    with pytest.raises(DocumentError):
        load(_word(tmp_path / "a.docx", late + DOCUMENT.format(BODY.format("&e;"))))


def test_a_cell_far_out_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "xl/workbook.xml", f'<workbook {space} xmlns:r="r"><sheets><sheet name="S" r:id="a"/></sheets></workbook>'
        )
        relation = '<Relationship Id="a" Target="worksheets/sheet1.xml"/>'
        archive.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{relation}</Relationships>")
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet {space}><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
            '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
            '</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells></worksheet>',
        )
    said, peak = _peak(path)
    assert said.startswith("read ")
    assert peak < LIMIT


def test_a_workbook_of_too_many_cells_is_refused(tmp_path: Path) -> None:
    import openpyxl

    from loomlab.loader import load_excel

    made = openpyxl.Workbook()
    for _ in range(20):
        made.active.append([1, 2, 3])
    made.save(tmp_path / "a.xlsx")
    with pytest.raises(DocumentError, match="more than 50 cells"):
        load_excel(tmp_path / "a.xlsx", max_cells=50)


def test_a_text_of_a_gigabyte_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as stream:
        stream.truncate(1_000_000_000)  # takes no room on the disk
    said, peak = _peak(path)
    assert "large.txt has 1,000 MB, over the limit of 64 MB" in said
    assert "max_bytes=1000000000" in said
    assert peak < LIMIT
    (tmp_path / "small.txt").write_text("x" * 100, encoding="utf-8")
    with pytest.raises(DocumentError, match="over the limit"):
        load_text(tmp_path / "small.txt", max_bytes=99)
    assert len(load_text(tmp_path / "small.txt", max_bytes=100)) > 100


def _large_pdf(path: Path, pages: int) -> Path:
    """A PDF of many pages with one content stream, written by hand: libraries take minutes."""
    text = b"BT /F1 12 Tf 72 720 Td (A line of words on every page.) Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, b" ".join(b"%d 0 R" % (number + 5) for number in range(pages))),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
    ]
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 3 0 R>>>>>>"
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, one in enumerate([*objects, *[page] * pages], 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, one)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1) + b"".join(
        b"%010d 00000 n \n" % at for at in places
    )
    path.write_bytes(out + b"trailer<</Size %d/Root 1 0 R>>startxref %d\n%%%%EOF" % (len(places) + 1, start))
    return path


def _one_page(path: Path, content: bytes, packing: bytes = b"/FlateDecode", more: bytes = b"") -> Path:
    """A PDF of one page, whose content is packed already; ``more`` is a picture's object."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[5 0 R]>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Length %d/Filter%s>>stream\n%s\nendstream" % (len(content), packing, content),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
        b"/Resources<</Font<</F1 3 0 R>>/XObject<</Im 6 0 R>>>>>>",
        more or b"<<>>",
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, one)
    start = len(out)
    table = b"".join(b"%010d 00000 n \n" % at for at in places)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(places) + 1, table)
    path.write_bytes(out + b"trailer<</Size %d/Root 1 0 R>>startxref %d\n%%%%EOF" % (len(places) + 1, start))
    return path


@cache
def _packed(unit: bytes, times: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(unit) for _ in range(times)) + packer.flush()


@pytest.mark.parametrize("packing", [b"/FlateDecode", b"/Fl", b"/F#6cateDecode", b"[/FlateDecode/FlateDecode]"])
def test_a_page_that_would_unpack_to_very_much_is_refused(packing: bytes, tmp_path: Path) -> None:
    content = _packed(b" " * 1_000_000, 400)
    if packing.startswith(b"["):
        content = zlib.compress(content, 9)
    said, peak = _peak(_one_page(tmp_path / "bomb.pdf", content, packing))
    assert said == ("DocumentError bomb.pdf has a stream that would unpack to over 400 times its size, as a bomb does")
    assert peak < LIMIT


def test_streams_that_are_packed_many_times_over_or_hold_too_much_are_refused(tmp_path: Path) -> None:
    content = b"BT ET"
    for _ in range(4):
        content = zlib.compress(content)
    with pytest.raises(DocumentError, match="packed 4 times over"):
        load(_one_page(tmp_path / "deep.pdf", content, b"[" + b"/FlateDecode" * 4 + b"]"))
    drawn = random.Random(1)
    lines = b"".join(b"%d %d m %d %d l S\n" % tuple(drawn.randrange(600) for _ in range(4)) for _ in range(1500))
    path = _one_page(tmp_path / "much.pdf", _packed(lines, 2600))
    with pytest.raises(DocumentError, match=r"would unpack to more than \d+ MB besides its pictures|over 400 times"):
        load(path)


def test_a_page_of_very_many_lines_is_read_in_bounded_memory(tmp_path: Path) -> None:
    drawn = random.Random(1)
    lines = b"".join(b"%d %d m %d %d l S\n" % tuple(drawn.randrange(600) for _ in range(4)) for _ in range(200_000))
    path = _one_page(tmp_path / "map.pdf", zlib.compress(b"BT /F1 12 Tf 72 720 Td (A map.) Tj ET\n" + lines))
    said, peak = _peak(path, "type('D', (), {'content': [1] * (1000 + ('A map.' in load(path).content))})")
    assert said == "read 1001"
    assert peak < LIMIT


def test_large_pictures_are_left_packed(tmp_path: Path) -> None:
    pixels = _packed(bytes(12_000 * 3), 12_000)  # 430 MB of black
    picture = (
        b"<</Type/XObject/Subtype/Image/Width 12000/Height 12000/ColorSpace/DeviceRGB/BitsPerComponent 8"
        b"/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(pixels), pixels)
    )
    content = zlib.compress(b"q 500 0 0 500 50 50 cm /Im Do Q BT /F1 12 Tf 72 720 Td (A picture.) Tj ET")
    said, peak = _peak(_one_page(tmp_path / "picture.pdf", content, more=picture))
    assert said.startswith("read ")
    assert peak < LIMIT
    bare = _one_page(tmp_path / "bare.pdf", zlib.compress(b"q 500 0 0 500 50 50 cm /Im Do Q"), more=picture)
    with pytest.warns(RuntimeWarning, match="page 1 of 1 has no text, only pictures"):
        load(bare)


def test_ten_thousand_pages_in_bounded_memory(tmp_path: Path) -> None:
    said, peak = _peak(_large_pdf(tmp_path / "a.pdf", 10_000))
    assert int(said.split()[1]) > 10_000 * 40
    assert peak < LIMIT


@pytest.mark.anyio
async def test_a_long_pdf_can_be_cancelled(tmp_path: Path) -> None:
    path = _large_pdf(tmp_path / "a.pdf", 10_000)
    pages = 0

    def read() -> None:
        nonlocal pages
        pages = load_pdf(path).metadata["page_count"]

    with anyio.move_on_after(0.2) as scope:
        await anyio.to_thread.run_sync(read)
    assert scope.cancelled_caught
    assert pages == 0


def test_damaged_and_cut_files_say_so(tmp_path: Path) -> None:
    whole = FPDF()
    whole.add_page()
    whole.output(str(tmp_path / "whole.pdf"))
    data = (tmp_path / "whole.pdf").read_bytes()
    word = _word(tmp_path / "whole.docx", DOCUMENT.format(BODY.format("words " * 1000))).read_bytes()
    for name, content, says in (
        ("cut.docx", word[: len(word) // 2], "damaged or cut short"),
        ("none.pdf", b"%PDF-1.7\nnothing", "damaged or cut short"),
        ("no.pdf", b"just words", "is no PDF"),
        ("no.docx", b"just words", "is no DOCX file"),
        ("no.xlsx", word, "is no XLSX file"),
        ("ole.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "is encrypted, or of the old binary format"),
        ("pdf.txt", data, "is called .txt but holds a PDF"),
        ("zip.csv", word, "is called .csv but holds a ZIP"),
        ("pdf.docx", data, "is called .docx but holds a PDF"),
        ("zero.txt", b"a\0\1\2\0" * 100, "is not text"),
        ("empty.docx", b"", "is no DOCX file"),
        ("empty.pdf", b"", "is no PDF"),
        ("xml.docx", _word(tmp_path / "x.docx", "<w:document").read_bytes(), "no whole XML"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DocumentError, match=says):
            load(tmp_path / name)


def test_broken_bytes_in_utf_8_are_marked_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("Grüße aus Köln, schöne Grüße. ".encode() * 20 + b"\xff\xfe\xfa und mehr")
    with pytest.warns(RuntimeWarning, match=r"a\.txt: 3 characters can't be read as utf-8, the first at byte \d+"):
        content = load(tmp_path / "a.txt").content
    assert "Grüße aus Köln" in content
    assert content.endswith("\ufffd\ufffd\ufffd und mehr")


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.html", "a.md"])
def test_an_empty_file_of_text_is_an_empty_document(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"")
    assert load(tmp_path / name).content.replace(f"# {name}", "").strip() == ""


@pytest.mark.parametrize(
    "page", ["<div>" * 100_000 + "words", "<!--" * 100_000, "<" * 300_000,
             "<table><tr><td colspan=999999999 rowspan=999999999>x" * 300,
             "<ul>" * 50_000 + "<li>x", "&" * 300_000, "<a b=" * 100_000, "<script>" * 50_000]
)  # fmt: skip
@pytest.mark.timeout(30)
def test_hostile_pages_end(page: str, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    try:
        content = load(tmp_path / "a.html").content
    except DocumentError as exc:
        assert "can't be read as HTML" in str(exc)
    else:
        assert len(content) < 3 * len(page)


def test_a_word_file_nested_without_end_ends(tmp_path: Path) -> None:
    deep = "<w:sdt><w:sdtContent>" * 5000 + BODY.format("x") + "</w:sdtContent></w:sdt>" * 5000
    with pytest.raises(DocumentError, match="no whole XML"):
        load_docx(_word(tmp_path / "a.docx", DOCUMENT.format(deep)))


FORMULAS = ["=cmd|'/C calc'!A0", "+1+cmd", "-2+3+cmd", "@SUM(1)", "\t=1", "\r=1", "＝1+1"]


def test_an_export_runs_nothing_when_it_is_opened(tmp_path: Path) -> None:
    rows = [["name", "value"], *[[text, -1.5] for text in FORMULAS], ["-12.5", "+49 30 123"]]
    assert write_csv(tmp_path / "a.csv", rows) == 9
    import csv

    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as stream:
        read = list(csv.reader(stream))
    assert [row[0] for row in read[1:8]] == [f"'{text}" for text in FORMULAS]
    assert read[1][1] == "-1.5"
    assert read[8] == ["-12.5", "+49 30 123"]
    assert safe_for_spreadsheets("a=b") == "a=b"


def test_chunks_of_a_loaded_file_point_into_it(tmp_path: Path) -> None:
    path = _word(
        tmp_path / "a.docx", DOCUMENT.format("".join(BODY.format(f"Paragraph number {n}.") for n in range(200)))
    )
    document = load(path)
    for one in chunk(document, chunk_size=200):
        assert document.content[one.metadata["start"] : one.metadata["end"]] == one.content
