"""The Jupyter Server extension: what the panels of JupyterLab ask, answered from the run log. Open ``routes.py`` first.

A request goes ``routes.py`` → a handler (``handler.py``: who asks, what for, in which thread) → ``desk.py`` (the log
and the one thread that asks) → the run log and the displays, which every other door of the house uses too. What goes
back is in ``shapes.py``. The client names things; it never sends a path that is opened, nor SQL.
"""

from typing import Any

__all__ = ["load_extension"]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """What Jupyter Server asks of a package that it is told to load."""
    return [{"module": "loomlab.server"}]


def load_extension(server_app: Any) -> None:
    """Add the routes below ``<base_url>loomlab/api/`` to a Jupyter Server."""
    from loomlab.server.extension import load

    load(server_app)


_load_jupyter_server_extension = load_extension
