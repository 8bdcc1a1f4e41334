"""Clients and event loops."""

import subprocess
import sys
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from loomlab.model.clients import LoopClients, close, without_retries
from loomlab.testing.wire import OpenAIWire


class Client:
    """Counts its closings."""

    def __init__(self) -> None:
        self.closed = 0

    async def close(self) -> None:
        self.closed += 1


def test_a_client_is_made_at_once_and_used_by_the_first_loop() -> None:
    made: list[Client] = []

    def make() -> Client:
        made.append(Client())
        return made[-1]

    clients = LoopClients(make)
    assert len(made) == 1

    async def use() -> Any:
        assert clients.get() is clients.get()
        return clients.get()

    assert anyio.run(use) is made[0]
    assert anyio.run(use) is made[1]
    assert len(made) == 2


def test_closing_closes_this_loops_client_and_the_next_use_makes_another() -> None:
    clients = LoopClients(Client)

    async def use() -> None:
        first = clients.get()
        await clients.aclose()
        assert first.closed == 1
        assert clients.get() is not first
        await clients.aclose()
        await clients.aclose()

    anyio.run(use)


def test_a_given_client_is_used_everywhere_and_never_closed() -> None:
    given = Client()
    clients = LoopClients(Client, given=given)

    async def use() -> None:
        assert clients.get() is given
        await clients.aclose()

    anyio.run(use)
    anyio.run(use)
    assert given.closed == 0


def test_two_models_on_one_loop_do_not_share_a_client() -> None:
    one, two = LoopClients(Client), LoopClients(Client)

    async def use() -> None:
        assert one.get() is not two.get()

    anyio.run(use)


def test_only_a_client_that_has_options_is_asked_for_them() -> None:
    class Sdk:
        def with_options(self, **options: Any) -> Any:
            return options

    assert without_retries(Sdk()) == {"max_retries": 0}
    plain = Client()
    assert without_retries(plain) is plain


@pytest.mark.anyio
async def test_closing_works_while_being_cancelled_and_never_raises() -> None:
    class Stubborn:
        closed = False

        async def aclose(self) -> None:
            await anyio.lowlevel.checkpoint()
            self.closed = True
            raise RuntimeError("too late")

    stubborn = Stubborn()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await close(stubborn)
    assert stubborn.closed
    await close(object())


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_script_may_call_run_again_and_again_with_the_same_model(backend: str) -> None:
    code = (
        "import anyio, sys\n"
        "from loomlab.core import Message\nfrom loomlab.model import OpenAIModel\n"
        "model = OpenAIModel(api_key='k', base_url=sys.argv[1])\n"
        "async def ask(): return (await model.complete([Message(role='user', content='hi')]))[0]\n"
        "print([anyio.run(ask, backend=sys.argv[2]) for _ in range(3)])"
    )
    with OpenAIWire(["a", "b", "c"]) as wire:
        out = subprocess.run(
            [sys.executable, "-c", code, wire.base_url, backend], capture_output=True, text=True, check=False
        )
    assert out.stdout.strip() == "['a', 'b', 'c']", out.stderr
