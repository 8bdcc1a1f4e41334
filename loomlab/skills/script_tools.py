"""Tools that a skill declares as scripts: typed arguments in, what the script prints out."""

import json
import math
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping
from inspect import Parameter, Signature
from keyword import iskeyword
from pathlib import Path
from typing import Any

from anyio import to_thread

from loomlab.core.nearest import did_you_mean
from loomlab.skills.errors import SkillError
from loomlab.skills.naming import tool_name
from loomlab.tools import Tool
from loomlab.tools.child import run_child
from loomlab.tools.workdir import default_workdir

_TIMEOUT_S = 30.0
_KEYS = ("description", "script", "args", "timeout", "destructive")
_TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "array": list[Any],
    "object": dict[str, Any],
}
_INTERPRETERS = {".sh": "bash", ".bash": "bash", ".js": "node", ".mjs": "node"}
_SHOWN = 20_000


def script_tools(declared: Any, folder: Path, skill: str, where: str) -> list[Tool]:
    """The tools under ``tools:`` of a front matter. Raises ``SkillError`` for what can't become one."""
    if not declared:
        return []
    if not isinstance(declared, dict):
        raise SkillError(f"{where}: tools: is a mapping of a tool's name to its description, script and args")
    return [_tool(str(name), fields, folder, skill, where) for name, fields in declared.items()]


def _tool(name: str, fields: Any, folder: Path, skill: str, where: str) -> Tool:
    if not isinstance(fields, dict):
        raise SkillError(f"{where}: the tool {name!r} is a mapping with script: and, mostly, description: and args:")
    for key in fields:
        if key not in _KEYS:
            raise SkillError(f"{where}: the tool {name!r} has an unknown key {key!r}: {did_you_mean(str(key), _KEYS)}")
    script = _script(fields.get("script"), folder, name, where)
    args = _args(fields.get("args") or {}, name, where)
    timeout = fields.get("timeout", _TIMEOUT_S)
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not 0 < timeout < math.inf:
        raise SkillError(f"{where}: timeout of the tool {name!r} is in seconds and above 0, not {timeout!r}")
    return Tool(
        name=tool_name(skill, name, where),
        description=str(fields.get("description") or f"Runs {script.name} of the skill {skill}."),
        fn=_runner(script, folder, args, float(timeout)),
        input_schema={"type": "object", "properties": args, "required": list(args)},
        destructive=bool(fields.get("destructive", False)),
    )


def _script(value: Any, folder: Path, name: str, where: str) -> Path:
    if not isinstance(value, str) or not value:
        raise SkillError(f"{where}: the tool {name!r} names no script; script: is a path within the skill")
    file = (folder / value).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise SkillError(f"{where}: the script {value!r} of the tool {name!r} lies outside of the skill's folder")
    if not file.is_file():
        raise SkillError(f"{where}: the script {value!r} of the tool {name!r} does not exist in the skill's folder")
    return file


def _args(declared: Any, name: str, where: str) -> dict[str, Any]:
    if not isinstance(declared, dict):
        raise SkillError(f"{where}: args of the tool {name!r} are a mapping of a name to its type")
    args: dict[str, Any] = {}
    for key, value in declared.items():
        given: Mapping[str, Any] = {"type": value} if isinstance(value, str) else value
        if not isinstance(given, dict):
            raise SkillError(f"{where}: the argument {key!r} of the tool {name!r} is a type or {{type, description}}")
        kind = given.get("type", "string")
        if kind not in _TYPES:
            raise SkillError(f"{where}: the argument {key!r} of the tool {name!r}: {did_you_mean(str(kind), _TYPES)}")
        if not str(key).isidentifier() or iskeyword(str(key)):
            raise SkillError(f"{where}: the argument {key!r} of the tool {name!r} is no name such as 'first_number'")
        args[str(key)] = {**given, "type": kind}
    return args


def _runner(script: Path, folder: Path, args: Mapping[str, Any], timeout: float) -> Callable[..., Awaitable[str]]:
    here = str(folder.resolve())

    async def run(**given: Any) -> str:
        try:
            command = await to_thread.run_sync(_command, script)
            ended = await run_child(
                [*command, *(_argument(given[name]) for name in args)],
                cwd=default_workdir(),
                timeout=timeout,
                env={"SKILL_DIR": here, "PYTHONUTF8": "1"},
            )
        except (OSError, ValueError) as exc:
            return f"Error: {script.name} can't be run: {exc}"
        if ended.timed_out:
            return f"Error: {script.name} was stopped after {timeout:g} s"
        if ended.code != 0:
            said = (ended.stderr.strip() or ended.stdout.strip())[-_SHOWN:]
            return f"Error (exit={ended.code}): {said}"
        more = len(ended.stdout) - _SHOWN + ended.dropped
        return ended.stdout[:_SHOWN].rstrip("\n") + (f"\n[{more:,} more characters]" if more > 0 else "")

    # A signature of its own, so that arguments are checked and coerced like those of any other tool.
    kinds = {name: _TYPES[field["type"]] for name, field in args.items()}
    run.__annotations__ = {**kinds, "return": str}
    run.__signature__ = Signature(  # type: ignore[attr-defined]  # inspect reads it
        [Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind) for name, kind in kinds.items()]
    )
    return run


def _command(script: Path) -> list[str]:
    suffix = script.suffix.lower()
    if suffix == ".py":
        return [sys.executable, str(script)]
    if suffix in _INTERPRETERS:
        program = _INTERPRETERS[suffix]
        found = shutil.which(program)
        if found is None:
            raise OSError(f"it needs {program}, which is not installed here")
        return [found, str(script)]
    if not os.access(script, os.X_OK):
        raise OSError(f"it is not executable; run: chmod +x {script.name}")
    return [str(script)]


def _argument(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
