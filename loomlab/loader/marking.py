"""Plain words inside Markdown: what would read as a heading, a fence or a rule is escaped."""

import re

_LOOKS_MARKED = re.compile(r"^([ \t]*)(#{1,6}(?=\s|$)|`{3}|~{3}|[=-]{2,}(?=[ \t]*$))", re.MULTILINE)
_RUN = re.compile(r"`{3,}")


def plain(text: str) -> str:
    """Text as it can stand in Markdown without turning into structure."""
    return _LOOKS_MARKED.sub(r"\1\\\2", text)


def fenced(code: str, language: str = "") -> str:
    """Code in a fence longer than any inside it."""
    longest = max((len(one) for one in _RUN.findall(code)), default=2)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{code}\n{fence}"


def one_line(text: str) -> str:
    """Text with every run of white space as one space."""
    return " ".join(text.split())
