"""Every kind of event that is declared is sent by a run that has reason to."""

import pytest

from loomlab import (
    Agent,
    BudgetConfig,
    Event,
    EventKind,
    HookRegistry,
    ScriptedModel,
    ScriptedTurn,
    StandardBudget,
    StandardPermissions,
    ToolCall,
    Usage,
    Workflow,
    tool,
)


@tool(destructive=True)
def wipe(path: str) -> str:
    """Wipe a file."""
    return f"{path} is gone"


class _Broken:
    name = "broken"

    async def stream(self, messages, **options):  # type: ignore[no-untyped-def]
        raise RuntimeError("the wire is cut")
        yield


async def _approve(call: ToolCall, user_id: str | None) -> bool:
    return True


async def _kinds(agent: Agent | Workflow, prompt: str) -> set[EventKind]:
    seen: list[Event] = []

    async def emit(event: Event) -> None:
        seen.append(event)

    try:
        await agent.run(prompt, user_id="alice", emit=emit)
    except RuntimeError:
        assert seen[-1].kind in (EventKind.ERROR, EventKind.WORKFLOW_STEP_FAILED)
    return {event.kind for event in seen}


@pytest.mark.anyio
async def test_every_declared_kind_is_sent() -> None:
    call = ToolCall(tool="wipe", args={"path": "a.txt"})
    turns = [ScriptedTurn(tool_calls=[call], usage=Usage(input_tokens=85, output_tokens=1)), ScriptedTurn(text="Done.")]
    guarded = Agent(
        "Tidy.",
        model=ScriptedModel(turns),
        tools=[wipe],
        hooks=HookRegistry(),
        permissions=StandardPermissions(),
        approval_handler=_approve,
        budget=StandardBudget(BudgetConfig(max_tokens=100)),
    )
    broke = Agent("Tidy.", model="echo", budget=StandardBudget(BudgetConfig(max_tokens=1)))
    sent = await _kinds(guarded, "Tidy up") | await _kinds(Agent("Tidy.", model=_Broken()), "Tidy up")
    sent |= await _kinds(broke, "the first of two") | await _kinds(broke, "the second of two")
    sent |= await _kinds(Workflow.chain([Agent("Tidy.", model="echo")]), "Tidy up")
    sent |= await _kinds(Workflow.chain([Agent("Tidy.", model=_Broken())]), "Tidy up")
    assert sent == set(EventKind)
