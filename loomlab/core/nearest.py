"""Errors that help: the nearest valid name for a mistyped one."""

from collections.abc import Iterable


def did_you_mean(given: str, valid: Iterable[str]) -> str:
    """A sentence for an error message: the nearest valid name, else the list of all."""
    from difflib import get_close_matches

    names = sorted(valid)
    close = get_close_matches(given, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"valid: {shown}" if shown else "there is none yet"
