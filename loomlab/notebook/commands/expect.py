"""``%loom expect accuracy(react) >= 0.7 @95%``: a notebook as a regression test."""

import re
from collections.abc import Iterable
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.evals import Evaluation
from loomlab.evals.expectation import Expectation, ExpectationNotMet, ExpectationResult
from loomlab.evals.measure import measure_names
from loomlab.notebook.commands.command import Command
from loomlab.notebook.errors import mark_shown
from loomlab.notebook.faces import face_of
from loomlab.notebook.names import find, names_of
from loomlab.notebook.notebook import Notebook

_OF = re.compile(r"\s+of\s+([A-Za-z_][\w.]*)\s*$")
_USAGE = "%loom expect accuracy(react) >= 0.7 @95%"


def _run(notebook: Notebook, rest: str) -> ExpectationResult:
    __tracebackhide__ = True
    named = _OF.search(rest)
    text = rest[: named.start()] if named else rest
    if not text.strip():
        raise ConfigError(f"%loom expect says what must hold: {_USAGE}")
    expected = Expectation.parse(text)
    evaluation = find(named[1], notebook.space, is_evaluation, "evaluation") if named else notebook.evaluations.last
    if evaluation is None:
        raise ConfigError(
            "there is no evaluation in this notebook yet; "
            "type %%loom --ab react,rewoo --on capitals, or await evaluate(…)"
        )
    found = expected.check(evaluation)
    if found.ok is not True:
        face = face_of(found)
        if face is not None:
            notebook.screen.publish(face)
        error = ExpectationNotMet(found)
        mark_shown(error)
        raise error
    return found


def is_evaluation(value: Any) -> bool:
    """Whether the object is an evaluation."""
    return isinstance(value, Evaluation)


def _complete(notebook: Notebook, words: list[str]) -> Iterable[str]:
    if words[-1:] == ["of"]:
        return names_of(notebook.space, is_evaluation)
    last = notebook.evaluations.last
    if last is None:
        return ()
    if not words:
        return [*(f"{name}({arm})" for arm in last.arms for name in measure_names(last.scorers)), *last.arms]
    if len(words) == 1:
        return (">=", "<=", ">", "<", "==")
    return [*last.arms, "@95%", "by", "within", "of"]


COMMAND = Command(
    "expect",
    "%loom expect FIGURE >= NUMBER @95% [of NAME]",
    "fail here unless the last evaluation, or NAME, holds this: accuracy(react) >= 0.7 @95%, react > rewoo by 0.05",
    _run,
    _complete,
)
