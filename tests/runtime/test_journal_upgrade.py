"""A journal file of the earlier format opens: finished steps are replayed, with a backup and a word of it."""

import sqlite3
from pathlib import Path

import pytest

from loomlab import Agent, ScriptedModel
from loomlab.core.errors import ConfigError
from loomlab.core.upgrading import UpgradeNotice
from loomlab.runtime import JournaledRuntime, SqliteRuntime
from loomlab.runtime.journal.postgres import PostgresJournalStore

pytestmark = pytest.mark.anyio

FIXTURE = Path(__file__).parents[1] / "fixtures" / "journal_format_1.sql"
"""Of alice: the run "keep one" in the session desk, finished; "keep one more" in the session cut, cut off."""
RUN = "run_01M82YWA0RZDRMGJG8HBW6WRN6"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "journal.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(FIXTURE.read_text(encoding="utf-8"))
    connection.close()
    return path


def content(path: Path) -> bytes:
    return path.read_bytes()


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def agent(path: Path, done: list[str], *turns: str) -> tuple[Agent, SqliteRuntime]:
    def note(text: str) -> str:
        """Keep a note."""
        done.append(text)
        return f"kept {text}"

    runtime = SqliteRuntime(path)
    return Agent("x", model=ScriptedModel(turns), tools=[note], runtime=runtime), runtime


async def test_a_run_that_was_cut_off_goes_on_where_it_was(old: Path) -> None:
    before, done = content(old), list[str]()
    one, runtime = agent(old, done, "All kept now.")
    with pytest.warns(UpgradeNotice, match=r"the journal in SQLite .* was brought from format 1 to 2"):
        result = await one.resume("cut", "keep one more", user_id="alice")
    assert result.output == "All kept now."
    assert done == []  # the tool ran before the upgrade, and its outcome is in the journal
    await runtime.aclose()
    (backup,) = old.parent.glob("*.backup")
    assert content(backup) == before
    assert mode(backup) == mode(old)


async def test_users_stay_apart_and_new_runs_are_kept(old: Path) -> None:
    done: list[str] = []
    one, runtime = agent(old, done, "First.", "Second.")
    with pytest.warns(UpgradeNotice):
        assert (await one.run("hello", user_id="bob", session_id="cut")).output == "First."
    assert (await one.run("and now", user_id="bob", session_id="cut")).output == "Second."
    assert "model_call_2" in await runtime.steps(RUN)
    await runtime.aclose()


async def test_a_run_from_before_prompts_were_kept_can_not_be_forked_and_one_of_today_can(old: Path) -> None:
    one, runtime = agent(old, [], "First.", "Other.")
    with pytest.warns(UpgradeNotice), pytest.raises(ConfigError, match="from before journals kept prompts"):
        await one.fork(RUN, 1)
    result = await one.run("hello", user_id="alice", session_id="new")
    fork = await one.fork(result.run_id, 1)
    assert fork.result.output == "Other."
    await runtime.aclose()


async def test_tables_in_postgresql_from_before_prompts_were_kept_get_their_column(journal_dsn: str) -> None:
    store = await PostgresJournalStore.connect(journal_dsn, min_size=1, max_size=2)
    for statement in (
        "DROP TABLE IF EXISTS journal_epochs",
        "CREATE TABLE journal_epochs (session_id text NOT NULL, user_key text NOT NULL, epoch integer NOT NULL, "
        "digest text NOT NULL, origin text NOT NULL, done boolean NOT NULL, started_at double precision NOT NULL, "
        "PRIMARY KEY (session_id, user_key, epoch))",
        "INSERT INTO journal_epochs VALUES ('s', 'u:bob', 1, 'd', 'run_1', true, 1.0)",
    ):
        await store._run(lambda connection, sql=statement: connection.execute(sql))
    await store.init_schema()
    await store.init_schema()
    agent = Agent("x", model=ScriptedModel(["Done."]), runtime=JournaledRuntime(store))
    assert (await agent.run("hello", user_id="alice", session_id="upgraded")).output == "Done."
    question = "SELECT session_id, prompt FROM journal_epochs ORDER BY session_id"
    rows = await store._run(lambda connection: connection.fetch(question))
    assert [tuple(row) for row in rows] == [("s", '""'), ("upgraded", '"hello"')]
    await store._run(lambda connection: connection.execute("DELETE FROM journal_epochs"))
    await store.aclose()


def test_the_fixture_needs_it(old: Path) -> None:
    connection = sqlite3.connect(old)
    columns = [one[1] for one in connection.execute("PRAGMA table_info(journal_epochs)")]
    connection.close()
    assert "prompt" not in columns
