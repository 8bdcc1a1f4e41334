"""``%%loom --ab react,rewoo --on bfcl_multiple --n 50``: an evaluation in one cell."""

import re
from collections.abc import Mapping
from importlib.util import find_spec

from loomlab.agent import Agent
from loomlab.core.errors import CancelledByUser, ConfigError
from loomlab.core.protocols import Budget
from loomlab.evals import Dataset, Evaluation, evaluate
from loomlab.evals.faces import evaluation_faces
from loomlab.evals.scorers import from_spec
from loomlab.evals.scorers.default import default_scorer
from loomlab.memory import InMemoryMemory
from loomlab.notebook.arms import arms_of
from loomlab.notebook.bridge import run_sync
from loomlab.notebook.errors import mark_shown, users_part
from loomlab.notebook.face import Face
from loomlab.notebook.names import find_tools
from loomlab.notebook.notebook import Notebook
from loomlab.notebook.spending import budget_for
from loomlab.notebook.trial_view import TrialView

_NOT_WITH = ("arch", "agent", "schema", "session", "new", "blind")
_AT_ONCE = 4
_RESUME = "Run the cell again with --resume: what is done is not asked again."


def run_trial_cell(notebook: Notebook, options: Mapping[str, str], instructions: str) -> Evaluation | None:
    """Run it, shown live; what came of it, also where it was stopped (and then the reason is raised)."""
    __tracebackhide__ = True
    _check(options)
    seed = _whole(options, "seed", 0, least=0)
    dataset = _dataset(notebook, options, seed)
    budget = budget_for(notebook.budget, options.get("budget"))
    arms = arms_of(notebook, options["ab"], lambda way: _made(notebook, options, way, instructions, budget))
    if not arms:
        raise ConfigError("--ab names no arm; write --ab react,rewoo")
    names = [name.strip() for name in options.get("scorer", default_scorer(dataset)).split(",") if name.strip()]
    judges = [from_spec(name) for name in names]
    margin = _above_zero(options, "margin")
    timeout = _above_zero(options, "timeout")
    epochs, at_once = _whole(options, "epochs", 1), _whole(options, "at-once", _at_once(notebook))
    view = TrialView(notebook.screen)
    failure: BaseException | None = None

    async def work() -> Evaluation:
        return await evaluate(
            dataset,
            arms,
            scorers=judges,
            epochs=epochs,
            max_concurrency=at_once,
            timeout=timeout,
            seed=seed,
            user_id=options.get("user"),
            run_log=notebook.log if "resume" in options else None,
            resume="resume" in options,
        )

    try:
        with notebook.evaluations.shown_by(view):
            run_sync(work, loop=notebook.loop, pump=_nothing if "quiet" in options else view.tick)
    except BaseException as exc:
        failure = exc.with_traceback(users_part(exc.__traceback__))
    found = view.evaluation
    face = None if found is None or not len(found) else _face(found, margin)
    view.close(None if "quiet" in options and failure is None else face)
    if found is not None:
        _keep(notebook, options, found)
    if failure is not None:
        if face is not None:
            _mark_a_stop(failure)
        raise failure
    return found


def _mark_a_stop(error: BaseException) -> None:
    """A stop is told by the partial table; what broke is told by its own card."""
    if isinstance(error, CancelledByUser):
        mark_shown(error)


def _keep(notebook: Notebook, options: Mapping[str, str], found: Evaluation) -> None:
    notebook.shell.user_ns["_loom"] = found
    if "out" in options:
        notebook.shell.user_ns[options["out"]] = found


def _face(found: Evaluation, margin: float | None) -> Face:
    return Face(*evaluation_faces(found, margin=margin, hint=_RESUME))


def _check(options: Mapping[str, str]) -> None:
    clash = [f"--{name}" for name in _NOT_WITH if name in options]
    if clash:
        raise ConfigError(f"--on runs a dataset, so it can't be given {' and '.join(clash)}; leave out one")
    for package in ("scipy", "statsmodels"):
        if find_spec(package) is None:
            raise ConfigError(f"the decision needs the package {package}: pip install 'loomlab[evals]'")


def _dataset(notebook: Notebook, options: Mapping[str, str], seed: int) -> Dataset:
    named = options["on"]
    held = notebook.space.get(named)
    if isinstance(held, Dataset):
        dataset = held
    elif type(held).__name__ == "DataFrame":
        dataset = Dataset.load(held, name=named)
    else:
        dataset = Dataset.load(named)
    if "n" not in options:
        return dataset
    return dataset.sample(_whole(options, "n", len(dataset)), seed)


def _made(notebook: Notebook, options: Mapping[str, str], way: str, instructions: str, budget: Budget | None) -> Agent:
    """An agent that thinks in one way; all else is the same for every arm. Nothing is remembered between cases."""
    tools = options.get("tools", notebook.settings["tools"])
    return Agent(
        instructions or notebook.settings["instructions"] or "",
        model=notebook.model_for(options.get("model")),
        memory=InMemoryMemory(),
        tools=find_tools(tools, notebook.space) if tools else None,
        architecture=way,
        budget=budget,
        name=way,
    )


def _at_once(notebook: Notebook) -> int:
    """Replies of a cassette are found in one order; a model on this machine answers one question at a time anyway."""
    return 1 if notebook.settings["cassette"] is not None else _AT_ONCE


def _whole(options: Mapping[str, str], name: str, default: int, *, least: int = 1) -> int:
    text = options.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9][0-9_]*", text) or int(text) < least:
        raise ConfigError(f"--{name} takes a whole number from {least}, not {text!r}")
    return int(text)


def _above_zero(options: Mapping[str, str], name: str) -> float | None:
    text = options.get(name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ConfigError(f"--{name} takes a number above 0, not {text!r}")
    return value


def _nothing() -> None:
    """Nobody watches."""
