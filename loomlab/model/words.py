"""Cutting a text into the pieces that the models without a provider stream."""

import re
from collections.abc import Sequence

from loomlab.core.messages import Message

_WORD = re.compile(r"\s*\S+(?:\s+$)?|\s+")


def words(text: str) -> list[str]:
    """The text word by word, white space included: joined, they are the text again."""
    return _WORD.findall(text)


def count_words(messages: Sequence[Message]) -> int:
    """How many words all messages have together."""
    return sum(len(message.content.split()) for message in messages)
