"""A tool: a function a model may call, with the name, the purpose and the schema it is told."""

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, overload

import anyio
import anyio.to_thread

from loomlab.core import ConfigError, ToolDef
from loomlab.core.steps import idempotency_key
from loomlab.tools.docstring import read_docstring
from loomlab.tools.parameters import KEY, takes_key
from loomlab.tools.schema import Signature

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass
class Tool:
    """A function a model may call.

    ``input_schema`` is the JSON schema of the arguments; left out, it is read from the signature of ``fn``.
    ``destructive`` marks a tool that changes the world, so that policies may ask a person first. ``timeout`` is in
    seconds; a plain function that exceeds it goes on in its thread, and its result is dropped. A parameter called
    ``idempotency_key`` is no argument for the model: it gets a text that is the same when a durable run tries this very
    call again after a crash.

    Raises TypeError for a parameter whose type cannot be resolved or described to a model, and for generators.
    """

    name: str
    description: str
    fn: Callable[..., Any]
    input_schema: dict[str, Any] = field(default_factory=dict)
    destructive: bool = False
    timeout: float | None = None
    _signature: Signature = field(init=False, repr=False, compare=False)
    _is_async: bool = field(init=False, repr=False, compare=False)
    _takes_key: bool = field(init=False, repr=False, compare=False)
    _def: ToolDef | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        if not callable(self.fn):
            raise TypeError(f"tool {self.name!r}: {self.fn!r} is not a function")
        kind: Any = type(self.fn)
        runs = (self.fn, kind.__call__)  # the second is what runs where fn is an object with __call__
        if any(inspect.isgeneratorfunction(one) or inspect.isasyncgenfunction(one) for one in runs):
            raise TypeError(f"tool {self.name!r} is a generator; collect what it yields and return it in one piece")
        if self.timeout is not None and self.timeout <= 0:
            raise ConfigError(f"tool {self.name!r}: timeout is in seconds and above 0, not {self.timeout!r}")
        self._is_async = any(inspect.iscoroutinefunction(one) for one in runs)
        self._takes_key = takes_key(self.fn)
        self._signature = Signature(self.fn, self.name, read_docstring(self.fn)[1])
        if not self.input_schema:
            self.input_schema = self._signature.json_schema

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself, as plain Python: no validation, no gate."""
        return self.fn(*args, **kwargs)

    def __get__(self, instance: Any, owner: type | None = None) -> "Tool":
        """A tool made of a method belongs to the object it is read from, as methods do."""
        if instance is None or next(iter(inspect.signature(self.fn).parameters), None) != "self":
            return self
        return replace(self, fn=self.fn.__get__(instance, owner))

    def to_def(self) -> ToolDef:
        """What a model is told about the tool; the same object until a field changes."""
        known = self._def
        if (
            known is None
            or known.input_schema is not self.input_schema
            or (known.name, known.description, known.destructive) != (self.name, self.description, self.destructive)
        ):
            known = self._def = ToolDef.model_construct(
                name=self.name,
                description=self.description,
                input_schema=self.input_schema,
                server=None,
                destructive=self.destructive,
            )
        return known

    def bind(self, args: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """``args`` as the function takes them, validated and coerced: positional and keyword. Raises ArgumentError."""
        return self._signature.bind(args)

    async def execute(self, args: Mapping[str, Any]) -> Any:
        """Run the function with ``args``, validated and coerced to its annotations; a plain one runs in a thread.

        Raises ArgumentError when they do not fit, TimeoutError after ``timeout``, and what the function raises.
        """
        positional, keywords = self.bind(args)
        if self._takes_key:
            keywords[KEY] = idempotency_key()
        if self.timeout is None:
            return await self._run(positional, keywords)
        with anyio.move_on_after(self.timeout):
            return await self._run(positional, keywords)
        raise TimeoutError(f"no result within {self.timeout:g} s")

    async def _run(self, positional: list[Any], keywords: dict[str, Any]) -> Any:
        if self._is_async:
            return await self.fn(*positional, **keywords)
        # abandon_on_cancel: a stopped run must not wait for a slow function it can no longer use.
        result = await anyio.to_thread.run_sync(
            functools.partial(self.fn, *positional, **keywords), abandon_on_cancel=True
        )
        return await result if inspect.isawaitable(result) else result


@overload
def tool(fn: Callable[..., Any], /) -> Tool: ...
@overload
def tool(
    *, name: str | None = None, description: str | None = None, destructive: bool = False, timeout: float | None = None
) -> Callable[[Callable[..., Any]], Tool]: ...
def tool(
    fn: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    destructive: bool = False,
    timeout: float | None = None,
) -> Tool | Callable[[Callable[..., Any]], Tool]:
    """Make a tool of a function: ``@tool`` or ``@tool(name=…, description=…, destructive=…, timeout=…)``.

    The name is the function's, the description the first line of its docstring, the schema its annotations (resolved,
    so string annotations count too). Parameters are described by ``Annotated[T, "…"]`` or the docstring.
    Raises ConfigError for a name that providers refuse, TypeError for a type a model cannot be told about.
    """

    def make(function: Callable[..., Any]) -> Tool:
        if isinstance(function, Tool):
            function = function.fn
        return Tool(
            name=_checked(name or _name_of(function)),
            description=read_docstring(function)[0] if description is None else description,
            fn=function,
            destructive=destructive,
            timeout=timeout,
        )

    return make if fn is None else make(fn)


def _name_of(function: Any) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    return str(getattr(function, "__name__", type(function).__name__))


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} is no name for a tool: model providers take 1 to 64 letters, digits, '_' and '-'; "
            "give it one: tool(name=…)"
        )
    return name
