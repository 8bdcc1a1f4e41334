"""``%%loom --arch a,b,c``: one prompt, several ways."""

import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
from ipython_shell import Shell

from loomlab import RunResult, Usage
from loomlab.core import ModelChunk
from loomlab.core.errors import CancelledByUser, ConfigError
from loomlab.notebook import show
from loomlab.notebook.side_by_side import SideBySide


def test_each_way_answers_in_one_output(echo: Shell) -> None:
    cell = echo.ok("%%loom --arch react,self-refine,rewoo --out found\nHello")
    assert len(cell.outputs) == 1
    assert cell.text.startswith("3 of 3 ways answered")
    found = echo["found"]
    assert isinstance(found, SideBySide)
    assert echo["_loom"] is found
    assert list(found) == ["react", "self-refine", "rewoo"]
    assert all(isinstance(result, RunResult) for result in found.values())
    assert {result.architecture for result in found.values()} == set(found)
    assert cell.html.count('class="col"') == 3


def test_what_came_of_it_can_be_shown_again(echo: Shell) -> None:
    first = echo.ok("%%loom --arch react,self-refine --out found\nHello")
    assert echo.ok("found").text == first.text
    echo["show"] = show
    assert echo.ok("show(found)").html == first.html


def test_no_way_sees_what_another_said_and_none_joins_the_conversation(echo: Shell) -> None:
    seen: list[list[str]] = []

    class Notes:
        name, network = "notes", False

        async def stream(self, messages: Any, **options: Any) -> AsyncIterator[ModelChunk]:
            seen.append([message.content for message in messages])
            yield ModelChunk(kind="text", text="a secret of this way")
            yield ModelChunk(kind="finish", finish_reason="stop", usage=Usage(input_tokens=1, output_tokens=1))

    echo["notes"] = Notes()
    echo.ok("%loom model=notes")
    echo.ok("%%loom\nFirst")
    echo.ok("%%loom --arch react,plan-and-execute\nSecond")
    asked = [said for said in seen if any("Second" in text for text in said)]
    assert len(asked) >= 2
    assert all(sum("a secret of this way" in text for text in said) <= 1 for said in asked)
    seen.clear()
    echo.ok("%%loom\nThird")
    assert any("First" in text for text in seen[0])
    assert not any("Second" in text for text in seen[0])


def test_two_users_ask_side_by_side_and_never_mix(echo: Shell) -> None:
    echo.ok("%%loom --arch react,self-refine --user alice --out one\nMine is 4711")
    echo.ok("%%loom --arch react,self-refine --user bob --out other\nHello")
    assert {result.user_id for result in echo["one"].values()} == {"alice"}
    assert {result.user_id for result in echo["other"].values()} == {"bob"}
    assert not any("4711" in result.output for result in echo["other"].values())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("react,reakt", "did you mean 'react'"),
        ("react,react", "twice"),
        ("react,,rewoo", "gap"),
        ("react,self-refine,rewoo,reflexion,plan-and-execute,tree-of-thoughts,react", "twice"),
    ],
)
def test_mistakes_are_told_before_anything_runs(echo: Shell, line: str, said: str) -> None:
    cell = echo.run(f"%%loom --arch {line}\nHello")
    assert isinstance(cell.error, ConfigError)
    assert said in str(cell.error)
    assert len(cell.outputs) == 1
    assert cell.text.startswith("✕ ")
    assert echo.ok("%loom runs").text.count("Hello") == 0


def test_an_agent_of_ones_own_has_one_way_only(echo: Shell) -> None:
    echo.ok("from loomlab import Agent\nmine = Agent('Help.', model='echo')")
    assert isinstance(echo.run("%%loom --agent mine --arch react,rewoo\nHi").error, ConfigError)


def test_one_way_that_fails_does_not_stop_the_others(echo: Shell) -> None:
    class Half:
        name, network = "half", False

        async def stream(self, messages: Any, **options: Any) -> AsyncIterator[ModelChunk]:
            if any("JSON" in message.content for message in messages):
                raise RuntimeError("no plans today")
            yield ModelChunk(kind="text", text="fine")
            yield ModelChunk(kind="finish", finish_reason="stop", usage=Usage(input_tokens=1, output_tokens=1))

    echo["half"] = Half()
    cell = echo.ok("%%loom --model half --arch react,plan-and-execute --out found\nHello")
    assert echo["found"]["react"].output == "fine"
    assert "no plans today" in cell.text
    assert "✕ failed" in cell.text


def test_when_every_way_fails_the_cell_fails(echo: Shell) -> None:
    class Broken:
        name, network = "broken", False

        async def stream(self, messages: Any, **options: Any) -> AsyncIterator[ModelChunk]:
            raise RuntimeError("the wire is cut")
            yield

    echo["broken"] = Broken()
    cell = echo.run("%%loom --model broken --arch react,self-refine\nHello")
    assert cell.error is not None
    assert "the wire is cut" in str(cell.error)
    assert len(cell.outputs) == 1


def test_an_interrupt_leaves_what_there_was(echo: Shell) -> None:
    class Endless:
        name, network = "endless", False
        began = 0

        async def stream(self, messages: Any, **options: Any) -> AsyncIterator[ModelChunk]:
            yield ModelChunk(kind="text", text="so far so good")
            self.began += 1
            if self.began == 2:
                os.kill(os.getpid(), signal.SIGINT)
            await anyio.sleep_forever()

    echo["endless"] = Endless()
    cell = echo.run("%%loom --model endless --arch react,self-refine --out found\nHello")
    assert isinstance(cell.error, (CancelledByUser, KeyboardInterrupt))
    assert cell.text.count("so far so good") >= 2
    assert "0 of 2 ways answered." in cell.text
    assert {result.interruption_reason for result in echo["found"].values()} == {"cancelled"}


def test_quiet_only_binds(echo: Shell) -> None:
    cell = echo.ok("%%loom --arch react,self-refine --quiet --out found\nHello")
    assert cell.outputs == []
    assert len(echo["found"]) == 2


def test_a_budget_is_shared_by_all_ways(echo: Shell) -> None:
    echo.ok("%%loom --arch react,self-refine --budget 1tokens --out found\nHello")
    assert any(result.interrupted for result in echo["found"].values())


def test_a_cassette_replays_it_the_same(echo: Shell, tmp_path: Any) -> None:
    echo.ok(f"%loom model=echo cassette={tmp_path / 'tape.jsonl'}")
    first = echo.ok("%%loom --arch react,self-refine\nHello")
    echo.ok(f"%loom model=echo cassette={tmp_path / 'tape.jsonl'}")
    again = echo.ok("%%loom --arch react,self-refine\nHello")
    assert again.html == first.html
    assert again.text == first.text
