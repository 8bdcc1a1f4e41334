"""The guards of tests/conftest.py: clean environment, own home, no blocking call in an event loop."""

import os
import time
from pathlib import Path

import anyio
import pytest
from blockbuster import BlockingError

import loomlab

READ = "def read(path):\n    with open(path, encoding='utf-8') as one:\n        return one.read()\n"


def test_no_provider_key_reaches_a_test() -> None:
    assert [name for name in os.environ if name.endswith("_API_KEY")] == []


def test_each_test_has_a_home_of_its_own(tmp_path: Path) -> None:
    assert Path(os.environ["LOOMLAB_HOME"]).is_relative_to(tmp_path)


def _library_code(source: str) -> dict[str, object]:
    """Functions that look, to the guard, like code of loomlab."""
    space: dict[str, object] = {}
    path = str(Path(loomlab.__file__).with_name("imagined.py"))
    exec(compile(source, path, "exec"), space)
    return space


@pytest.mark.anyio
async def test_library_code_that_blocks_the_event_loop_is_caught() -> None:
    space = _library_code(f"import time\nasync def nap(): time.sleep(0.001)\n{READ}")
    with pytest.raises(BlockingError):
        await space["nap"]()  # type: ignore[operator]
    with pytest.raises(BlockingError):
        space["read"](__file__)  # type: ignore[operator]


@pytest.mark.anyio
async def test_the_same_call_is_fine_in_a_worker_thread() -> None:
    space = _library_code(READ)
    read = space["read"]
    assert "worker thread" in await anyio.to_thread.run_sync(read, __file__)  # type: ignore[arg-type]


def test_blocking_outside_an_event_loop_is_fine() -> None:
    before = time.monotonic()
    time.sleep(0.001)
    assert time.monotonic() > before
