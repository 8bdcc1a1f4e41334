"""What a person may write about runs: how good one is, and that it becomes a case of a dataset."""

import re
from pathlib import Path
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.ids import deterministic_hash
from loomlab.core.messages import utc_now
from loomlab.core.nearest import did_you_mean
from loomlab.evals import promote
from loomlab.runlog import RunLog, RunRecord
from loomlab.server.desk import Desk
from loomlab.server.shapes_evaluations import DatasetNames, Labelled, Promoted

LABELS = {"good": 1.0, "fair": 0.5, "bad": 0.0}
"""What can be said of one run, and the figure that stands for it."""

_DATASET = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}")
_MOST = 500


def label_run(desk: Desk, actor: str, run_id: str, label: str, note: str) -> Labelled:
    """Write down what ``actor`` says of a run. ConfigError where there is no run of this very id."""
    run = _run(desk.log(), run_id)
    log = desk.writable_log()
    log.require_writable()
    row = {
        "label_id": f"label_{deterministic_hash([run_id])[:24]}",
        "kind": "label",
        "user_id": run.info.get("user_id"),
        "run_id": run_id,
        "choice": label,
        "value": LABELS[label],
        "reason": note.strip() or None,
        "blind": False,
        "prompt": run.info.get("prompt"),
        "labelled_at": utc_now(),
        "metadata": {"by": actor},
    }
    desk.audit.note(actor, "run.label", {"run_id": run_id, "label": label})
    log.append("labels", [row])
    return {"ok": True, "label_id": str(row["label_id"])}


def promote_run(desk: Desk, actor: str, run_id: str, dataset: str, expected: str | None) -> Promoted:
    """Add a run to a dataset of the datasets folder. ConfigError, with the reason, where that can't be."""
    run = _run(desk.log(), run_id)
    path = _file_of(desk, dataset)
    promote(run, expected)  # says what is wrong with the run before anything is noted or written
    told: dict[str, Any] = {"run_id": run_id, "dataset": dataset, "expected": expected is not None}
    desk.audit.note(actor, "evaluation.promote", told)
    try:
        case = promote(run, expected, dataset=path)
    except OSError as error:
        raise ConfigError(
            f"the dataset {dataset!r} can't be written ({error.strerror or error}); make its folder "
            f"{path.parent.name} writable, and see that there is room"
        ) from None
    return {"case_id": case.id, "dataset": dataset}


def dataset_names(desk: Desk) -> DatasetNames:
    """The datasets that may grow: files of cases in the folder, but not links, nor anything below it."""
    folder = _folder(desk)
    try:
        found = [one.stem for one in folder.iterdir() if one.suffix == ".jsonl" and _is_plain(one)]
    except OSError:  # there is no such folder yet
        found = []
    names = sorted(one for one in found if _DATASET.fullmatch(one))
    return {"folder": folder.name, "names": names[:_MOST]}


def _run(log: RunLog, run_id: str) -> RunRecord:
    found = log.sql("SELECT run_id FROM runs WHERE run_id = ?", [run_id])
    if found.empty:
        raise ConfigError(f"the run log has no run {run_id[:60]!r}; look again at which there are")
    return log.run(run_id)


def _file_of(desk: Desk, dataset: str) -> Path:
    if not _DATASET.fullmatch(dataset) or dataset.endswith((".", " ")):
        known = dataset_names(desk)["names"]
        hint = did_you_mean(dataset, known) if known else "for instance regressions"
        raise ConfigError(f"{dataset[:60]!r} is no name of a dataset (letters, digits, spaces, . _ -); {hint}")
    path = _folder(desk) / f"{dataset}.jsonl"
    if (path.is_symlink() or path.exists()) and not _is_plain(path):
        raise ConfigError(f"the dataset {dataset!r} is a link or no file, and is not written to; choose another name")
    return path


def _folder(desk: Desk) -> Path:
    given = desk.settings.datasets
    return desk.root / Path(given).expanduser() if given else desk.root / "datasets"


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
