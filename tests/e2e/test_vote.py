"""An evaluation and a vote in a real JupyterLab, by keyboard."""

from typing import Any

import pytest
from lab import Lab, OpenNotebook
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.kernel,
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]

SETUP = """
%load_ext loomlab
import anyio
from loomlab.evals import Case, Dataset
ds = Dataset([Case(id=f"q{i}", input=str(i), target=str(i)) for i in range(60)], name="numbers")
async def right(question):
    await anyio.sleep(0.2)
    return question
async def wrong(question):
    await anyio.sleep(0.1)
    return "no"
%loom model=echo
"""


def _open(lab: Lab, name: str, *cells: str) -> str:
    lab.write(name, [SETUP, *cells])
    return name


def _counts(output: Any) -> int:
    return int(output.locator(".now").inner_text().split(" of ")[0].split()[-1])


def _static(notebook: OpenNotebook, cell: int) -> list[set[str]]:
    return [set(output.get("data", {})) for output in notebook.save().cells[cell].outputs]


def test_a_vote_is_cast_by_keyboard_and_only_then_says_who_it_was(lab: Lab) -> None:
    name = _open(lab, "vote.ipynb", "%%loom --ab react,self-refine --blind --out pair\nHi", "pair.vote")
    with lab.open(name) as notebook:
        notebook.run_all()
        output = notebook.output(1)
        vote = output.locator(".loom-vote")
        expect(vote).to_be_visible(timeout=20_000)
        expect(output).not_to_contain_text("react")
        expect(output).not_to_contain_text("self-refine")
        vote.locator("input").focus()
        notebook.page.keyboard.type("b is a letter here, and no vote")
        expect(vote).to_be_visible()
        notebook.page.keyboard.press("Shift+Tab")
        notebook.page.keyboard.press("ArrowLeft")
        expect(vote.locator("button").nth(2)).to_be_focused()
        notebook.page.keyboard.press("b")
        expect(output).to_contain_text("B is better", timeout=20_000)
        expect(output).to_contain_text("“b is a letter here, and no vote”")
        expect(output).to_contain_text("self-refine")
        expect(vote).to_have_count(0)
        assert _static(notebook, 1)[0] == {"text/html", "text/plain"}
        assert all(kinds in ({"text/html", "text/plain"}, set()) for kinds in _static(notebook, 1))


def test_an_evaluation_is_paused_goes_on_and_is_stopped_by_keyboard(lab: Lab) -> None:
    name = _open(lab, "pause.ipynb", "%%loom --ab right,wrong --on ds --out ev", "print('not reached')")
    with lab.open(name) as notebook:
        notebook.start()
        live = notebook.output(1).locator(".loom-trials")
        pause = live.locator("button").first
        expect(pause).to_be_visible(timeout=60_000)
        notebook.page.wait_for_timeout(500)  # "Run all" gives the focus to a cell when it has sent the last one
        pause.press("p")
        expect(pause).to_have_text("Go on")
        notebook.page.wait_for_timeout(1_000)
        held = _counts(live)
        notebook.page.wait_for_timeout(1_000)
        assert _counts(live) == held
        assert live.locator('[role="progressbar"]').get_attribute("aria-valuenow") == str(held)
        notebook.page.keyboard.press("p")
        expect(pause).to_have_text("Pause")
        expect(live.locator(".now")).not_to_have_text(f"{held} of 120 trials", timeout=10_000)
        expect(pause).to_be_focused()
        live.locator("button").nth(1).focus()
        notebook.page.keyboard.press("Enter")
        expect(notebook.output(1)).to_contain_text("Stopped early", timeout=20_000)
        expect(notebook.output(1)).to_contain_text("--resume")
        expect(notebook.output(1).locator(".loom-trials")).to_have_count(0)
        expect(notebook.output(2)).not_to_contain_text("not reached")
        assert _static(notebook, 1) == [{"text/html", "text/plain"}]


def test_an_awaited_evaluation_has_the_same_buttons(lab: Lab) -> None:
    code = (
        "from loomlab.evals import evaluate, scorers\n"
        "ev = await evaluate(ds, {'right': right}, scorers=scorers.exact(), max_concurrency=2)"
    )
    name = _open(lab, "await.ipynb", code)
    with lab.open(name) as notebook:
        notebook.start()
        live = notebook.output(1).locator(".loom-trials")
        stop = live.locator("button").nth(1)
        expect(stop).to_be_visible(timeout=60_000)
        stop.click()
        expect(notebook.output(1)).to_contain_text("Stopped early", timeout=20_000)
        expect(notebook.output(1)).to_contain_text("right")
        expect(live).to_have_count(0)
