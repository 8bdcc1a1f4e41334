"""What a cell's output holds."""

from typing import Any, NamedTuple


class Face(NamedTuple):
    """Safe HTML and its text twin."""

    html: str
    text: str

    @property
    def bundle(self) -> dict[str, str]:
        """By MIME type."""
        return {"text/html": self.html, "text/plain": self.text}

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return self.bundle

    def __repr__(self) -> str:
        return self.text
