"""What the search runs in its own process: one job as JSON on the standard input, lines that fit on the output."""

import fnmatch
import json
import os
import re
import sys
from collections.abc import Iterator
from typing import Any

_LONGEST = 300
_LARGEST = 50_000_000


def main() -> None:
    """Do the job."""
    job = json.loads(sys.stdin.read())
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # no one has replaced it here
    for line in search(job):
        sys.stdout.write(line + "\n")


def search(job: dict[str, Any]) -> Iterator[str]:
    """The lines that fit, in order of path; then what was left out."""
    try:
        fits = re.compile(job["pattern"], re.IGNORECASE if job["ignore_case"] else 0)
    except re.error as exc:
        yield f"ERROR: {job['pattern']!r} is no regular expression: {exc}"
        return
    found = 0
    for path in files(job["place"], job["glob"], job["top"]):
        for number, line in enumerate(lines(path), 1):
            if fits.search(line) is None:
                continue
            found += 1
            if found > job["most"]:
                yield f"[more than {job['most']} lines fit; search for something rarer]"
                return
            text = line if len(line) <= _LONGEST else line[:_LONGEST] + " […]"
            yield f"{os.path.relpath(path, job['top'])}:{number}: {text}"
    if not found:
        yield f"[nothing fits {job['pattern']}]"


def files(place: str, pattern: str, top: str) -> Iterator[str]:
    """Files below, by path; hidden folders are left out, and links that lead out."""
    if os.path.isfile(place):  # noqa: PTH113 - this process imports as little as it can
        yield place
        return
    for folder, below, names in os.walk(place):
        below[:] = sorted(name for name in below if not name.startswith(".") and name != "__pycache__")
        for name in sorted(names):
            path = os.path.join(folder, name)  # noqa: PTH118 - as above
            real = os.path.realpath(path)
            if fnmatch.fnmatch(name, pattern) and (real + os.sep).startswith(top + os.sep):
                yield path


def lines(path: str) -> Iterator[str]:
    """The lines of a text file; none of one that is no text, too large, or not to be read."""
    try:
        if os.path.getsize(path) > _LARGEST:  # noqa: PTH202 - as above
            return
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            raw = file.read()
    except OSError:
        return
    if b"\0" not in raw[:8192]:
        yield from raw.decode("utf-8", "replace").splitlines()


if __name__ == "__main__":
    main()
