"""Recorded evaluations: what is kept comes back, and what is no such file is told."""

from pathlib import Path

import anyio
import pytest

from loomlab import Agent, EchoModel
from loomlab.architecture import SelfRefine
from loomlab.core.errors import ConfigError
from loomlab.evals import (
    Case,
    Dataset,
    Evaluation,
    Score,
    Spent,
    compare,
    evaluate,
    load_evaluation,
    save_evaluation,
    scorers,
)
from loomlab.evals.decision import decision_card
from loomlab.evals.report import report_html

pytestmark = pytest.mark.anyio


async def made() -> Evaluation:
    data = Dataset(
        [
            Case(
                f"q{i}", f"word {i}", f"Echo: word {i if i % 2 else 0}", f"g{i // 2}", {"level": [i, None], "é": "ü\n"}
            )
            for i in range(6)
        ],
        name="words",
    )

    def judge(result, case) -> Score:
        if case.id == "q2":
            raise ValueError("no")
        return Score(0.5, "half", spent=Spent("j", 1, 2, 3, None), details={"a": [1]})

    def sometimes(question: str) -> str:
        if question == "word 3":
            raise RuntimeError("broken")
        return question

    arms = {
        "a": Agent("x", model=EchoModel(cost_per_token=0.001)),
        "b": Agent("x", model=EchoModel(cost_per_token=0.001), architecture=SelfRefine(max_rounds=1)),
        "f": sometimes,
    }
    return await evaluate(data, arms, scorers=[scorers.exact(), judge], epochs=2, seed=3)


async def test_what_was_kept_shows_and_compares_as_the_evaluation_itself(tmp_path: Path) -> None:
    ev = await made()
    again = await anyio.to_thread.run_sync(lambda: load_evaluation(save_evaluation(ev, tmp_path / "kept" / "ev.jsonl")))
    assert (again.id, again.name, again.arms, again.scorers, again.epochs, again.seed) == (
        (ev.id, ev.name, ev.arms, ev.scorers, ev.epochs, ev.seed)
    )
    assert again.dataset == ev.dataset and again.dataset.digest == ev.dataset.digest
    assert again.status == ev.status and again.started_at == ev.started_at
    for trial, kept in zip(ev.trials, again.trials, strict=True):
        assert kept.latency_ms == pytest.approx(trial.latency_ms, abs=0.001)
        kept.latency_ms = trial.latency_ms
        assert kept == trial
    assert again.ledger().equals(ev.ledger())
    assert again.summary().equals(ev.summary())
    assert again.confounds().equals(ev.confounds())
    assert decision_card(compare(again, "a", "b")) == decision_card(compare(ev, "a", "b"))
    assert "What it cost" in report_html(again, again.arm_summaries())


async def test_a_secret_in_an_answer_is_not_kept(tmp_path: Path) -> None:
    data = Dataset([Case("q", "tell", "x")])
    key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"
    ev = await evaluate(data, {"a": lambda _: f"my key is {key}"}, scorers=scorers.exact())
    path = await anyio.to_thread.run_sync(save_evaluation, ev, tmp_path / "ev.jsonl")
    assert key not in await anyio.Path(path).read_text(encoding="utf-8")
    assert load_evaluation is not None and len(await anyio.to_thread.run_sync(load_evaluation, path)) == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: "", "is no recorded evaluation"),
        (lambda text: "{]\n" + text, "line 1: not JSON"),
        (lambda text: text.replace('"format": 1', '"format": 99'), "format 99, and this version reads 1"),
        (lambda text: "\n".join(text.split("\n")[1:]), "its first line says nothing"),
        (lambda text: text.replace('"input": "word 1"', '"input": "word 9"'), "another digest"),
        (lambda text: text.replace('"arm": "b"', '"arm": "z"', 1), "no whole recorded evaluation"),
        (lambda text: text + "[1]\n", "no part of a recorded evaluation"),
    ],
)
async def test_what_is_no_such_file_is_told_in_one_sentence(change, sentence: str, tmp_path: Path) -> None:
    path = anyio.Path(await anyio.to_thread.run_sync(save_evaluation, await made(), tmp_path / "ev.jsonl"))
    await path.write_text(change(await path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(ConfigError, match=sentence):
        await anyio.to_thread.run_sync(load_evaluation, str(path))


async def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        await anyio.to_thread.run_sync(load_evaluation, tmp_path / "gone.jsonl")


async def test_a_part_of_an_evaluation_is_one(tmp_path: Path) -> None:
    ev = await made()
    part = ev.only(arms=["b", "a"], cases=["q1", "q4"])
    assert (part.arms, [one.id for one in part.dataset], len(part), part.expected) == (("b", "a"), ["q1", "q4"], 8, 8)
    assert {one.arm for one in part.trials} == {"a", "b"}
    assert set(part.manifest) == {"a", "b"}
    assert compare(ev.only(arms=["a", "b"]), "a", "b").family == 1
    with pytest.raises(ConfigError, match="no arm 'bb'; did you mean 'b'"):
        ev.only(arms=["bb"])
    with pytest.raises(ConfigError, match="no case 'q9'"):
        ev.only(cases=["q9"])
    with pytest.raises(ConfigError, match="nothing would be left"):
        ev.only(arms=[])


async def test_a_family_that_was_named_beforehand_is_what_holm_corrects_over() -> None:
    ev = await made()
    assert compare(ev, "a", "b").family == 3
    assert compare(ev, "a", "b", family=[("b", "a"), ("a", "f"), ("a", "b")]).family == 2
    with pytest.raises(ConfigError, match="does not name 'a' and 'b'"):
        compare(ev, "a", "b", family=[("a", "f")])
    with pytest.raises(ConfigError, match="names 'c', which is no arm"):
        compare(ev, "a", "b", family=[("a", "c")])
