"""What is said where a config is wrong, and what is not done then."""

import sys
from pathlib import Path

import pytest

from loomlab import Agent, ConfigError

T = 'instructions = "x"\n'
M = T + 'model = "echo"\n'


def write(folder: Path, text: str, name: str = "agent.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        Agent.from_config(write(folder, text))
    return str(caught.value).replace(f"{folder}/", "")


MISTAKES = [
    (T + 'modle = "echo"', "agent.toml, line 2: the config has an unknown key 'modle': did you mean 'model'?"),
    (T + "[budget]\nmax_token = 3", "line 3: [budget] has an unknown key 'max_token': did you mean 'max_tokens'?"),
    (T + '\nmax_turns = "ten"', "agent.toml, line 3: max_turns is 'ten'; it takes a whole number"),
    (T + "max_turns = 0", "max_turns is 0; it takes a number of 1 or more"),
    (T + "max_turns = true", "max_turns is true; it takes a whole number"),
    ("instructions = 3", 'instructions is 3; it takes a text, or { file = "instructions.md" }'),
    ('model = "echo"', "the config has no instructions, and needs it"),
    (
        T + '[permissions]\nmode = "acceptEdit"',
        "line 3: [permissions] mode is 'acceptEdit'; did you mean 'acceptEdits'?",
    ),
    (T + '[permissions]\nallowed_tools = "bash"', "[permissions] allowed_tools is 'bash'; it takes a list"),
    (T + 'memory = "sqlte:x"', "memory is 'sqlte:x'; it takes 'inmemory'"),
    (T + 'model = "ecko"', "agent.toml, line 2, model: unknown model 'ecko': did you mean 'echo'?"),
    (T + 'model = { name = "echo", options = { prefx = 1 } }', "takes no 'prefx': did you mean 'prefix'?"),
    (T + 'architecture = "reakt"', "line 2: architecture is 'reakt', which is no architecture: did you mean 'react'?"),
    (T + 'architecture = "swarm"', "which needs members"),
    (
        T + '[architecture]\nname = "rewoo"\nmax_step = 3',
        "line 4: [architecture] has an unknown key 'max_step': did you mean 'max_steps'?",
    ),
    (
        M + '[architecture]\nname = "swarm"\nentry_agent = "b"\nagents.a = { instructions = "y" }\n',
        "line 3, architecture: Swarm: no agent is named 'b' to begin",
    ),
    (
        T + '[[mcp]]\nname = "a"\ncommand = "b"\nurl = "c"',
        "line 2: [[mcp]] number 1 takes either command (a program) or url (a server)",
    ),
    (T + 'tools = ["os.path"]', "tools number 1 is 'os.path'; it takes the dotted path of a function"),
    (T + 'tools = ["builtin:rm"]', "tools number 1 is 'builtin:rm'; it takes the dotted path of a function"),
    ("x = ", "agent.toml: this is not TOML: Invalid value"),
    ('instructions = { file = "no.md" }', "line 1, instructions: there is no file no.md"),
]


@pytest.mark.parametrize(("text", "said"), MISTAKES, ids=[said[:40] for _, said in MISTAKES])
def test_what_is_wrong_is_said_with_file_line_and_nearest_name(folder: Path, text: str, said: str) -> None:
    assert said in complaint(folder, text)


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines(folder: Path) -> None:
    text = 'instructions = "x"\nmax_turns = "ten"\n[budget]\nmax_tokens = -1\n[architecture]\nname = "actor-critic"\n'
    said = complaint(folder, text).splitlines()
    assert said[0].endswith("agent.toml has 4 mistakes:")
    assert [line.split(":")[0].strip() for line in said[1:]] == ["line 2", "line 4", "line 5", "line 5"]


@pytest.mark.parametrize("key", ["sk-abcdefghijklmnopqrstuvwx", "whatever it is"])
def test_a_key_in_the_file_is_refused_and_not_repeated(folder: Path, key: str) -> None:
    said = complaint(folder, f'instructions = "x"\nmodel = {{ name = "gpt-4.1", api_key = "{key}" }}')
    assert "api_key takes a reference" in said and key not in said


def test_a_password_in_a_wrong_value_is_not_repeated(folder: Path) -> None:
    said = complaint(folder, 'instructions = "x"\nmemory = "postgers://me:hunter22@host/db"')
    assert "memory is" in said and "hunter22" not in said


def test_nothing_is_imported_or_opened_before_all_of_it_is_valid(folder: Path, code: str) -> None:
    for wrong in (
        "max_turns = 0",
        'model = "ecko"',
        '[architecture]\nname = "supervisor"\nworkers.a = { file = "a.toml" }',
    ):
        model = "" if "model" in wrong else 'model = "echo"\n'
        write(folder, 'instructions = "x"\nmodel = "ecko"', "a.toml")
        complaint(folder, f'instructions = "x"\n{model}memory = "sqlite:x.db"\ntools = ["{code}:shout"]\n{wrong}\n')
        assert code not in sys.modules
    assert not (folder / "x.db").exists()


def test_nothing_is_opened_before_every_module_is_imported(folder: Path, code: str) -> None:
    said = complaint(folder, f'instructions = "x"\nmodel = "echo"\nmemory = "sqlite:x.db"\ntools = ["{code}:shot"]\n')
    assert f"line 4, tools: '{code}:shot': {code} has no 'shot': did you mean 'shout'?" in said
    assert not (folder / "x.db").exists()


def test_a_module_that_cannot_be_imported_says_why(folder: Path) -> None:
    (folder / "breaks_at_once.py").write_text("1 / 0\n", encoding="utf-8")
    said = complaint(folder, 'instructions = "x"\nmodel = "echo"\ntools = ["breaks_at_once:f"]')
    assert "the module breaks_at_once can't be imported: ZeroDivisionError: division by zero" in said


def test_two_configs_with_modules_of_one_name_are_not_mixed_up(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "same_name_twice.py").write_text(f'def f() -> str:\n    """F."""\n    return "{name}"\n')
        write(tmp_path / name, 'instructions = "x"\nmodel = "echo"\ntools = ["same_name_twice:f"]')
    Agent.from_config(tmp_path / "one" / "agent.toml")
    with pytest.raises(ConfigError, match="another module named same_name_twice is loaded already"):
        Agent.from_config(tmp_path / "two" / "agent.toml")


def test_a_team_that_is_its_own_member_is_refused(folder: Path) -> None:
    write(
        folder, 'instructions = "x"\n[architecture]\nname = "supervisor"\nworkers.a = { file = "agent.toml" }', "b.toml"
    )
    text = 'instructions = "x"\nmodel = "echo"\n[architecture]\nname = "supervisor"\nworkers.a = { file = "b.toml" }'
    assert "refers back to it" in complaint(folder, text)


def test_a_missing_secret_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    text = 'instructions = "x"\nmodel = "echo"\n[audit_log]\npath = "a.jsonl"\nsecret = { secret = "NO_SUCH_KEY" }'
    assert "line 3, audit_log: there is no secret 'NO_SUCH_KEY'" in complaint(folder, text)


def test_a_file_that_is_not_there_or_no_config_is_told_of(folder: Path) -> None:
    write(folder, "")
    with pytest.raises(ConfigError, match=r"there is no file .*agnt\.toml: did you mean 'agent.toml'"):
        Agent.from_config(folder / "agnt.toml")
    with pytest.raises(ConfigError, match=r"is no config: its name ends in \.toml"):
        Agent.from_config(folder / "agent.ini")


def test_a_mistake_in_a_dict_needs_no_file() -> None:
    with pytest.raises(ConfigError, match=r"^\[budget\] has an unknown key 'max_token': did you mean 'max_tokens'\?$"):
        Agent.from_dict({"instructions": "x", "model": "echo", "budget": {"max_token": 3}})
