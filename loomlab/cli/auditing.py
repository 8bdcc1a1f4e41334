"""``loomlab audit``: whether a signed record is whole, and what it tells."""

import os
import re
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import anyio

from loomlab.cli.say import complain
from loomlab.core.records import AuditEntry
from loomlab.display.audit import Shown, audit_text
from loomlab.display.text import plain
from loomlab.security import AuditReport, FileAuditLog
from loomlab.security.audit_report import Head

KEY = "LOOMLAB_AUDIT_KEY"
_HEAD = re.compile(r"(\d{1,15}):([0-9a-f]{64})")


def verify(path: Path, *, key_env: str | None, head: str | None = None) -> int:
    """Check a log. 0: it is whole; 1: it is not, and every place is named; 2: there is nothing to check.

    ``key_env`` names the environment variable that holds the key; ``head`` is an end that was printed before.
    """
    anchor = None if head is None else _HEAD.fullmatch(head.strip())
    if head is not None and anchor is None:
        return complain(f"--head takes what verify printed, NUMBER:SIGNATURE, and not {head!r}")
    found = _read(path, key_env, [] if anchor is None else [Head(int(anchor[1]), anchor[2])])
    if isinstance(found, int):
        return found
    _, report = found
    print(plain(f"{path}: {report}"))
    if report.ok and report.head is not None:
        print(f"its end is {report.head.seq}:{report.head.signature}; keep that elsewhere and check it with --head")
    return _code(report, key_env)


def show(path: Path, *, user: str | None, times: bool = True, key_env: str | None = None) -> int:
    """Print the newest entries, of everybody or of one user, and whether the log is whole; exit codes as of verify."""
    found = _read(path, key_env, [])
    if isinstance(found, int):
        return found
    entries, report = found
    kept = [one for one in entries if user is None or one.user_id == user]
    problems = [(one.sentence, one.severe) for one in report.problems]
    print(audit_text(Shown(kept, len(entries), user, user is None, True, problems, report.bad, times)))
    return _code(report, key_env)


def _read(path: Path, key_env: str | None, anchors: Sequence[Head]) -> tuple[list[AuditEntry], AuditReport] | int:
    """The entries and what a check of them found, or the exit code where there are none to check."""
    secret = os.environ.get(key_env or KEY, "")
    if key_env is not None and not secret:
        return complain(f"the environment variable {key_env} holds the key that the log is signed with, and is not set")
    # A log whose last file was taken away is a log still: what stands beside it tells.
    if path.is_dir() or not (path.exists() or path.with_name(f"{path.name}.head").exists()):
        return complain(f"there is no audit log {path}")
    log = FileAuditLog(path, secret=secret)
    report = anyio.run(partial(log.verify, anchors=anchors))
    if not report.entries and any(one.kind == "unreadable" for one in report.problems):
        return complain(f"{path} is no audit log: none of its lines is an entry")
    return anyio.run(log.all_entries), report


def _code(report: AuditReport, key_env: str | None) -> int:
    if report.ok:
        return 0
    edited = [one for one in report.problems if one.kind == "edited"]
    if report.entries and len(edited) >= report.entries:
        name = key_env or KEY
        held = "the key in" if os.environ.get(name) else "no key, because nothing is in"
        print(
            f"loomlab: no signature fits {held} {name}; where the log is signed with another key, name its variable: "
            "--key-env NAME",
            file=sys.stderr,
        )
    return 1
