"""One run has another agent do a part: for the same user, in a session of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from loomlab.core.results import RunResult
from loomlab.core.session import AgentSession
from loomlab.runtime.offered import Offered, OfferedTool

if TYPE_CHECKING:
    from loomlab.runtime.run import Run


async def delegate(
    run: Run,
    session: AgentSession,
    agent: Any,
    prompt: str,
    suffix: str,
    offering: Sequence[OfferedTool],
    options: dict[str, Any],
) -> RunResult:
    """Run ``agent`` for ``run``. Where a run uses a suffix again, it is counted: each time is a fresh session."""
    times = run.suffixes[suffix] = run.suffixes.get(suffix, 0) + 1
    counted = suffix if times == 1 else f"{suffix}_{times}"
    if offering:
        options["extra_tools"] = Offered(offering)
    result: RunResult = await agent.run(
        prompt,
        user_id=run.context.user_id,
        session_id=f"{session.id}__{counted}",
        metadata=run.context.metadata,
        **options,
    )
    return result
