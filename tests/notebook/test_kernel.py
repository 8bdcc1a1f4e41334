"""The extension in a real kernel: interrupts on both loops, what front ends are sent, Tab."""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_kernel import Done, Kernel, running_kernel

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.timeout(180),
    # The sockets of the kernel's client say so when they are closed late; it is no fault of ours.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]

MODEL = """
import anyio, asyncio
from loomlab import Agent
from loomlab.core import ModelChunk, Usage
from loomlab.notebook import run_sync, show

cleaned = []

def names():
    return sorted(task.get_coro().__qualname__ for task in asyncio.all_tasks())

async def names_on_the_portal():
    return names()

class Slow:
    name, network = "slow", False

    async def stream(self, messages, **options):
        try:
            for number in range(3_000):
                if number == 20:
                    print("under way", flush=True)
                yield ModelChunk(kind="text", text=f"w{number} ")
                await anyio.sleep(0.01)
            yield ModelChunk(kind="finish", finish_reason="stop", usage=Usage(input_tokens=1, output_tokens=1))
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.15)
            cleaned.append(True)

slow = Slow()
"""
TASKS = "print(names(), run_sync(names_on_the_portal))"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kernel")


def _environment(folder: Path) -> dict[str, str]:
    own = {"LOOMLAB_HOME": str(folder / "log"), "IPYTHONDIR": str(folder / "ipython"), "JUPYTER_PLATFORM_DIRS": "1"}
    return {**os.environ, **own}


@pytest.fixture(scope="module")
def shared_kernel(folder: Path) -> Iterator[Kernel]:
    with running_kernel(str(folder), _environment(folder)) as one:
        yield one


@pytest.fixture
def kernel(shared_kernel: Kernel) -> Kernel:
    """A kernel that has had other cells before, with the extension loaded anew."""
    shared_kernel.ok(MODEL)
    shared_kernel.ok("%load_ext loomlab")
    shared_kernel.ok("%unload_ext loomlab")
    shared_kernel.ok("%load_ext loomlab")
    return shared_kernel


@pytest.fixture
def fresh_kernel(folder: Path) -> Iterator[Kernel]:
    with running_kernel(str(folder), _environment(folder)) as one:
        one.ok(MODEL)
        one.ok("%load_ext loomlab")
        yield one


def _under_way(done: Done) -> bool:
    return "under way" in done.text


def _assert_stopped_cleanly(kernel: Kernel, done: Done, tasks_before: str, times: int = 1) -> None:
    assert done.status == "error"
    assert "error" not in done.kinds  # no traceback: the display says it
    assert "The run was stopped." in done.text
    assert "w0 w1 w2" in done.text
    assert kernel.ok("print(cleaned)").text.strip() == str([True] * times)
    assert kernel.ok(TASKS).text == tasks_before


@pytest.mark.parametrize("loop", ["portal", "kernel"])
def test_an_interrupt_stops_the_run_cleans_up_keeps_the_partial_run_and_the_kernel_goes_on(
    fresh_kernel: Kernel, loop: str
) -> None:
    kernel = fresh_kernel
    before = kernel.ok(TASKS).text
    kernel.ok(f"%loom model=slow loop={loop} user=alice")
    done = kernel.run("%%loom --out answer\nhello", interrupt_when=_under_way)
    _assert_stopped_cleanly(kernel, done, before)
    assert "cancelled True" in kernel.ok("print(answer.interruption_reason, answer.output.startswith('w0 w1'))").text
    # A hundred words a second, the interrupt at the twentieth: later than a second after it, there would be more.
    assert int(kernel.ok("print(len(answer.output.split()))").text) < 140
    assert "cancelled" in kernel.ok("%loom runs").text
    assert "w0 w1" in kernel.ok("%loom show 1").text
    assert "Echo: again" in kernel.ok("%%loom --model echo\nagain").text
    second = kernel.run("%%loom --out answer\nonce more", interrupt_when=_under_way)
    _assert_stopped_cleanly(kernel, second, before, times=2)


@pytest.mark.parametrize(
    "code",
    [
        "await show(Agent('Help.', model=slow).run('hi'))",
        "async for event in show(Agent('Help.', model=slow).stream('hi')):\n    pass",
    ],
    ids=["run", "stream"],
)
def test_an_interrupt_stops_a_cell_that_awaits(kernel: Kernel, code: str) -> None:
    before = kernel.ok(TASKS).text
    done = kernel.run(code, interrupt_when=_under_way)
    _assert_stopped_cleanly(kernel, done, before)
    assert "cancelled" in kernel.ok("%loom runs").text
    assert "2" in kernel.ok("1 + 1").text


