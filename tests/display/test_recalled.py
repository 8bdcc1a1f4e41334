"""What a run recalled and why, and what it kept, in the view of the run."""

from typing import Any

from loomlab.core import Event, EventKind, Fact
from loomlab.display import RunTrace, run_html, run_text

HOME = Fact(id="fact_HOME", user_id="alice", subject="alice", predicate="lives_in", object="Lyon")
JOB = Fact(id="fact_JOB", user_id="alice", subject="alice", predicate="works_at", object="Acme Labs")
WHY = {
    "fact_JOB": {"dense": 0.11, "score": 0.25, "words": 0.4},
    "fact_HOME": {"score": 0.82, "dense": 0.74, "words": 0.61, "matched": True},
}


def _run(kind: EventKind, **parts: Any) -> RunTrace:
    scope = {"run_id": "run_1"}
    return RunTrace(
        [
            Event(EventKind.STARTED, "s", payload={"prompt": "Where do I live?", "user_id": "alice"}, **scope),
            Event(kind, "s", payload=parts, **scope),
        ]
    )


def _recall(**parts: Any) -> RunTrace:
    facts = [HOME.model_dump(mode="json"), JOB.model_dump(mode="json")]
    episode = {"id": "ep_1", "input": "I moved", "output": "Noted"}
    return _run(EventKind.MEMORY_RECALL, query="live", blocks=[], facts=facts, episodes=[episode], **parts)


def test_each_item_that_was_recalled_says_what_its_score_is_made_of() -> None:
    html = run_html(_recall(why=WHY))
    assert "score 0.820 · dense 0.740 · words 0.610 · matched true · “alice lives_in Lyon”" in html
    assert html.index("score 0.820") < html.index("score 0.250")


def test_no_random_id_stands_in_the_display() -> None:
    for text in (run_html(_recall(why=WHY)), run_text(_recall(why=WHY))):
        assert "fact_" not in text
        assert "ep_1" not in text


def test_a_recall_without_reasons_looks_as_it_did() -> None:
    assert "why" not in run_text(_recall())
    assert run_html(_recall()) == run_html(_recall(why={}))


def test_reasons_of_any_shape_break_nothing() -> None:
    for why in (
        None,
        [],
        "no",
        {"fact_HOME": None},
        {"fact_HOME": [1]},
        {"fact_HOME": {"score": "<b>", "x": {"y": 1}}},
    ):
        html = run_html(_recall(why=why))
        assert "alice lives_in Lyon" in html
        assert "<b>" not in html


def test_a_fact_that_was_kept_is_shown() -> None:
    for parts in ({"fact": HOME.model_dump(mode="json")}, {"facts": [HOME.model_dump(mode="json")]}):
        trace = _run(EventKind.MEMORY_WRITE, what="fact", id="fact_HOME", **parts)
        assert "remembered" in run_text(trace)
        assert "“alice lives_in Lyon” fact" in run_text(trace)
