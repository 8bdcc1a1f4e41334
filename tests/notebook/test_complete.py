"""Tab in our lines, through IPython's own completer."""

import pytest
from IPython.core.completer import provisionalcompleter
from ipython_shell import Shell

from loomlab import Agent, EchoModel
from loomlab.architecture.resolve import ARCHITECTURES


@pytest.fixture
def space(echo: Shell) -> Shell:
    """A shell with something to complete."""
    echo.ok("from pydantic import BaseModel\nclass City(BaseModel):\n    name: str")
    echo.ok("def get_weather(city: str) -> str:\n    'The weather.'\n    return 'rain'")
    echo.ok("def get_time() -> str:\n    'The time.'\n    return 'noon'")
    echo["helper"] = Agent("Help.", model="echo")
    echo["my_model"] = EchoModel()
    echo.ok("%%loom\nhello")
    return echo


def _complete(space: Shell, text: str) -> list[str]:
    """What is offered at the end of ``text``: the whole line as it would then read, without what was there."""
    with provisionalcompleter():
        found = list(space.ip.Completer.completions(text, len(text)))
    return [text[: one.start] + one.text for one in found]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("%%loom --ar", ["%%loom --arch"]),
        ("%%loom --arch ", [f"%%loom --arch {name}" for name in ARCHITECTURES]),
        ("%%loom --arch react,self", ["%%loom --arch react,self-refine"]),
        ("%%loom --arch se", ["%%loom --arch self-refine"]),
        ("%%loom --arch=se", ["%%loom --arch=self-refine"]),
        ("%%loom --tools get_w", ["%%loom --tools get_weather"]),
        ("%%loom --tools get_weather,get_t", ["%%loom --tools get_weather,get_time"]),
        ("%%loom --agent h", ["%%loom --agent helper"]),
        ("%%loom --schema C", ["%%loom --schema City"]),
        ("%%loom --model my", ["%%loom --model my_model"]),
        ("%%loom --quiet --ra", ["%%loom --quiet --raw"]),
        ("%loom ru", ["%loom runs"]),
        ("%loom mod", ["%loom model="]),
        ("%loom model=ec", ["%loom model=echo"]),
        ("%loom model=echo arch=rea", ["%loom model=echo arch=react"]),
        ("%loom loop=", ["%loom loop=portal", "%loom loop=kernel"]),
        ("%loom runs --a", ["%loom runs --all"]),
        ("%loom cost --by us", ["%loom cost --by user"]),
        ("%loom show la", ["%loom show last"]),
        ("x = %loom ru", ["x = %loom runs"]),
        ("%loom sql SELECT * FROM mod", ["%loom sql SELECT * FROM model_calls"]),
        ("%loom sql SELECT * FROM runs WHERE promp", ["%loom sql SELECT * FROM runs WHERE prompt"]),
    ],
)
def test_options_values_and_names_complete(space: Shell, typed: str, offered: list[str]) -> None:
    assert sorted(_complete(space, typed)) == sorted(offered)


def test_an_option_that_is_given_is_not_offered_again(space: Shell) -> None:
    offered = _complete(space, "%%loom --arch react --")
    assert "%%loom --arch react --arch" not in offered
    assert "%%loom --arch react --tools" in offered


def test_runs_complete_by_number_and_by_id(space: Shell) -> None:
    offered = _complete(space, "%loom show ")
    assert {"%loom show last", "%loom show 1"} < set(offered)
    assert [one for one in offered if one.startswith("%loom show run_")]


def test_commands_and_settings_are_offered_and_nothing_of_python_among_them(space: Shell) -> None:
    offered = _complete(space, "%loom ")
    assert {"%loom runs", "%loom user="} < set(offered)
    assert not any("get_weather" in one for one in offered)


@pytest.mark.parametrize("typed", ["%%loom --arch react\nhel", "x = hel", "%loomish --ar"])
def test_other_lines_are_left_to_others(space: Shell, typed: str) -> None:
    assert not any("--" in one.rpartition("\n")[2] for one in _complete(space, typed))


def test_a_log_that_cant_be_read_does_not_break_typing(space: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    from loomlab import ConfigError
    from loomlab.runlog import RunLog

    def broken(self: RunLog, **_: object) -> None:
        raise ConfigError("the log is gone")

    monkeypatch.setattr(RunLog, "runs", broken)
    assert set(_complete(space, "%loom show ")) == {"%loom show last", "%loom show 1"}
