"""The picture as SVG: boxes that the keyboard reaches, each with a title that says what it is; no script, no ids."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise

from loomlab.graph.layout import WIDEST, layout, strain
from loomlab.graph.lights import EdgeLight, Lights, NodeLight, State
from loomlab.graph.measure import BOLD, fit, text_width
from loomlab.graph.model import Graph, Group, Node
from loomlab.graph.paint import file_style
from loomlab.graph.plan import Box, Plan, Point, Route
from loomlab.graph.sizes import (
    LABEL_SIZE,
    LINE,
    SMALL_LINE,
    SMALL_SIZE,
    Style,
    countable,
    edge_size,
    edge_words,
    head_width,
    node_size,
    room,
    written,
)
from loomlab.graph.words import about_node, sentence

__all__ = ["EdgeLight", "Lights", "NodeLight", "plan_of", "svg_body", "to_svg"]

MARGIN = 10.0
_TIP = 7.0
_ROW = 13.0
_UNSAID = 60.0
"""What it must gain, in pixels, to leave labels out that others repeat."""

_WEIGHT: dict[State, int] = {"idle": 0, "ok": 1, "hm": 2, "no": 3, "on": 4}
_GREY = "#7f868d"
_KINDS = {"start": " gp", "end": " gp", "tools": " gm", "memory": " gm", "more": " gm"}


def to_svg(graph: Graph, lights: Lights | None = None, *, style: str | None = None) -> str:
    """A whole SVG document, light or dark as its reader's system is; ``style`` is put in place of the own one."""
    body = svg_body(graph, lights)
    name = f"<title>{_safe(graph.title)}</title>"
    start = body.index(">") + 1
    head = body[:start].replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return f"{head}{name}{file_style() if style is None else style}{body[start:]}\n"


def svg_body(graph: Graph, lights: Lights | None = None, *, widest: float = WIDEST) -> str:
    """The picture as a part of a page whose style sheet has ``paint.RULES``."""
    plan, style = plan_of(graph, lit=lights is not None, widest=widest)
    shown = lights or Lights()
    width, height = plan.w + 2 * MARGIN, plan.h + 2 * MARGIN
    moved = plan.moved(MARGIN, MARGIN)
    parts = [_frame(group, moved.frames[group.id], shown.nodes.get(group.id)) for group in graph.groups]
    parts += [_line(route, graph, _both_ways(route, graph, shown.edges)) for route in moved.routes]
    parts += [_box(node, moved.boxes[node.id], shown.nodes.get(node.id)) for node in graph.nodes]
    parts += [_label(route, graph, shown.edges, style) for route in moved.routes]
    size = f'width="{width:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return f'<svg class="gv" {size} role="group" aria-label="{_safe(sentence(graph))}">{"".join(parts)}</svg>'


def plan_of(graph: Graph, *, lit: bool, widest: float = WIDEST) -> tuple[Plan, Style]:
    """Where everything stands. It depends on the graph alone, so nothing moves while a run lights it up."""
    style = Style(lit=lit)
    plan = _planned(graph, style, widest)
    if plan.w > widest:
        terse = Style(lit=lit, terse=True)
        narrow = _planned(graph, terse, widest)
        if strain(narrow, widest) + _UNSAID < strain(plan, widest):
            return narrow, terse
    return plan, style


def _planned(graph: Graph, style: Style, widest: float) -> Plan:
    sizes = {node.id: node_size(node, style) for node in graph.nodes}
    labels = [edge_size(number, graph, style) for number in range(len(graph.edges))]
    heads = {group.id: head_width(group, style) for group in graph.groups}
    return layout(graph, sizes, labels, heads, widest=widest)


