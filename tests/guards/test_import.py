"""Nothing on import: no heavy module, no file, no socket, no patched event loop."""

import json
import re
import subprocess
import sys
from typing import Any

import pytest

HEAVY = re.findall(
    r"\w+",
    """
    openai anthropic litellm xllamacpp genai_prices httpx numpy pandas duckdb scipy statsmodels IPython ipykernel
    ipywidgets anywidget traitlets jupyterlab plotly nest_asyncio nest_asyncio2 markdown_it nh3 rich typer click
    filelock mcp opentelemetry sqlite3 chromadb redis asyncpg
    """,
)

WATCH = """
import json, sys
import pydantic, anyio, anyio.to_thread  # what the library stands on may do as it likes

seen = []
homes = tuple({sys.prefix, sys.base_prefix, *(p for p in sys.path if "site-packages" in p)})

def watch(event, args):
    if event == "open":
        path, mode, flags = args
        path = str(path)
        if not path.endswith((".py", ".pyc", ".so")) and not path.startswith(homes) and not path.endswith("METADATA"):
            seen.append([event, path])
    elif event.startswith(("socket.", "subprocess.", "os.system", "os.mkdir", "ctypes.dlopen", "sqlite3.connect")):
        seen.append([event, repr(args)])

sys.addaudithook(watch)
import asyncio
before = {name: getattr(asyncio, name) for name in ("run", "get_event_loop", "new_event_loop", "Task")}
STATEMENT
patched = [name for name, value in before.items() if getattr(asyncio, name) is not value]
print(json.dumps({"seen": seen, "modules": sorted(sys.modules), "patched": patched}))
"""


def _watched(statement: str) -> dict[str, list[Any]]:
    code = WATCH.replace("STATEMENT", statement)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[Any]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    "statement",
    [
        "import loomlab",
        "from loomlab import Agent",
        "from loomlab import *",
        "import loomlab.model",
        "import loomlab.runlog",
    ],
)
def test_an_import_loads_nothing_heavy_and_touches_nothing(statement: str) -> None:
    found = _watched(statement)
    assert [name for name in HEAVY if name in found["modules"]] == []
    assert found["seen"] == []
    assert found["patched"] == []


def test_the_watch_sees_what_it_watches_for() -> None:
    sins = "import socket, sqlite3, os; open(os.devnull).close(); socket.socket().close(); asyncio.run = None"
    found = _watched(sins)
    assert [event for event, _ in found["seen"]] == ["open", "socket.__new__"]
    assert found["patched"] == ["run"]
    assert "sqlite3" in found["modules"]
