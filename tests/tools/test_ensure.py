"""Everything that ``tools=`` takes."""

from typing import Any

import pytest

from loomlab.tools import InProcessToolHost, ensure_host, tool

pytestmark = pytest.mark.anyio


def f(a: int) -> int:
    return a


@tool
def g() -> None: ...


class Duck:
    async def list_tools(self, *, query: str | None = None) -> list[Any]:
        return []

    async def call(self, tool: str, args: Any, *, call_id: str = "") -> Any:
        return None


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (None, []),
        ([], []),
        (f, ["f"]),
        (g, ["g"]),
        ([f, g], ["f", "g"]),
        ((g,), ["g"]),
        (iter([f]), ["f"]),
    ],
)
async def test_each_form_becomes_a_host(given: Any, names: list[str]) -> None:
    host = ensure_host(given)
    assert [one.name for one in await host.list_tools()] == names


async def test_a_host_is_returned_as_it_is_by_its_two_methods() -> None:
    for host in (Duck(), InProcessToolHost([f])):
        assert ensure_host(host) is host


@pytest.mark.parametrize("given", [5, "search", {"f": f}, b"x", Duck, [f, "search"], [Duck()], [5], int])
async def test_anything_else_is_refused_naming_the_forms(given: Any) -> None:
    with pytest.raises(TypeError, match=r"a Tool, a function, a list of those, or a tool host"):
        ensure_host(given)
