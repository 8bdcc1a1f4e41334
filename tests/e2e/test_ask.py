"""``%%loom --ask``, ``%loom audit`` and ``%loom budget`` in a real JupyterLab: light, dark, and in a narrow window."""

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
from loomlab import Agent, BudgetConfig, ScriptedModel, ScriptedTurn, StandardBudget
from loomlab import StandardPermissions, ToolCall, tool
from loomlab.security import FileAuditLog
ran = []

@tool(destructive=True)
async def transfer_money(to: str, amount: int, note: str = "") -> str:
    "Send money."
    ran.append((to, amount))
    return f"paid {amount} to {to}"

args = {"to": "Carol", "amount": 250, "note": "for the flat in the Rue de la Montagne, third floor, by Friday"}
turns = [ScriptedTurn(tool_calls=[ToolCall(tool="transfer_money", args=args)]), ScriptedTurn(text="It is paid.")]
script = ScriptedModel(turns * 9)
%loom model=script tools=transfer_money user=alice ask=on
"""
AUDITED = """
log = FileAuditLog("{look}.jsonl", secret="k")
caps = StandardBudget(BudgetConfig(max_tokens=5000, per_user_max_tokens=120, per_user_max_cost_usd=1.0))
clerk = Agent("Pay.", model=script, tools=[transfer_money], audit_log=log, budget=caps,
              permissions=StandardPermissions(), approval_handler=lambda call, user: user == "alice")
for user in ("alice", "a-user-with-a-very-long-name@some.company.example.org", "carol"):
    await clerk.run("Pay Carol what we owe her for the flat.", user_id=user)
path = __import__("pathlib").Path("{look}.jsonl")
"""
TAMPER = 'path.write_text(path.read_text().replace("250", "950", 1));'


def _photograph(target, name: str) -> None:
    """Set LOOMLAB_PHOTOGRAPHS to a folder to keep them."""
    if folder := os.environ.get("LOOMLAB_PHOTOGRAPHS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        target.screenshot(path=Path(folder) / f"governed-{name}.png")


def _is_not_cut_off(target) -> None:
    """Nothing stands outside of what scrolls, and no cell of a table is squeezed to a few letters a line."""
    found = target.evaluate("one => [one.scrollWidth, one.clientWidth]")
    assert found[0] <= found[1] + 1


@pytest.mark.parametrize("look", ["light", "dark", "narrow"])
def test_a_person_is_asked_in_the_cell_once_for_the_session(lab: Lab, look: str) -> None:
    runs = ["%%loom\nPay Carol.", "%%loom\nPay her again.", "ran"]
    audited = AUDITED.replace("{look}", look)
    cells = [SETUP, *runs, audited, "%loom audit --all", "%loom budget --of caps", TAMPER, "%loom audit carol --times"]
    name = f"ask-{look}.ipynb"
    lab.write(name, cells)
    with lab.open(name, dark=look == "dark") as notebook:
        if look == "narrow":
            notebook.page.set_viewport_size({"width": 650, "height": 3600})
        notebook.start()
        prompt = notebook.output(1).locator(".loom-approval")
        expect(prompt).to_have_count(1, timeout=40_000)
        expect(prompt).to_contain_text("May the agent use transfer_money for alice?")
        expect(prompt).to_contain_text("changes things")
        _is_not_cut_off(prompt)
        _photograph(prompt, f"question-{look}")
        prompt.focus()
        notebook.page.keyboard.press("s")
        expect(notebook.page.locator(".jp-Notebook .jp-InputArea-prompt", has_text="[*]")).to_have_count(
            0, timeout=60_000
        )
        expect(notebook.output(1)).to_contain_text("allowed in this session")
        expect(notebook.output(2)).to_contain_text("It is paid.")
        expect(notebook.output(3)).to_contain_text("[('Carol', 250), ('Carol', 250)]")
        expect(notebook.output(5)).to_contain_text("is whole")
        expect(notebook.output(6)).to_contain_text("Budget of caps")
        expect(notebook.output(8)).to_contain_text("NOT whole: 1 problem")
        for cell, what in ((1, "answered"), (5, "audit"), (6, "budget"), (8, "tampered")):
            _photograph(notebook.output(cell), f"{what}-{look}")
