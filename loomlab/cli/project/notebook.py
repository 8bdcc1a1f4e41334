"""The notebook of a new project, as the text of its file."""

import json
from typing import Any

_CELLS = (
    (
        "markdown",
        "# {name}\n\nFive cells from an agent in a file to a test that stays. Run them in order (*Shift-Enter*).",
    ),
    ("code", "%load_ext loomlab"),
    (
        "code",
        'from loomlab import Agent\n\nagent = Agent.from_config("agent.toml")\n'
        'result = await agent.run("Where is order 1042?", user_id="alice")\nresult',
    ),
    (
        "markdown",
        "The trace is folded under the answer. What the agent remembers of *alice* is in `memory.db`, every run in "
        "`.loomlab/`.\n\nNow two ways to think, on the cases of `evals/suite.toml`:",
    ),
    (
        "code",
        'from loomlab.evals import load_suite\n\nev = await load_suite("evals/suite.toml").run()\nev',
    ),
    (
        "markdown",
        "An expectation is one line. Where it does not hold, the cell fails, and so does `pytest --loom`.",
    ),
    ("code", "%loom expect failures({architecture}) == 0 of ev"),
)


def notebook_text(name: str, architecture: str) -> str:
    """A notebook without outputs, in the format 4.5."""
    cells = []
    for number, (kind, text) in enumerate(_CELLS, 1):
        source = text.replace("{name}", _plain(name)).replace("{architecture}", architecture)
        cell: dict[str, Any] = {"id": f"first-{number}", "cell_type": kind, "metadata": {}}
        cell["source"] = source.splitlines(keepends=True)
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        cells.append(cell)
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    made = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def _plain(name: str) -> str:
    """The name in Markdown: nothing in it is a link, a picture or HTML."""
    return "".join(f"\\{one}" if one in "\\`*_{}[]()#+!<>&|$" else one for one in name)
