"""What a server says on its standard error: its last lines, for the error that it caused."""

import os
import threading
from typing import TextIO

_KEPT = 4_000
_LINES, _LINE = 4, 300


class LastWords:
    """A file to give to a program, of which the end is kept. It is read all the time, so that nobody waits to write."""

    def __init__(self) -> None:
        reading, writing = os.pipe()
        self.file: TextIO = os.fdopen(writing, "w", encoding="utf-8")
        self._reading = reading
        self._kept = bytearray()
        self._thread = threading.Thread(target=self._read, name="loomlab-mcp-stderr", daemon=True)
        self._thread.start()

    def text(self) -> str:
        """The last lines of what was said."""
        lines = bytes(self._kept).decode("utf-8", "replace").split("\n")
        said = [line.strip()[-_LINE:] for line in lines if line.strip()]
        return "\n".join(said[-_LINES:])

    def close(self) -> None:
        """Nothing more is written from here; what is still under way is read."""
        self.file.close()
        self._thread.join(timeout=0.5)

    def _read(self) -> None:
        with os.fdopen(self._reading, "rb", buffering=0) as stream:
            while piece := stream.read(65_536):
                self._kept += piece
                del self._kept[:-_KEPT]
