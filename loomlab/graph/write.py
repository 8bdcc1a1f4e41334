"""The picture as a file, by its suffix."""

import os
from pathlib import Path

from loomlab.core.errors import ConfigError
from loomlab.graph.dot import to_dot
from loomlab.graph.labels import one_line
from loomlab.graph.mermaid import to_mermaid
from loomlab.graph.model import Graph
from loomlab.graph.png import to_png
from loomlab.graph.svg import to_svg


def write_graph(graph: Graph, path: str | os.PathLike[str] | None = None) -> str:
    """The Mermaid text of ``graph``, which is also drawn into ``path`` where one is given.

    ``.mmd`` and files of any other kind hold the text, ``.md`` holds it fenced under a title, ``.dot`` is for Graphviz,
    ``.svg`` and ``.png`` are drawn here. Raises ConfigError where a ``.png`` cannot be drawn, or the folder is missing.
    """
    text = to_mermaid(graph)
    if path is None:
        return text
    file = Path(path)
    if not file.parent.is_dir():
        raise ConfigError(f"the graph cannot be written to {file}: there is no folder {file.parent}")
    suffix = file.suffix.lower()
    if suffix == ".png":
        file.write_bytes(to_png(graph))
        return text
    if suffix == ".svg":
        said = to_svg(graph)
    elif suffix == ".md":
        said = f"# {_heading(graph.title)}\n\n```mermaid\n{text}```\n"
    elif suffix in (".dot", ".gv"):
        said = to_dot(graph)
    else:
        said = text
    file.write_text(said, encoding="utf-8")
    return text


def _heading(title: str) -> str:
    return "".join(f"\\{one}" if one in "\\`*_{}[]<>()#+!|" else one for one in one_line(title))
