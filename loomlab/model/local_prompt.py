"""A conversation as the local model's template knows it: one system text, then user and assistant in turn.

Tool results become part of the question they belong to. The wording is what a 135M model was found to follow: told to
repeat the answer from a text it nearly always does, told to "use the tool's result" it often makes one up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from loomlab.core.messages import Message, Role, ToolCall

SYSTEM = "You are a helpful assistant."
"""Used where a request has no system message: the template would add its own, with which answers are worse."""
RESULTS = "{question}\n\nThe answer is in this text: {results}\n\n{ask}"
ASK_ONE = "Repeat it in one sentence."
ASK_MANY = "Repeat all of it."
ASK_JSON = "Reply with JSON: {fields}"


@dataclass(slots=True)
class Exchange:
    """A user's message, the tool calls and results that followed, and what the assistant said."""

    question: str = ""
    calls: list[ToolCall] = field(default_factory=list)
    results: list[tuple[str, str]] = field(default_factory=list)  # label, text
    said: list[str] = field(default_factory=list)

    def text(self, ask: str = "") -> str:
        """The question with what was found out and how to reply; without results ``ask`` alone says how."""
        if not self.results:
            return f"{self.question}\n\n{ask}".strip()
        if len(self.results) == 1:
            return RESULTS.format(question=self.question, results=self.results[0][1], ask=ask or ASK_ONE).strip()
        lines = "".join(f"\n{label}: {text}" for label, text in self.results)
        return RESULTS.format(question=self.question, results=lines, ask=ask or ASK_MANY).strip()


@dataclass(slots=True)
class Conversation:
    """The messages of a request, sorted: the system text, and at least one exchange."""

    system: str
    exchanges: list[Exchange]

    @property
    def last(self) -> Exchange:
        """What is to be answered now."""
        return self.exchanges[-1]

    @property
    def known(self) -> str:
        """What the user said and the tools found: where the arguments of a call may come from.

        Not the system text: what is recalled there from other conversations would make every call plausible.
        """
        return "\n".join([*(one.question for one in self.exchanges), *self._found()])

    def messages(self, last: str | None = None, *, system: str | None = None) -> list[dict[str, Any]]:
        """For the template; ``last`` takes the place of the last exchange's text, ``system`` of the system text."""
        listed = [{"role": "system", "content": system or self.system or SYSTEM}]
        for number, one in enumerate(self.exchanges, start=1):
            newest = number == len(self.exchanges)
            text = one.text() if last is None or not newest else last
            listed.append({"role": "user", "content": text})
            if one.said:
                listed.append({"role": "assistant", "content": "\n".join(one.said)})
                if newest:
                    # The template wants a user's turn before the assistant's.
                    listed.append({"role": "user", "content": "Go on."})
        return listed

    def _found(self) -> list[str]:
        return [text for one in self.exchanges for _, text in one.results]


def conversation(messages: Sequence[Message]) -> Conversation:
    """Sort the messages of a request."""
    system = [message.content for message in messages if message.role is Role.SYSTEM and message.content]
    exchanges: list[Exchange] = []
    labels: dict[str, str] = {}
    for message in messages:
        if message.role is Role.SYSTEM:
            continue
        fresh = not exchanges or (message.role is Role.USER and (exchanges[-1].said or exchanges[-1].results))
        if fresh:
            exchanges.append(Exchange())
        now = exchanges[-1]
        if message.role is Role.USER:
            now.question = f"{now.question}\n\n{message.content}".strip()
        elif message.role is Role.TOOL:
            label = labels.get(message.tool_call_id or "", message.name or "result")
            now.results.append((label, message.content))
        else:
            for call in message.tool_calls:
                labels[call.id] = label_of(call)
                now.calls.append(call)
            if message.content and not message.tool_calls:
                now.said.append(message.content)
    return Conversation("\n\n".join(system), exchanges or [Exchange()])


def label_of(call: ToolCall) -> str:
    """What a result is about: the arguments of its call, else the tool's name."""
    return ", ".join(str(value) for value in call.args.values()) or call.tool
