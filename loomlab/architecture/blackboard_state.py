"""The blackboard itself: what everybody reads, and what each keeps to itself."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field, create_model, field_validator

from loomlab.core.messages import utc_now


class Decision(BaseModel):
    """The coordinator's: end, or who is next and what to do."""

    terminate: bool
    next_agent: str = ""
    instruction: str = ""

    @field_validator("next_agent", "instruction", mode="before")
    @classmethod
    def _nothing(cls, value: object) -> object:
        return "" if value is None else value


def decision_among(names: Iterable[str]) -> type[Decision]:
    """``Decision`` for certain agents: models that take schemas are held to their names, others may say any."""
    field: Any = Field(default="", json_schema_extra={"enum": [*names, ""]})
    return create_model("Decision", __base__=Decision, next_agent=(str, field))


@dataclass(frozen=True, slots=True)
class BlackboardEntry:
    """One entry. ``kind``: contribution, answer, instruction, error, or a word of your own."""

    timestamp: datetime
    author: str
    content: str
    kind: str = "contribution"


@dataclass
class Blackboard:
    """What a team has written: the public entries, and the private notes of each agent."""

    public: list[BlackboardEntry] = field(default_factory=list)
    private: dict[str, list[BlackboardEntry]] = field(default_factory=dict)

    def post(
        self, author: str, content: str, *, kind: str = "contribution", private_to: str | None = None
    ) -> BlackboardEntry:
        """Write an entry, for everybody or for one agent only."""
        entry = BlackboardEntry(utc_now(), author, content, kind)
        entries = self.public if private_to is None else self.private.setdefault(private_to, [])
        entries.append(entry)
        return entry

    def render_for(self, agent_name: str) -> str:
        """What one agent sees: the public entries, oldest first, and its own notes."""
        lines = [f"[{one.kind}] {one.author}: {one.content}" for one in self.public]
        notes = self.private.get(agent_name, [])
        if notes:
            lines += ["", "Only you see:", *(f"[{one.kind}] {one.author}: {one.content}" for one in notes)]
        return "\n".join(lines).strip() or "(empty)"

    def take(self, author: str, text: str) -> str:
        """Write what an agent said: lines that begin with "Private:" for itself only, the rest for everybody.

        Returns the kind of the public part: ``answer`` where it begins with "Answer:", else ``contribution``; ``note``
        where there was nothing but private lines.
        """
        public = []
        for line in text.splitlines():
            mark, _, rest = line.strip().partition(":")
            if mark.lower() == "private":
                self.post(author, rest.strip(), kind="note", private_to=author)
            else:
                public.append(line)
        content = "\n".join(public).strip()
        if not content:
            return "note"
        settles = content.lower().startswith("answer:")
        entry = self.post(
            author,
            content[len("answer:") :].strip() if settles else content,
            kind="answer" if settles else "contribution",
        )
        return entry.kind

    def settled(self) -> str:
        """What stands as the result: the last answer, else the last contribution."""
        for kind in ("answer", "contribution"):
            for entry in reversed(self.public):
                if entry.kind == kind:
                    return entry.content
        return ""
