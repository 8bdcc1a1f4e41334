"""What a run takes from memory and leaves there."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from loomlab.core.events import EventKind
from loomlab.core.ids import new_id
from loomlab.core.messages import utc_now
from loomlab.core.remembered import Episode, Fact
from loomlab.core.session import AgentSession
from loomlab.runtime.lanes import lane_of
from loomlab.runtime.reply import Recalled

if TYPE_CHECKING:
    from loomlab.runtime.run import Run

FACTS = 5
EPISODES = 3
HISTORY_MESSAGES = 20


async def recall(run: Run, session: AgentSession, query: str) -> Recalled:
    """Blocks, facts and other sessions' episodes that fit ``query``, and this session's conversation."""
    offset = run.timer.offset_ms("recall") if run.watched else 0.0
    began = perf_counter()
    lane = None if run.runtime is None else lane_of(run.runtime)
    if lane is None:
        recalled, why = await _gather(run, session, query)
    else:
        # A model that goes on after a crash must stand on what it was told before, not on what was learnt since.
        recalled, why = await lane.session.runtime.once(lane, lane.counted("recall"), _gather, (run, session, query))
        if lane.session.intent.history is not None and not lane.prefix:
            recalled.history = list(lane.session.intent.history)
    blocks, facts, episodes = recalled.blocks, recalled.facts, recalled.episodes
    if run.watched and (blocks or facts or episodes):
        await run.emit(
            EventKind.MEMORY_RECALL,
            {
                "query": query,
                "blocks": [one.name for one in blocks],
                "facts": [one.model_dump(mode="json") for one in facts],
                "episodes": [one.model_dump(mode="json", exclude={"embedding"}) for one in episodes],
                "why": {
                    key: why[key] for key in (*(one.id for one in facts), *(one.id for one in episodes)) if key in why
                },
                "duration_ms": run.timer.since_ms("recall", began),
                "offset_ms": offset,
            },
        )
    return recalled


async def _gather(run: Run, session: AgentSession, query: str) -> tuple[Recalled, dict[str, dict[str, float]]]:
    """What memory gives, and why."""
    memory, user = run.memory, run.context.user_id
    blocks = await memory.working(user_id=user)
    why: dict[str, dict[str, float]] = {}
    search = getattr(memory, "search", None)
    # More than wanted from this session would push others out, so ask for enough of both.
    if search is None:
        facts = await memory.recall_facts(query, limit=FACTS, valid_at=utc_now(), user_id=user)
        found = await memory.recall(query, limit=EPISODES * 2, user_id=user)
    else:
        # What merely comes first because nothing fits would mislead the model, a small one above all.
        known = [hit for hit in await search(query, limit=FACTS, kinds=("fact",), user_id=user) if hit.matched]
        told = [hit for hit in await search(query, limit=EPISODES * 2, user_id=user) if hit.matched]
        facts, found = [hit.item for hit in known], [hit.item for hit in told]
        if run.watched:
            why = {hit.item.id: {"score": hit.score, **hit.parts} for hit in (*known, *told)}
    episodes = [one for one in found if one.session_id != session.id][:EPISODES]
    history = await memory.session_messages(session.id, user_id=user, limit=HISTORY_MESSAGES)
    return Recalled(blocks, facts, episodes, history), why


async def remember(run: Run, session: AgentSession, prompt: str, output: str) -> None:
    """Store the exchange as an episode, as a journaled step on a durable runtime."""
    lane = None if run.runtime is None else lane_of(run.runtime)
    # One exchange a run: the episode bears the run's own ULID; of a resumed run, that of the first attempt.
    ulid = run.context.run_id.removeprefix("run_") or new_id() if lane is None else lane.own_ulid()
    episode = Episode(id=f"ep_{ulid}", session_id=session.id, user_id=run.context.user_id, input=prompt, output=output)
    offset = run.timer.offset_ms("remember") if run.watched else 0.0
    began = perf_counter()
    name = f"persist_episode_{session.turns}"
    known = lane is not None and await lane.session.knows(lane.prefix + name)
    if run.runtime is None:
        stored = await run.memory.remember(episode)
    else:
        stored = await run.runtime.step(name, run.memory.remember, episode)
    if run.watched:
        await run.emit(
            EventKind.MEMORY_WRITE,
            {
                "what": "episode",
                "id": stored,
                "duration_ms": run.timer.since_ms("remember", began),
                "offset_ms": offset,
                **({"replayed": True} if known else {}),
            },
        )


async def tell_facts(run: Run, facts: Sequence[Fact]) -> None:
    """Tell those who watch that facts went into memory."""
    for fact in facts:
        await run.emit(
            EventKind.MEMORY_WRITE,
            {
                "what": "fact",
                "id": fact.id,
                "fact": fact.model_dump(mode="json"),
                "offset_ms": run.timer.offset_ms(f"fact {fact.subject} {fact.predicate}"),
            },
        )
