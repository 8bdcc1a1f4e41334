"""``loomlab mcp serve``: an agent from a config as an MCP server."""

import os
import signal
import sys
from pathlib import Path

import anyio

from loomlab import mcp
from loomlab.agent import Agent
from loomlab.cli.running import trusted
from loomlab.core.errors import ConfigError


def run(
    path: Path,
    *,
    http: bool = False,
    host: str = "127.0.0.1",
    port: int = 8000,
    token_env: str | None = None,
    model: str | None = None,
    trust: bool = False,
) -> int:
    """Serve until the client goes, or Ctrl-C. 0: served; 2: it can't be."""
    loaded = trusted(path, trust)
    token = None
    if token_env is not None:
        token = os.environ.get(token_env)
        if not token:
            raise ConfigError(f"the environment variable {token_env} is empty; put the token of the server into it")
    # Over stdio nobody can be asked: what needs approval is denied, unless the config says who decides.
    agent = Agent.from_config(loaded, model=model)
    if not http:
        return anyio.run(_until_the_end, agent)
    print(f"{agent.name} at http://{host}:{port}/mcp; Ctrl-C ends it", file=sys.stderr, flush=True)
    anyio.run(_over_http, agent, host, port, token)
    return 0


async def _until_the_end(agent: Agent) -> int:
    async with anyio.create_task_group() as group:
        if os.name != "nt" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            group.start_soon(_stop_at_ctrl_c, group.cancel_scope)
        await mcp.serve_stdio(agent, name=agent.name)
        group.cancel_scope.cancel()
    return 0


async def _stop_at_ctrl_c(scope: anyio.CancelScope) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            scope.cancel()


async def _over_http(agent: Agent, host: str, port: int, token: str | None) -> None:
    await mcp.serve_http(agent, name=agent.name, host=host, port=port, token=token)
