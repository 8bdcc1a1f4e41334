"""What the verbs give back to a strategy."""

from dataclasses import dataclass, field

from loomlab.core.messages import Message, Role, ToolCall, Usage
from loomlab.core.remembered import Episode, Fact, MemoryBlock


class RunStopped(Exception):
    """Raised by a verb when the run may not go on; the session says why. Strategies let it pass."""

    orderly = True
    """No fault: telemetry does not report it as one."""


class RunSettled(RunStopped):
    """Raised when a run has done its part before its strategy is through (it handed over, say): no interruption."""


@dataclass(slots=True)
class Reply:
    """A model's answer: text, the tools it wants, what it cost, why it ended."""

    text: str
    tool_calls: list[ToolCall]
    usage: Usage
    finish_reason: str

    def message(self) -> Message:
        """The answer as a message of the conversation."""
        return Message(role=Role.ASSISTANT, content=self.text, tool_calls=tuple(self.tool_calls))


@dataclass(slots=True)
class Recalled:
    """What memory gave for a prompt."""

    blocks: list[MemoryBlock] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)
    history: list[Message] = field(default_factory=list)

    def messages(self, instructions: str, prompt: str) -> list[Message]:
        """The conversation to start from: instructions, blocks, recalled material, history, the prompt."""
        seed = [Message(role=Role.SYSTEM, content=instructions)]
        if self.blocks:
            seed.append(Message(role=Role.SYSTEM, content="\n\n".join(block.format() for block in self.blocks)))
        recalled = []
        if self.facts:
            recalled.append("Known facts about this user:\n" + "\n".join(f"- {fact.format()}" for fact in self.facts))
        if self.episodes:
            recalled.append("Relevant past episodes:\n" + "\n".join(f"- {one.format()}" for one in self.episodes))
        if recalled:
            seed.append(Message(role=Role.SYSTEM, content="\n\n".join(recalled)))
        seed += self.history
        seed.append(Message(role=Role.USER, content=prompt))
        return seed