def _frame(group: Group, box: Box, light: NodeLight | None) -> str:
    label = fit(group.label, LABEL_SIZE * BOLD, box.w - 28)
    x = box.x + 12 + text_width(label, LABEL_SIZE * BOLD) + 8
    detail = light.lines[0] if light and light.lines else group.detail
    left = box.x + box.w - 10 - x
    small = fit(detail, SMALL_SIZE, left) if detail and left > 30 else ""
    words = f'<text class="gb" x="{_n(box.x + 12)}" y="{_n(box.y + 17)}" fill="currentColor">{_safe(label)}</text>'
    more = (
        f'<text class="q" x="{_n(x)}" y="{_n(box.y + 17)}" fill="currentColor">{_safe(small)}</text>' if small else ""
    )
    return (
        f'<g class="gf{_state(light)}" role="img" tabindex="0"><title>{_safe(about_node(group, light))}</title>'
        f'<rect class="gh" {_rect(box)} rx="8" fill="none" stroke="{_GREY}"></rect>{words}{more}</g>'
    )


def _box(node: Node, box: Box, light: NodeLight | None) -> str:
    text = written(node, light, room(node, box.w))
    x, _ = box.middle
    y = box.y + (box.h - text.height) / 2
    lines = []
    for line in text.label:
        lines.append(_words("gb", x, y + 12, line))
        y += LINE
    for line in text.small:
        lines.append(_words("gx" if line.startswith("✕") else "q", x, y + 10, line))
        y += SMALL_LINE
    bar = ""
    if node.kind == "worker":
        bar = f'<rect class="gw" {_rect(Box(box.x + 4, box.y + 8, 2.5, box.h - 16))} rx="1.2" fill="{_GREY}"></rect>'
    return (
        f'<g class="gn{_KINDS.get(node.kind, "")}{_state(light)}" role="img" tabindex="0">'
        f"<title>{_safe(about_node(node, light))}</title>{_outline(node, box)}{bar}{''.join(lines)}</g>"
    )


def _outline(node: Node, box: Box) -> str:
    paint = f'class="gh" fill="none" stroke="{_GREY}"'
    if node.kind == "check":
        cut = min(16.0, box.h / 2)
        left, right, middle = box.x, box.x + box.w, box.y + box.h / 2
        corners = [(left, middle), (left + cut, box.y), (right - cut, box.y), (right, middle)]
        corners += [(right - cut, box.y + box.h), (left + cut, box.y + box.h)]
        return f'<path {paint} d="M{"L".join(_point(one) for one in corners)}Z"></path>'
    round_ = (
        box.h / 2
        if node.kind in ("start", "end")
        else 2
        if node.kind == "tools"
        else 12
        if node.kind == "memory"
        else 6
    )
    return f'<rect {paint} {_rect(box)} rx="{_n(round_)}"></rect>'


def _line(route: Route, graph: Graph, light: EdgeLight | None) -> str:
    if route.twin:
        return ""
    points = list(route.points)
    heads = [_head(points[-1], _towards(route, points[-2:]))]
    points[-1] = _before(points[-1], _towards(route, points[-2:]))
    if route.back is not None:
        heads.append(_head(points[0], _towards(route, points[1::-1])))
        points[0] = _before(points[0], _towards(route, points[1::-1]))
    css = f"{' gd' if graph.edges[route.number].dashed else ''}{_state(light)}".strip()
    around = f' class="{css}"' if css else ""
    line = f'<path class="gl" d="{_curve(points, route)}" fill="none" stroke="{_GREY}"></path>'
    return f"<g{around}>{line}{''.join(heads)}</g>"


def _both_ways(route: Route, graph: Graph, lights: Mapping[int, EdgeLight]) -> EdgeLight:
    """The light of an arrow; of one that points both ways, with what is on the way back where it is called the same."""
    light = lights.get(route.number, EdgeLight())
    if route.back is None or route.back not in lights:
        return light
    back = lights[route.back]
    same = graph.edges[route.number].label == graph.edges[route.back].label != ""
    state = light.state if _WEIGHT[light.state] >= _WEIGHT[back.state] else back.state
    return EdgeLight(state, light.count + back.count if same else light.count, light.fault or back.fault)


