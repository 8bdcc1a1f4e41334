"""Progress of a download, shown on stderr: a bar in a terminal, two lines anywhere else."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str, int, int | None], None]
"""``progress(what, done, total)``: the step's name, bytes done, bytes in all (None: not known yet)."""

_WIDTH = 28


@contextmanager
def bar(progress: Progress | None) -> Iterator[Progress]:
    """``progress`` itself if there is one, else one that draws on stderr."""
    if progress is not None:
        yield progress
        return
    draw = _Drawing()
    yield draw
    draw.end()


class _Drawing:
    def __init__(self) -> None:
        self._live = sys.stderr is not None and sys.stderr.isatty()
        self._shown = ""

    def __call__(self, what: str, done: int, total: int | None) -> None:
        if not self._live:
            text = "fetching the local model, once (93 MB) …"
        elif total:
            full = min(_WIDTH, _WIDTH * done // total)
            megabytes = f"{done / 1e6:,.0f} of {total / 1e6:,.0f} MB"
            text = f"\r\033[Klocal model: {what:<11} {'█' * full}{'░' * (_WIDTH - full)} {megabytes}"
        else:
            text = f"\r\033[Klocal model: {what} …"
        if text != self._shown:
            self._shown = text
            self._write(text if self._live else f"{text}\n")

    def end(self) -> None:
        """Say that all is there."""
        self._write("\r\033[Klocal model: ready\n" if self._live else "the local model is here\n")

    @staticmethod
    def _write(text: str) -> None:
        if sys.stderr is None:
            return
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except (OSError, UnicodeEncodeError, ValueError):
            pass  # a closed or narrow stderr must not stop a download
