"""``%%loom config``: an agent edited as TOML in a cell."""

import tomllib
from pathlib import Path

import pytest
from IPython.core.completer import provisionalcompleter
from ipython_shell import Shell

from loomlab import Agent, ConfigError

DESK = 'instructions = "Answer letters."\nmodel = "echo"\n[budget]\nmax_tokens = 500\n'


def test_a_cell_makes_the_agent_of_that_name(shell: Shell) -> None:
    cell = shell.ok(f"%%loom config desk\n{DESK}")
    agent = shell["desk"]
    assert isinstance(agent, Agent) and agent.instructions == "Answer letters."
    assert cell.text == "desk: react · echo · new"
    assert "<details>" in cell.html and "max_tokens = 500" in cell.html
    shell.ok("%%loom --agent desk\nHello!")
    assert shell["_loom"].output == "Echo: Hello!"


def test_a_change_is_shown_against_the_agent_before(shell: Shell) -> None:
    shell.ok(f"%%loom config desk\n{DESK}")
    changed = DESK.replace("500", "900").replace("Answer", "Sort") + "max_cost_usd = 1\n"
    cell = shell.ok(f"%%loom config desk\n{changed}")
    lines = cell.text.splitlines()
    assert lines[0] == "desk: react · echo · 3 changes"
    table = [line.split() for line in lines if line.startswith(("budget", "instructions"))]
    assert table == [
        ["instructions", "Answer", "letters.", "Sort", "letters."],
        ["budget.max_tokens", "500", "900"],
        ["budget.max_cost_usd", "–", "1.0"],
    ]
    assert shell.ok(f"%%loom config desk\n{changed}").text == "desk: react · echo · nothing changed"


@pytest.mark.parametrize("code", ["%%loom config desk", "%%loom config desk\n", "%loom config desk"])
def test_an_empty_cell_shows_the_config_of_the_agent(shell: Shell, code: str) -> None:
    shell.ok('from loomlab import Agent\ndesk = Agent("Answer letters.", model="echo", max_turns=3)')
    cell = shell.ok(code)
    said, _, text = cell.text.partition("\n\n")
    assert said == "desk: react · echo"
    assert tomllib.loads(text) == {"instructions": "Answer letters.", "model": "echo", "max_turns": 3}


def test_what_has_no_form_is_a_comment(shell: Shell) -> None:
    shell.ok("from loomlab import Agent\ndef shout(text: str) -> str:\n    'Shout.'\n    return text.upper()")
    shell.ok('desk = Agent("x", model="echo", tools=[shout])')
    assert "# left out: tools: the tool 'shout' can't be written in a config" in shell.ok("%loom config desk").text


def test_a_mistake_names_the_line_of_the_cell_and_leaves_the_agent_as_it_was(shell: Shell) -> None:
    shell.ok(f"%%loom config desk\n{DESK}")
    before = shell["desk"]
    cell = shell.run(f"%%loom config desk\n{DESK}max_token = 5\n")
    assert isinstance(cell.error, ConfigError)
    assert str(cell.error) == "line 6: [budget] has an unknown key 'max_token': did you mean 'max_tokens'?"
    assert "line 6" in cell.text
    assert shell["desk"] is before
    broken = shell.run('%%loom config desk\ninstructions = "x\n')
    assert "line 2" in str(broken.error)


def test_without_a_model_it_is_the_notebooks(echo: Shell) -> None:
    echo.ok('%%loom config\nname = "clerk"\ninstructions = "File letters."\n')
    assert echo["clerk"].model.name == "echo"


def test_paths_start_from_the_folder_of_the_notebook(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "letters_of_a_cell.py").write_text('def send(to: str) -> str:\n    """Send."""\n    return to\n')
    shell.ok(f'%%loom config desk\nmemory = "sqlite:desk.db"\ntools = ["letters_of_a_cell:send"]\n{DESK}')
    assert shell["desk"].memory.path == str(tmp_path / "desk.db")


def test_values_are_text_and_never_html(shell: Shell) -> None:
    cell = shell.ok('%%loom config desk\ninstructions = "<script>alert(1)</script>"\nmodel = "echo"\n')
    again = shell.ok('%%loom config desk\ninstructions = "<img src=x>"\nmodel = "echo"\n')
    assert "<script" not in cell.html and "<img" not in again.html


def test_a_wrong_name_is_said_with_the_nearest(shell: Shell) -> None:
    shell.ok(f"%%loom config desk\n{DESK}")
    assert "did you mean 'desk'" in str(shell.run("%loom config dsk").error)
    assert "takes the name of a variable" in str(shell.run(f"%%loom config two words\n{DESK}").error)
    assert "this cell is empty" in str(shell.run("%%loom config").error)


def test_tab_completes_the_word_and_the_agents(shell: Shell) -> None:
    shell.ok(f"%%loom config desk\n{DESK}")

    def offered(text: str) -> list[str]:
        with provisionalcompleter():
            return [text[: one.start] + one.text for one in shell.ip.Completer.completions(text, len(text))]

    assert offered("%%loom con") == ["%%loom config"]
    assert offered("%%loom config de") == ["%%loom config desk"]
    assert offered("%loom config de") == ["%loom config desk"]
