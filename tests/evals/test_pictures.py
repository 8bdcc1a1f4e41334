"""Pictures of an evaluation: what they say, their three faces, and that nothing in a name ever runs."""

import json
import random
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from anyio import to_thread

from loomlab import Agent, EchoModel, ScriptedModel, ScriptedTurn, tool
from loomlab.core.errors import ConfigError
from loomlab.core.messages import ToolCall
from loomlab.evals import Case, Dataset, Evaluation, Sequential, evaluate, judge_card, scorers
from loomlab.evals.pictures import Picture
from loomlab.runlog import RunLog

sys.path.insert(0, str(Path(__file__).parents[1] / "display"))
from safe import ATTRIBUTES, wrong

pytestmark = pytest.mark.anyio
PLOTLY = "application/vnd.plotly.v1+json"
SHAPES = {"svg", "style", "rect", "line", "path", "circle", "text"}
EVIL = "<img src=x onerror=alert(1)> $\\href{javascript:x}{y}$ %{x} \u202e</script>"


async def tried(names: tuple[str, str] = ("all", "some"), **options) -> Evaluation:
    cases = Dataset(Case(id=f"q{i}", input=str(i), target="yes") for i in range(4))

    def some(question: str) -> str:
        if question == "3":
            raise RuntimeError("no")
        return "yes" if question in ("0", "2") else "no"

    return await evaluate(cases, {names[0]: lambda q: "yes", names[1]: some}, scorers=scorers.exact(), **options)


async def test_the_matrix_puts_the_cases_that_tell_the_arms_apart_first() -> None:
    picture = (await tried(epochs=2)).matrix()
    matrix = picture.frame()
    assert list(matrix.columns) == ["all", "some", "spread"]
    assert list(matrix.index) == ["q1", "q0", "q2", "q3"]
    assert matrix.loc["q1", "some"] == 0.0
    assert matrix["some"].isna().tolist() == [False, False, False, True]
    assert picture.said == "Of 4 cases, 2 are right in all arms and 1 tells the arms apart; 1 has no score in some arm."
    assert "q1    ✓    ✕" in str(picture)


async def test_a_failure_a_wrong_answer_and_no_score_look_different_without_colour() -> None:
    def quiet(result, case):
        return None if case.id == "q0" else result.output == "yes"

    ev = await tried()
    ev2 = await evaluate(ev.dataset, {"one": lambda q: "yes", "two": lambda q: "yes"}, scorers=quiet)
    failed, unscored = ev.matrix().svg(), ev2.matrix().svg()
    assert ("failed: no answer" in failed, "unscored" in failed) == (True, False)
    assert ("failed: no answer" in unscored, "unscored" in unscored) == (False, True)
    assert 'class="c1 ph"' in failed  # crosses are strokes
    assert 'stroke-dasharray="2 2"' in unscored  # an empty box


@pytest.mark.parametrize(("cases", "arms"), [(1, 1), (40, 3), (600, 4), (5_000, 24)])
async def test_a_matrix_of_any_size_stays_within_an_output(cases: int, arms: int) -> None:
    draws = random.Random(1)
    names = [f"arm {number}" for number in range(arms)]
    ev = Evaluation(
        id="eval_1",
        name="x",
        dataset=Dataset(Case(id=f"q{i}", input=str(i)) for i in range(2)),
        arms=tuple(names),
        scorers=("s",),
    )
    from loomlab.display.pictures import Cell, CellState, drawing_html, heat_drawing

    cells = {f"q{i}": {name: Cell(CellState.SCORED, round(draws.random(), 3)) for name in names} for i in range(cases)}
    drawing = heat_drawing(cells, ev.arms)
    assert len(drawing_html(drawing).encode()) < 64 * 1024
    assert not wrong(drawing_html(drawing))
    assert ("evenly chosen" in " ".join(drawing.notes)) == (cases > 1_000)


async def test_the_frontier_holds_what_nothing_else_beats_on_both_counts() -> None:
    priced = {
        "cheap": Agent("x", model=EchoModel(cost_per_token=0.001)),
        "dear": Agent("x", model=EchoModel(prefix="", cost_per_token=0.002)),
        "waste": Agent("x", model=EchoModel(cost_per_token=0.005)),
    }
    cases = Dataset([Case(id="a", input="yes", target="yes"), Case(id="b", input="yes please", target="yes please")])
    picture = (await evaluate(cases, priced, scorers=scorers.exact())).pareto()
    frame = picture.frame()
    assert list(frame["arm"]) == ["cheap", "dear", "waste"]
    assert list(frame["frontier"]) == [True, True, False]
    assert frame["cost_usd"].is_monotonic_increasing
    assert (frame["cost_usd_low"] < frame["cost_usd"]).all()
    assert picture.said == (
        "cheap and dear are the frontier; the other arm is beaten by one that scores as high or higher "
        "for less or the same."
    )


