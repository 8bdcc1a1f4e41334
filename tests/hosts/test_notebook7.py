"""Notebook 7: the same cells, live faces and outputs as in JupyterLab."""

import shutil
import sys
from pathlib import Path

import pytest

pytest.importorskip("notebook")
sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))
from lab import running_lab
from playwright.sync_api import Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.kernel,
    pytest.mark.timeout(240),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium"),
]

SLOW = """
import anyio
from loomlab import ScriptedModel, ScriptedTurn, ToolCall, tool
%load_ext loomlab

@tool
async def wait(gate: str) -> str:
    "Wait until a file is there."
    while not await anyio.Path(gate).exists():
        await anyio.sleep(0.05)
    return "it is open"

asked = [ToolCall(id="c", tool="wait", args={"gate": "gate.txt"})]
scripted = ScriptedModel([ScriptedTurn("", tool_calls=asked), ScriptedTurn("The gate is **open**.")])
"""
SESSION = """async () => (await fetch("/api/sessions", {
    method: "POST",
    headers: {"X-XSRFToken": document.cookie.match(/_xsrf=([^;]+)/)[1], "Content-Type": "application/json"},
    body: JSON.stringify({path: "seven.ipynb", name: "seven.ipynb", type: "notebook", kernel: {name: "python3"}}),
})).status"""
"""Its kernel runs already: else it would ask which one to take."""

CONNECTED = """async () => {
    const [kernel] = await (await fetch("/api/kernels")).json();
    return kernel && kernel.connections > 0 && kernel.execution_state === "idle";
}"""


def run_all(page: Page) -> None:
    page.locator(".jp-Notebook .jp-Cell").first.click()
    page.locator(".lm-MenuBar-item", has_text="Run").first.click()
    page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()


def test_a_run_is_live_and_then_stays_as_html(tmp_path: Path) -> None:
    with running_lab(tmp_path) as lab:
        lab.write("seven.ipynb", [SLOW, "%%loom --model scripted --tools wait\nIs the gate open?"])
        page = lab._browser.new_context(viewport={"width": 1100, "height": 1400}).new_page()
        page.goto(f"{lab.url}/tree", wait_until="domcontentloaded")
        assert page.evaluate(SESSION) == 201
        page.goto(f"{lab.url}/notebooks/seven.ipynb", wait_until="domcontentloaded")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        assert page.locator("body[data-notebook=notebooks]").count() == 1, "this is not Notebook 7"
        output = page.locator(".jp-Notebook .jp-Cell").nth(1).locator(".jp-OutputArea")
        stop = output.get_by_role("button", name="Stop")
        page.wait_for_function(CONNECTED, timeout=90_000)
        asking = page.locator(".jp-Dialog")
        for _ in range(4):  # a page that has not yet noticed its kernel asks for one
            run_all(page)
            expect(stop.or_(asking).first).to_be_visible(timeout=60_000)
            if not asking.count():
                break
            for _ in range(4):  # once a cell
                page.keyboard.press("Escape")
                page.wait_for_timeout(500)
        expect(stop).to_be_visible(timeout=60_000)
        expect(output).to_contain_text("wait")
        (lab.folder / "gate.txt").write_text("", encoding="utf-8")
        expect(output.locator(".loom .answer strong").first).to_have_text("open", timeout=60_000)
        expect(output).to_contain_text("answered")
        page.screenshot(path=str(tmp_path / "seven.png"))
        page.context.close()
