"""The picture as SVG and as a bitmap."""

import re
import struct
import sys
import xml.etree.ElementTree as ET

import pytest
from drawn import agent, book_table, get_weather, three_levels

from loomlab.core.errors import ConfigError
from loomlab.graph import EdgeLight, Graph, Lights, Node, NodeLight, build_graph, svg_body, to_svg
from loomlab.graph.png import to_png

SVG = "{http://www.w3.org/2000/svg}"
LOADING = re.compile(
    r"https?://(?!www\.w3\.org/2000/svg)|url\(|@import|<script|<image|<use|href|javascript:|\bon\w+=", re.I
)


def tree(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def texts(svg: str) -> list[str]:
    return [one.text or "" for one in tree(svg).iter(f"{SVG}text")]


def test_it_is_a_document_that_loads_nothing_and_names_nothing_by_id():
    svg = to_svg(build_graph(three_levels()))
    root = tree(svg)
    assert root.tag == f"{SVG}svg"
    assert root.attrib["role"] == "group"
    assert root.attrib["aria-label"].startswith("Graph of director")
    assert not LOADING.search(svg)
    assert not any("id" in one.attrib or "style" in one.attrib for one in root.iter())


def test_every_box_and_group_is_reached_by_the_keyboard_and_says_what_it_is():
    graph = build_graph(three_levels())
    focusable = [one for one in tree(to_svg(graph)).iter(f"{SVG}g") if one.attrib.get("tabindex") == "0"]
    assert len(focusable) == len(graph.everything)
    said = [one.find(f"{SVG}title").text or "" for one in focusable]  # type: ignore[union-attr]
    assert all(one.attrib["role"] == "img" for one in focusable)
    assert any(text.startswith("web · agent · get_weather · You are web.") for text in said)


def test_names_and_tools_are_written():
    svg = to_svg(build_graph(agent("solo", tools=[get_weather, book_table])))
    assert {"model", "tools", "get_weather, book_table"} <= set(texts(svg))


@pytest.mark.parametrize(
    "text", ["<script>x</script>", '" onload="x', "]]>", "&lt;", "a\x00b\x1bc", "‮evil", "漢字" * 60, "x" * 9_000]
)
def test_names_stay_words(text: str):
    class Named:
        name = text
        instructions = text
        architecture = None

        def declared_workers(self) -> dict[str, object]:
            return {text: agent(text[:40] or "x")}

    svg = to_svg(build_graph(Named(), title=text))
    root = tree(svg)
    kinds = {one.tag.removeprefix(SVG) for one in root.iter()}
    assert kinds <= {"svg", "g", "rect", "path", "text", "title", "style"}
    assert not any(name.startswith("on") for one in root.iter() for name in one.attrib)
    assert len(svg) < 40_000


def test_a_run_lights_up_boxes_in_words_too():
    graph = build_graph(agent("solo", tools=[get_weather]))
    lights = Lights(
        {
            "agent": NodeLight("ok", ("2 calls · 1,013 tok", "4.50 s"), "2 model calls"),
            "tools": NodeLight("no", ("get_weather ×1", "✕ 1 denied"), "1 denied"),
        },
        {1: EdgeLight("no", 1, "✕ 1 denied")},
    )
    svg = to_svg(graph, lights)
    assert {"2 calls · 1,013 tok", "4.50 s", "✕ 1 denied"} <= set(texts(svg))
    assert any("×1" in text for text in texts(svg))
    classes = " ".join(one.attrib.get("class", "") for one in tree(svg).iter())
    assert "no" in classes.split()


def test_boxes_keep_their_place_while_figures_grow():
    graph = build_graph(three_levels())
    places = [
        re.findall(r'<rect class="gh" [^>]*>', svg_body(graph, Lights({node.id: NodeLight("ok", (line,))})))
        for node in graph.nodes[:1]
        for line in ("", "1 call", "12,345 calls · 1,234,567 tok · $123.45")
    ]
    assert places[0] == places[1] == places[2]


def test_half_a_figure_is_never_written():
    graph = Graph("t", nodes=(Node("a", "a"),))
    light = NodeLight("ok", ("123 calls · 1,234,567,890 tok · 12.5 s", "x"))
    (line,) = [text for text in texts(to_svg(graph, Lights({"a": light}))) if text.startswith("123")]
    assert line in ("123 calls", "123 calls · 1,234,567,890 tok")


def test_the_file_follows_the_readers_system_to_dark():
    svg = to_svg(build_graph(agent("solo")))
    assert "prefers-color-scheme:dark" in svg
    assert "var(--l-fg)" in svg


def test_a_bitmap_is_a_png_with_words_in_it():
    graph = build_graph(three_levels())
    png = to_png(graph)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    assert width > 1_000
    assert height > 500
    nameless = Graph("t", nodes=(Node("a", "·"),))
    assert len(to_png(Graph("t", nodes=(Node("a", "WWWW"),)))) > len(to_png(nameless))


def test_without_its_package_a_bitmap_says_how_to_have_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(ConfigError, match=r"pip install 'loomlab\[graph\]'"):
        to_png(build_graph(agent("solo")))