async def test_an_unknown_cost_is_on_no_frontier_and_an_unknown_measure_is_told() -> None:
    ev = await tried()
    unknown = ev.pareto(against="tokens")
    assert not unknown.frame()["frontier"].any()
    assert unknown.frame()["tokens"].isna().all()
    assert "not known" in unknown.svg()
    assert unknown.said == "No arm has both a score and a known tokens."
    assert ev.pareto(against="latency_ms").frame()["frontier"].any()
    with pytest.raises(ConfigError, match="did you mean 'tokens'"):
        ev.pareto(against="token")


@tool
def look_up(name: str) -> str:
    """Look a name up."""
    return name


def caller(calls: bool, answer: str) -> Agent:
    turns = [ScriptedTurn(text=answer)]
    if calls:
        turns.insert(0, ScriptedTurn(tool_calls=[ToolCall(tool="look_up", args={"name": "x"})]))
    return Agent("x", model=ScriptedModel(turns * 20), tools=[look_up])


async def test_where_two_arms_part_is_read_from_the_log(tmp_path: Path) -> None:
    log = await to_thread.run_sync(RunLog.open, tmp_path / "log")
    cases = Dataset(Case(id=f"q{i}", input=f"question {i}", target="yes") for i in range(3))
    arms = {"calls": caller(True, "yes"), "guesses": caller(False, "no"), "guesses too": caller(False, "no")}
    ev = await evaluate(cases, arms, scorers=scorers.exact(), run_log=log, max_concurrency=1)
    picture = await to_thread.run_sync(lambda: ev.divergence("calls", "guesses", log=log))
    frame = picture.frame()
    assert frame["what"].tolist() == ["tool look_up: only in one"] * 3
    assert frame["outcome"].tolist() == ["calls higher"] * 3
    assert "part in 3 of 3 pairs of runs" in picture.said
    assert picture.said.endswith("the score differs in 3 of those.")
    same = await to_thread.run_sync(ev.divergence, "guesses", "guesses too")  # the log it was written to
    assert same.said == "guesses and guesses too do the same in all 3 pairs of runs."
    assert same.frame()["step"].isna().all()


async def test_another_wording_is_a_parting_only_where_asked_for(tmp_path: Path) -> None:
    log = await to_thread.run_sync(RunLog.open, tmp_path / "log")
    cases = Dataset([Case(id="q", input="?", target="yes")])

    def speaks(words: str) -> Agent:
        turns = [
            ScriptedTurn(text=words, tool_calls=[ToolCall(tool="look_up", args={"name": "x"})]),
            ScriptedTurn(text="yes"),
        ]
        return Agent("x", model=ScriptedModel(turns), tools=[look_up])

    arms = {"a": speaks("Let me see."), "b": speaks("I shall look.")}
    ev = await evaluate(cases, arms, scorers=scorers.exact(), run_log=log)
    steps = await to_thread.run_sync(lambda: [ev.divergence("a", "b", wording=one).frame() for one in (False, True)])
    assert steps[0]["step"].isna().all()
    assert steps[1]["step"].tolist() == [2]


async def test_divergence_without_a_log_or_with_a_strange_arm_is_told_the_remedy() -> None:
    ev = await tried()
    with pytest.raises(ConfigError, match="run_log=log"):
        ev.divergence("all", "some")
    with pytest.raises(ConfigError, match="did you mean 'some'"):
        ev.divergence("all", "sme")


async def test_the_evidence_of_a_sequential_evaluation_narrows_until_it_is_decided() -> None:
    cases = Dataset(Case(id=f"q{i}", input=str(i), target="yes") for i in range(200))
    arms = {"bad": lambda q: "no", "good": lambda q: "yes"}
    ev = await evaluate(cases, arms, scorers=scorers.exact(), until=Sequential(), max_concurrency=1)
    picture = ev.evidence()
    frame = picture.frame()
    widths = frame["high"] - frame["low"]
    assert (widths.diff().dropna() <= 1e-12).all()
    assert (frame["low"] > 0).tolist() == [False] * (len(frame) - 1) + [True]
    assert picture.said.startswith(f"good is better than bad: decided after {len(frame)} pairs; ")
    with pytest.raises(ConfigError, match="Sequential"):
        (await tried()).evidence()


