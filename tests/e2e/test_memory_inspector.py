"""The inspector of memory in a real JupyterLab: moved by keys, asked, erased in two steps, saved; hostile text."""

import json
import os
from pathlib import Path

import pytest
from hostile import PAYLOADS
from lab import Lab
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.kernel,
    pytest.mark.timeout(180),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]

REMEMBER = """
%load_ext loomlab
from datetime import UTC, datetime
from loomlab import Agent, EchoModel, Episode, Fact
agent = Agent("Help.", model=EchoModel())
day = lambda month, number: datetime(2026, month, number, tzinfo=UTC)
talks = [(1, 3, "I live in Paris."), (4, 9, "I moved to Lyon in March."), (7, 2, "It is Acme Labs, not Acme.")]
for n, (month, number, text) in enumerate(talks):
    await agent.memory.remember(Episode(
        id=f"ep_{n}", session_id=f"s{n}", user_id="alice", occurred_at=day(month, number), input=text, output="Noted."))
for predicate, object_, since, learned, source in [
    ("lives_in", "Paris", day(1, 1), day(1, 3), 0), ("works_at", "Acme", day(2, 1), day(2, 4), 0),
    ("lives_in", "Lyon", day(3, 1), day(4, 9), 1), ("works_at", "Acme Labs", day(2, 1), day(7, 2), 2),
]:
    await agent.memory.facts.append(Fact(
        user_id="alice", subject="alice", predicate=predicate, object=object_, valid_from=since, recorded_at=learned,
        sources=[f"ep_{source}"]))
answer = await agent.run("Where do I live?", user_id="alice", session_id="s9")
"""
OPEN = "%loom memory alice --agent agent"


def _photograph(notebook, name: str) -> None:
    """Set LOOMLAB_PHOTOGRAPHS to a folder to keep them."""
    if target := os.environ.get("LOOMLAB_PHOTOGRAPHS"):
        Path(target).mkdir(parents=True, exist_ok=True)
        notebook.output(1).screenshot(path=Path(target) / f"memory-{name}.png")


def test_an_inspector_is_used_by_keys_and_the_saved_notebook_keeps_the_static_face(lab: Lab) -> None:
    lab.write("memory.ipynb", [REMEMBER, OPEN])
    with lab.open("memory.ipynb") as notebook:
        notebook.run_all()
        output = notebook.output(1)
        live = output.locator(".loom-memory")
        expect(live).to_be_visible(timeout=20_000)
        expect(output.locator(".jp-OutputArea-output .loom")).to_be_hidden()
        _photograph(notebook, "light")
        saved = notebook.save()
        outputs = [one["data"] for one in saved.cells[1].outputs if one["data"]]
        assert [set(one) for one in outputs] == [{"text/html", "text/plain"}]
        assert "widgets" not in saved.metadata
        # The sliders: each step of an arrow key is an instant at which something changes.
        facts = live.locator("table").first
        expect(facts).to_contain_text("Lyon")
        live.locator('input[aria-label="known at"]').focus()
        for _ in range(3):
            notebook.page.keyboard.press("ArrowLeft")
        expect(facts).to_contain_text("Paris")
        expect(facts).not_to_contain_text("Lyon")
        expect(live.locator('p[role="status"]')).to_contain_text("as known at 4 Feb 2026: lives_in Paris")
        _photograph(notebook, "then")
        notebook.page.keyboard.press("End")
        expect(facts).to_contain_text("Acme Labs")
        # From a fact to the message it came from.
        facts.locator("summary", has_text="Lyon").click()
        expect(facts.locator("pre:visible")).to_contain_text("I moved to Lyon in March.")
        # What would be recalled, and why; Escape goes back to the button.
        live.locator("button", has_text="Explain a recall").click()
        notebook.page.keyboard.type("where does alice live")
        notebook.page.keyboard.press("Enter")
        panel = live.locator('[role="region"]')
        expect(panel).to_contain_text("✓ 1")
        expect(panel).to_contain_text("it ended on 2026-03-01")
        notebook.page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
        # A correction is no change.
        live.locator("summary", has_text="Compare").click()
        live.locator("button", has_text="Compare").click()
        expect(live).to_contain_text("✎ corrected")
        # Erasing takes two steps, and the focus is on what is safe.
        live.locator("button", has_text="Forget").click()
        live.locator("button", has_text="Show what goes").click()
        expect(live).to_contain_text("This erases 4 episodes and 4 facts of alice (everything) for good.")
        expect(live.locator("button", has_text="Keep it")).to_be_focused()
        _photograph(notebook, "forget")
        live.locator("button", has_text="Erase for good").click()
        expect(live).to_contain_text("✓ erased 4 episodes")
        expect(live).not_to_contain_text("Acme")
        live.locator("button", has_text="Scrub the run log").click()
        expect(live).to_contain_text("of the run log; their figures stay")
        _photograph(notebook, "erased")
        text = json.dumps(notebook.save().cells[1])
        assert "Nothing is remembered of alice yet." in text
        assert "Lyon" not in text, "what was erased is not in the saved output either"
        notebook.page.screenshot(path=lab.folder.parent / "memory.png")
    (lab.folder / "kept.ipynb").write_text(json.dumps(saved), encoding="utf-8")
    with lab.open("kept.ipynb", kernel=False) as again:
        face = again.page.locator(".jp-OutputArea .loom")
        expect(face).to_be_visible(timeout=20_000)
        expect(face).to_contain_text("Acme · corrected 2 Jul, never true")
        expect(face).to_contain_text("Lyon")
        expect(again.page.locator(".jp-OutputArea")).not_to_contain_text(["widget"] * 2)


