"""From an agent or a workflow to a picture in one step: what their ``generate_graph`` does."""

import os
from typing import Any

import anyio.to_thread

from loomlab.graph.build import read_graph
from loomlab.graph.write import write_graph


async def draw(thing: Any, path: str | os.PathLike[str] | None = None, *, title: str | None = None) -> str:
    """The Mermaid text of ``thing``, drawn into ``path`` too where one is given; see ``write_graph``."""
    graph = await read_graph(thing, title=title)
    if path is None:
        return write_graph(graph)
    return await anyio.to_thread.run_sync(write_graph, graph, path)
