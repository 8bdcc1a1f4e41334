"""A graph in a real JupyterLab: drawn, lit while the run goes on, still there when it is over."""

import pytest
from lab import Lab
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.kernel,
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]

TEAM = """
import anyio
from loomlab import Agent, tool
from loomlab.architecture import Supervisor
from loomlab.core import ModelChunk, ToolCall, Usage
from loomlab.notebook import show

class Slow:
    name, network = "slow", False

    def __init__(self, *calls, pause=0.8):
        self.calls, self.pause = calls, pause

    async def stream(self, messages, **options):
        await anyio.sleep(self.pause)
        usage = Usage(input_tokens=40, output_tokens=12)
        if self.calls and messages[-1].role != "tool":
            for call in self.calls:
                yield ModelChunk(kind="tool_call", tool_call=call)
            yield ModelChunk(kind="finish", finish_reason="tool_use", usage=usage)
            return
        yield ModelChunk(kind="text", text="Take a coat.")
        yield ModelChunk(kind="finish", finish_reason="stop", usage=usage)

@tool
async def look(city: str) -> str:
    "Look at the sky."
    await anyio.sleep(0.5)
    return "showers"

def ask(name):
    return ToolCall(tool="delegate", args={"worker": name, "instructions": "go"})

web = Agent("You search.", model=Slow(ToolCall(tool="look", args={"city": "Lyon"})), name="web", tools=[look])
facts = Agent("You check.", model=Slow(), name="facts")
team = Supervisor(workers={"web": web, "facts": facts})
lead = Agent("You lead.", model=Slow(ask("web"), ask("facts")), architecture=team)
boss = Agent("You direct.", model=Slow(ask("lead")), name="boss", architecture=Supervisor(workers={"lead": lead}))
"""


def test_the_graph_of_a_team_lights_up_while_it_runs_and_stays_lit(lab: Lab) -> None:
    run = "await show(boss.stream('What should I wear?'))\nNone"
    lab.write("graph.ipynb", [TEAM, "%load_ext loomlab", "show(boss)", run])
    with lab.open("graph.ipynb") as notebook:
        notebook.start()
        before = notebook.output(2).locator("svg.gv")
        before.wait_for(timeout=60_000)
        assert before.evaluate("node => node.getBoundingClientRect().width") > 300
        live = notebook.output(3).locator(".loom-live svg.gv")
        live.wait_for(timeout=60_000)
        web = live.locator("g.gn", has_text="web")
        box = "node => ['x', 'y', 'width', 'height'].map(name => node.querySelector('rect').getAttribute(name)).join()"
        places = [web.evaluate(box)]
        expect(live.locator("g.gn.on").first).to_be_visible(timeout=20_000)
        expect(web).to_have_class("gn on", timeout=20_000)
        expect(web).to_contain_text("running")
        web.focus()
        expect(web).to_contain_text("1 call", timeout=20_000)
        places.append(web.evaluate(box))
        assert web.evaluate("node => node === document.activeElement")
        assert places[0] == places[1]
        output = notebook.output(3)
        expect(output.locator(".loom-live")).to_have_count(0, timeout=30_000)
        done = output.locator("svg.gv")
        expect(done.locator("g.gn.on")).to_have_count(0)
        expect(done.locator("g.gf")).to_contain_text("5 calls")
        expect(done.locator("g.gn", has_text="web")).to_contain_text("look ×1")
        smallest = done.evaluate(
            "node => Math.min(...[...node.querySelectorAll('text')].map(one => one.getBoundingClientRect().height))"
        )
        assert smallest > 9, "words of a team of three levels can be read"
        notebook.page.screenshot(path=lab.folder.parent / "graph.png", full_page=True)
        saved = notebook.save()
        assert not [url for url in notebook.fetched if not url.startswith((lab.url, "data:", "blob:"))]
    assert 'class="gv"' in saved.cells[3].outputs[-1]["data"]["text/html"]
    assert "Graph · boss" in saved.cells[3].outputs[-1]["data"]["text/plain"]


def test_several_ways_stream_beside_each_other(lab: Lab) -> None:
    cell = "%%loom --model slow --tools look --arch react,self-refine,plan-and-execute --out found\nWhat should I wear?"
    lab.write("side.ipynb", [TEAM + "\nslow = Slow(pause=1.2)", "%load_ext loomlab", cell])
    with lab.open("side.ipynb") as notebook:
        notebook.start()
        columns = notebook.output(2).locator(".loom-live")
        expect(columns).to_have_count(3, timeout=60_000)
        tops = [columns.nth(number).bounding_box() for number in range(3)]
        assert len({round(box["x"]) for box in tops if box}) == 3
        assert len({round(box["y"]) for box in tops if box}) == 1
        output = notebook.output(2)
        expect(columns).to_have_count(0, timeout=60_000)
        expect(output.locator(".col")).to_have_count(3)
        expect(output.locator(".jp-OutputArea-child")).to_have_count(1)
        notebook.page.set_viewport_size({"width": 560, "height": 3600})
        lefts = {output.locator(".col").nth(number).bounding_box()["x"] for number in range(3)}  # type: ignore[index]
        assert len(lefts) == 1, "under each other where it is narrow"
        output.locator("summary", has_text="Graph").first.click()
        expect(output.locator("svg.gv").first).to_be_visible()
        notebook.page.screenshot(path=lab.folder.parent / "side.png", full_page=True)
        saved = notebook.save()
    assert "widgets" not in saved.metadata
