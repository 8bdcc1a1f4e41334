"""What a world is: a state, and actions on it that are the same every time."""

import copy
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from pydantic import validate_call

from loomlab.core.messages import ToolCall
from loomlab.tools import Tool, tool


class World:
    """A state of plain JSON data, copied from what it is given, and ``actions``: names of methods that act on it.

    An action is a method with types and a docstring, which become its tool; it returns what the model is told, and
    raises ``ValueError`` for what can't be done. It may depend on nothing but the state and its arguments: what a run
    left behind is found again by doing its calls once more.
    """

    actions: ClassVar[tuple[str, ...]] = ()

    def __init__(self, state: Mapping[str, Any]) -> None:
        self.state: dict[str, Any] = copy.deepcopy(dict(state))
        self.lock = threading.Lock()


def world_tools(world: World) -> list[Tool]:
    """The world's actions as tools; calls made at the same time take turns."""
    return [_tool(world, name) for name in world.actions]


def replay(world: World, calls: Iterable[ToolCall]) -> dict[str, Any]:
    """Do the calls in order and return the state they leave. What is no action, or can't be done, changes nothing."""
    tools = {one.name: one for one in world_tools(world)}
    for call in calls:
        if call.error is None and call.tool in tools:
            with suppress(Exception):  # as in the run: the model was told, and the world stayed as it was
                tools[call.tool].fn(**call.args)
    return world.state


def _tool(world: World, name: str) -> Tool:
    method: Callable[..., Any] = getattr(world, name)
    described = tool(method)
    checked = validate_call(method)  # arguments are read the same way in the run and when it is done again

    def act(**arguments: Any) -> Any:
        with world.lock:
            before = copy.deepcopy(world.state)
            try:
                return checked(**arguments)
            except Exception:  # whatever it was: a step that failed half-way leaves the world as it was
                world.state = before
                raise

    return Tool(name, described.description, act, described.input_schema)
