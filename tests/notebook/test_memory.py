"""``%loom memory``: what it opens, for whom, and what a person can do in it, without a front end."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from ipython_shell import Shell

from loomlab import Agent, EchoModel, Episode, Fact, InMemoryMemory
from loomlab.core import ConfigError, MemoryBlock, MemoryExport, MemoryProfile, Message
from loomlab.inspector import Inspector
from loomlab.notebook.bridge import answer
from loomlab.notebook.memory_desk import MemoryDesk
from loomlab.notebook.screen import Screen
from loomlab.runlog import RunLog

pytest.importorskip("duckdb")


def day(month: int, number: int) -> datetime:
    return datetime(2026, month, number, tzinfo=UTC)


async def fill(memory: InMemoryMemory, user: str, town: str = "Lyon") -> InMemoryMemory:
    """The user moved from Paris, and never worked at Acme."""
    talks = [(1, 3, f"I am {user}, I live in Paris."), (4, 9, f"I moved to {town}."), (7, 2, "It is Acme Labs.")]
    for number, (month, date, text) in enumerate(talks):
        episode = Episode(
            id=f"{user}{number}", session_id=f"{user}-{number}", user_id=user, occurred_at=day(month, date), input=text,
            output="Noted.",
        )  # fmt: skip
        await memory.remember(episode)
    claims = [
        ("lives_in", "Paris", day(1, 1), day(1, 3), f"{user}0"),
        ("works_at", "Acme", day(2, 1), day(2, 4), f"{user}0"),
        ("lives_in", town, day(3, 1), day(4, 9), f"{user}1"),
        ("works_at", "Acme Labs", day(2, 1), day(7, 2), f"{user}2"),
    ]
    for predicate, object_, since, learned, source in claims:
        fact = Fact(
            user_id=user, subject=user, predicate=predicate, object=object_, valid_from=since, recorded_at=learned,
            sources=[source],
        )  # fmt: skip
        await memory.facts.append(fact)
    await memory.update_block("persona", f"{user} likes short answers.", user_id=user)
    return memory


async def two_users() -> InMemoryMemory:
    return await fill(await fill(InMemoryMemory(), "alice"), "bob", "Oslo")


@pytest.fixture
def filled(echo: Shell) -> Shell:
    """A notebook whose memory knows alice and bob."""
    notebook: Any = echo.ip.__dict__["_loomlab_notebook"]
    notebook.memory = answer(two_users)
    return echo


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MemoryDesk:
    """The inspector of alice's memory, on no screen."""
    monkeypatch.chdir(tmp_path)
    log = RunLog.open(tmp_path / "log")
    inspector = Inspector(answer(two_users), "alice", ask=answer, log=lambda: log)
    inspector.load()
    one = MemoryDesk(inspector, Screen(None))
    one.state()
    return one


def face(cell: Any) -> str:
    return str(cell.outputs[0]["text/plain"])


def test_it_opens_the_memory_of_the_user_that_is_named_or_of_the_notebooks(filled: Shell) -> None:
    for line in ("%loom memory alice", "%loom memory"):
        text = face(filled.ok(line))
        assert text.startswith("memory of alice · 3 conversations · 2 facts now true · 1 ended · 1 corrected · 1 block")
        assert "Oslo" not in text
    assert "Oslo" in face(filled.ok("%loom memory bob"))
    assert "Lyon" not in face(filled.ok("%loom memory bob"))


def test_what_was_known_then_about_then(filled: Shell) -> None:
    text = face(filled.ok("%loom memory alice --true-at 2026-03-15 --known-at '2026-03-20 12:00'"))
    assert "What was true at 15 Mar 2026, as known at 20 Mar 2026." in text
    assert "✓ true  alice lives_in Paris" in text
    assert "Lyon" not in text
    filled["then"] = day(1, 5)
    assert "What was true at 5 Jan 2026." in face(filled.ok("%loom memory alice --true-at {then}"))


def test_a_question_is_explained(filled: Shell) -> None:
    text = face(filled.ok("%loom memory alice --search 'where lives alice'"))
    assert "“where lives alice”" in text
    assert "alice lives_in Lyon" in text
    assert "it ended on 2026-03-01" in text


def test_the_memory_of_an_agent_of_ones_own(filled: Shell) -> None:
    memory = answer(lambda: fill(InMemoryMemory(), "carol", "Rome"))
    filled["mine"] = Agent("Help.", model=EchoModel(), memory=memory)
    assert "Rome" in face(filled.ok("%loom memory carol --agent mine"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%loom memory alcie", "did you mean 'alice'"),
        ("%loom memory alice --serch x", "--search"),
        ("%loom memory alice --agent nobody", "no agent 'nobody'"),
        ("%loom memory alice --true-at yesterday", "--true-at 2026-06-20"),
        ("%loom memory alice bob", "takes options only"),
    ],
)
def test_a_slip_is_one_sentence_with_the_nearest(filled: Shell, line: str, said: str) -> None:
    error = filled.run(line).error
    assert isinstance(error, ConfigError)
    assert said in str(error)


