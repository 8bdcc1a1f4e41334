"""The workbench in a real JupyterLab: live, finished, saved, reloaded without a kernel, under hostile text."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hostile import PAYLOADS
from lab import Lab, OpenNotebook
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.kernel,
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]

SLOW = """
import anyio
from loomlab import tool
from loomlab.core import ModelChunk, ToolCall, Usage

words = 400

class Slow:
    name, network = "slow", False

    async def stream(self, messages, **options):
        if options.get("tools") and messages[-1].role != "tool":
            yield ModelChunk(kind="tool_call", tool_call=ToolCall(tool="look", args={"city": "Lyon"}))
            yield ModelChunk(kind="finish", finish_reason="tool_use", usage=Usage(input_tokens=40, output_tokens=12))
            return
        for number in range(words):
            yield ModelChunk(kind="text", text=f"word{number} ")
            await anyio.sleep(0.02)
        yield ModelChunk(kind="finish", finish_reason="stop", usage=Usage(input_tokens=80, output_tokens=words))

slow = Slow()

@tool
async def look(city: str) -> str:
    "Look at the sky."
    await anyio.sleep(0.2)
    return "17 °C, showers until noon"
"""


def _static(output: dict[str, Any]) -> bool:
    return output["output_type"] != "display_data" or set(output["data"]) in ({"text/html", "text/plain"}, set())


def test_a_run_is_live_then_static_in_the_same_place_and_saved_without_a_widget(lab: Lab) -> None:
    lab.write("live.ipynb", [SLOW, "%load_ext loomlab", "words = 150", "%%loom --model slow --tools look --out a\nHi"])
    with lab.open("live.ipynb") as notebook:
        notebook.start()
        output = notebook.output(3)
        live = output.locator(".loom-live")
        live.wait_for(timeout=60_000)
        expect(live.locator('[role="log"]')).to_contain_text("writing", timeout=20_000)
        expect(live.locator("button")).to_be_visible(timeout=20_000)
        expect(live.locator("tbody tr")).to_have_count(3)
        expect(live).to_contain_text("look(city=")
        expect(live).to_contain_text("word30")
        expect(live).to_have_count(0, timeout=30_000)
        expect(output).to_contain_text("✓ answered")
        expect(output.locator(".jp-OutputArea-child")).to_have_count(1)
        saved = notebook.save()
    cell = saved.cells[3]
    assert all(_static(one) for one in cell.outputs)
    assert "word149" in cell.outputs[-1]["data"]["text/plain"]
    assert "widgets" not in saved.metadata


def test_what_a_person_has_open_or_in_focus_stays_so_while_tokens_come(lab: Lab) -> None:
    lab.write("calm.ipynb", [SLOW, "%load_ext loomlab", "%%loom --model slow --tools look\nHi"])
    with lab.open("calm.ipynb") as notebook:
        notebook.start()
        live = notebook.output(2).locator(".loom-live")
        expect(live).to_contain_text("word10", timeout=60_000)
        live.locator("summary").focus()
        first = live.locator("tbody tr").first.element_handle()
        before = live.locator(".answer").inner_text()
        heights = [live.bounding_box()["height"]]  # type: ignore[index]
        for _ in range(10):
            notebook.page.wait_for_timeout(100)
            heights.append(live.bounding_box()["height"])  # type: ignore[index]
        assert len(live.locator(".answer").inner_text()) > len(before)
        assert live.locator("summary").evaluate("node => node === document.activeElement")
        assert first is not None
        assert first.evaluate("node => node.isConnected")
        assert heights == sorted(heights)
        live.locator("summary").click()
        notebook.page.wait_for_timeout(300)
        assert live.locator("details").evaluate("node => node.open") is False
        live.locator("button").click()
        expect(notebook.output(2)).to_contain_text("The run was stopped", timeout=20_000)


def test_the_stop_button_works_while_the_cell_is_busy_and_run_all_ends_there(lab: Lab) -> None:
    lab.write("stop.ipynb", [SLOW, "%load_ext loomlab", "%%loom --model slow --out a\nHi", "print('not reached')"])
    with lab.open("stop.ipynb") as notebook:
        notebook.start()
        button = notebook.output(2).locator(".loom-live button")
        expect(button).to_be_visible(timeout=60_000)
        button.click()
        expect(notebook.output(2)).to_contain_text("The run was stopped", timeout=20_000)
        expect(notebook.output(2)).not_to_contain_text("Traceback")
        notebook.page.wait_for_timeout(500)
        expect(notebook.output(3)).not_to_contain_text("not reached")


def test_a_cell_that_awaits_is_shown_and_stopped_in_the_same_way(lab: Lab) -> None:
    code = (
        "from loomlab import Agent\nfrom loomlab.notebook import show\nawait show(Agent('Help.', model=slow).run('Hi'))"
    )
    lab.write("await.ipynb", [SLOW, "%load_ext loomlab", code])
    with lab.open("await.ipynb") as notebook:
        notebook.start()
        button = notebook.output(2).locator(".loom-live button")
        expect(button).to_be_visible(timeout=60_000)
        expect(notebook.output(2)).to_contain_text("word5")
        button.click()
        expect(notebook.output(2)).to_contain_text("The run was stopped", timeout=20_000)
        expect(notebook.output(2).locator(".loom-live")).to_have_count(0)


@pytest.fixture(scope="module")
def tutorial(lab: Lab, pytestconfig: pytest.Config) -> str:
    """Notebook 01 with its cassettes and data, where the server finds them."""
    root = pytestconfig.rootpath
    shutil.copytree(root / "notebooks", lab.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
    shutil.copytree(root / "datasets", lab.folder.parent / "datasets", dirs_exist_ok=True)
    return "01_first_agent.ipynb"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_tutorial_01_runs_in_the_lab_and_shows_what_is_saved_in_it(lab: Lab, tutorial: str, dark: bool) -> None:
    stored = _faces(json.loads((lab.folder / tutorial).read_text(encoding="utf-8")))
    copy = f"{'dark' if dark else 'light'}.ipynb"
    shutil.copy(lab.folder / tutorial, lab.folder / copy)
    with lab.open(copy, dark=dark) as notebook:
        notebook.page.locator(".lm-MenuBar-item", has_text="Edit").first.click()
        notebook.page.locator('.lm-Menu-item[data-command="editmenu:clear-all"]').click()
        expect(notebook.page.locator(".loom")).to_have_count(0)
        notebook.run_all(timeout_s=120)
        notebook.page.screenshot(path=lab.folder.parent / f"01-{'dark' if dark else 'light'}.png", full_page=True)
        background = notebook.page.locator(".loom").first.evaluate("node => getComputedStyle(node).backgroundColor")
        assert (max(map(int, background.strip("rgba()").split(",")[:3])) < 100) is dark
        assert _faces(notebook.save()) == stored


def _faces(notebook: Any) -> list[str]:
    """What the cells show, as text."""
    found = []
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            text = output.get("data", {}).get("text/plain", "")
            found.append("".join(text))
    return [text for text in found if text]


def test_the_saved_tutorial_shows_its_runs_with_no_kernel(lab: Lab, tutorial: str) -> None:
    notebook = json.loads((lab.folder / tutorial).read_text(encoding="utf-8"))
    notebook["metadata"]["kernelspec"] = {"name": "no-such-kernel", "display_name": "none", "language": "python"}
    (lab.folder / "no-kernel.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    with lab.open("no-kernel.ipynb", kernel=False) as opened:
        runs = opened.page.locator(".jp-OutputArea .loom")
        expect(runs.first).to_be_visible(timeout=20_000)
        expect(opened.page.locator(".jp-Notebook")).to_contain_text("✓ answered")
        expect(opened.page.locator(".jp-Notebook")).to_contain_text("The capital of France is Paris.")
        # Nobody has trusted this file, so the lab sanitises it: style and pictures go, words, tables and folds stay.
        fold = runs.first.locator("details").first
        fold.locator("summary").first.click(force=True)
        assert fold.evaluate("node => node.open") is True
        expect(fold.locator("table").first).to_contain_text("turn 1")
        opened.page.screenshot(path=lab.folder.parent / "01-no-kernel.png", full_page=True)


def test_the_saved_tutorial_reads_the_same_on_a_page_that_runs_nothing(lab: Lab, tutorial: str) -> None:
    from nbconvert import HTMLExporter

    html, _ = HTMLExporter().from_filename(str(lab.folder / tutorial))
    page = lab.plain_page()
    try:
        page.set_content(html, wait_until="domcontentloaded")
        text = page.inner_text("body")
        assert "The capital of France is Paris." in text
        assert "✓ answered" in text
        assert "Trace · 1 model call" in text
        assert "self-refine" in text
        tables = page.locator(".jp-OutputArea table, .output table, body table")
        assert tables.count() >= 4
        page.screenshot(path=lab.folder.parent / "01-nbconvert.png", full_page=True)
    finally:
        page.context.close()


HOSTILE = """
import json
from pathlib import Path
from loomlab import Agent, ScriptedModel, ScriptedTurn, ToolCall
from loomlab.core import ModelChunk, Usage
from loomlab.notebook import show
%load_ext loomlab
payloads = list(json.loads(Path("payloads.json").read_text(encoding="utf-8")).values())