def test_loading_patches_no_event_loop(fresh_kernel: Kernel) -> None:
    kernel = fresh_kernel
    patched = "print([name for name in ('nest_asyncio', 'nest_asyncio2') if name in __import__('sys').modules], "
    patched += "hasattr(asyncio, '_nest_patched'))"
    assert kernel.ok(patched).text.strip() == "[] False"
    kernel.ok("%loom model=echo")
    kernel.ok("%%loom\nhello")
    assert kernel.ok(patched).text.strip() == "[] False"


def test_a_program_that_executes_the_notebook_gets_the_finished_face_and_nothing_else(kernel: Kernel) -> None:
    done = kernel.run("%%loom --model slow\nhello", interrupt_when=_under_way)
    assert [kind for kind in done.kinds if kind != "stream"] == ["display_data"]
    assert set(done.messages[-1][1]["data"]) == {"text/html", "text/plain"}


def test_a_person_gets_a_live_display_of_at_most_twenty_updates_a_second(kernel: Kernel) -> None:
    kernel.ok("%loom model=slow")
    done = kernel.run("%%loom\nhello", person=True, interrupt_when=lambda done: done.kinds.count("comm_msg") >= 5)
    count = Counter(done.kinds)
    assert count["comm_open"] == count["comm_close"] == 2
    assert 5 <= count["comm_msg"] < 40  # of some hundred tokens
    displays = [list(content["data"]) for kind, content in done.messages if kind.endswith("display_data")]
    # No front end has answered here, so the live output is emptied and the finished run is one of its own.
    assert displays == [["application/vnd.jupyter.widget-view+json"], ["text/html", "text/plain"], []]


def test_the_stop_button_reaches_a_busy_cell_through_a_subshell(kernel: Kernel) -> None:
    created = kernel.client.session.msg("create_subshell_request", {})
    kernel.client.control_channel.send(created)
    subshell = kernel.client.get_control_msg(timeout=20)["content"]["subshell_id"]
    sent: set[str] = set()

    def press(done: Done) -> bool:
        widget = next((c["comm_id"] for k, c in done.messages if k == "comm_open" and "theme" in str(c["data"])), None)
        if widget is not None and done.kinds.count("comm_msg") >= 2:
            for word in ("drawn", "stop"):
                if word not in sent and (word == "drawn" or "'can_stop': True" in str(done.messages)):
                    sent.add(word)
                    content = {"comm_id": widget, "data": {"method": "custom", "content": {"type": word}}}
                    message = kernel.client.session.msg("comm_msg", content)
                    message["header"]["subshell_id"] = subshell
                    kernel.client.shell_channel.send(message)
        return False

    kernel.ok("%loom model=slow")
    done = kernel.run("%%loom\nhello", person=True, interrupt_when=press)
    assert sent == {"drawn", "stop"}
    assert done.status == "error"
    displays = [(kind, list(content["data"])) for kind, content in done.messages if kind.endswith("display_data")]
    assert displays[-1] == ("update_display_data", ["text/html", "text/plain"])
    assert len(displays) == 2
    assert kernel.ok("print(cleaned)").text.strip() == "[True]"


def test_tab_works_through_the_kernel(kernel: Kernel) -> None:
    assert kernel.complete("%%loom --arch se") == ["self-refine"]
    assert kernel.complete("%%loom --agent sl") == []
    assert kernel.complete("%loom model=sl") == ["slow"]


def test_an_error_card_fails_the_cell_without_a_traceback(kernel: Kernel) -> None:
    done = kernel.run("%%loom --arch reakt --model echo\nhello")
    assert done.status == "error"
    assert "did you mean 'react'?" in done.error
    assert done.kinds == ["display_data"]


def test_two_kernels_write_one_log_and_see_their_own_runs_by_number(folder: Path, kernel: Kernel) -> None:
    kernel.ok("%loom model=echo user=alice")
    with running_kernel(str(folder), _environment(folder)) as other:
        other.ok("%load_ext loomlab")
        other.ok("%loom model=echo user=bob")
        kernel.ok("%%loom\nof alice")
        other.ok("%%loom\nof bob")
        assert "of bob" not in kernel.ok("%loom runs").text
        assert "of alice" not in other.ok("%loom runs").text
        everything = other.ok("%loom runs --all").text
    assert "of alice" in everything
    assert "of bob" in everything


def test_the_extension_needs_no_notebook_package_to_be_imported_first(folder: Path) -> None:
    """Loading in plain IPython works where the widgets are not installed."""
    import subprocess

    code = (
        "import sys; sys.modules['anywidget'] = None\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "shell.run_line_magic('load_ext', 'loomlab')\n"
        "shell.run_line_magic('loom', 'model=echo')\n"
        "shell.run_cell_magic('loom', '', 'hello')\n"
    )
    environment = {**os.environ, "LOOMLAB_HOME": str(folder / "log2"), "IPYTHONDIR": str(folder / "ipython2")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", env=environment, cwd=folder
    )
    assert "Echo: hello" in done.stdout, done.stderr
