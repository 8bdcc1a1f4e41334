"""The live faces in a real JupyterLab, light and dark: axe-core finds nothing, no text is faint, nothing floods."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from accessible import faint, violations
from lab import Lab, OpenNotebook
from playwright.sync_api import Locator, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.kernel,
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]

SETUP = """
%load_ext loomlab
import anyio
from datetime import UTC, datetime
from loomlab import Agent, EchoModel, Episode, Fact, ScriptedModel, ScriptedTurn, StandardPermissions, ToolCall, tool
from loomlab.core import ModelChunk, Usage
from loomlab.evals import Case, Dataset
from loomlab.notebook.approval import notebook_approval

class Slow:
    name, network = "slow", False

    async def stream(self, messages, **options):
        for number in range(400):
            yield ModelChunk(kind="text", text=f"word{number} ")
            await anyio.sleep(0.02)
        yield ModelChunk(kind="finish", finish_reason="stop", usage=Usage(input_tokens=80, output_tokens=400))

@tool(destructive=True)
async def pay(to: str, amount: int) -> str:
    "Send money."
    return f"paid {amount} to {to}"

async def copy(question):
    await anyio.sleep(0.3)
    return question

async def other(question):
    await anyio.sleep(0.3)
    return "no"

asked = [ScriptedTurn(tool_calls=[ToolCall(tool="pay", args={"to": "Bob", "amount": 5})]), ScriptedTurn(text="done")]
payer = Agent("Help.", model=ScriptedModel(asked), tools=[pay], permissions=StandardPermissions(),
              approval_handler=notebook_approval(timeout_s=90))
numbers = Dataset([Case(id=f"q{i}", input=str(i), target=str(i)) for i in range(60)], name="numbers")
keeper = Agent("Help.", model=EchoModel())
await keeper.memory.remember(
    Episode(id="e", session_id="s", user_id="alice", input="I live in Paris.", output="Noted."))
await keeper.memory.facts.append(Fact(
    user_id="alice", subject="alice", predicate="lives_in", object="Paris", sources=["e"],
    valid_from=datetime(2026, 1, 1, tzinfo=UTC), recorded_at=datetime(2026, 1, 3, tzinfo=UTC)))
slow = Slow()
%loom model=echo
"""


@contextmanager
def _live(lab: Lab, name: str, cell: str, face: str, *, dark: bool) -> Iterator[tuple[OpenNotebook, Locator]]:
    lab.write(f"{name}-{dark}.ipynb", [SETUP, cell])
    with lab.open(f"{name}-{dark}.ipynb", dark=dark) as notebook:
        notebook.start()
        live = notebook.output(1).locator(face).first
        expect(live).to_be_visible(timeout=60_000)
        yield notebook, live


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("name", "cell", "face", "end"),
    [
        ("run", "%%loom --model slow\nHi", ".loom-live", None),
        ("approval", "%%loom --agent payer\nPay Bob.", ".loom-approval", "n"),
        ("vote", "%%loom --ab react,self-refine --blind --out pair\nHi\n", ".loom-live", None),
        ("trials", "%%loom --ab copy,other --on numbers --out ev", ".loom-trials", "s"),
        ("memory", "%loom memory alice --agent keeper", ".loom-memory", None),
    ],
)
def test_a_live_face_can_be_used_by_everybody(
    lab: Lab, name: str, cell: str, face: str, end: str | None, dark: bool
) -> None:
    with _live(lab, name, cell, face, dark=dark) as (notebook, live):
        notebook.page.evaluate("document.querySelectorAll('.jp-Notebook details').forEach(one => one.open = true)")
        assert violations(notebook.page, ".jp-Notebook .loom") == []
        assert faint(notebook.page, ".jp-Notebook .loom") == []
        if end:
            live.press(end)


def test_a_run_that_streams_four_hundred_words_says_little_to_a_screen_reader(lab: Lab) -> None:
    with _live(lab, "flood", "%%loom --model slow\nHi", ".loom-live", dark=False) as (notebook, _):
        said = notebook.page.evaluate(
            """async () => {
              const regions = '[aria-live]:not([aria-live=off]),[role=log],[role=status],[role=alert]';
              let count = 0;
              const watch = new MutationObserver((changes) => {
                count += new Set(changes.map((one) => (one.target.closest ? one.target : one.target.parentElement))
                  .filter((one) => one && one.closest(regions))).size;
              });
              const all = {subtree: true, childList: true, characterData: true};
              watch.observe(document.querySelector('.jp-Notebook'), all);
              await new Promise((done) => setTimeout(done, 3000));
              return count;
            }"""
        )
        assert said <= 6
