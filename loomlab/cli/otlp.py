"""``loomlab runs otlp RUN``: a logged run as OTLP JSON, for a trace viewer."""

import json
from pathlib import Path

from loomlab.runlog import RunLog


def run(which: str, *, user: str | None, content: bool, home: Path | None = None) -> int:
    """Print one run as an OTLP request."""
    log = RunLog.open(home, read_only=True)
    print(json.dumps(log.to_otlp(_place(which), user_id=user, content=content), ensure_ascii=False, indent=1))
    return 0


def _place(which: str) -> str | int:
    return int(which) if which.lstrip("-").isdigit() and which.startswith("-") else which
