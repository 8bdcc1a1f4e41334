"""A strategy by itself, without an agent of its own."""

from collections.abc import Mapping
from typing import Any, Unpack

from loomlab.agent.agent import Agent
from loomlab.core.protocols import Architecture
from loomlab.core.results import RunResult
from loomlab.team.options import AgentOptions


async def run_architecture(
    architecture: Architecture | str,
    prompt: str,
    *,
    instructions: str = "",
    user_id: str | None = None,
    session_id: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    **options: Unpack[AgentOptions],
) -> RunResult:
    """Run a strategy once, with what an ``Agent`` would give it; for trying and testing one by itself."""
    agent = Agent(instructions, architecture=architecture, **options)
    return await agent.run(prompt, user_id=user_id, session_id=session_id, metadata=metadata)