HOSTILE = """
import json
from pathlib import Path
%load_ext loomlab
from loomlab import Agent, EchoModel, Episode, Fact
agent = Agent("Help.", model=EchoModel())
payloads = [one[:4000] for one in json.loads(Path("payloads.json").read_text(encoding="utf-8"))]
for n, evil in enumerate(payloads):
    await agent.memory.remember(Episode(id=f"e{n}", session_id=evil, user_id="eve", input=evil, output=evil))
    await agent.memory.update_block(evil[:200] + str(n), evil, user_id="eve")
    for m in range(2):
        await agent.memory.facts.append(Fact(
            user_id="eve", subject=evil, predicate=evil, object=f"{evil}{m}", sources=[f"e{n}"]))
"""


def test_hostile_memories_are_inert_in_the_live_inspector_dark_or_light(lab: Lab) -> None:
    short = [text.encode("utf-8", "replace").decode() for text in PAYLOADS.values() if len(text) < 5_000]
    (lab.folder / "payloads.json").write_text(json.dumps(short), encoding="utf-8")
    lab.write("evil.ipynb", [HOSTILE, "%loom memory eve --agent agent --search script"])
    with lab.open("evil.ipynb", dark=True) as notebook:
        notebook.run_all()
        live = notebook.output(1).locator(".loom-memory")
        expect(live).to_be_visible(timeout=30_000)
        expect(live).to_contain_text("candidates recalled")
        background = live.evaluate("node => getComputedStyle(node).backgroundColor")
        assert max(map(int, background.strip("rgba()").split(",")[:3])) < 100
        live.locator("summary", has_text="Compare").click()
        live.locator("select").first.select_option("-1")
        live.locator("button", has_text="Compare").click()
        expect(live).to_contain_text("+ new")
        for fold in live.locator("details").all():
            fold.evaluate("node => { node.open = true }")
        notebook.page.wait_for_timeout(500)
        assert notebook.page.evaluate("window.__ran ?? 0") == 0
        foreign = [url for url in notebook.fetched if not url.startswith(("http://127.0.0.1:", "data:", "blob:"))]
        assert foreign == []
        bad = "script, img, iframe, object, embed, link, meta, base, video, audio, math, foreignObject"
        assert live.locator(bad).count() == 0
        handlers = "nodes => nodes.flatMap(n => n.getAttributeNames().filter(a => a.startsWith('on')))"
        assert live.locator("*").evaluate_all(handlers) == []
