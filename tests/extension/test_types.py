"""What TypeScript believes about loomlab is what Python says."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from loomlab.core.events import EventKind
from loomlab.runlog.schema import TABLES

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def folder(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.rootpath / "extension"


def make_types(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(folder / "make_types.py"), *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_generated_types_are_what_the_python_says_now(folder: Path) -> None:
    done = make_types(folder, "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_types_that_drifted_are_named_with_the_command_that_mends_them(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "loomlab").symlink_to(folder.parent / "loomlab")
    copy = tmp_path / "extension"
    for name in ("package.json", "make_types.py", "make_options.py", "payload_fields.py"):
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_bytes((folder / name).read_bytes())
    assert make_types(copy).returncode == 0
    rows = copy / "src" / "generated" / "rows.ts"
    rows.write_text(rows.read_text(encoding="utf-8").replace("run_id: string", "run_id: number"), encoding="utf-8")
    done = make_types(copy, "--check")
    assert done.returncode == 1
    assert "rows.ts" in done.stdout
    assert "run python extension/make_types.py" in done.stdout


def test_every_table_and_every_kind_of_event_has_a_type(folder: Path) -> None:
    rows = (folder / "src" / "generated" / "rows.ts").read_text(encoding="utf-8")
    events = (folder / "src" / "generated" / "events.ts").read_text(encoding="utf-8")
    for table in TABLES.values():
        name = "".join(word.capitalize() for word in table.name.split("_"))
        body = rows.partition(f"export interface {name}Row {{")[2].partition("\n}")[0]
        assert re.findall(r"^  (\w+): ", body, re.MULTILINE) == [column.name for column in table.columns]
    for kind in EventKind:
        assert f"  {kind.value}: {{\n" in events


def test_what_a_tool_call_carries_is_typed_by_its_model(folder: Path) -> None:
    events = (folder / "src" / "generated" / "events.ts").read_text(encoding="utf-8")
    body = events.partition("  tool_result: {")[2].partition("};")[0]
    assert "result?: ToolResult;" in body
    assert "turn?: number;" in body
    assert "duration_ms: number | null;" in events.partition("export interface ToolResult {")[2].partition("}")[0]


def test_the_extension_has_the_version_of_the_package(folder: Path) -> None:
    package = json.loads((folder / "package.json").read_text(encoding="utf-8"))["version"]
    project = tomllib.loads((folder.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert package == project
    assert f"'{package}'" in (folder / "src" / "generated" / "version.ts").read_text(encoding="utf-8")
