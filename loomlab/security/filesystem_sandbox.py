"""Tools that may name paths below some folders, and no others."""

import os
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import Any

import anyio.to_thread

from loomlab.core import ToolDef, ToolEvent, ToolHost, ToolResult
from loomlab.security.paths import Found, is_inside, looks_like_path, meanings, texts_in

_SHOWN = 120


class FilesystemSandbox:
    """Denies a call whose arguments name a path that is not inside one of ``roots``, symbolic links followed.

    With ``auto_detect`` an argument is taken for a path when it is called as paths are (``path``, ``src``,
    ``output_dir`` …) or has a slash, is a ``~`` or climbs with ``..``; in lists, in dicts (their keys too) and in texts
    that are JSON, however deep. ``path_args`` names the arguments that are paths, and then no other is looked at.
    A text is judged under everything that a program could make of it: with and without ``~``, ``$VARIABLES``,
    percent signs of URLs, ``file://``, backslashes, and in every unicode normal form; one meaning outside denies.
    Relative paths start from ``base``, the current folder unless given.

    It judges names, before and again after the call; what a tool does with them it can't see. A link that somebody else
    puts there in between, a hard link, and a path that the tool makes up itself are not caught here: where tools
    are not trusted, run them in a ``BubblewrapSandbox``. Raises ValueError for no roots.
    """

    def __init__(
        self,
        inner: ToolHost,
        *,
        roots: Iterable[str | os.PathLike[str]],
        path_args: Iterable[str] | None = None,
        auto_detect: bool = True,
        base: str | os.PathLike[str] | None = None,
    ) -> None:
        given = [roots] if isinstance(roots, (str, os.PathLike)) else list(roots)
        if not given:
            raise ValueError("FilesystemSandbox needs at least one folder in roots=; without one nothing may be named")
        self._inner = inner
        self._roots = tuple(Path(one).expanduser().resolve() for one in given)
        if isinstance(path_args, str):
            path_args = [path_args]
        self._path_args = None if path_args is None else frozenset(path_args)
        self._auto_detect = auto_detect
        self._base = None if base is None else Path(base).expanduser().resolve()

    @property
    def inner(self) -> ToolHost:
        """The host inside."""
        return self._inner

    @property
    def roots(self) -> list[Path]:
        """The folders in which paths must be, resolved."""
        return list(self._roots)

    async def list_tools(self, *, query: str | None = None) -> list[ToolDef]:
        """The tools of the host inside."""
        return await self._inner.list_tools(query=query)

    async def call(self, tool: str, args: Mapping[str, Any], *, call_id: str = "") -> ToolResult:
        """Run a tool of the host inside, or deny it, naming the argument."""
        why = await anyio.to_thread.run_sync(self._refusal, args)
        if why is not None:
            return ToolResult.denied_(call_id, why)
        result = await self._inner.call(tool, args, call_id=call_id)
        why = await anyio.to_thread.run_sync(self._refusal, args)
        if why is not None:
            return ToolResult.denied_(call_id, f"while the tool ran, a link was moved: {why}; its result is withheld")
        return result

    def watch(self) -> AsyncIterator[ToolEvent]:
        """Tools as they come and go in the host inside."""
        return self._inner.watch()

    def _refusal(self, args: Mapping[str, Any]) -> str | None:
        base = self._base or Path.cwd()
        for found in self._paths(args):
            if "\0" in found.text:
                return f"argument {found.where!r} holds a NUL or is nested too deep, which no path is"
            for meaning in meanings(found.text):
                if not is_inside(meaning, base, self._roots):
                    shown = found.text if len(found.text) <= _SHOWN else f"{found.text[:_SHOWN]}…"
                    allowed = ", ".join(map(str, self._roots))
                    return f"argument {found.where!r}: {shown!r} is outside of what tools may touch: {allowed}"
        return None

    def _paths(self, args: Mapping[str, Any]) -> Iterable[Found]:
        if self._path_args is not None:
            for name, value in _called(dict(args), self._path_args):
                yield from texts_in(value, name, named=True)
        elif self._auto_detect:
            for found in texts_in(dict(args)):
                if found.named or looks_like_path(found.text):
                    yield found

    def __repr__(self) -> str:
        return f"FilesystemSandbox({self._inner!r}, roots={[str(one) for one in self._roots]})"


def _called(value: Any, names: frozenset[str], where: str = "", depth: int = 0) -> Iterable[tuple[str, Any]]:
    """The values under one of ``names``, however deep."""
    if isinstance(value, dict) and depth < 40:
        for key, item in value.items():
            inside = f"{where}.{key}" if where else str(key)
            if key in names:
                yield inside, item
            else:
                yield from _called(item, names, inside, depth + 1)
    elif isinstance(value, (list, tuple)) and depth < 40:
        for index, item in enumerate(value):
            yield from _called(item, names, f"{where}[{index}]", depth + 1)
