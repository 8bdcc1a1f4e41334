"""The code in the answer passes the case's tests."""

from collections.abc import Mapping, Sequence
from typing import Any

from loomlab.core.results import RunResult
from loomlab.evals.case import Case
from loomlab.evals.coding import Limits, code_in, run_tests
from loomlab.evals.score import Score
from loomlab.evals.scorers.base import Scorer, scorer


def code(
    language: str = "python",
    *,
    seconds: float = 10.0,
    memory_mb: int = 1024,
    output_kb: int = 64,
    partial: bool = False,
) -> Scorer:
    """Right when the answer's code passes the tests of the case; with ``partial`` the share of tests that pass.

    The code is the answer's fenced block (of several: the last that defines ``metadata["entry_point"]``, else the
    longest), or the whole answer. ``metadata["tests"]`` is a text or a list of texts of Python that raise where the
    code is wrong, run after it in the same namespace; without it the target is taken. ``metadata["prompt"]`` is put
    before the code where the answer only continues it, and ``entry_point`` is what ``check(candidate)`` of the tests
    is called with, as in HumanEval (Chen et al., 2021).

    The code runs in a process of its own with an empty environment, a folder that goes away, limits of time
    (``seconds``), memory and output, no network and no further processes; all of it is killed afterwards. That stops
    mistakes and mischief, not code written to break out of a Python process. Raises ``ValueError`` for a language other
    than Python.
    """
    if language != "python":
        raise ValueError(f"the scorer code runs python, not {language!r}")
    limits = Limits(seconds, memory_mb, output_kb)

    @scorer("code")
    async def judge(result: RunResult, case: Case) -> Score:
        tests = _tests(case)
        if not tests:
            return Score.unscored("the case has no metadata 'tests' and no target that is code")
        entry_point = case.metadata.get("entry_point")
        program = code_in(result.output, language, entry_point)
        if program is None:
            return Score(0.0, "no code in the answer")
        ran = await run_tests(_whole(program, case.metadata), tests, limits)
        details: dict[str, Any] = {"passed": ran.passed, "tests": ran.total}
        if ran.output:
            details["output"] = ran.output[-500:]
        value = ran.passed / ran.total if partial and ran.stopped is None else float(ran.ok)
        reason = ran.stopped or "; ".join(ran.faults[:3]) or None
        return Score(value, reason, details=details)

    return judge


def _tests(case: Case) -> list[str]:
    given = case.metadata.get("tests", case.target)
    tests = [given] if isinstance(given, str) else list(given) if isinstance(given, Sequence) else []
    if not all(isinstance(one, str) for one in tests):
        return []
    entry_point = case.metadata.get("entry_point")
    if entry_point is not None and tests and "def check(" in tests[-1]:
        tests[-1] += f"\ncheck({entry_point})\n"
    return tests


def _whole(program: str, metadata: Mapping[str, Any]) -> str:
    """The program, after the prompt where it does not define what the prompt began."""
    prompt, entry_point = metadata.get("prompt"), metadata.get("entry_point")
    if not isinstance(prompt, str) or (isinstance(entry_point, str) and f"def {entry_point}" in program):
        return program
    return f"{prompt}\n{program}"
