"""``loomlab export`` and ``loomlab import``: runs and evaluations of the log in the formats of other tools."""

import json
from collections.abc import Sequence
from pathlib import Path

from loomlab.core.errors import ConfigError
from loomlab.evals.evaluation import Evaluation
from loomlab.evals.interop import from_inspect, to_html, to_inspect, to_mlflow
from loomlab.evals.logged import logged_evaluation
from loomlab.runlog import RunLog

NEWEST = "evaluation"
"""What names the newest evaluation."""


def html(what: Sequence[str], *, output: Path | None, user: str | None, content: bool, home: Path | None = None) -> int:
    """One page of a run, of several runs side by side, or of an evaluation."""
    log = RunLog.open(home, read_only=True)
    names = list(what) or ["last"]
    if names[0] == NEWEST or names[0].startswith("eval_"):
        if len(names) > 1:
            raise ConfigError("one evaluation is one page; name it alone, or name runs to see them side by side")
        evaluation = _evaluation(log, names[0])
        return _said(to_html(evaluation, output or Path(f"{evaluation.id}.html"), content=content))
    records = {name: log.run(_place(name), user_id=user) for name in names}
    first = next(iter(records.values()))
    path = output or Path(f"{first.run_id}.html")
    if len({one.run_id for one in records.values()}) < len(names):
        raise ConfigError("two of these names are the same run; name runs that differ")
    if len(names) == 1:
        return _said(to_html(first, path, content=content))
    return _said(to_html(records, path, content=content))


def otlp(what: str, *, output: Path | None, user: str | None, content: bool, home: Path | None = None) -> int:
    """A run as an OTLP request in JSON, into a file or on standard output."""
    made = RunLog.open(home, read_only=True).to_otlp(_place(what), user_id=user, content=content)
    text = json.dumps(made, ensure_ascii=False, indent=1)
    if output is None:
        print(text)
        return 0
    output.write_text(f"{text}\n", encoding="utf-8")
    return _said(output)


def inspect(what: str, *, output: Path, kind: str, home: Path | None = None) -> int:
    """An evaluation as logs of inspect_ai, one an arm."""
    log = RunLog.open(home, read_only=True)
    if kind not in ("eval", "json"):
        raise ConfigError(f"a log of inspect_ai is 'eval' or 'json', not {kind!r}")
    for path in to_inspect(_evaluation(log, what), output, run_log=log, kind="json" if kind == "json" else "eval"):
        print(path)
    print(f"open them with: inspect view --log-dir {output}")
    return 0


def mlflow(what: str, *, store: str, experiment: str | None, user: str | None, home: Path | None = None) -> int:
    """An evaluation, or a run as a trace, into an MLflow store."""
    log = RunLog.open(home, read_only=True)
    if what == NEWEST or what.startswith("eval_"):
        made = to_mlflow(_evaluation(log, what), store, run_log=log, experiment=experiment)
    else:
        made = to_mlflow(log.run(_place(what), user_id=user), store, experiment=experiment)
    print(made)
    return 0


def read_inspect(files: Sequence[Path], *, name: str | None, home: Path | None = None) -> int:
    """Logs of inspect_ai into the run log."""
    log = RunLog.open(home)
    log.require_writable()
    made = from_inspect(*files, run_log=log, name=name)
    print(f"{made.id}: {made.name}, {len(made)} trials of {', '.join(made.arms)} in {log.path}")
    return 0


def _evaluation(log: RunLog, what: str) -> Evaluation:
    return logged_evaluation(log, None if what in (NEWEST, "last") else what)


def _place(which: str) -> str | int:
    return int(which) if which.startswith("-") and which[1:].isdigit() else which


def _said(path: Path) -> int:
    print(path)
    return 0