def _head(tip: Point, towards: Point) -> str:
    (x, y), (dx, dy) = _before(tip, towards), towards
    corners = tip, (x - dy * 3.5, y + dx * 3.5), (x + dy * 3.5, y - dx * 3.5)
    return f'<path class="ga" d="M{"L".join(_point(one) for one in corners)}Z" fill="{_GREY}"></path>'


def _before(tip: Point, towards: Point) -> Point:
    return tip[0] - towards[0] * _TIP, tip[1] - towards[1] * _TIP


def _label(route: Route, graph: Graph, lights: Mapping[int, EdgeLight], style: Style) -> str:
    if route.twin:
        return ""
    words, light = edge_words(route.number, graph, style), _both_ways(route, graph, lights)
    x, y = route.label
    times = light.times if countable(route.number, graph) else ""
    said, fault = " ".join(part for part in (words, times) if part), light.fault
    lines = [("q", said)] if said else []
    lines += [("gx", fault)] if fault else []
    if not lines:
        return ""
    top = y - len(lines) * _ROW / 2
    width = max(text_width(line, SMALL_SIZE) for _, line in lines) * 0.96 + 4
    # Words lie on their arrow; what shows through between them would read as dots.
    ground = Box(x - width / 2, top, width, len(lines) * _ROW) if route.anchor == "middle" else None
    parts = [f'<rect class="gz" {_rect(ground)} fill="none"></rect>' if ground else ""]
    for place, (css, line) in enumerate(lines):
        at = f'x="{_n(x)}" y="{_n(top + place * _ROW + 10)}" text-anchor="{route.anchor}" fill="currentColor"'
        parts.append(f'<text class="{css}" {at}>{_safe(line)}</text>')
    return "".join(parts)


def _towards(route: Route, last: Sequence[Point]) -> Point:
    """The direction in which an arrow arrives."""
    (x0, y0), (x1, y1) = last
    if route.bow:
        return (0.0, 1.0) if route.upright else (-1.0, 0.0)
    if route.upright:
        return 0.0, 1.0 if y1 >= y0 else -1.0
    return (1.0 if x1 >= x0 else -1.0), 0.0


def _curve(points: Sequence[Point], route: Route) -> str:
    if route.bow:
        (x0, y0), (x1, y1) = points
        out, back = ((x0, y0 - 26), (x1, y0 - 26)) if route.upright else ((x0 + 26, y0), (x0 + 26, y1))
        return f"M{_point((x0, y0))}C{_point(out)} {_point(back)} {_point((x1, y1))}"
    parts = [f"M{_point(points[0])}"]
    for (x0, y0), (x1, y1) in pairwise(points):
        if abs(x1 - x0) < 0.5 or abs(y1 - y0) < 0.5:
            parts.append(f"L{_point((x1, y1))}")
        elif route.upright:
            half = (y1 - y0) / 2
            parts.append(f"C{_n(x0)} {_n(y0 + half)} {_n(x1)} {_n(y1 - half)} {_point((x1, y1))}")
        else:
            half = (x1 - x0) / 2
            parts.append(f"C{_n(x0 + half)} {_n(y0)} {_n(x1 - half)} {_n(y1)} {_point((x1, y1))}")
    return "".join(parts)


def _state(light: NodeLight | EdgeLight | None) -> str:
    return "" if light is None or light.state == "idle" else f" {light.state}"


def _words(css: str, x: float, y: float, line: str) -> str:
    return f'<text class="{css}" x="{_n(x)}" y="{_n(y)}" text-anchor="middle" fill="currentColor">{_safe(line)}</text>'


def _rect(box: Box) -> str:
    return f'x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.w)}" height="{_n(box.h)}"'


def _point(point: Point) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


def _n(number: float) -> str:
    text = f"{number:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def _safe(text: str) -> str:
    return escape(text, quote=True)
