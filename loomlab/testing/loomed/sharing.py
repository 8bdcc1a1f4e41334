"""One evaluation for all workers of a run of pytest: the first who needs it makes it, the others read it."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from loomlab.evals import Evaluation, Status
from loomlab.evals.recorded import load_evaluation, save_evaluation


def shared_folder(config: pytest.Config) -> Path | None:
    """The folder that the workers of this run share; None where pytest is one process."""
    worker = getattr(config, "workerinput", None)
    run = worker["testrunuid"] if worker is not None else getattr(config.option, "testrunuid", None)
    if run is None:
        return None
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    name = hashlib.sha256(f"{user}:{run}".encode()).hexdigest()[:24]
    return Path(tempfile.gettempdir()) / f"loomlab-pytest-{name}"


def once(folder: Path | None, key: str, make: Callable[[], Evaluation]) -> Evaluation:
    """What ``make`` makes, or what another worker has made of the same. What was cut short is not shared."""
    if folder is None:
        return make()
    from filelock import FileLock

    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or (hasattr(os, "getuid") and folder.stat().st_uid != os.getuid()):
        return make()  # somebody else's folder: nothing of it is read
    file = folder / f"{hashlib.sha256(key.encode()).hexdigest()}.jsonl"
    with FileLock(f"{file}.lock"):
        if file.is_file():
            return load_evaluation(file)
        made = make()
        if made.status is Status.DONE:
            draft = file.with_suffix(".new")
            save_evaluation(made, draft)
            draft.replace(file)
        return made