def test_a_memory_that_knows_nobody_says_what_to_type(echo: Shell) -> None:
    assert "Nothing is remembered of alice yet." in face(echo.ok("%loom memory"))


def test_what_a_run_left_is_of_this_session_and_reads_the_same_every_time(echo: Shell) -> None:
    echo.ok("%%loom\nI moved to Lyon.")
    text = face(echo.ok("%loom memory alice"))
    assert text.startswith("memory of alice · 1 conversation")
    assert "last seen this session" in text
    assert "202" not in text


def test_assigned_it_shows_nothing_and_later_it_does(filled: Shell) -> None:
    assert filled.ok("inspector = %loom memory alice").outputs == []
    assert "Lyon" in face(filled.ok("inspector"))


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("%loom memory ", ["alice", "bob", "--search"]),
        ("%loom memory b", ["bob"]),
        ("%loom memory alice --k", ["--known-at"]),
        ("%loom memory alice --agent ", ["mine"]),
        ("%loom mem", ["memory"]),
    ],
)
def test_tab_completes_users_options_and_agents(filled: Shell, typed: str, offered: list[str]) -> None:
    filled["mine"] = Agent("Help.", model=EchoModel())
    with provisionalcompleter():
        found = {one.text for one in filled.ip.Completer.completions(typed, len(typed))}
    assert set(offered) <= found


def test_show_opens_a_memory_too(filled: Shell) -> None:
    filled.ok("from loomlab.notebook import show\nnb = get_ipython().__dict__['_loomlab_notebook']")
    assert "Oslo" in face(filled.ok("show(nb.memory, user_id='bob')"))


def test_answers_of_a_memory_are_shown_at_the_end_of_a_cell(filled: Shell) -> None:
    filled.ok("nb = get_ipython().__dict__['_loomlab_notebook']")
    assert "alice · 3 episodes · 4 facts" in filled.ok("await nb.memory.profile(user_id='alice')").text
    assert "alice · 3 episodes · 4 facts" in filled.ok("await nb.memory.export(user_id='alice')").text
    assert "candidates recalled" in filled.ok("await nb.memory.explain('Lyon', user_id='alice')").text
    assert "'bob works at Acme' is not in what the user said" in filled.ok("await nb.memory.audit(user_id='bob')").text
    assert "✓ erased 3 episodes" in filled.ok("await nb.memory.forget(user_id='bob', receipt=True)").text


# --- what a person does in it


def test_a_slider_moves_and_the_facts_change(desk: MemoryDesk) -> None:
    stops = desk.state()["known_stops"]
    assert stops == ["3 Jan 2026", "4 Feb 2026", "9 Apr 2026", "2 Jul 2026", "now"]
    changed = desk.answer({"type": "look", "true": 99, "known": 1, "seq": 7})
    assert changed["answered"] == 7
    assert "Paris" in changed["parts"]["facts"]
    assert "Lyon" not in changed["parts"]["facts"]
    assert changed["sentence"] == "True now, as known at 4 Feb 2026: lives_in Paris; works_at Acme."
    assert "Lyon" in desk.answer({"type": "look", "true": 99, "known": 4})["parts"]["facts"]


def test_two_instants_are_compared_and_a_correction_is_no_change(desk: MemoryDesk) -> None:
    html = desk.answer({"type": "compare", "before": 1, "after": 4})["compared"]
    assert "→ moved on" in html
    assert "✎ corrected" in html
    assert "<del>Acme</del>" in html
    assert "+ new" in desk.answer({"type": "compare", "before": -1, "after": 0})["compared"]
    assert "Nothing changed" in desk.answer({"type": "compare", "before": 3, "after": 4})["compared"]


def test_nothing_is_erased_that_was_not_planned(desk: MemoryDesk) -> None:
    assert "nothing was planned" in desk.answer({"type": "forget"})["notice"]
    assert len(desk.inspector.base.facts) == 4
    desk.answer({"type": "plan"})
    assert desk.answer({"type": "forget"})["ready"] == ""
    assert "nothing was planned" in desk.answer({"type": "forget"})["notice"], "a plan is good for once"


def test_forgetting_takes_two_steps_and_leaves_a_receipt(desk: MemoryDesk) -> None:
    shown = desk.answer({"type": "search", "query": "Lyon"}) | desk.answer({"type": "compare", "before": 0, "after": 4})
    planned = desk.answer({"type": "plan"})
    assert planned["ready"] == "forget"
    assert "3 episodes, 4 facts and 1 block of alice (everything)" in planned["notice"]
    done = desk.answer({"type": "forget"})
    assert "✓ erased 3 episodes" in done["notice"]
    assert "outputs saved in notebooks" in done["notice"]
    assert done["true_stops"] == ["now"]
    assert "Lyon" in str(shown)
    assert "Lyon" not in desk.face.html + str(shown | planned | done), "nor anywhere on the screen"
    memory = desk.inspector._memory
    assert answer(lambda: memory.export(user_id="bob")).facts


