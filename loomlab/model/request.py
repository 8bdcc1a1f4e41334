"""What a model was asked, as one value."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from loomlab.core.messages import Message, ToolDef


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """The arguments of one ``stream`` or ``complete`` call."""

    messages: tuple[Message, ...]
    tools: tuple[ToolDef, ...] = ()
    temperature: float = 1.0
    max_tokens: int | None = None
    output_schema: Any = None

    @classmethod
    def of(
        cls,
        messages: Sequence[Message],
        tools: Sequence[ToolDef] | None,
        temperature: float,
        max_tokens: int | None,
        output_schema: Any,
    ) -> "ModelRequest":
        """A copy of the arguments that later changes of the caller's lists do not reach."""
        return cls(tuple(messages), tuple(tools or ()), temperature, max_tokens, output_schema)
