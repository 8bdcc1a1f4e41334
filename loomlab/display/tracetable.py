"""The trace as a table: in HTML with a bar for when each step happened, and in text."""

from collections.abc import Sequence

from loomlab.display import format as fmt
from loomlab.display.grid import column, grid
from loomlab.display.rows import Piece, Row
from loomlab.display.text import clip, escape, fit, pad, plain, width

BAR_WIDTH = 170
_INDENT = "\u2003"  # an em space: an indentation that survives a sanitiser which strips classes
_FILLS = {"model": ("bm", "#8fbfdd"), "tool": ("bt", "#e6b583"), "memory": ("br", "#9fd0bd")}
_TAGS = {"text": ("", ""), "code": ("<code>", "</code>"), "strong": ("<strong>", "</strong>")}
_SPANS = {"quiet": "s", "good": "ok", "bad": "no", "warn": "hm"}

HEAD = (
    column("step") + '<th scope="col" class="f">what</th>' + column("tokens", right=True) + column("time", right=True)
) + column("when")
"""The head cells of the table."""


def table_of(rows: Sequence[Row | str], scale_ms: float, detail: int) -> str:
    """The whole table. A text among the rows stands for rows that were left out. ``detail``: characters in a fold."""
    body = "".join(
        f"<tr>{inner(one, scale_ms, detail)}</tr>"
        if isinstance(one, Row)
        else f'<tr><th scope="row"></th><td class="s">{escape(one)}</td><td></td><td></td><td></td></tr>'
        for one in rows
    )
    return grid(HEAD, body, wide=True)


def inner(row: Row, scale_ms: float, detail: int) -> str:
    """The cells of one row, without the row element around them."""
    folds = ""
    if detail and row.details:
        folds = "".join(
            f"<details><summary>{escape(name)}</summary><pre>{escape(clip(text, detail))}</pre></details>"
            for name, text in row.details
        )
    tokens = "–" if row.tokens is None else fmt.count(row.tokens)
    time = "–" if row.ms is None else fmt.duration(row.ms)
    return (
        f'<th scope="row">{_INDENT * min(row.depth, 8)}{escape(row.step)}</th><td>{pieces_html(row.what)}{folds}</td>'
        f'<td class="n">{tokens}</td><td class="n">{time}</td><td>{bar(row, scale_ms)}</td>'
    )


def pieces_html(pieces: Sequence[Piece]) -> str:
    """Styled words as HTML."""
    parts = []
    for style, text in pieces:
        start, end = _TAGS[style] if style in _TAGS else (f'<span class="{_SPANS[style]}">', "</span>")
        parts.append(f"{start}{escape(text)}{end}")
    return "".join(parts)


def bar(row: Row, scale_ms: float) -> str:
    """When a step happened, between the start and ``scale_ms``; its text twin is the label."""
    if row.start_ms is None or scale_ms <= 0:
        return ""
    start = max(0.0, row.start_ms)
    ms = max(0.0, row.ms or 0.0)
    left = min(BAR_WIDTH - 1.5, start / scale_ms * BAR_WIDTH)
    long = max(1.5, min(BAR_WIDTH - left, ms / scale_ms * BAR_WIDTH))
    css, fill = _FILLS[row.kind]
    label = f"from {fmt.duration(start)} to {fmt.duration(start + ms)}"
    return (
        f'<svg class="w" width="{BAR_WIDTH}" height="9" role="img" aria-label="{escape(label)}">'
        f'<rect class="{css}" x="{left:.1f}" width="{long:.1f}" height="9" rx="1.5" fill="{fill}"></rect></svg>'
    )


def table_text(rows: Sequence[Row | str], columns: int = 100) -> str:
    """The same table for a terminal, at most ``columns`` wide."""
    lines: list[tuple[str, str, str, str]] = [("step", "what", "tokens", "time")]
    for one in rows:
        if isinstance(one, str):
            lines.append(("", one, "", ""))
            continue
        what = " ".join(plain("".join(text for _, text in one.what)).split())
        tokens = "–" if one.tokens is None else fmt.count(one.tokens)
        time = "–" if one.ms is None else fmt.duration(one.ms)
        lines.append((f"{'  ' * min(one.depth, 8)}{' '.join(plain(one.step).split())}", what, tokens, time))
    first = min(30, max(width(line[0]) for line in lines))
    third, fourth = (max(width(line[index]) for line in lines) for index in (2, 3))
    room = max(24, columns - first - third - fourth - 6)
    second = min(room, max(width(line[1]) for line in lines))
    return "\n".join(
        f"{pad(fit(step, first), first)}  {pad(fit(what, second), second)}  "
        f"{pad(tokens, third, right=True)}  {pad(time, fourth, right=True)}".rstrip()
        for step, what, tokens, time in lines
    )