def test_one_conversation_or_what_is_old_can_be_erased(desk: MemoryDesk) -> None:
    planned = desk.answer({"type": "plan", "talk": "2"})
    assert "1 episode of alice (conversation 2)" in planned["notice"]
    assert "Facts that were read from it stay (1)" in planned["notice"]
    planned = desk.answer({"type": "plan", "before": 2})
    assert "1 episode and 2 facts of alice (everything before 2026-04-09" in planned["notice"]
    desk.answer({"type": "forget"})
    assert [fact.object for fact in desk.inspector.base.facts] == ["Lyon", "Acme Labs"]
    assert "choose an instant" in desk.answer({"type": "plan", "before": 99})["notice"]


def test_after_forgetting_the_run_log_is_offered_to_be_scrubbed(desk: MemoryDesk) -> None:
    from loomlab.testing.events import sample_run

    log = desk.inspector._log()
    assert log is not None
    for user in ("alice", "bob"):
        for event in sample_run(run_id=f"run_{user}", user_id=user, prompt=f"words of {user}"):
            log.on_event(event)
    desk.answer({"type": "plan"})
    done = desk.answer({"type": "forget"})
    assert "the run log: " in done["notice"]
    assert done["ready"] == "scrub"
    assert "of the run log" in desk.answer({"type": "scrub"})["notice"]
    assert list(log.runs(user_id="bob")["prompt"]) == ["words of bob"]
    assert log.runs(run_id="run_alice")["prompt"].isna().all()
    assert desk.inspector.logged() == 0


def test_an_export_is_a_new_private_file_of_this_user(desk: MemoryDesk, tmp_path: Path) -> None:
    assert "no file was planned" in desk.answer({"type": "export"})["notice"]
    (tmp_path / "memory-alice.json").write_text("mine", encoding="utf-8")
    planned = desk.answer({"type": "export_plan"})
    assert "3 episodes and 4 facts of alice into memory-alice-2.json" in planned["notice"]
    assert "written to memory-alice-2.json" in desk.answer({"type": "export"})["notice"]
    path = tmp_path / "memory-alice-2.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    assert {fact["user_id"] for fact in data["facts"]} == {"alice"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (tmp_path / "memory-alice.json").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("user", ["../../etc/passwd", "a/b", "", "ü" * 300, "\x00\n"])
def test_a_file_is_named_after_any_user_and_stays_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: str
) -> None:
    monkeypatch.chdir(tmp_path)
    inspector = Inspector(answer(lambda: fill(InMemoryMemory(), user)), user, ask=answer)
    inspector.load()
    inspector.plan_export()
    assert inspector.export().resolve().parent == tmp_path


def test_what_goes_wrong_is_shown_and_the_next_press_works(desk: MemoryDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(desk.inspector, "search", lambda query: 1 / 0)
        changed = desk.answer({"type": "search", "query": "<script>", "seq": 3})
    assert "ZeroDivisionError" in changed["notice"]
    assert changed["answered"] == 3
    assert "Lyon" in desk.answer({"type": "search", "query": "Lyon"})["answer"]
    assert desk.answer({"type": "nonsense"})["answered"] == -1
    assert "Type a question" in desk.answer({"type": "search", "query": " "})["answer"]


class Plain:
    """A memory of one's own: the protocol and no more."""

    def __init__(self, inner: InMemoryMemory) -> None:
        self._inner = inner

    async def working(self, *, user_id: str | None = None) -> list[MemoryBlock]:
        return await self._inner.working(user_id=user_id)

    async def update_block(self, name: str, content: str, *, user_id: str | None = None) -> None: ...
    async def append_block(self, name: str, content: str, *, user_id: str | None = None) -> None: ...
    async def consolidate(self) -> None: ...
    async def remember(self, episode: Episode) -> str:
        return await self._inner.remember(episode)

    async def recall(self, query: str, **options: Any) -> list[Episode]:
        return await self._inner.recall(query, **options)

    async def recall_facts(self, query: str, **options: Any) -> list[Fact]:
        return await self._inner.recall_facts(query, **options)

    async def session_messages(self, session_id: str, **options: Any) -> list[Message]:
        return await self._inner.session_messages(session_id, **options)

    async def profile(self, *, user_id: str | None = None) -> MemoryProfile:
        return await self._inner.profile(user_id=user_id)

    async def forget(self, **options: Any) -> int:
        return int(await self._inner.forget(**options))

    async def export(self, *, user_id: str | None = None) -> MemoryExport:
        return await self._inner.export(user_id=user_id)


def test_a_memory_that_is_not_ours_is_looked_into_as_far_as_it_goes() -> None:
    inspector = Inspector(Plain(answer(two_users)), "alice", ask=answer)
    inspector.load()
    desk = MemoryDesk(inspector, Screen(None))
    desk.state()
    assert "memory of alice · 3 conversations" in desk.face.text
    assert "Plain can’t be audited" in desk.face.text
    assert "not recalled" in desk.answer({"type": "search", "query": "Paris lives"})["answer"]
    assert "can’t say what was known when" in desk.answer({"type": "compare", "before": 0, "after": 1})["compared"]
    desk.answer({"type": "plan"})
    assert "✓ erased 8 items of alice" in desk.answer({"type": "forget"})["notice"]
