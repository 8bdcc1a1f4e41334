"""A run, runs side by side or an evaluation as one file: whole, inert, masked, and silent where that is asked."""

import json
import re
import shutil
from pathlib import Path

import anyio
import pytest

from loomlab import Agent, EchoModel, ScriptedModel, ScriptedTurn, ToolCall, tool
from loomlab.core.errors import ConfigError
from loomlab.display import RunTrace, run_page
from loomlab.display.figures_only import figures_only
from loomlab.evals import Case, Dataset, Evaluation, evaluate, scorers
from loomlab.evals.interop import to_html
from loomlab.runlog import RunLog, recording

SECRET = "sk-" + "Ab3dE5gH" * 4
SAID = ("saturn", "jupiter", "seven rings", "mercurial", "ana", "venusian", "martian")
"""Words of users, models, tools and memories."""


@tool
def look(where: str) -> dict[str, str]:
    """Look somewhere."""
    return {"seen": f"seven rings at {where}"}


def turns() -> list[ScriptedTurn]:
    return [
        ScriptedTurn("The mercurial one.", tool_calls=[ToolCall(id="c", tool="look", args={"where": "jupiter"})]),
        ScriptedTurn(f"<script>alert(1)</script> **seven rings** {SECRET}"),
    ]


async def ran(log: RunLog) -> Evaluation:
    data = Dataset(
        [Case(f"q{i}", f"saturn {i}", "venusian", None, {"of": "martian"}) for i in range(2)], name="planets"
    )

    def broken(question: str) -> str:
        raise RuntimeError(f"no {question}")

    def why(result, case):
        raise ValueError("mercurial")

    with recording(log):
        agent = Agent("Think of jupiter.", model=ScriptedModel(turns() * 2), tools=[look], name="watcher")
        for user in ("ana", "ben"):
            await agent.run("Where is saturn?", user_id=user, metadata={"for": "martian"})
        return await evaluate(data, {"echo": Agent("x", model=EchoModel()), "broken": broken}, scorers=[
            scorers.exact(), why])  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunLog, Evaluation]:
    log = RunLog.open(tmp_path_factory.mktemp("home") / "log")
    return log, anyio.run(ran, log)


def pages(made: tuple[RunLog, Evaluation], folder: Path, *, content: bool) -> list[Path]:
    log, evaluation = made
    ana, ben = (log.run(-1, user_id=user) for user in ("ana", "ben"))
    sources = {"run": ana, "aligned": {"first": ana, "second": ben}, "evaluation": evaluation}
    return [to_html(one, folder / f"{name}.html", content=content) for name, one in sources.items()]


def test_pages_hold_what_was_said_and_neither_scripts_nor_secrets(
    made: tuple[RunLog, Evaluation], tmp_path: Path
) -> None:
    for path in pages(made, tmp_path, content=True):
        html = path.read_text(encoding="utf-8")
        assert html.count("default-src") == 1 and "<script" not in html and SECRET not in html
        assert "<title>" in html and "<h1>" in html and "@media print" in html and "prefers-color-scheme:dark" in html
        assert not re.search(r'(?:src|href|srcset|action)="(?!https?://)', html)
        assert "saturn" in html
    run = (tmp_path / "run.html").read_text(encoding="utf-8")
    assert "Where is saturn?" in run and "seven rings at jupiter" in run and "[REDACTED]" in run
    assert "planets" in (tmp_path / "evaluation.html").read_text(encoding="utf-8")


def test_without_content_no_word_of_user_model_tool_or_memory_is_left(
    made: tuple[RunLog, Evaluation], tmp_path: Path
) -> None:
    for path in pages(made, tmp_path, content=False):
        html = path.read_text(encoding="utf-8").lower()
        assert not [word for word in SAID if re.search(rf"\b{word}\b", html)], path.name
    run = (tmp_path / "run.html").read_text(encoding="utf-8")
    assert "look" in run and "scripted" in run and "turn 2" in run and "(left out)" in run
    evaluation = (tmp_path / "evaluation.html").read_text(encoding="utf-8")
    assert "RuntimeError" in evaluation and "echo" in evaluation and "q1" in evaluation


def test_figures_stay_as_they_are_without_the_texts(made: tuple[RunLog, Evaluation]) -> None:
    record = made[0].run(-1, user_id="ana")
    whole, bare = RunTrace(record.events), RunTrace(figures_only(record.events))
    assert bare.totals == whole.totals and bare.counts == whole.counts and bare.status == whole.status
    kept = json.dumps([one.payload for one in figures_only(record.events)]).lower()
    assert not [word for word in SAID if word in kept and word != "ana"]


def test_a_very_long_run_is_cut_with_a_note() -> None:
    @tool
    def long(number: int) -> str:
        """Say much."""
        return f"{number} " * 2_000

    async def go() -> RunTrace:
        asked = [ToolCall(id=f"c{number}", tool="long", args={"number": number}) for number in range(1_500)]
        model = ScriptedModel([ScriptedTurn("", tool_calls=asked), ScriptedTurn("done")])
        agent = Agent("x", model=model, tools=[long])
        return RunTrace([one async for one in agent.stream("go")])

    html = run_page(anyio.run(go))
    assert len(html.encode()) <= 2 * 1024 * 1024 and "Not shown, to keep this page under 2 MB" in html


def test_a_folder_is_no_file(made: tuple[RunLog, Evaluation], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is a folder; name a file in it"):
        to_html(made[1], tmp_path)


@pytest.mark.browser
def test_in_a_browser_pages_ask_for_nothing_complain_of_nothing_and_print_what_is_folded(
    made: tuple[RunLog, Evaluation], tmp_path: Path
) -> None:
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"]
    files = pages(made, tmp_path, content=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        for dark in (False, True):
            page = browser.new_context(color_scheme="dark" if dark else "light").new_page()
            asked: list[str] = []
            said: list[str] = []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.on("console", lambda message, said=said: said.append(message.text))
            for file in files:
                page.goto(file.as_uri())
                colours = page.evaluate("[getComputedStyle(document.querySelector('main')).color, "
                                        "getComputedStyle(document.body).backgroundColor]")  # fmt: skip
                light = [sum(map(int, re.findall(r"\d+", one)[:3])) for one in colours]
                assert (light[0] > light[1]) is dark
            assert asked == [file.as_uri() for file in files] and said == []
        page.goto(files[0].as_uri())
        page.emulate_media(media="print", color_scheme="dark")
        assert page.locator("details").first.get_attribute("open") is None
        assert page.get_by_text("seven rings at jupiter").first.is_visible()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        browser.close()
