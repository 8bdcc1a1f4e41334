"""Facts as rows."""

import sys
from datetime import UTC, datetime, timedelta

import pytest

from loomlab.core import ConfigError, Episode, Fact
from loomlab.memory import InMemoryMemory
from loomlab.memory.frame import COLUMNS, fact_rows

pytestmark = pytest.mark.anyio
T0 = datetime(2024, 1, 1, tzinfo=UTC)


def fact(object_: str, day: int = 0, recorded: int = 0, *, user: str = "alice", **more: object) -> Fact:
    return Fact(
        user_id=user,
        subject="she",
        predicate="lives in",
        object=object_,
        valid_from=T0 + timedelta(days=day),
        recorded_at=T0 + timedelta(days=recorded),
        **more,
    )


async def filled() -> InMemoryMemory:
    memory = InMemoryMemory()
    source = Episode(session_id="s", user_id="alice", input="I moved to Lyon", output="nice")
    await memory.remember(source)
    await memory.facts.append_many(
        [fact("Paris"), fact("Lyon", 5, 8, sources=[source.id, "ep_gone"]), fact("Oslo", user="bob")]
    )
    return memory


async def test_one_row_a_fact_with_its_state_and_the_words_it_came_from() -> None:
    frame = await (await filled()).frame(user_id="alice")
    assert list(frame.columns) == list(COLUMNS)
    assert list(frame["object"]) == ["Paris", "Lyon"]
    assert list(frame["state"]) == ["ended", "true"]
    assert list(frame["source_text"]) == ["", "I moved to Lyon"]
    assert frame["valid_until"][0].to_pydatetime() == T0 + timedelta(days=5)
    assert frame["valid_until"].isna().tolist() == [False, True]
    assert str(frame["recorded_at"].dt.tz) == "UTC"


async def test_both_times_can_be_asked_for() -> None:
    memory = await filled()
    day6 = T0 + timedelta(days=6)
    assert list((await memory.frame(user_id="alice", true_at=day6))["object"]) == ["Lyon"]
    then = await memory.frame(user_id="alice", true_at=day6, known_at=day6)
    assert list(then["object"]) == ["Paris"]
    assert list(then["state"]) == ["true"]
    rows = await fact_rows(memory, user_id="alice", known_at=day6)
    assert [(row["object"], row["valid_until"]) for row in rows] == [("Paris", None)]


async def test_states() -> None:
    memory = InMemoryMemory()
    await memory.facts.append_many([fact("Paris"), fact("Rome"), fact("Mars", 365 * 300)])
    assert [(row["object"], row["state"]) for row in await fact_rows(memory, user_id="alice")] == [
        ("Paris", "never"),  # corrected by Rome, from the same day on
        ("Rome", "true"),
        ("Mars", "future"),
    ]


async def test_an_empty_memory_is_an_empty_frame_with_all_columns() -> None:
    frame = await (await filled()).frame(user_id="carol")
    assert (len(frame), list(frame.columns)) == (0, list(COLUMNS))
    assert str(frame["valid_from"].dtype).startswith("datetime64")


async def test_without_pandas_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = await filled()
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ConfigError, match=r"needs the package pandas: pip install 'loomlab\[memory\]'"):
        await memory.frame(user_id="alice")
    assert len(await fact_rows(memory, user_id="alice")) == 2
