r"""The patterns of the game quiz: ``a|b`` alternatives, ``{a}`` may be left out, ``[a|b]`` a group, ``\`` quotes."""

from itertools import product


def expand(pattern: str) -> list[str]:
    """Every text a pattern stands for, in the order of its alternatives; first with what may be left out."""
    texts, end = _alternatives(pattern, 0)
    if end != len(pattern):
        raise ValueError(f"unbalanced pattern {pattern!r}")
    return texts


def _alternatives(pattern: str, at: int) -> tuple[list[str], int]:
    found: list[str] = []
    parts: list[list[str]] = []
    while at < len(pattern) and pattern[at] not in "]}":
        char = pattern[at]
        if char == "|":
            found += ["".join(words) for words in product(*parts)]
            parts = []
        elif char in "[{":
            inner, at = _alternatives(pattern, at + 1)
            if at == len(pattern):
                raise ValueError(f"unbalanced pattern {pattern!r}")
            parts.append([*inner, ""] if char == "{" else inner)
        else:
            if char == "\\":
                at += 1
                char = pattern[at]
            parts.append([char])
        at += 1
    return found + ["".join(words) for words in product(*parts)], at
