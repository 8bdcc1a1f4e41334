"""The events of a workflow's run, told by hand: every kind of step there is, with times that never change."""

from datetime import UTC, datetime, timedelta
from typing import Any

from loomlab.core import Event, EventKind, ModelChunk, Usage
from loomlab.core.events import EventKind as Kind

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


class Told:
    """Events as they come."""

    def __init__(self, *, run_id: str = "wf", user_id: str | None = "alice", text: str | None = None) -> None:
        self.events: list[Event] = []
        self.run_id = run_id
        self.user_id = user_id
        self.evil = text

    def say(self, plain: str) -> str:
        """What somebody wrote: the plain words, or, to try the faces, the text that stands for all of them."""
        return plain if self.evil is None else self.evil

    def add(self, kind: Kind, run_id: str = "", parent: str | None = None, **payload: Any) -> None:
        at = NOON + timedelta(milliseconds=len(self.events))
        owner = run_id or self.run_id
        self.events.append(Event(kind, "s1", at, payload, run_id=owner, parent_run_id=parent))

    def step(self, node: str, at: float, ms: float, output: Any, **more: Any) -> None:
        self.begin(node, at, **{key: more.pop(key) for key in ("visit", "way") if key in more})
        self.end(node, ms, output, **more)

    def begin(self, node: str, at: float, **more: Any) -> None:
        told = {"workflow": "letters", "node": self.say(node), "visit": 1, "offset_ms": at, **more}
        self.add(EventKind.WORKFLOW_STEP_STARTED, **told)

    def end(self, node: str, ms: float, output: Any, **more: Any) -> None:
        told = {"workflow": "letters", "node": self.say(node), "visit": 1, "output": output, "duration_ms": ms, **more}
        self.add(EventKind.WORKFLOW_STEP_COMPLETED, **told)

    def agent(self, name: str, node: str, at: float, ms: float, asked: str, answer: str, *, parent: str = "") -> None:
        run_id, above = f"{name}-{len(self.events)}", parent or self.run_id
        call = {
            "role": "agent", "turn": 1, "model": "scripted", "input_tokens": 40, "output_tokens": 12,
            "cost_usd": 0.0004, "offset_ms": at + 1, "latency_ms": ms - 2, "finish_reason": "stop",
        }  # fmt: skip
        opening = {"prompt": asked, "agent": name, "architecture": "react", "model": "scripted", "offset_ms": at}
        self.add(EventKind.STARTED, run_id, above, **opening, user_id=self.user_id, node=self.say(node))
        chunk = ModelChunk(kind="text", text=answer).model_dump(mode="json")
        self.add(EventKind.MODEL_CHUNK, run_id, above, chunk=chunk, role="agent", turn=1)
        usage = Usage(input_tokens=40, output_tokens=12, cost_usd=0.0004)
        finish = ModelChunk(kind="finish", finish_reason="stop", usage=usage).model_dump(mode="json")
        self.add(EventKind.MODEL_CHUNK, run_id, above, chunk=finish, role="agent", turn=1, call=call)
        result = {"output": answer, "turns": 1, "tokens_in": 40, "tokens_out": 12, "cost_usd": 0.0004, "agent": name}
        self.add(EventKind.COMPLETED, run_id, above, result={**result, "duration_ms": ms, "ended": "answered"})

    def branch(self, node: str, name: str, at: float | None = None, **done: Any) -> None:
        what = "started" if at is not None else "failed" if "error" in done else "completed"
        told = {"name": f"workflow.branch_{what}", "node": self.say(node), "branch": self.say(name), **done}
        self.add(EventKind.ARCHITECTURE_EVENT, **told, **({} if at is None else {"offset_ms": at}))

    def start(self, given: Any) -> None:
        told = {"workflow": self.say("letters"), "input": given, "user_id": self.user_id, "offset_ms": 0.0}
        self.add(EventKind.WORKFLOW_STARTED, **told)

    def finish(self, output: str, ms: float, **more: Any) -> None:
        result = {
            "output": output, "parsed": None, "turns": 3, "tokens_in": 120, "tokens_out": 36, "cost_usd": 0.0012,
            "duration_ms": ms, "agent": self.say("letters"), "architecture": "workflow", "ended": "answered", **more,
        }  # fmt: skip
        self.add(EventKind.WORKFLOW_COMPLETED, workflow=self.say("letters"), output=output, result=result)


FIGURES = {"turns": 1, "tokens_in": 40, "tokens_out": 12, "cost_usd": 0.0004}


def sample_workflow(*, ending: str = "answered", text: str | None = None) -> list[Event]:
    """A draft, two branches at once, a loop of two visits, and an ending: answered, error, budget or running."""
    told = Told(text=text)
    say = told.say
    told.start(say("Thank Bob for the boat."))
    told.begin("draft", 1)
    told.agent(say("writer"), "draft", 2, 400, say("Thank Bob for the boat."), say("Dear Bob, thank you."))
    told.end("draft", 401, say("Dear Bob, thank you."), **FIGURES)
    told.begin("fan_out", 402)
    told.branch("fan_out", "polish", 403)
    told.branch("fan_out", "count", 404)
    told.agent(say("editor"), "fan_out.polish", 405, 300, say("Dear Bob, thank you."), say("Dearest Bob, thanks!"))
    told.branch("fan_out", "count", output=20, duration_ms=0.4)
    told.branch("fan_out", "polish", output=say("Dearest Bob, thanks!"), duration_ms=301, **FIGURES)
    told.end("fan_out", 303, [say("Dearest Bob, thanks!"), 20], **FIGURES)
    told.step("right", 706, 2, say("on the right"), way=[1])
    told.step("left", 706, 3, say("on the left"), way=[0])
    told.step("check", 710, 1.5, False)
    if ending == "error":
        told.begin("check", 712, visit=2)
        told.add(
            EventKind.WORKFLOW_STEP_FAILED, workflow="letters", node=say("check"), visit=2, duration_ms=1.0,
            error=say("no such letter"), type="KeyError",
        )  # fmt: skip
        told.add(EventKind.ERROR, type="KeyError", message=say("no such letter"))
        return told.events
    told.begin("check", 712, visit=2)
    if ending == "running":
        return told.events
    told.agent(say("judge"), "check", 713, 200, say("Is it good?"), say("yes"))
    stopped = {"interrupted": say("budget:max_tokens")} if ending == "budget" else {}
    told.end("check", 201, say("yes"), visit=2, **FIGURES, **stopped)
    if ending == "budget":
        told.finish(say("yes"), 915, interrupted=True, interruption_reason="check:budget:max_tokens", ended="budget")
    else:
        told.finish(say("Dearest Bob, thanks!"), 915)
    return told.events
