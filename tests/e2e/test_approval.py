"""A tool that asks for permission, in a real JupyterLab: answered by keys, edited, denied, and never by nobody."""

import os
from pathlib import Path

import pytest
from lab import Lab
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.kernel,
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]

SETUP = """
%load_ext loomlab
from loomlab import Agent, ScriptedModel, ScriptedTurn, StandardPermissions, ToolCall, tool
from loomlab.notebook.approval import notebook_approval
ran = []

@tool(destructive=True)
async def pay(to: str, amount: int, note: str = "") -> str:
    "Send money."
    ran.append((to, amount))
    return f"paid {amount} to {to}"

def agent(*calls):
    turns = [ScriptedTurn(tool_calls=[ToolCall(tool="pay", args=one)]) for one in calls]
    return Agent("Help.", model=ScriptedModel([*turns, ScriptedTurn(text="done")]), tools=[pay],
                 permissions=StandardPermissions(), approval_handler=notebook_approval(timeout_s=90))

"""
TWICE = """
one = agent({"to": "<b>Bob</b>", "amount": 5, "note": "for <script>alert(1)</script> lunch"},
            {"to": "Eve", "amount": 7})
"""
ASYNC = "result = await one.run('Pay Bob.', user_id='alice', session_id='s1')"


def _photograph(target, name: str) -> None:
    """Set LOOMLAB_PHOTOGRAPHS to a folder to keep them."""
    if folder := os.environ.get("LOOMLAB_PHOTOGRAPHS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        target.screenshot(path=Path(folder) / f"approval-{name}.png")


def _wait_idle(notebook) -> None:
    expect(notebook.page.locator(".jp-Notebook .jp-InputArea-prompt", has_text="[*]")).to_have_count(0, timeout=60_000)


def _only_prompt(notebook, cell: int):
    found = notebook.output(cell).locator(".loom-approval")
    expect(found).to_have_count(1, timeout=40_000)
    return found


@pytest.mark.parametrize("cell", ["await", "magic"])
def test_a_person_answers_by_keys_and_edits_arguments(lab: Lab, cell: str) -> None:
    run = ASYNC if cell == "await" else "%%loom --agent one --user alice\nPay Bob."
    name = f"approval-{cell}.ipynb"
    lab.write(name, [SETUP, TWICE, run, "print('ran', ran)"])
    with lab.open(name, dark=cell == "magic") as notebook:
        notebook.start()
        prompt = _only_prompt(notebook, 2)
        expect(prompt).to_contain_text("May the agent use pay for alice?")
        expect(prompt.locator("script, b")).to_have_count(0)
        _photograph(prompt, "dark" if cell == "magic" else "light")
        prompt.focus()
        notebook.page.keyboard.press("e")
        area = prompt.locator("textarea")
        area.fill('{"to": "Bob", "amount": "lots"}')
        notebook.page.keyboard.press("Control+Enter")
        expect(prompt.locator(".note")).to_contain_text("amount should be integer", timeout=10_000)
        _photograph(prompt, f"edit-{cell}")
        area.fill('{"to": "Bob", "amount": 3}')
        notebook.page.keyboard.press("Control+Enter")
        expect(notebook.output(2)).to_contain_text("allowed once, with changed arguments", timeout=15_000)
        second = _only_prompt(notebook, 2)
        expect(second).to_contain_text("Eve")
        second.focus()
        notebook.page.keyboard.press("n")
        _wait_idle(notebook)
        expect(notebook.output(3)).to_contain_text("ran [('Bob', 3)]")
        expect(notebook.output(2)).to_contain_text("denied")
        assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == 4, "no notebook command got the keys"
        _photograph(notebook.output(2), f"answered-{cell}")
        assert "widget-view" not in str(notebook.save().cells[2].outputs)