def echo(text: str) -> str:
    "Say it again."
    return text

class Teller:
    name, network = "teller", False
    async def stream(self, messages, **options):
        for payload in payloads:
            yield ModelChunk(kind="text", text=payload + "\\n\\n")
            await anyio.sleep(0.05)
        yield ModelChunk(kind="finish", finish_reason="stop", usage=Usage())
"""
EACH = """
for payload in payloads[PART::2]:
    call = ToolCall(tool="echo", args={"text": payload})
    model = ScriptedModel([ScriptedTurn(tool_calls=[call]), ScriptedTurn(text=payload)])
    await show(Agent("Help.", model=model, tools=[echo], name=payload).run(payload))
"""
LIVE = "import anyio\nteller = Teller()\nr = await show(Agent('Help.', model=teller).run('tell'))"


def test_hostile_text_is_inert_in_the_lab_live_and_finished(lab: Lab) -> None:
    (lab.folder / "payloads.json").write_text(json.dumps(PAYLOADS), encoding="utf-8")
    each = [EACH.replace("PART", str(part)) for part in range(2)]  # the lab shows no more than fifty outputs of a cell
    lab.write("hostile.ipynb", [HOSTILE, *each, LIVE, "%loom runs", "%loom sql SELECT * FROM tool_calls LIMIT 20"])
    with lab.open("hostile.ipynb") as notebook:
        notebook.start()
        notebook.output(3).locator(".loom-live").wait_for(timeout=120_000)
        _assert_inert(notebook)
        expect(notebook.page.locator(".jp-Notebook .jp-InputArea-prompt", has_text="[*]")).to_have_count(
            0, timeout=90_000
        )
        shown = notebook.output(1).locator(".loom").count() + notebook.output(2).locator(".loom").count()
        assert shown == len(PAYLOADS)
        for fold in notebook.page.locator(".loom details").all():
            fold.evaluate("node => { node.open = true }")
        notebook.page.wait_for_timeout(1_000)
        _assert_inert(notebook)
        notebook.save()
    with lab.open("hostile.ipynb", kernel=False) as again:
        again.page.locator(".loom").first.wait_for(timeout=20_000)
        _assert_inert(again)


def _assert_inert(notebook: OpenNotebook) -> None:
    foreign = [url for url in notebook.fetched if not url.startswith(("http://127.0.0.1:", "data:", "blob:"))]
    assert foreign == []
    assert notebook.page.evaluate("window.__ran ?? 0") == 0
    bad = "script, img, iframe, object, embed, form, input, link, meta, base, video, audio, math, foreignObject"
    assert notebook.page.locator(".loom").locator(bad).count() == 0
    handlers = "nodes => nodes.flatMap(n => n.getAttributeNames().filter(a => a.startsWith('on')))"
    assert notebook.page.locator(".loom *").evaluate_all(handlers) == []


def test_the_photographs_are_there_to_be_looked_at(lab: Lab, tutorial: str) -> None:
    """Set LOOMLAB_PHOTOGRAPHS to a folder to keep them."""
    import os

    taken = sorted(path.name for path in lab.folder.parent.glob("*.png"))
    if target := os.environ.get("LOOMLAB_PHOTOGRAPHS"):
        Path(target).mkdir(parents=True, exist_ok=True)
        for name in taken:
            shutil.copy(lab.folder.parent / name, Path(target) / name)
    assert {"01-light.png", "01-dark.png"} <= set(taken)
