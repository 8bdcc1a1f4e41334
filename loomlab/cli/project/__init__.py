"""A new project: its files are the templates beside this, and what is written by the library itself. Open ``files.py``.

``$name`` and its like are filled in; the config of the agent, the data and the notebook are written by code, so that a
name with quotes in it can't break them.
"""

from loomlab.cli.project.files import Choices, project_files
from loomlab.cli.project.names import checked_name

__all__ = ["Choices", "checked_name", "project_files"]
