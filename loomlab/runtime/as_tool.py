"""Anything that runs (an agent, a workflow) as a tool that a model may call."""

import inspect
from collections.abc import Callable
from typing import Any

from loomlab.core.errors import ConfigError, ToolError
from loomlab.tools import Tool
from loomlab.tools.tool import tool


def runnable_tool(
    thing: Any, name: str, description: str, input_arg: str, scope: Callable[[], dict[str, Any]] = dict
) -> Tool:
    """One required text in, the output of ``thing.run`` out; ``scope`` says for whom, at the time of the call.

    Raises ConfigError for an ``input_arg`` that is no name; the tool raises ToolError where a run was interrupted.
    """
    if not input_arg.isidentifier():
        raise ConfigError(f"input_arg is the name of the tool's argument, and {input_arg!r} cannot be one")

    async def call(**given: str) -> Any:
        result = await thing.run(given[input_arg], **scope())
        if result.interrupted:
            raise ToolError(f"{name} did not finish: {result.interruption_reason}; so far: {result.output}")
        return result.output

    takes: Any = call
    takes.__signature__ = inspect.Signature(
        [inspect.Parameter(input_arg, inspect.Parameter.KEYWORD_ONLY, annotation=str)]
    )
    return tool(name=name, description=description)(takes)
