"""Notebooks as tests: each cell with ``%loom expect`` is one, after the cells above it, in a kernel of its own."""

import ast
import json
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

import pytest

from loomlab.display.text import plain
from loomlab.testing.loomed.settings import Settings
from loomlab.testing.loomed.unmet import NOT_MET, UNDECIDED, Unmet, worded

_EXPECT = re.compile(r"^[ \t]*%loom[ \t]+expect[ \t]+(\S.*?)[ \t]*$", re.MULTILINE)
_OF = re.compile(r"\s+of\s+([A-Za-z_]\w*)$")
_NATIVE = "python3"
_NAME = 100
_LISTEN_S = 1.0
"""Between two looks whether the kernel is alive."""

DIED = "the kernel died (out of memory, or the cell ended its process): run the notebook by hand to see where"
MISSING = "a notebook needs the packages ipykernel and jupyter_client: pip install 'loomlab[notebook]'"


def has_expectations(path: Path) -> bool:
    """Whether a cell of the notebook may expect something, as far as its bytes tell."""
    with suppress(OSError):
        data = path.read_bytes()
        return b"%loom" in data and b"expect" in data
    return False


class NotebookFile(pytest.File):
    """A notebook with expectations, and the kernel that runs it while its tests do."""

    def __init__(self, *, settings: Settings, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._settings = settings
        self._cells: list[str] = []
        self._kernel_name = _NATIVE
        self._next = 0
        self._fault: Exception | None = None
        self._running: tuple[Any, Any] | None = None
        self._outcomes: dict[int, Exception] = {}

    def collect(self) -> Iterator["CellItem"]:
        """One test a cell that expects."""
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            self._cells = ["".join(cell["source"]) for cell in data["cells"] if cell["cell_type"] == "code"]
            self._kernel_name = data.get("metadata", {}).get("kernelspec", {}).get("name") or _NATIVE
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as exc:
            raise self.CollectError(f"{self.path} is no notebook that can be read: {exc}") from None
        for number, source in enumerate(self._cells):
            lines = _EXPECT.findall(source)
            if lines:
                name = "; ".join(" ".join(line.split()) for line in lines)[:_NAME]
                item = CellItem.from_parent(self, name=f"cell-{number + 1}[{name}]", number=number, line=lines[-1])
                if self.config.pluginmanager.hasplugin("xdist"):
                    item.add_marker(pytest.mark.xdist_group(self.nodeid))
                yield item

    def run_to(self, number: int) -> None:
        """Run the cells up to ``number``. Raises what that cell raised, or what broke the notebook before it."""
        while self._next <= number and self._fault is None:
            at, self._next = self._next, self._next + 1
            try:
                self._execute(at)
            except Unmet as exc:
                self._outcomes[at] = exc
                if not _EXPECT.search(self._cells[at]):
                    self._fault = Unmet(f"cell {at + 1} stopped the notebook\n{exc}")
            except Exception as exc:
                self._fault = exc
        if (found := self._outcomes.get(number)) is not None:
            raise found
        if self._fault is not None:
            raise self._fault

    def teardown(self) -> None:
        """The kernel goes with its last test."""
        running, self._running = self._running, None
        self._next, self._outcomes, self._fault = 0, {}, None
        if running is not None:
            manager, client = running
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                client.stop_channels()
                manager.shutdown_kernel(now=True)

    def _execute(self, at: int) -> None:
        reply = self._done(self._cells[at])
        if reply["status"] == "ok":
            return
        said = f"{reply.get('ename', 'the cell was not run')}: {reply.get('evalue', '')}"
        if reply.get("ename") != "ExpectationNotMet":
            raise Unmet(said)
        missed = self._asked("missed()")
        lines = _EXPECT.findall(self._cells[at])
        line = next((one for one in lines if _OF.sub("", one).strip() == missed), lines[-1])
        named = _OF.search(line)
        cards = self._asked(f"cards(get_ipython(), {named[1] if named else None!r})")
        state = UNDECIDED if reply["evalue"].startswith("Not decided") else NOT_MET
        raise Unmet("\n\n".join(one for one in (f"%loom expect {line}\n{reply['evalue']}", cards) if one), state)

    def _done(self, source: str) -> Any:
        """What the kernel replies once it has run ``source``. A kernel that dies meanwhile replies nothing, ever."""
        manager, client = self._kernel()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the packages that speak with the kernel
            asked = client.execute(source, allow_stdin=False)
            while True:
                alive = manager.is_alive()  # asked first: its last words may still be on their way
                try:
                    message = client.get_shell_msg(timeout=_LISTEN_S)
                except Empty:
                    if not alive:
                        raise Unmet(DIED) from None
                    continue
                if message["parent_header"].get("msg_id") == asked:
                    return message["content"]

    def _asked(self, expression: str) -> str:
        """A text that an expression of ``in_kernel.py`` has in the kernel; empty where it can't be had."""
        _, client = self._kernel()
        asked = f"__import__('loomlab.testing.loomed.in_kernel', fromlist=['cards']).{expression}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reply = client.execute("", silent=True, user_expressions={"text": asked}, reply=True, timeout=60)
        found = reply["content"].get("user_expressions", {}).get("text", {})
        with suppress(KeyError, ValueError, SyntaxError):
            return str(ast.literal_eval(found["data"]["text/plain"]))
        return ""

    def _kernel(self) -> tuple[Any, Any]:
        if self._running is None:
            try:
                from jupyter_client.kernelspec import NoSuchKernel
                from jupyter_client.manager import start_new_kernel
            except ImportError:
                raise Unmet(MISSING) from None
            env = {**os.environ, "JPY_SESSION_NAME": str(self.path)}
            if self._settings.home is not None:
                env["LOOMLAB_HOME"] = str(self._settings.home)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    self._running = start_new_kernel(kernel_name=self._kernel_name, cwd=str(self.path.parent), env=env)
                except NoSuchKernel:  # a kernel by a name that only its author's machine has
                    self._running = start_new_kernel(kernel_name=_NATIVE, cwd=str(self.path.parent), env=env)
                self._running[1].iopub_channel.stop()  # nobody reads what cells show, and it would gather here
        return self._running


class CellItem(pytest.Item):
    """A cell that expects something."""

    def __init__(self, *, number: int, line: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._number, self._line = number, line

    def runtest(self) -> None:
        """Raises Unmet, with the decision cards."""
        notebook = self.parent
        if not isinstance(notebook, NotebookFile):
            raise TypeError("a cell belongs to its notebook")
        notebook.run_to(self._number)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Words, not a traceback through the library."""
        return worded(excinfo.value, lambda: super(CellItem, self).repr_failure(excinfo, style))

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where the test stands."""
        return self.path, None, f"{self.path.name}, code cell {self._number + 1}: {plain(self._line)}"
