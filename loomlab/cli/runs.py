"""``loomlab runs``: what is in the log."""

from pathlib import Path
from typing import Any

from loomlab.cli.say import complain
from loomlab.display import format as fmt
from loomlab.display import table_text
from loomlab.display.text import preview
from loomlab.runlog import RunLog

_COLUMNS = ("run_id", "user_id", "architecture", "model", "status", "prompt", "turns", "cost_usd", "started_at")


def run(*, user: str | None, limit: int, home: Path | None = None) -> int:
    """Show the newest runs, of everybody or of one user."""
    log = RunLog.open(home, read_only=True)
    filters = {} if user is None else {"user_id": user}
    rows: list[dict[Any, Any]] = log.runs(limit=limit, **filters).to_dict("records")
    if not rows:
        whose = f" for the user {user!r}" if user else ""
        return complain(
            f"there is no run{whose} in {log.path}; record some with `loomlab eval evals/quickstart.toml`", code=0
        )
    shown: list[dict[str, Any]] = [
        {**row, "cost_usd": fmt.cost(row["cost_usd"]), "user_id": _short(row["user_id"])} for row in rows
    ]
    print(table_text(_COLUMNS, shown, limit=limit))
    return 0


def _short(user: Any) -> str:
    # pandas gives a missing text as NaN or None, whichever it likes; evaluations have users with long names.
    return preview(user, 24) if isinstance(user, str) else "–"
