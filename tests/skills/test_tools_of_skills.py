"""Skills bring tools: scripts in any language, and Python functions."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from loomlab.core import ToolResult
from loomlab.skills import Skill, SkillError
from loomlab.tools import InProcessToolHost

pytestmark = pytest.mark.anyio
Write = Callable[..., Path]

ADD = "import sys\nprint(int(sys.argv[1]) + int(sys.argv[2]))\n"
HEAD = """tools:
  add:
    description: Sum two integers.
    script: scripts/add.py
    args:
      a: {type: integer, description: The first.}
      b: integer
"""


def alive(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text(encoding="utf-8").split()[2] != "Z"


async def call(skill: Skill, tool: str, **args: object) -> ToolResult:
    return await InProcessToolHost(skill.pending_tools).call(tool, args)


async def test_a_declared_script_is_a_typed_tool(write: Write) -> None:
    skill = Skill(write("my-calc", head=HEAD, files={"scripts/add.py": ADD}))
    (tool,) = skill.pending_tools
    assert tool.name == "my_calc__add"
    assert tool.input_schema == {
        "type": "object",
        "properties": {"a": {"type": "integer", "description": "The first."}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    }
    assert (await call(skill, "my_calc__add", b="3", a=2)).output == "5"
    assert skill.metadata.to_catalog_line() == "  - my-calc [+1 tool]: Helps."


async def test_arguments_are_checked_before_the_script_runs(write: Write) -> None:
    skill = Skill(write("calc", head=HEAD, files={"scripts/add.py": ADD}))
    assert "'a'" in str((await call(skill, "calc__add", a="two", b=3)).error)
    assert "'b'" in str((await call(skill, "calc__add", a=2)).error)
    assert "'c'" in str((await call(skill, "calc__add", a=2, b=3, c=4)).error)


async def test_an_argument_is_one_argument_whatever_is_in_it(write: Write) -> None:
    head = "tools:\n  say:\n    script: say.sh\n    args: {text: string}\n"
    skill = Skill(write("echo", head=head, files={"say.sh": 'printf "%s" "$1"\n'}))
    hostile = "$(touch x); `id` && echo 'a' \"b\" ../../etc\n*"
    assert (await call(skill, "echo__say", text=hostile)).output == hostile


async def test_a_failing_script_says_its_exit_code_and_error(write: Write) -> None:
    head = "tools:\n  f:\n    script: f.py\n"
    code = "import sys\nprint('out')\nprint('what went wrong', file=sys.stderr)\nsys.exit(3)\n"
    output = (await call(Skill(write("f", head=head, files={"f.py": code})), "f__f")).output
    assert str(output).startswith("Error (exit=3)")
    assert "what went wrong" in str(output)


async def test_a_script_that_takes_too_long_is_ended_with_what_it_started(write: Write, tmp_path: Path) -> None:
    code = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    skill = Skill(write("slow", head="tools:\n  s:\n    script: s.py\n    timeout: 2\n", files={"s.py": code}))
    assert "stopped after 2 s" in str((await call(skill, "slow__s")).output)
    pid = int((tmp_path / "pid").read_text(encoding="utf-8"))
    assert not alive(pid)


async def test_a_script_sees_no_key_of_this_process(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    head = "tools:\n  env:\n    script: env.py\n"
    code = "import os\nprint(sorted(os.environ), os.environ['SKILL_DIR'])\n"
    folder = write("peek", head=head, files={"env.py": code})
    output = str((await call(Skill(folder), "peek__env")).output)
    assert "OPENAI_API_KEY" not in output
    assert str(folder) in output


async def test_a_flood_of_output_is_cut(write: Write) -> None:
    head = "tools:\n  flood:\n    script: flood.py\n"
    skill = Skill(write("flood", head=head, files={"flood.py": "print('x' * 5_000_000)\n"}))
    output = str((await call(skill, "flood__flood")).output)
    assert len(output) < 25_000
    assert "more characters" in output


async def test_python_tools_are_imported_and_named_after_the_skill(write: Write) -> None:
    code = (
        "from loomlab import tool\nfrom . import words\n\n"
        "@tool\nasync def say_hi(name: str) -> str:\n    '''Say hi.'''\n    return words.HI + name\n\n"
        "@tool\ndef _hidden() -> str:\n    '''No.'''\n    return ''\n"
    )
    skill = Skill(write("greeter", files={"tools.py": code, "words.py": "HI = 'Hi '\n"}))
    assert [one.name for one in skill.pending_tools] == ["greeter__say_hi"]
    assert skill.metadata.has_python_tools
    assert (await call(skill, "greeter__say_hi", name="Ada")).output == "Hi Ada"


async def test_two_skills_may_have_tools_of_one_name(write: Write) -> None:
    code = "from loomlab import tool\n\n@tool\ndef search() -> str:\n    '''Search.'''\n    return {!r}\n"
    first = Skill(write("a", files={"tools.py": code.format("from a")}))
    second = Skill(write("b", files={"tools.py": code.format("from b")}))
    host = InProcessToolHost([*first.pending_tools, *second.pending_tools])
    assert [(await host.call(name, {})).output for name in ("a__search", "b__search")] == ["from a", "from b"]


def test_a_module_that_fails_leaves_nothing_behind(write: Write) -> None:
    before = set(sys.modules)
    with pytest.raises(SkillError, match=r"Error importing .*ValueError: no"):
        Skill(write("bad", files={"tools.py": "raise ValueError('no')\n"}))
    assert not {one for one in set(sys.modules) - before if one.startswith("loomlab_skill")}


@pytest.mark.parametrize(
    ("tools", "told"),
    [
        ("tools: [a]", "mapping of a tool's name"),
        ("tools: {t: a.py}", "mapping with script"),
        ("tools: {t: {scrip: a.py}}", "did you mean 'script'"),
        ("tools: {t: {}}", "names no script"),
        ("tools: {t: {script: b.py}}", "does not exist"),
        ("tools: {t: {script: ../out.py}}", "outside"),
        ("tools: {t: {script: a.py, args: {x: strin}}}", "did you mean 'string'"),
        ("tools: {t: {script: a.py, args: {class: string}}}", "is no name"),
        ("tools: {t: {script: a.py, timeout: 0}}", "above 0"),
        (f"tools: {{{'t' * 70}: {{script: a.py}}}}", "at most 64"),
    ],
)
def test_a_tool_that_cannot_be_is_told_when_the_skill_is_made(write: Write, tools: str, told: str) -> None:
    with pytest.raises(SkillError, match=told):
        Skill(write("t", head=tools, files={"a.py": "", "../out.py": ""}))


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
async def test_any_program_that_is_executable_is_a_script(write: Write) -> None:
    folder = write("prog", head="tools:\n  go:\n    script: go\n", files={"go": "#!/bin/sh\necho gone\n"})
    skill = Skill(folder)
    assert "chmod +x go" in str((await call(skill, "prog__go")).output)
    (folder / "go").chmod(0o755)
    assert (await call(skill, "prog__go")).output == "gone"
