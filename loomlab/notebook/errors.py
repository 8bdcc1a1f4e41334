"""Errors in a notebook: one card that says what happened, why and the remedy, and no traceback of ours.

The cell still counts as failed, so that "Run all" stops there. ``%tb`` shows the whole traceback to whoever wants it.
"""

import re
import sys
import sysconfig
from pathlib import Path
from types import TracebackType
from typing import Any

import anyio

import loomlab
from loomlab.core.errors import CancelledByUser, ConfigError, LoomError
from loomlab.display import error_html, error_text
from loomlab.display.remedy import error_remedy
from loomlab.notebook.bridge import Cancelled
from loomlab.notebook.face import Face
from loomlab.notebook.screen import Screen

_HOME = str(Path(loomlab.__file__).parent)
_STANDARD = Path(sysconfig.get_paths()["stdlib"])
_PLUMBING = (_HOME, str(Path(anyio.__file__).parent), str(_STANDARD / "asyncio"), str(_STANDARD / "concurrent"))
_CLAUSE = re.compile(r"(?<=[^\s])(?:[:;]\s|\n)")


def mark_shown(error: BaseException) -> None:
    """What is wrong can be read in the display already; a card would say it twice."""
    error.__dict__["_loomlab_shown"] = True


def install(shell: Any) -> None:
    """Show our errors as cards. Handlers that others set for other errors go on working."""
    before, others = shell.CustomTB, shell.custom_exceptions

    def handle(shell: Any, kind: type[BaseException], error: BaseException, trace: Any, tb_offset: Any = None) -> Any:
        if others and isinstance(error, others):
            return before(kind, error, trace, tb_offset)
        if not isinstance(error, LoomError) and not _ours(error, trace):
            return shell.showtraceback((kind, error, trace), running_compiled_code=True)
        sys.last_type, sys.last_value, sys.last_traceback = kind, error, trace
        face = card(error)
        if "_loomlab_shown" not in error.__dict__:
            Screen(shell).publish(face)
        # What a kernel replies to programs that execute notebooks; they put it into their own error.
        shell._last_traceback = [face.text]
        return None

    shell.set_custom_exc((*others, LoomError, ImportError, Cancelled), handle)
    shell.__dict__["_loomlab_errors"] = (before, others)


def uninstall(shell: Any) -> None:
    """Back to the handlers that were there."""
    found = shell.__dict__.pop("_loomlab_errors", None)
    if found is not None:
        shell.CustomTB, shell.custom_exceptions = found


def card(error: BaseException) -> Face:
    """The faces of an error: what happened, why, and the remedy."""
    kind, said = type(error).__name__, str(error)
    if isinstance(error, (Cancelled, CancelledByUser)):
        parts = ("The run was stopped.", "", "Run the cell again to start afresh.")
    elif isinstance(error, (ConfigError, ImportError)):  # these say themselves what to do
        cut = _CLAUSE.search(said)
        what, why = (said[: cut.start() + 1].strip(), said[cut.end() :]) if cut else (said, "")
        parts = (what, why, "")
    else:
        parts = (f"{kind}:", said, error_remedy(kind))
    return Face(error_html(*parts), error_text(*parts))


def users_part(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without the lines of this library and of what it stands on: the user's own code is what is left."""
    if trace is None:
        return None
    rest = users_part(trace.tb_next)
    if trace.tb_frame.f_code.co_filename.startswith(_PLUMBING):
        return rest
    return TracebackType(rest, trace.tb_frame, trace.tb_lasti, trace.tb_lineno)


def _ours(error: BaseException, trace: TracebackType | None) -> bool:
    """Whether the library said that a package is missing, or work of the library was stopped."""
    if isinstance(error, ImportError) and "pip install" not in str(error):
        return False
    passed = []
    while trace is not None:
        passed.append(trace.tb_frame.f_code.co_filename.startswith(_HOME))
        trace = trace.tb_next
    return any(passed) if isinstance(error, Cancelled) else passed[-1:] == [True]
