"""The code in an answer."""

import re

_FENCE = re.compile(
    r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n`]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.DOTALL | re.MULTILINE
)
_ALIASES = {"python": {"python", "py", "python3", "python2", "ipython"}}


def code_in(answer: str, language: str = "python", entry_point: str | None = None) -> str | None:
    """The code of an answer: a fenced block, or the whole text where there is no fence; None where all is empty.

    Of several blocks those marked as ``language`` come before the unmarked ones; of those the last that defines
    ``entry_point``, else the longest. A fence that is not closed reaches to the end.
    """
    blocks: list[tuple[str, str]] = [(mark.lower(), body) for _, mark, body in _FENCE.findall(answer) if body.strip()]
    if not blocks:
        return answer if answer.strip() and "```" not in answer else None
    marked = [body for mark, body in blocks if mark in _ALIASES.get(language, {language})]
    plain = [body for mark, body in blocks if not mark]
    candidates = marked or plain or [body for _, body in blocks]
    if entry_point is not None:
        defines = re.compile(rf"^\s*(?:async\s+def|def|class)\s+{re.escape(entry_point)}\b", re.MULTILINE)
        defining = [body for body in candidates if defines.search(body)]
        if defining:
            return defining[-1]
    return max(candidates, key=len)
