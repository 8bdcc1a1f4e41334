"""Many users on one agent at once: nothing mixes, and what is counted is what was used."""

import importlib
import sys
from pathlib import Path
from typing import Any

import anyio

import loomlab

EVALS = str(Path(__file__).parents[2] / "evals")
sys.path.insert(0, EVALS)
load: Any = importlib.import_module("load")
sys.path.remove(EVALS)


def test_many_users_on_one_agent_never_mix() -> None:
    found = load.load("loomlab", users=60, turns=3)
    assert found["isolation_violations"] == 0
    assert found["budget_mismatches"] == 0
    assert found["audit_entries_of_one_user"] == 2 * 3


def test_the_load_would_notice_one_users_words_in_the_prompt_of_another() -> None:
    mixed: list[str] = []
    agent = loomlab.Agent("You keep secrets.", model=load.model(loomlab, mixed))

    async def two_who_do_not_say_who_they_are() -> None:
        for user in (1, 2):
            await agent.run(f"Turn 0: remember secret-{user}.", session_id="shared")

    anyio.run(two_who_do_not_say_who_they_are)
    assert set(mixed) == {"1"}
