"""``--ask`` and ``%loom ask=on``: before a tool that changes things runs, a person is asked in the cell."""

from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from ipython_shell import Shell

from loomlab import ScriptedModel, ScriptedTurn, ToolCall, tool
from loomlab.core.errors import ConfigError
from loomlab.notebook.notebook import NAME
from loomlab.security import Approval
from loomlab.security.approval import remembering


class Person:
    """Says yes to alice, and remembers it as told."""

    def __init__(self, remember: Any = None) -> None:
        self.asked: list[tuple[str | None, str]] = []
        self.remember = remember

    async def __call__(self, call: ToolCall, user: str | None) -> Approval:
        self.asked.append((user, call.tool))
        return Approval(allow=user == "alice", remember=self.remember)


@pytest.fixture
def asking(shell: Shell) -> Shell:
    """A notebook with a tool that pays, one that looks, and a model that calls both, in every run."""
    ran: list[str] = []

    @tool(destructive=True)
    async def pay(to: str) -> str:
        """Send money."""
        ran.append(to)
        return f"paid {to}"

    @tool
    async def look() -> str:
        """Look."""
        return "seen"

    calls = [ToolCall(tool="look", args={}), ToolCall(tool="pay", args={"to": "Carol"})]
    shell["script"] = ScriptedModel([ScriptedTurn(tool_calls=calls), ScriptedTurn(text="done")] * 9)
    shell["pay"], shell["look"], shell["ran"] = pay, look, ran
    shell.ok("%loom model=script tools=pay,look user=alice")
    return shell


def person(shell: Shell, remember: Any = None) -> Person:
    one = Person(remember)
    shell.ip.__dict__[NAME].approval = remembering(one)
    return one


def test_nobody_is_asked_unless_it_is_wanted(asking: Shell) -> None:
    one = person(asking)
    asking.ok("%%loom --user bob --quiet\ngo")
    assert asking["ran"] == ["Carol"] and one.asked == []


@pytest.mark.parametrize("how", ["option", "setting"])
def test_only_what_changes_things_is_asked_for_and_each_user_for_themselves(asking: Shell, how: str) -> None:
    one = person(asking)
    if how == "setting":
        asking.ok("%loom ask=on")
    flag = "--ask " if how == "option" else ""
    for user in ("alice", "bob"):
        asking.ok(f"%%loom {flag}--user {user} --quiet\ngo")
    assert one.asked == [("alice", "pay"), ("bob", "pay")] and asking["ran"] == ["Carol"]
    asking.ok("%loom ask=off")
    asking.ok("%%loom --user bob --quiet\ngo")
    assert asking["ran"] == ["Carol"] * 2


def test_what_was_allowed_for_good_holds_in_later_cells_until_the_notebook_is_reset(asking: Shell) -> None:
    one = person(asking, "always")
    asking.ok("%loom ask=on")
    for _ in range(3):
        asking.ok("%%loom --quiet\ngo")
    asking.ok("%%loom --user bob --quiet\ngo")
    assert one.asked == [("alice", "pay"), ("bob", "pay")] and len(asking["ran"]) == 3
    asking.ok("%loom reset")
    asking.ok("%%loom --quiet\ngo")
    assert len(asking["ran"]) == 3, "asked anew, and here nobody watches"


def test_a_yes_for_the_session_ends_with_it(asking: Shell) -> None:
    one = person(asking, "session")
    asking.ok("%loom ask=on")
    for option in ("", "", "--new ", ""):
        asking.ok(f"%%loom {option}--quiet\ngo")
    assert one.asked == [("alice", "pay")] * 2 and len(asking["ran"]) == 4


def test_where_nobody_watches_the_answer_is_no(asking: Shell) -> None:
    cell = asking.ok("%%loom --ask --out said\ngo")
    assert asking["ran"] == [] and "denied" in cell.text.lower()


def test_each_way_of_a_comparison_asks(asking: Shell) -> None:
    one = person(asking)
    asking.ok("%%loom --ask --quiet --arch react,self-refine --user bob\ngo")
    assert one.asked and {user for user, _ in one.asked} == {"bob"} and asking["ran"] == []


def test_an_agent_has_a_policy_of_its_own(asking: Shell) -> None:
    from loomlab import Agent

    asking["mine"] = Agent("x", model="echo")
    cell = asking.run("%%loom --agent mine --ask\ngo")
    assert "can't be given --ask" in cell.text


def test_it_is_on_or_off(asking: Shell) -> None:
    cell = asking.run("%loom ask=maybe")
    assert isinstance(cell.error, ConfigError) or "ask='maybe'" in cell.text
    assert "ask" in asking.ok("%loom").text and "--ask" in asking.ok("%loom help").text


def test_it_completes(asking: Shell) -> None:
    def offered(text: str) -> list[str]:
        with provisionalcompleter():
            found = list(asking.ip.Completer.completions(text, len(text)))
        return [text[: one.start] + one.text for one in found]

    assert offered("%%loom --as") == ["%%loom --ask"]
    assert sorted(offered("%loom ask=")) == ["%loom ask=off", "%loom ask=on"]
