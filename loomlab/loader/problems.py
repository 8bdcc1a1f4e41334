"""What can be wrong with a file, and the limits that keep a hostile one from taking the machine."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

MEGABYTE = 1_000_000
MAX_BYTES = 64 * MEGABYTE
"""The largest file of text (txt md html csv tsv) that is read unless ``max_bytes`` says otherwise."""
MAX_UNPACKED = 256 * MEGABYTE
"""The most that a DOCX or XLSX may unpack to."""
MAX_RATIO = 400
"""How many times its packed size a part may unpack to; real Office parts stay below 100."""
MAX_CELLS = 5_000_000
"""The most cells that a workbook may give."""


_COLLECTED: ContextVar[list[str] | None] = ContextVar("warnings of the file that is being read", default=None)


class DocumentError(ValueError):
    """A file can't be read as a document: damaged, encrypted, too large, or not what its name says."""


def regular_file(path: str | Path) -> Path:
    """The path, if it is a file that can be read to its end. FileNotFoundError or DocumentError if not."""
    found = Path(path)
    if not found.exists():
        raise FileNotFoundError(f"there is no file {found}")
    if not found.is_file():
        what = "a folder; index(folder, store) reads folders" if found.is_dir() else "no regular file"
        raise DocumentError(f"{found.name} is {what}")
    return found


def check_size(path: Path, limit: int) -> None:
    """DocumentError if a file is over the limit; nothing of it is read."""
    size = path.stat().st_size
    if size > limit:
        raise DocumentError(
            f"{path.name} has {size / MEGABYTE:,.0f} MB, over the limit of {limit / MEGABYTE:,.0f} MB: split it, or"
            f" raise the limit with load(path, max_bytes={size})"
        )


def breathe() -> None:
    """Stop here if the task that waits for this thread was cancelled; called between pages, rows and parts."""
    from anyio.from_thread import check_cancelled

    with suppress(RuntimeError):  # called from no event loop: there is nobody who could cancel
        check_cancelled()


def warn(sentence: str) -> None:
    """A RuntimeWarning to whoever loads a file, or a line in the report of whoever loads many."""
    collected_so_far = _COLLECTED.get()
    if collected_so_far is None:
        warnings.warn(sentence, RuntimeWarning, stacklevel=4)
    else:
        collected_so_far.append(sentence)


@contextmanager
def collected() -> Iterator[list[str]]:
    """Within it, what loaders warn of goes to the list instead."""
    found: list[str] = []
    token = _COLLECTED.set(found)
    try:
        yield found
    finally:
        _COLLECTED.reset(token)
