"""A day in the workbench by keyboard alone: ask, open, read the trace, compare, look at an evaluation, forget."""

import pytest
from filled import elsewhere
from lab import Lab
from playwright.sync_api import Locator, Page, expect
from sidebar import SideBar

pytestmark = [
    pytest.mark.browser,
    pytest.mark.kernel,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
SETUP = """
%load_ext loomlab
from loomlab import Agent, ScriptedModel
from loomlab.evals import Case, Dataset
keeper = Agent("Help.", model=ScriptedModel(["Noted."] * 3), memory="sqlite:keeper.db")
numbers = Dataset([Case(id=f"q{i}", input=str(i), target=str(i)) for i in range(12)], name="numbers")
def right(question): return question
def wrong(question): return "no"
"""
CELLS = [
    "%%loom --agent keeper --user alice\nI live in Lyon.",
    "%%loom --agent keeper --user bob\nI live in Nice.",
    "%%loom --ab right,wrong --on numbers --out ev",
]


def _tab_to(page: Page, wanted: Locator, *, key: str = "Tab", steps: int = 40) -> None:
    """Press Tab (or Shift+Tab, which goes back) until the focus is there."""
    for _ in range(steps):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} does not lead to {wanted}")


def _episodes(lab: Lab, user: str) -> int:
    import anyio

    from loomlab.memory import SqliteMemory

    async def count() -> int:
        memory = SqliteMemory(lab.folder / "keeper.db", read_only=True)
        try:
            return len(await memory.episodes(user_id=user))
        finally:
            await memory.aclose()

    found: int = elsewhere(anyio.run, count)
    return found


def test_the_whole_path_by_keyboard_alone(lab: Lab) -> None:
    expect.set_options(timeout=30_000)
    lab.write("day.ipynb", [SETUP, *CELLS])
    with lab.open("day.ipynb") as notebook:
        page = notebook.page
        page.set_viewport_size({"width": 1400, "height": 900})
        page.locator(".jp-Notebook .jp-Cell").first.click()  # where a person who opened a notebook is
        page.keyboard.press("Escape")
        for number in range(1 + len(CELLS)):
            page.keyboard.press("Shift+Enter")
            prompt = page.locator(".jp-Notebook .jp-Cell").nth(number).locator(".jp-InputArea-prompt")
            expect(prompt).to_contain_text(f"[{number + 1}]:", timeout=60_000)
        expect(notebook.output(3)).to_contain_text("right is better", timeout=60_000)

        bar = SideBar(page).open()
        expect(bar.list).to_be_focused()
        expect(bar.count).to_have_text("2 runs")
        page.keyboard.press("Enter")
        shown = page.locator(".jp-loomlab-panel:not(.lm-mod-hidden)")
        expect(shown).to_contain_text("user bob")
        trace = shown.locator("summary", has_text="Trace").first
        _tab_to(page, trace)
        page.keyboard.press("Enter")
        expect(shown.locator("details[open]").first).to_contain_text("turn 1")

        bar.open()
        expect(bar.list).to_be_focused()
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Space")
        page.keyboard.press("Control+Enter")
        expect(shown).to_contain_text("I live in Lyon.")
        expect(shown).to_contain_text("I live in Nice.")

        page.locator("body").press("Control+Alt+e")
        evaluations = page.locator("#loomlab-section-evaluations")
        _tab_to(page, evaluations.get_by_role("listbox"))
        page.keyboard.press("Enter")
        expect(shown).to_contain_text("right is better")

        page.locator("body").press("Control+Alt+m")
        memory = page.locator("#loomlab-section-memory")
        expect(memory.get_by_role("option")).to_have_count(2)
        _tab_to(page, memory.get_by_role("listbox").first)
        page.keyboard.press("Enter")
        expect(shown).to_contain_text("I live in Lyon.")
        _tab_to(page, shown.get_by_role("button", name="Forget…"), key="Shift+Tab")  # a toolbar is one stop of Tab
        expect(shown.get_by_role("button", name="Forget…")).to_be_focused()
        page.keyboard.press("Enter")
        dialog = page.locator(".jp-Dialog")
        expect(dialog).to_contain_text("This erases 1 episode")
        _tab_to(page, dialog.locator('input[type="text"]'))
        page.keyboard.type("alice")
        _tab_to(page, dialog.locator("button.jp-mod-warn"))
        page.keyboard.press("Enter")
        expect(page.locator(".jp-Dialog")).to_contain_text("✓ erased 1 episode")
        page.keyboard.press("Enter")
        expect(shown).to_contain_text("Nothing is remembered of alice")
        assert (_episodes(lab, "alice"), _episodes(lab, "bob")) == (0, 1)
