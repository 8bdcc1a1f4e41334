"""The workbench in a notebook: magics, live displays, completion. The only room that knows IPython.

Open ``extension.py`` first (what loading switches on), then ``cell.py`` (what ``%%loom`` does) and ``live.py`` (how a
run is shown while it happens).
"""

from loomlab.notebook.approval import notebook_approval, question_face
from loomlab.notebook.bridge import run_sync
from loomlab.notebook.extension import load_ipython_extension, unload_ipython_extension
from loomlab.notebook.show import show

__all__ = [
    "load_ipython_extension",
    "notebook_approval",
    "question_face",
    "run_sync",
    "show",
    "unload_ipython_extension",
]
