"""In marimo: ``loomlab.notebook.marimo.install()``, and results, agents, runs and evaluations show their faces there.

marimo asks a registry of its own how a value looks; here ours are put into it. ``live`` shows a run while it goes on.
"""

import re
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from loomlab.agent import Agent
from loomlab.core.errors import ConfigError, LoomError
from loomlab.core.events import EventKind
from loomlab.core.results import RunResult
from loomlab.display import RunTrace, run_html
from loomlab.display.theme import style_sheet
from loomlab.notebook.face import Face
from loomlab.notebook.faces import SHOWN, face_of

_EVERY_S = 0.25
_OVER = {EventKind.COMPLETED, EventKind.ERROR}
_VARIABLES = re.compile(r"\.loom\{(?P<light>[^}]*)\}:is\([^{]*\) \.loom\{(?P<dark>[^}]*)\}")
_UNRESET = (
    ".loom.loom svg{display:inline;vertical-align:baseline}.loom.loom :is(ul,ol){padding-left:1.6em;margin:0 0 8px}"
    ".loom.loom ol{list-style:decimal}.loom.loom ul{list-style:disc}"
)
"""What marimo's style sheet takes away from pictures in a line, and from lists."""


def install() -> None:
    """Show values of ours by their faces, errors of ours too. Needs the package marimo; ConfigError says so."""
    formatting = _marimo("marimo._output.formatting")
    formatting.get_formatter(None)  # outside of a notebook it fills its registry only while that is empty
    for kind in (*SHOWN, LoomError, Face):
        formatting.formatter(kind)(formatted)


def formatted(value: Any) -> tuple[str, str]:
    """The MIME type and the text that marimo shows for a value of ours."""
    try:
        face = face_of(value)
    except LoomError:  # a package that its figures need is missing: the plain form says enough
        face = None
    return ("text/plain", repr(value)) if face is None else ("text/html", adapted(face.html))


async def live(agent: Agent, prompt: str, **options: Any) -> RunResult:
    """Run ``agent`` and show the run in this cell's output while it goes on; the result, as of ``agent.run``.

    ``options`` are those of ``agent.stream`` (``user_id``, ``session_id`` …). At the end of a cell, the result itself
    is shown in its place.
    """
    show = _shown_in(_marimo("marimo"))
    trace, shown_at = RunTrace(), 0.0
    result: RunResult | None = None
    async for event in agent.stream(prompt, **options):
        trace.feed(event)
        if event.kind is EventKind.COMPLETED and event.parent_run_id is None:
            result = event.part("result")
        if event.kind in _OVER or time.monotonic() - shown_at >= _EVERY_S:
            show(run_html(trace))
            shown_at = time.monotonic()
    if not isinstance(result, RunResult):
        raise ConfigError("the stream of this agent ended without a result")
    return result


def adapted(html: str) -> str:
    """A face with what it needs here: marimo's own choice of light or dark, whatever the machine's is."""
    return f"<style>{_rules()}</style>{html}"


@cache
def _rules() -> str:
    found = _VARIABLES.search(style_sheet())
    if found is None:
        return _UNRESET
    # More classes than the rule for machines that are set to dark has.
    themes = (f"{f'.{name}-theme' * 6} .loom{{{found[name]}}}" for name in ("light", "dark"))
    return "".join(themes) + _UNRESET


def _shown_in(marimo: Any) -> Callable[[str], None]:
    def show(html: str) -> None:
        marimo.output.replace(marimo.Html(adapted(html)))

    return show


def _marimo(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError:
        raise ConfigError("displays in marimo need the package marimo: pip install marimo") from None
