"""Shells for these tests. ``ipython_shell.py`` beside them is imported by name, also where tests are no packages."""

import atexit
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from blockbuster import BlockBuster
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

sys.path.insert(0, str(Path(__file__).parent))

from ipython_shell import Shell


@pytest.fixture(scope="session", autouse=True)
def blocking_is_what_the_bridge_is_for(blocking_calls: BlockBuster) -> None:
    """``run_sync`` is called to wait; a magic in a cell waits on the thread of the kernel's loop."""
    for function in blocking_calls.functions.values():
        function.can_block_in("loomlab/notebook/bridge.py", {"run_sync"})
        function.can_block_in("loomlab/notebook/magics.py", {"loom"})
        # A validator is built when it is first used, once a process; pydantic then looks for its plugins.
        function.can_block_in("pydantic/plugin/_loader.py", {"get_plugins"})


@pytest.fixture
def bare_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """IPython as it starts."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.chdir(tmp_path)
    config = Config()
    config.HistoryManager.enabled = False
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=config)
    yield Shell(shell)
    shell.run_line_magic("unload_ext", "loomlab")
    InteractiveShell.clear_instance()
    # Each shell would walk the whole heap at the end of the process, one after the other, for minutes.
    atexit.unregister(shell.atexit_operations)


@pytest.fixture
def shell(bare_shell: Shell) -> Shell:
    """IPython with the extension."""
    bare_shell.ok("%load_ext loomlab")
    return bare_shell


@pytest.fixture
def echo(shell: Shell) -> Shell:
    """The same, with the model that repeats what it is asked."""
    shell.ok("%loom model=echo user=alice")
    return shell