def test_a_judge_that_is_surer_than_right_lies_below_the_line() -> None:
    labels = {f"a{i}": i % 2 for i in range(60)}
    verdicts = {key: label if i % 3 else 1 - label for i, (key, label) in enumerate(labels.items())}
    card = judge_card(verdicts, labels, sureness=dict.fromkeys(labels, 0.95))
    assert [(bucket.at, bucket.n) for bucket in card.buckets] == [(pytest.approx(0.95), 60)]
    assert card.buckets[0].share == pytest.approx(2 / 3)
    assert sum(card.agreement) == 60
    assert "is it right as often as it is sure?" in card.picture().svg()
    frame = card.picture().frame()
    assert frame.set_index("measure").loc["agreement", "value"] == pytest.approx(2 / 3)
    with pytest.raises(ConfigError, match="sureness"):
        judge_card(verdicts, labels, sureness=dict.fromkeys(labels, 95))


def test_a_graded_judge_shows_whether_a_higher_score_means_a_better_answer() -> None:
    scores = {f"a{i}": i / 20 for i in range(21)}
    card = judge_card(scores, {key: value > 0.4 for key, value in scores.items()})
    assert [bucket.share for bucket in card.buckets] == sorted(bucket.share for bucket in card.buckets)
    assert not card.sure
    assert "does a higher score mean a better answer?" in card.picture().svg()


async def pictures(name: str, tmp_path: Path) -> list[Picture]:
    ev = await tried((name, name + " too"))
    cases = Dataset(Case(id=f"{name}{i}", input=str(i), target="yes") for i in range(3))
    arms = {name: caller(True, "yes"), name + " too": caller(False, name)}
    log = await to_thread.run_sync(RunLog.open, tmp_path / "log")
    seq = await evaluate(cases, arms, scorers=scorers.exact(), until=Sequential(), run_log=log, max_concurrency=1)
    card = judge_card({name: True, "b": False}, {name: True, "b": True})
    return [
        ev.matrix(),
        seq.matrix(),
        ev.pareto(),
        seq.pareto(against="latency_ms"),
        seq.evidence(),
        await to_thread.run_sync(seq.divergence, name, name + " too"),
        card.picture(),
    ]


async def test_names_and_ids_of_any_kind_are_only_ever_words(tmp_path: Path) -> None:
    for picture in await pictures(EVIL, tmp_path):
        bundle = picture._repr_mimebundle_()
        assert set(bundle) == {PLOTLY, "text/html", "text/plain"}
        assert not wrong(bundle["text/html"])
        data = json.dumps(bundle[PLOTLY], ensure_ascii=False)
        assert "<img" not in data
        assert "$" not in data.replace('"tickprefix": "$"', "")
        assert "\u202e" not in data + bundle["text/html"] + bundle["text/plain"]
        if svg := picture.svg():
            tree = ElementTree.fromstring(svg)  # whatever is in a name, it is in a text or an attribute
            assert {one.tag.rpartition("}")[2] for one in tree.iter()} <= SHAPES
            assert {name for one in tree.iter() for name in one.attrib} <= ATTRIBUTES | {"viewBox"}


async def test_a_picture_is_the_same_every_time_and_goes_into_files(tmp_path: Path) -> None:
    for number, picture in enumerate(await pictures("plain", tmp_path)):
        assert picture._repr_mimebundle_() == picture._repr_mimebundle_()
        await to_thread.run_sync(saved, picture, tmp_path / str(number))
    with pytest.raises(ConfigError, match=r"\.svg, \.html or \.json"):
        picture.save("picture.png")


def saved(picture: Picture, path: Path) -> None:
    if svg := picture.svg():
        assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
    page = picture.save(path.with_suffix(".html")).read_text(encoding="utf-8")
    assert "default-src &#x27;none&#x27;" in page
    assert not wrong(page, page=True)
    assert json.loads(picture.save(path.with_suffix(".json")).read_text(encoding="utf-8"))["layout"]


async def test_the_figure_is_plotlys_and_valid(tmp_path: Path) -> None:
    for picture in await pictures("plain", tmp_path):
        figure = await to_thread.run_sync(picture.figure)
        assert type(figure).__name__ == "Figure"
        assert len(figure.data) == len(picture.drawing.figure["data"])
