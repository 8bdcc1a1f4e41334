"""How things look: values and events in; HTML, SVG and text out. Pure functions: no notebook, no network, no script.

Open ``trace.py`` first (what a run is, event by event), then ``run.py`` (how it is shown). Everything that a user, a
model or a tool wrote passes ``text.escape`` or ``markdown.markdown_html``, and whole faces pass ``clean.sanitise``.
"""

from loomlab.display.defaults import defaults_html, defaults_text, help_html, help_text
from loomlab.display.evaluation import evaluation_body, evaluation_html, evaluation_text, progress_text
from loomlab.display.graph import graph_body, graph_fold, graph_html, graph_text
from loomlab.display.graph_tally import GraphTally
from loomlab.display.live import diff, live_html, patched, snapshot
from loomlab.display.markdown import markdown_html
from loomlab.display.mimebundle import mimebundle
from loomlab.display.notice import empty_html, empty_text, error_html, error_text
from loomlab.display.page import page
from loomlab.display.result import result_html, result_text
from loomlab.display.run import run_html, run_page, run_text
from loomlab.display.table import table_body, table_html, table_text
from loomlab.display.text import escape, plain
from loomlab.display.theme import face, style
from loomlab.display.trace import RunTrace, Totals

__all__ = [
    "GraphTally",
    "RunTrace",
    "Totals",
    "defaults_html",
    "defaults_text",
    "diff",
    "empty_html",
    "empty_text",
    "error_html",
    "error_text",
    "escape",
    "evaluation_body",
    "evaluation_html",
    "evaluation_text",
    "face",
    "graph_body",
    "graph_fold",
    "graph_html",
    "graph_text",
    "help_html",
    "help_text",
    "live_html",
    "markdown_html",
    "mimebundle",
    "page",
    "patched",
    "plain",
    "progress_text",
    "result_html",
    "result_text",
    "run_html",
    "run_page",
    "run_text",
    "snapshot",
    "style",
    "table_body",
    "table_html",
    "table_text",
]
