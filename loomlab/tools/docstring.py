"""What a docstring says about a function: its summary and the meaning of each parameter.

Understands the Google, NumPy and Sphinx ways of writing a parameter section.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any

_SECTION = re.compile(r"^(Args|Arguments|Parameters|Params|Keyword Args|Keyword Arguments|Other Parameters):?$")
_OTHER_SECTION = re.compile(
    r"^(Returns?|Yields?|Raises|Examples?|Notes?|Warnings?|Warns|See Also|References|Attributes|Todo):?$"
)
_GOOGLE = re.compile(r"^(\*{0,2}\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$")
_NUMPY = re.compile(r"^(\*{0,2}\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(?::\s.*|:)?$")
_SPHINX = re.compile(r"^:(?:param|parameter|arg|argument|key|keyword)\s+(?:[^:]*\s)?(\*{0,2}\w+)\s*:\s*(.*)$")


def read_docstring(fn: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """The first sentence line of ``fn``'s docstring, and the descriptions of its parameters by name."""
    text = inspect.getdoc(fn) or ""
    lines = text.splitlines()
    return _summary(lines), {
        name: " ".join(words.split()) for name, words in _parameters(lines).items() if words.strip()
    }


def _summary(lines: list[str]) -> str:
    """The first sentence, which may be wrapped: it ends at a full stop, a blank line, or a section."""
    said: list[str] = []
    for line in (line.strip() for line in lines):
        if not line or _SPHINX.match(line) or (said and (_SECTION.match(line) or _OTHER_SECTION.match(line))):
            break
        said.append(line)
        if line.endswith((".", "!", "?", ":", "…")):
            break
    return " ".join(said)


def _parameters(lines: list[str]) -> dict[str, str]:
    found = _sphinx(lines)
    for index, line in enumerate(lines):
        if _SECTION.match(line.strip()):
            underlined = index + 1 < len(lines) and set(lines[index + 1].strip()) == {"-"}
            if underlined:
                found.update(_numpy(lines[index + 2 :]))
            elif line.strip().endswith(":"):
                found.update(_google(lines[index + 1 :], _indent(line)))
    return found


def _google(lines: list[str], margin: int) -> dict[str, str]:
    found: dict[str, str] = {}
    name, level = "", 0
    for line in lines:
        if not line.strip():
            continue
        if _indent(line) <= margin:
            break
        entry = _GOOGLE.match(line.strip())
        if entry and (not level or _indent(line) <= level):
            name, level = entry[1].lstrip("*"), _indent(line)
            found[name] = entry[2]
        elif name:
            found[name] += " " + line.strip()
    return found


def _numpy(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    names: list[str] = []
    for index, line in enumerate(lines):
        text = line.strip()
        if not text:
            continue
        if _indent(line) == 0:
            if index + 1 < len(lines) and lines[index + 1].strip() and set(lines[index + 1].strip()) == {"-"}:
                break
            entry = _NUMPY.match(text)
            if not entry:
                break
            names = [name.strip().lstrip("*") for name in entry[1].split(",")]
            found.update(dict.fromkeys(names, ""))
        else:
            found.update({name: f"{found[name]} {text}" for name in names})
    return found


def _sphinx(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""
    for line in lines:
        entry = _SPHINX.match(line.strip())
        if entry:
            name = entry[1].lstrip("*")
            found[name] = entry[2]
        elif name and line.startswith((" ", "\t")):
            found[name] += " " + line.strip()
        else:
            name = ""
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
