"""The grammar of ``%loom`` lines in the browser says what Python says, sentence for sentence."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from loomlab.architecture.resolve import ARCHITECTURES, TEAMS, resolve_architecture
from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.core.results import format_cost
from loomlab.notebook.cell import _check_pairs
from loomlab.notebook.interpolate import interpolate
from loomlab.notebook.names import checked_name
from loomlab.notebook.options import CELL_OPTIONS, parse, split
from loomlab.notebook.side_by_side import ways_of

EXTENSION = Path(__file__).parents[2] / "extension"
COMPILER = EXTENSION / "node_modules" / "typescript" / "bin" / "tsc"
PARTS = [f"cell/{name}.ts" for name in ("checks", "compare", "magic", "suggest")] + ["status/words.ts"]

LINES = (
    "",
    "--arch react --ask",
    "--arch=react,rewoo --quiet",
    "--arch reac",
    "--arch router",
    "--arch react,,rewoo",
    "--arch react,react",
    "--arch Plan_and_Execute",
    "--arch " + ",".join([*ARCHITECTURES, "react"]),
    "--arhc react",
    "-arch react",
    "--completely-other",
    "--arch",
    "--arch=",
    "--arch --ask",
    "--ask=on",
    "--ask --ask",
    "react",
    "--arch react, rewoo",
    "--tools 'a b' --user \"al'ice\"",
    "--tools 'a",
    "--user al\\",
    "--out 1x",
    "--out class",
    "--out answer",
    "--on capitals",
    "--n 5",
    "--n 5 --epochs 2",
    "--blind",
    "--seed 3",
    "--ab react,rewoo --arch react",
    "--ab react,rewoo --arch react --agent mine",
    "--ab react,rewoo --on capitals --n 5",
    "--user {name} --arch {way}",
)
TEXTS = (
    "plain",
    "Hello {name}, {1 + 1}!",
    "{{ literal }} and {x}",
    "{d['}']} {f(a, {1: 2})} {x!r:>10} {x = } {a == b} {x:{width}.{places}}",
    "an open { brace",
    "a closing } brace",
    "{}",
    "{  }",
    "{x!z}",
    "{x:{y:{z}}}",
    "{x:abc",
    "```python\n{code}\n```\n",
    "{'''a } b'''}",
)


def refusal(line: str) -> str | None:
    """What the magic says to a line before it looks at the notebook."""
    try:
        options = parse(split(line), CELL_OPTIONS, of="%%loom")
        if "out" in options:
            checked_name(options["out"])
        _check_pairs(options)
        if "{" not in options.get("arch", "{"):
            ways_of(options["arch"]) if "," in options["arch"] else resolve_architecture(options["arch"])
    except ConfigError as exc:
        return str(exc)
    return None


def words(line: str) -> list[str] | None:
    """The words of a line; None where it can't be read."""
    try:
        return split(line)
    except ConfigError:
        return None


def body(text: str) -> tuple[str, list[str], str | None]:
    """The outermost expressions of a prompt, and why it can't be filled in."""
    found: list[str] = []

    def evaluate(expression: str) -> str:
        found.append(expression)
        return "10"

    try:
        interpolate(text, evaluate)
    except ConfigError as exc:
        if "can't be formatted" not in str(exc):
            return text, [], str(exc)
    return text, found, None


def cases() -> dict[str, Any]:
    """What Python says."""
    every = [*ARCHITECTURES, *TEAMS]
    options = [f"--{option.name}" for option in CELL_OPTIONS]
    mistyped = ["reac", "rewo", "plan-execute", "tot", "debat", "", "xyz", "self_refine", "reflexon"]
    nearest = [(name, every, did_you_mean(name, every)) for name in mistyped]
    nearest += [(name, options, did_you_mean(name, options)) for name in ("--arhc", "--mdoel", "--at_once", "--z")]
    return {
        "lines": [(line, refusal(line)) for line in LINES],
        "words": [(line, words(line)) for line in [*LINES, "a'b'c \"d\\\"e\\f\" \\'x", "'' \"\"", "a\\ b"]],
        "bodies": [body(text) for text in TEXTS if ":{" not in text],
        "nearest": nearest,
        "quoted": [(text, repr(text)) for text in ("a", "it's", '"it\'s"', "a\\b", "a\nb", "é")],
        "money": [(one, format_cost(one)) for one in (0.0, 0.0012, 0.00000123, 0.5, 1.0, 1234.567, 0.0999, 12.3)],
    }


def built(folder: Path) -> Path:
    """The pure parts of the extension as CommonJS modules."""
    if shutil.which("node") is None or not COMPILER.is_file():
        pytest.skip("the extension's tools are not installed: cd extension && npm ci")
    out, project = folder / "built", folder / "tsconfig.json"
    compiler = {"module": "commonjs", "moduleResolution": "node10", "incremental": False}
    places = {"outDir": str(out), "rootDir": str(EXTENSION / "src")}
    settings = {
        "extends": str(EXTENSION / "tsconfig.json"),
        "compilerOptions": {**compiler, **places},
        "include": [],
        "files": [str(EXTENSION / "src" / part) for part in PARTS],
    }
    project.write_text(json.dumps(settings), encoding="utf-8")
    command = ["node", str(COMPILER), "-p", str(project)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120)
    assert done.returncode == 0, done.stdout
    return out


def test_the_parts_that_need_no_browser_hold_in_node(tmp_path: Path) -> None:
    folder = built(tmp_path)
    told = tmp_path / "cases.json"
    told.write_text(json.dumps(cases()), encoding="utf-8")
    script = Path(__file__).with_name("cell_grammar.test.cjs")
    environment = {"PATH": str(Path(shutil.which("node") or "").parent), "LOOM_BUILT": str(folder)}
    done = subprocess.run(
        ["node", "--test", str(script)],
        env={**environment, "LOOM_CASES": str(told)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(?m)^\S pass (\d+)$", done.stdout)
    assert passed and int(passed[1]) == script.read_text(encoding="utf-8").count("\ntest("), done.stdout
