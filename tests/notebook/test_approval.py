"""The question in the cell: where nobody can answer, the answer is no; the first answer stands."""

import pytest

from loomlab.core import ToolCall, ToolDef
from loomlab.notebook.approval import NotebookApproval, Question
from loomlab.notebook.screen import Screen

pytestmark = pytest.mark.anyio
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
CALL = ToolCall(tool="pay", args={"n": 1}, tool_def=ToolDef(name="pay", description="", input_schema=SCHEMA))


class Headless:
    class kernel:
        @staticmethod
        def get_parent() -> dict[str, dict[str, bool]]:
            return {"content": {"allow_stdin": False}}


async def test_a_notebook_that_a_program_executes_refuses_at_once() -> None:
    answer = await NotebookApproval(screen=lambda: Screen(Headless()))(CALL, "alice")
    assert answer.deny and "front end" in str(answer.reason)


@pytest.mark.parametrize(
    ("choice", "remember"), [("once", None), ("session", "session"), ("always", "always"), ("edit", None)]
)
async def test_choices_become_answers(choice: str, remember: str | None) -> None:
    question = Question(CALL, "alice")
    assert question.take(choice, '{"n": 2}' if choice == "edit" else None) == ""
    answer = question.close()
    assert answer is not None and answer.allow and answer.remember == remember
    assert answer.args == ({"n": 2} if choice == "edit" else None)


@pytest.mark.parametrize("text", ["{", "[]", '{"n": "x"}', "{}", '{"n": 1, "m": 2}', None, 5])
async def test_arguments_that_do_not_fit_are_no_answer_yet(text: object) -> None:
    question = Question(CALL, "alice")
    assert question.take("edit", text)
    assert question.answer is None


async def test_the_first_answer_stands_and_none_counts_after_the_end() -> None:
    question = Question(CALL, None)
    question.take("deny", None)
    question.take("once", None)
    assert question.answer is not None and question.answer.deny
    late = Question(CALL, None)
    assert late.close() is None
    late.take("once", None)
    assert late.answer is None
    unknown = Question(CALL, None)
    assert unknown.take("yes", None) and unknown.answer is None


async def test_nobody_in_particular_cannot_allow_for_ever() -> None:
    question = Question(CALL, None)
    question.take("always", None)
    assert question.answer is not None and question.answer.remember == "session"
