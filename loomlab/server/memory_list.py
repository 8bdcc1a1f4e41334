"""Which memories there are, and whose."""

from collections import Counter
from typing import Any

from loomlab.core.errors import LoomError
from loomlab.display.text import preview
from loomlab.inspector import census
from loomlab.server.memories import Memories
from loomlab.server.shapes_memory import MemoryInfo, MemoryList, MemoryUser

_USERS = 1_000
_EMPTY = 'Agent(…, memory="sqlite:memory.db")'


def memory_list(memories: Memories) -> MemoryList:
    """Every memory with its users, those of whom most is known first. One that is away is there with its problem."""
    names = memories.names()
    memories.let_go_of_others(names)
    found = [_info(memories, name, kind) for name, kind in names.items()]
    answer: MemoryList = {"memories": found}
    if not found:
        answer["empty"] = _EMPTY
    return answer


def _info(memories: Memories, name: str, kind: str) -> MemoryInfo:
    info: MemoryInfo = {"name": name, "kind": kind, "users": [], "more": 0, "problem": None}
    try:
        memory = memories.reading(name)
        users = _users(memories.ask(lambda: census(memory)))
    except (LoomError, ImportError) as error:
        info["problem"] = preview(str(error), 600)
        return info
    except Exception as error:  # a damaged file or a foreign package: the other memories are there all the same
        info["problem"] = preview(f"it can't be read ({type(error).__name__}: {error}); look at what is stored", 600)
        return info
    info["users"], info["more"] = users[:_USERS], max(0, len(users) - _USERS)
    return info


def _users(counted: list[tuple[str | None, str, int]]) -> list[MemoryUser]:
    counts: dict[str | None, Counter[str]] = {}
    for user, kind, count in counted:
        counts.setdefault(user, Counter())[kind] += count
    users: list[Any] = [
        {"user_id": user, "facts": one["fact"], "episodes": one["episode"]} for user, one in counts.items()
    ]
    return sorted(users, key=lambda one: (-(one["facts"] + one["episodes"]), one["user_id"] or ""))
