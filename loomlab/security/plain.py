"""Text of a model or a user for a terminal or a line of a log: what could steer either is shown as its code point."""

import re

_STEERING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Control characters, line breaks, marks of direction, and characters that are not seen."""


def plain_text(text: object) -> str:
    """``text`` in one line, with every steering or hidden character as ``⟨U+001B⟩``."""
    return _STEERING.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", str(text))
