"""A run that was logged becomes a case, so that what went wrong once is asked again."""

import json
from pathlib import Path
from typing import Any, Protocol

from loomlab.core.errors import ConfigError
from loomlab.evals.case import Case
from loomlab.evals.dataset import Dataset

_CUT = "characters cut"


class LoggedRun(Protocol):
    """The part of a ``RunRecord`` that becomes a case."""

    @property
    def run_id(self) -> str:
        """The run."""

    @property
    def info(self) -> Any:
        """Its row of the table ``runs``."""


def promote(
    run_record: LoggedRun, target: Any = None, *, dataset: str | Path | None = None, cluster: str | None = None
) -> Case:
    """The case of a logged run: its prompt as the input, ``target`` as the right answer.

    The run's id names the case; what it answered then, its agent and its model are kept as metadata, its user is not.
    ``dataset`` is a ``.jsonl`` file that the case is added to; it is made where it is missing. Raises ``ConfigError``
    where the run has no prompt or a cut one, the file already has the case, or is not a dataset that may grow.
    """
    info = run_record.info
    prompt = info.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise ConfigError(f"the run {run_record.run_id} has no prompt in the log, so it is no case")
    if prompt.endswith(_CUT) and "… " in prompt[-60:]:
        raise ConfigError(f"the prompt of {run_record.run_id} was cut when it was logged; write the case by hand")
    kept = {key: info.get(key) for key in ("output", "agent", "architecture", "model", "status", "ended")}
    metadata = {"promoted_from": run_record.run_id, **{key: value for key, value in kept.items() if value is not None}}
    case = Case(run_record.run_id, prompt, target, cluster, metadata)
    if dataset is not None:
        _append(case, Path(dataset).expanduser())
    return case


def _append(case: Case, path: Path) -> None:
    if path.is_dir() and (path / "card.toml").is_file():
        raise ConfigError(
            f"{path} has a card with the digest of its cases, so it can't grow; give a .jsonl of your own"
        )
    if path.is_dir() or path.suffix != ".jsonl":
        raise ConfigError(f"a case is added to a .jsonl file, not to {path}")
    if (path.parent / "card.toml").is_file():
        raise ConfigError(f"{path} is described by a card with its digest, so it can't grow; give a .jsonl of your own")
    if path.is_file() and path.stat().st_size and case.id in Dataset.load(path):
        raise ConfigError(f"{path} already has the case {case.id}")
    try:
        line = json.dumps(case.as_row(), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as exc:
        raise ConfigError(f"the target of {case.id} cannot be written as JSON: {exc}") from exc
    path.parent.mkdir(parents=True, exist_ok=True)
    ended = not path.is_file() or path.stat().st_size == 0 or path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(("" if ended else "\n") + line + "\n")
