"""In marimo: values of ours show their faces, in its own light or dark, and a run is shown while it goes on."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from loomlab import Agent, EchoModel
from loomlab.core.errors import ConfigError
from loomlab.evals import Case, Dataset
from loomlab.notebook import marimo as ours

pytest.importorskip("marimo")
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

NOTEBOOK = """
import marimo

app = marimo.App()


@app.cell
def first():
    import loomlab.notebook.marimo as lm
    from loomlab import Agent, EchoModel

    lm.install()
    agent = Agent("You echo.", model=EchoModel(), name="parrot")
    agent
    return agent, lm


@app.cell
async def second(agent, lm):
    result = await lm.live(agent, "Where is Saturn?", user_id="ana")
    result
    return (result,)


@app.cell
async def third(agent, lm):
    await lm.live(agent, "Where is Jupiter?")
    return
"""


async def test_its_registry_shows_our_values_by_their_faces() -> None:
    from marimo._output.formatting import get_formatter

    ours.install()
    result = await Agent("x", model=EchoModel()).run("<b>Where</b> is Saturn?", user_id="ana")
    for value, word in (
        (result, "Saturn"),
        (Dataset([Case("q", "asked")]), "asked"),
        (ConfigError("no such"), "no such"),
    ):
        mime, html = get_formatter(value)(value)
        assert mime == "text/html" and word in html and '<div class="loom' in html and "<script" not in html
    assert "&lt;b&gt;" in ours.formatted(result)[1] or "<b>" not in ours.formatted(result)[1]


async def test_its_theme_wins_over_that_of_the_machine() -> None:
    html = ours.adapted("<p>x</p>")
    light, dark = (f"{f'.{name}-theme' * 6} .loom{{--l-fg:" for name in ("light", "dark"))
    assert light in html and dark in html


async def test_a_live_run_replaces_what_is_shown_and_gives_its_result(monkeypatch: pytest.MonkeyPatch) -> None:
    import marimo

    shown: list[str] = []
    monkeypatch.setattr(marimo.output, "replace", lambda value: shown.append(value.text))
    agent = Agent("x", model=EchoModel())
    result = await ours.live(agent, "Where is Saturn?", user_id="ana")
    other = await ours.live(agent, "Where is Jupiter?", user_id="ben")
    assert result.user_id == "ana" and "Saturn" in result.output and other.user_id == "ben"
    assert "Jupiter" in shown[-1] and "Saturn" not in shown[-1] and "answered" in shown[-1]


def test_a_notebook_of_its_own_runs_and_holds_the_faces(tmp_path: Path) -> None:
    (tmp_path / "nb.py").write_text(NOTEBOOK, encoding="utf-8")
    exported = subprocess.run(
        [sys.executable, "-m", "marimo", "export", "ipynb", "--include-outputs", "nb.py", "-o", "nb.ipynb"],
        cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", timeout=100,
    )  # fmt: skip
    assert exported.returncode == 0, exported.stderr
    cells = json.loads((tmp_path / "nb.ipynb").read_text(encoding="utf-8"))["cells"]
    outputs = ["".join(one["data"].get("text/html", "")) for cell in cells for one in cell.get("outputs", [])]
    assert len(outputs) == 3 and "parrot" in outputs[0] and "Saturn" in outputs[1] and "answered" in outputs[2]
