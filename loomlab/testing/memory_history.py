"""A random life of a memory, the same for every memory it is played to, and all that a memory says afterwards."""

import random
import warnings
from datetime import timedelta
from typing import Any

from loomlab.core.errors import IsolationWarning
from loomlab.core.remembered import Episode, Fact
from loomlab.testing.record_samples import INSTANTS

USERS: tuple[str | None, ...] = ("alice", "Alice", "alice ", None)
SESSIONS = ("s", "s ", "s'")
_SUBJECTS = ("alice", "bob", "the_café")
_PREDICATES = ("lives_in", "works_at", "likes")
_OBJECTS = ("Paris", "Lyon", "Paris ", "green tea", "a car; DROP TABLE")
_TEXTS = (
    "I moved from {o} to Lyon in March",
    "My sister likes {o}",
    "what do you know about {o}?",
    "Deploy the rocket at {o} tomorrow",
    "100% of {o}, they said: 'never'",
    "日本語で {o} について",
)
_QUERIES = ("where does alice live?", "Lyon", "green tea", "rocket", "", "%", "日本", "nothing like any of it")
_BLOCKS = ("human", "persona", "'; --")

Operation = tuple[str, dict[str, Any]]


def operations(seed: int, count: int) -> list[Operation]:
    """What happens: names of methods and what they are given. Times come from three instants, so that they meet."""
    pick = random.Random(seed)
    return [_operation(pick, number) for number in range(count)]


def _operation(pick: random.Random, number: int) -> Operation:
    user, chance = pick.choice(USERS), pick.random()
    if chance < 0.35:
        text = pick.choice(_TEXTS).format(o=pick.choice(_OBJECTS))
        id_ = f"ep_{number if pick.random() < 0.9 else pick.randrange(number + 1)}"
        session, at = pick.choice(SESSIONS), pick.choice(INSTANTS) + timedelta(minutes=pick.randrange(2))
        reply = pick.choice(["ok", "", "I see"])
        return "remember", {
            "episode": Episode(id=id_, user_id=user, session_id=session, occurred_at=at, input=text, output=reply)
        }
    if chance < 0.75:
        return "append_facts", {
            "facts": [_fact(pick, user, f"{number}.{at}") for at in range(pick.choice([1, 1, 1, 4]))]
        }
    if chance < 0.9:
        method = pick.choice(["update_block", "append_block"])
        return method, {"name": pick.choice(_BLOCKS), "content": f"{user} {number};", "user_id": user}
    only = pick.choice([*SESSIONS, None])
    before = pick.choice([*INSTANTS, None]) if pick.random() < 0.9 else None
    if only is None and before is None and pick.random() < 0.7:
        before = INSTANTS[1]
    return "forget", {"user_id": user, "session_id": only, "before": before}


def _fact(pick: random.Random, user: str | None, id_: str) -> Fact:
    start = pick.choice(INSTANTS)
    return Fact(
        id=f"fact_{id_}",
        user_id=user,
        subject=pick.choice(_SUBJECTS),
        predicate=pick.choice(_PREDICATES),
        object=pick.choice(_OBJECTS),
        confidence=pick.choice([0.5, 1.0]),
        valid_from=start,
        valid_until=start + timedelta(days=1) if pick.random() < 0.15 else None,
        recorded_at=pick.choice(INSTANTS),
        sources=[f"ep_{id_}"],
    )


async def play(memory: Any, what: Operation) -> Any:
    """Have one thing happen to a memory; its answer, where two memories must agree on it."""
    name, given = what
    if name == "append_facts":
        facts = given["facts"]
        return [await memory.facts.append(facts[0])] if len(facts) == 1 else await memory.facts.append_many(facts)
    return await getattr(memory, name)(**given)


async def answers(memory: Any) -> dict[str, Any]:
    """Everything that a memory says about every user of a history."""
    said: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IsolationWarning)
        for user in USERS:
            said |= {f"{user!r}: {what}": answer for what, answer in (await _about(memory, user)).items()}
        facts = await memory.facts.all_facts()
    said["all facts"] = sorted(fact.model_dump_json() for fact in facts)
    return said


async def _about(memory: Any, user: str | None) -> dict[str, Any]:
    said: dict[str, Any] = {}
    blocks = await memory.working(user_id=user)
    said["blocks"] = [(one.name, one.content, one.pinned_order) for one in blocks]
    export = await memory.export(user_id=user)
    said["episodes"] = [one.model_dump_json(exclude={"embedding"}) for one in export.episodes]
    said["facts"] = [one.model_dump_json() for one in export.facts]
    said["profile"] = (await memory.profile(user_id=user)).model_dump_json()
    for session in SESSIONS:
        messages = await memory.session_messages(session, user_id=user, limit=6)
        said[f"session {session}"] = [(one.role, one.content) for one in messages]
    for query in _QUERIES:
        said[f"recall {query}"] = [one.id for one in await memory.recall(query, limit=4, user_id=user)]
        ranged = await memory.recall(query, limit=4, user_id=user, time_range=(INSTANTS[0], INSTANTS[1]))
        said[f"recall {query} early"] = [one.id for one in ranged]
        for at in (None, *INSTANTS):
            found = await memory.recall_facts(query, limit=4, valid_at=at, user_id=user)
            said[f"recall facts {query} {at}"] = [one.id for one in found]
    for at in INSTANTS:
        for known in INSTANTS:
            found = await memory.facts_at(user_id=user, true_at=at, known_at=known)
            said[f"true {at} known {known}"] = [(one.id, one.valid_until) for one in found]
        held = await memory.facts.query(subject="alice", predicate="lives_in", valid_at=at, user_id=user, limit=99)
        said[f"alice lives in {at}"] = [one.id for one in held]
    return said
