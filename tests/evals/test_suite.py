"""Suite files: what they say is done, and what is wrong in them is told."""

from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread

from loomlab import EchoModel
from loomlab.architecture import SelfRefine
from loomlab.core.errors import ConfigError
from loomlab.evals import load_evaluation, load_suite

GOOD = """
[suite]
dataset = "toy.jsonl"
scorers = ["exact", { name = "includes", ignore_case = false }]
sample = 2
seed = 3

[defaults]
model = "echo"
instructions = "Say it."

[[arm]]
name = "plain"

[[arm]]
name = "twice"
architecture = "self-refine"
options = { max_rounds = 2 }
instructions = "Say it twice."
max_turns = 5
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = [f'{{"id": "c{i}", "input": "say {i}", "target": "Echo: say {i}"}}\n' for i in range(5)]
    (tmp_path / "toy.jsonl").write_text("".join(lines), encoding="utf-8")
    return tmp_path


def written(folder: Path, text: str) -> Path:
    path = folder / "suite.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.anyio
async def test_a_suite_runs_as_it_is_written(folder: Path) -> None:
    suite = await to_thread.run_sync(load_suite, written(folder, GOOD))
    ev = await suite.run()
    assert (ev.name, ev.arms, ev.scorers) == ("suite", ("plain", "twice"), ("exact", "includes"))
    drawn = await to_thread.run_sync(suite.load_dataset)
    assert [case.id for case in ev.dataset] == [case.id for case in drawn]
    assert len(ev.dataset) == 2
    assert [(t.arm, t.score("exact")) for t in ev.trials] == [("plain", 1.0), ("twice", 0.0)] * 2
    assert [t.turns for t in ev.trials] == [1, 5] * 2


def test_arms_are_built_as_they_are_written_and_share_their_model(folder: Path) -> None:
    plain, twice = load_suite(written(folder, GOOD)).build_arms().values()
    assert isinstance(twice.architecture, SelfRefine) and twice.architecture.max_rounds == 2
    assert (plain.instructions, twice.instructions, twice.max_turns) == ("Say it.", "Say it twice.", 5)
    assert isinstance(plain.model, EchoModel)
    assert plain.model is twice.model


@pytest.mark.anyio
async def test_sampling_settings_reach_every_call_of_the_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Any, Any]] = []

    async def complete(self: EchoModel, messages: Any, **options: Any) -> Any:
        seen.append((options.get("temperature"), options.get("max_tokens")))
        return await original(self, messages, **options)

    original = EchoModel.complete
    monkeypatch.setattr(EchoModel, "complete", complete)
    text = GOOD.replace('model = "echo"', 'model = "echo"\ntemperature = 0\nmax_tokens = 7')
    await (await to_thread.run_sync(load_suite, written(folder, text))).run()
    assert set(seen) == {(0, 7)}
    assert len(seen) == 12


def test_changes_go_over_what_the_file_says(folder: Path) -> None:
    suite = load_suite(written(folder, GOOD)).with_changes(sample=4, seed=None, model="local")
    assert (suite.sample, suite.seed) == (4, 3)
    assert {arm.model for arm in suite.arms} == {"local"}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("[suite]", "[suit]", "unknown section [suit]; did you mean 'suite'?"),
        ("sample = 2", "sampel = 2", "[suite] has an unknown key 'sampel'; did you mean 'sample'?"),
        ("sample = 2", 'sample = "2"', "[suite] sample must be a whole number from 1, not '2'"),
        ("sample = 2", "sample = true", "[suite] sample must be a whole number from 1, not True"),
        ("sample = 2", "timeout = 0", "[suite] timeout must be a number above 0, not 0"),
        ('dataset = "toy.jsonl"', "", "[suite] has no dataset"),
        ('scorers = ["exact"', 'scorers = ["exakt"', "there is no scorer 'exakt'; did you mean 'exact'?"),
        ("ignore_case", "ignorecase", "no option 'ignorecase'; did you mean 'ignore_case'?"),
        ('["exact", { name = "includes", ignore_case = false }]', "[]", "scorers must be a list of names or tables"),
        ('[defaults]\nmodel = "echo"', "[defaults]", "[[arm]] number 1 has no model, nor has [defaults]"),
        ("[defaults]", '[defaults]\nname = "x"', "[defaults] has an unknown key 'name'"),
        ('name = "plain"', "", "[[arm]] number 1 has no name"),
        ('name = "plain"', 'name = "twice"', "two arms are named 'twice'"),
        (
            "options = { max_rounds = 2 }",
            "option = {}",
            "number 2 has an unknown key 'option'; did you mean 'options'?",
        ),
        ("max_turns = 5", "max_turns = 5.0", "number 2 max_turns must be a whole number from 1"),
        ("seed = 3", "seed = ", "is not TOML"),
        ("[[arm]]", "[[arms]]", "unknown section [arms]; did you mean 'arm'?"),
    ],
)
def test_a_mistake_in_the_file_is_one_sentence(old: str, new: str, sentence: str, folder: Path) -> None:
    assert old in GOOD
    path = written(folder, GOOD.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        load_suite(path)
    assert sentence in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value) or "TOML" in sentence


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('model = "echo"', 'model = "eccho"', "arm 'plain': unknown model 'eccho'"),
        ('"self-refine"', '"self-refyne"', "arm 'twice': unknown architecture 'self-refyne'"),
        ("max_rounds = 2", "rounds = 2", "arm 'twice': architecture 'self-refine'"),
        ("max_rounds = 2", "max_rounds = 0", "arm 'twice': architecture 'self-refine'"),
    ],
)
def test_an_arm_that_cannot_be_built_is_named(old: str, new: str, sentence: str, folder: Path) -> None:
    suite = load_suite(written(folder, GOOD.replace(old, new)))
    with pytest.raises(ConfigError) as caught:
        suite.build_arms()
    assert sentence in str(caught.value)


def test_a_missing_file_names_the_nearest(folder: Path) -> None:
    written(folder, GOOD)
    with pytest.raises(ConfigError, match=r"no suite file .*siute\.toml; did you mean 'suite\.toml'"):
        load_suite(folder / "siute.toml")
    with pytest.raises(ConfigError, match=r"no suite file .*give the path of a \.toml file"):
        load_suite(folder / "nowhere" / "x.toml")


def test_a_missing_dataset_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suite = load_suite(written(folder, GOOD.replace("toy.jsonl", "capitols")))
    with pytest.raises(ConfigError, match="no dataset 'capitols'; did you mean 'capitals'"):
        suite.load_dataset()
    monkeypatch.setattr("loomlab.evals.folders.dataset_folders", lambda near: [])
    with pytest.raises(ConfigError, match="run this inside a checkout of loomlab, give a path"):
        suite.load_dataset()


def test_every_suite_in_the_repository_is_sound(pytestconfig: pytest.Config) -> None:
    paths = sorted((pytestconfig.rootpath / "evals").glob("*.toml"))
    assert {"architectures", "quickstart"} <= {path.stem for path in paths}
    for path in paths:
        for suite in load_suite(path).with_changes(model="echo").parts:
            assert len(suite.build_arms()) >= 2
            assert len(suite.load_dataset()) == suite.sample
            suite.check_expectations()


def test_the_kept_results_are_those_of_the_suite_as_it_stands(pytestconfig: pytest.Config) -> None:
    folder = pytestconfig.rootpath / "evals"
    for part in load_suite(folder / "architectures.toml").parts:
        kept = load_evaluation(folder / "baselines" / f"architectures-{part.dataset_name}.jsonl")
        assert (kept.name, kept.status.value, len(kept)) == (part.name, "done", kept.expected)
        assert kept.arms == tuple(arm.name for arm in part.arms)
        assert kept.dataset.digest == part.load_dataset().digest
        assert {one.a for one in part.compared} <= set(kept.arms)
