"""What memory holds: blocks, episodes, facts over two times, and the summaries a user may ask for."""

from datetime import datetime

from pydantic import Field

from loomlab.core.ids import new_id
from loomlab.core.messages import ToolCall, utc_now
from loomlab.core.value import Value


class MemoryBlock(Value):
    """A named text that is always in the prompt."""

    name: str
    content: str
    updated_at: datetime = Field(default_factory=utc_now)
    pinned_order: int = 0

    def format(self) -> str:
        """The block between tags of its name, as the model reads it."""
        return f"<{self.name}>\n{self.content}\n</{self.name}>"


class Episode(Value):
    """One exchange: what was asked and what was answered."""

    id: str = Field(default_factory=lambda: new_id("ep"))
    session_id: str
    user_id: str | None = None
    occurred_at: datetime = Field(default_factory=utc_now)
    input: str
    output: str
    tool_calls: list[ToolCall] = Field(default_factory=list)
    embedding: list[float] | None = None

    def format(self) -> str:
        """One line: when, what was asked, what was answered; long texts are cut at 400 characters, with an ellipsis."""
        when = self.occurred_at.isoformat(sep=" ", timespec="minutes")[:16]
        return f"[{when}] user: {_line(self.input)} | assistant: {_line(self.output)}"


class Fact(Value):
    """A claim over two times: true from ``valid_from`` until ``valid_until``, known since ``recorded_at``."""

    id: str = Field(default_factory=lambda: new_id("fact"))
    user_id: str | None = None
    subject: str
    predicate: str
    object: str
    confidence: float = 1.0
    valid_from: datetime = Field(default_factory=utc_now)
    valid_until: datetime | None = None
    recorded_at: datetime = Field(default_factory=utc_now)
    sources: list[str] = Field(default_factory=list)

    def format(self) -> str:
        """The claim with its confidence, and its end where it has one."""
        until = f" (until {self.valid_until:%Y-%m-%d})" if self.valid_until else ""
        return f"{self.subject} {self.predicate} {self.object} [confidence {self.confidence:.2f}]{until}"


class MemoryProfile(Value):
    """What is known about one user, in short: at most ten sessions and ten facts, newest first."""

    user_id: str | None
    episode_count: int = 0
    fact_count: int = 0
    last_seen: datetime | None = None
    recent_sessions: list[str] = Field(default_factory=list)
    sample_facts: list[Fact] = Field(default_factory=list)


class MemoryExport(Value):
    """Everything that is stored about one user."""

    user_id: str | None
    episodes: list[Episode] = Field(default_factory=list)
    facts: list[Fact] = Field(default_factory=list)
    exported_at: datetime = Field(default_factory=utc_now)


_LINE = 400
"""Characters of a text that a one-line form keeps."""


def _line(text: str) -> str:
    line = " ".join(text[: 2 * _LINE].split())
    return line if len(line) <= _LINE and len(text) <= 2 * _LINE else f"{line[:_LINE]}…"
