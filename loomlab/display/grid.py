"""The frame of every table: head, body, and a place that scrolls where the table is wider than the output."""

RIGHT = ' class="n"'
"""Of a cell whose figures stand to the right."""


def grid(head: str, body: str, *, wide: bool = False) -> str:
    """A table of safe HTML: ``head`` the cells of its head, ``body`` its rows. ``wide``: as wide as the output."""
    css = ' class="t"' if wide else ""
    return f'<div class="x" tabindex="0"><table{css}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def column(name: str, *, right: bool = False) -> str:
    """A head cell; ``name`` is safe HTML."""
    if not name:
        return "<td></td>"  # heads nothing: a header without words would be read out as one
    return f'<th scope="col"{RIGHT if right else ""}>{name}</th>'
