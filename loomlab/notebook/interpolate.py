"""``{python expressions}`` in a prompt, by the rules of an f-string: nested braces, ``!r``, format specs, ``{{ }}``."""

from collections.abc import Callable
from typing import Any

from loomlab.core.errors import ConfigError

Evaluate = Callable[[str], Any]

_OPEN, _CLOSE = "([{", ")]}"
_CONVERSIONS: dict[str, Callable[[Any], str]] = {"r": repr, "s": str, "a": ascii}
_LITERAL = "literal braces are {{ and }}, or use --raw"


def interpolate(text: str, evaluate: Evaluate) -> str:
    """``text`` with every ``{expression}`` replaced by its formatted value.

    ``evaluate`` gives an expression's value. ConfigError names an expression that fails or is not closed.
    """
    return _fill(text, evaluate, 0)


def _fill(text: str, evaluate: Evaluate, depth: int) -> str:
    parts: list[str] = []
    at = 0
    while at < len(text):
        char = text[at]
        if depth == 0 and text[at : at + 2] in ("{{", "}}"):
            parts.append(char)
            at += 2
        elif char == "{":
            value, at = _field(text, at + 1, evaluate, depth)
            parts.append(value)
        elif char == "}":
            raise ConfigError(f"a '}}' closes nothing in {_near(text, at)!r}; {_LITERAL}")
        else:
            parts.append(char)
            at += 1
    return "".join(parts)


def _field(text: str, start: int, evaluate: Evaluate, depth: int) -> tuple[str, int]:
    """The value of the field whose expression begins at ``start``, and the place behind its closing brace."""
    end = _expression_end(text, start)
    source = text[start:end]
    label, expression = _self_naming(source)
    if not expression.strip():
        raise ConfigError(f"there is no expression between the braces of {_near(text, start - 1)!r}; {_LITERAL}")
    at, conversion = end, ""
    if text[at] == "!":
        conversion, at = text[at + 1 : at + 2], at + 2
        if conversion not in _CONVERSIONS or text[at : at + 1] not in (":", "}"):
            raise ConfigError(f"{{{source}!{conversion}…}}: after '!' comes r, s or a, then ':' or '}}'")
    spec = ""
    if text[at] == ":":
        close = _spec_end(text, at + 1)
        if depth > 1:
            raise ConfigError(f"{{{source}…}}: braces are nested too deeply")
        spec, at = _fill(text[at + 1 : close], evaluate, depth + 1), close
    return label + _formatted(source, expression, conversion, spec, bool(label), evaluate), at + 1


def _formatted(source: str, expression: str, conversion: str, spec: str, named: bool, evaluate: Evaluate) -> str:
    try:
        value = evaluate(expression.strip())
    except Exception as exc:
        why = f"{type(exc).__name__}: {exc}" if str(exc) else type(exc).__name__
        if isinstance(exc, SyntaxError):
            why = f"it is not a Python expression ({exc.msg})"
        raise ConfigError(f"{{{source}}} has no value: {why}; {_LITERAL}") from exc
    if named and not conversion and not spec:
        conversion = "r"
    try:
        return format(_CONVERSIONS[conversion](value) if conversion else value, spec)
    except Exception as exc:
        raise ConfigError(f"{{{source}:{spec}}} can't be formatted: {exc}; {_LITERAL}") from exc


def _expression_end(text: str, start: int) -> int:
    """Where the expression ends: at a ``}``, ``:`` or ``!`` outside of brackets and quotation marks."""
    nested: list[str] = []
    at = start
    while at < len(text):
        char = text[at]
        if char in "'\"":
            at = _string_end(text, at)
            continue
        if char in _OPEN:
            nested.append(char)
        elif nested and char in _CLOSE:
            nested.pop()
        elif not nested and (char in "}:" or (char == "!" and text[at + 1 : at + 2] != "=")):
            return at
        at += 1
    raise ConfigError(f"a '{{' is not closed in {_near(text, start - 1)!r}; {_LITERAL}")


def _string_end(text: str, at: int) -> int:
    mark = text[at : at + 3] if text[at : at + 3] in ("'''", '"""') else text[at]
    end = at + len(mark)
    while end < len(text) and not text.startswith(mark, end):
        end += 2 if text[end] == "\\" else 1
    return end + len(mark)


def _spec_end(text: str, start: int) -> int:
    depth = 0
    for at in range(start, len(text)):
        if text[at] == "{":
            depth += 1
        elif text[at] == "}":
            if depth == 0:
                return at
            depth -= 1
    raise ConfigError(f"a '{{' is not closed in {_near(text, start - 1)!r}; {_LITERAL}")


def _self_naming(source: str) -> tuple[str, str]:
    """``{x=}`` shows the expression too; ``==``, ``<=`` and their like are comparisons."""
    bare = source.rstrip()
    if bare.endswith("=") and bare[-2:-1] not in tuple("=!<>"):
        return source, bare[:-1]
    return "", source


def _near(text: str, at: int) -> str:
    return " ".join(text[at : at + 40].split())
