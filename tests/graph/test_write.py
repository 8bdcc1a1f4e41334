"""``generate_graph``: the text, and files by their suffix."""

from pathlib import Path

import pytest
from drawn import Team, agent, book_table, get_weather, three_levels

from loomlab import Agent, ConfigError, Workflow
from loomlab.graph import build_graph, to_dot, to_mermaid, to_words

pytestmark = pytest.mark.anyio


async def test_an_agent_gives_mermaid_text():
    text = await agent("solo", tools=[get_weather]).generate_graph()
    assert text.startswith("flowchart LR\n")
    assert "solo · react<br/>You are solo." in text
    assert "get_weather" in text
    assert '-->|"uses"|' in text


async def test_files_hold_what_their_suffix_says(tmp_path: Path):
    boss = three_levels()
    text = await boss.generate_graph(tmp_path / "g.mmd", title="The <team>")
    assert (tmp_path / "g.mmd").read_text(encoding="utf-8") == text
    await boss.generate_graph(str(tmp_path / "g.md"), title="The <team>")
    page = (tmp_path / "g.md").read_text(encoding="utf-8")
    assert page.startswith("# The \\<team\\>\n\n```mermaid\nflowchart LR\n")
    assert page.endswith("```\n")
    await boss.generate_graph(tmp_path / "g.svg")
    assert (tmp_path / "g.svg").read_text(encoding="utf-8").startswith("<svg xmlns=")
    await boss.generate_graph(tmp_path / "g.PNG")
    assert (tmp_path / "g.PNG").read_bytes().startswith(b"\x89PNG")
    await boss.generate_graph(tmp_path / "g.dot")
    assert (tmp_path / "g.dot").read_text(encoding="utf-8").startswith("digraph {")
    await boss.generate_graph(tmp_path / "g.anything")
    assert (tmp_path / "g.anything").read_text(encoding="utf-8").startswith("flowchart LR")


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(ConfigError, match="there is no folder"):
        await agent("solo").generate_graph(tmp_path / "nowhere" / "g.svg")


async def test_a_workflow_gives_its_graph_too(tmp_path: Path):
    flow = Workflow.chain([agent("ann"), agent("ben")], name="pipe")
    text = await flow.generate_graph(tmp_path / "g.svg")
    assert "ann" in text
    assert "ben" in (tmp_path / "g.svg").read_text(encoding="utf-8")


def test_mermaid_has_groups_in_groups_and_says_who_gets_the_work():
    text = to_mermaid(build_graph(three_levels()))
    assert '|"delegate: research"|' in text
    assert text.count("subgraph") == text.count("  end\n") == 4
    assert text.index('["research<br/>team') < text.index('["facts<br/>self-refine')


def test_mermaid_and_dot_keep_names_inside_their_quotes():
    bad = 'x"] --> y; click n0 "javascript:1"\n%%{init: {}}%%\n`<b>{{[('
    worker = Agent(bad, model="echo", name="w")
    graph = build_graph(agent("boss", Team({bad: worker})))
    for line in to_mermaid(graph).splitlines():
        assert line.count('"') in (0, 2)
        inner = line.split('"')[1] if '"' in line else ""
        assert not set(inner.replace("<br/>", "")) & set("<>[]{}`|\\")
    for line in to_dot(graph).splitlines():
        assert line.replace('\\"', "").count('"') % 2 == 0


def test_words_say_where_every_arrow_leads():
    graph = build_graph(three_levels())
    words = to_words(graph)
    assert words.count("→") == len(graph.edges)
    assert "    → research (delegate: research)" in words
    assert "  research · team · You are lead." in words


async def test_the_picture_is_of_the_agent_as_it_is_now():
    solo = agent("solo", tools=[get_weather])
    solo.add_tool(book_table)
    assert "book_table" in await solo.generate_graph()
