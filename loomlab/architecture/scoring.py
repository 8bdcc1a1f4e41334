"""A grade from 0 to 1 and the reason for it, asked of an evaluator."""

from __future__ import annotations

from pydantic import BaseModel, Field

from loomlab.architecture.asking import Answer, ask_for, talk
from loomlab.architecture.reading import read_score
from loomlab.core.protocols import Model
from loomlab.core.session import AgentSession
from loomlab.runtime import Run

TENTHS = [number / 10 for number in range(11)]


class Score(BaseModel):
    """What an evaluator says. A model that is held to the schema grades in tenths."""

    reason: str
    score: float = Field(ge=0.0, le=1.0, json_schema_extra={"enum": list(TENTHS)})


def read_judgement(text: str) -> Score | None:
    """A judgement in prose with a score in it."""
    score = read_score(text)
    return None if score is None else Score(reason=text.strip(), score=score)


async def judge(
    deps: Run, session: AgentSession, instructions: str, material: str, *, model: Model | str | None
) -> Answer[Score]:
    """The evaluator's grade of ``material``, or none where its reply holds no readable score (``parse.failed``)."""
    asked = talk(instructions, material)
    return await ask_for(deps, session, asked, Score, role="evaluator", model=model, read=read_judgement)
