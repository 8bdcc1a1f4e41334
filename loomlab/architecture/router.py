"""Router: one look at the task, one specialist."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field, create_model

from loomlab.architecture.asking import ask_for
from loomlab.architecture.bases import END, START, shape_of
from loomlab.architecture.conversing import plain_instructions
from loomlab.architecture.reading import read_field, read_number
from loomlab.architecture.workers import about, checked_worker, fill, send
from loomlab.core.events import Event
from loomlab.core.nearest import did_you_mean
from loomlab.core.protocols import Model
from loomlab.core.results import EndReason
from loomlab.core.session import AgentSession
from loomlab.core.shape import NodeKind, Shape
from loomlab.runtime import Run

CLASSIFIER_PROMPT = """\
You send each request to the one specialist who is best for it. The routes:
{route_descriptions}

Do not answer the request. Reply with exactly two lines: the name of the route, and how sure you are from 0 to 1.
route: <name>
confidence: <number>"""


@dataclass(frozen=True)
class RouterRoute:
    """One way a task may go: a name, the agent that takes it, and what it is for (default: its instructions)."""

    name: str
    agent: Any
    description: str = ""


class _Choice(BaseModel):
    route: str
    confidence: float = Field(default=1.0, ge=0.0, le=1.0)


class Router:
    """A classifier picks one specialist, who answers the task as it was given.

    Use it when one specialist is enough and the kinds of task are known. The cheapest team: one short call, then the
    specialist's own run.

    Source: the routing pattern; Anthropic, "Building effective agents", 2024.

    A choice less sure than ``require_confidence_above``, unknown or unreadable goes to ``fallback_route``; without one
    the output says ``Could not route``. ``classifier_prompt`` may use ``{route_descriptions}``; ``classifier_model``
    is a cheaper model for the choice.

    Raises ValueError without routes, for names used twice, an unknown fallback, and a floor outside 0 to 1.
    """

    name = "router"

    def __init__(
        self,
        *,
        routes: Sequence[RouterRoute],
        fallback_route: str | None = None,
        require_confidence_above: float = 0.0,
        classifier_prompt: str | None = None,
        classifier_model: Model | str | None = None,
    ) -> None:
        self.routes = {one.name: one for one in routes}
        if not self.routes:
            raise ValueError("Router needs at least one route")
        if len(self.routes) < len(routes):
            raise ValueError(f"Router: two routes have one name: {', '.join(one.name for one in routes)}")
        for one in routes:
            checked_worker(one.agent, f"Router: the agent of route {one.name!r}")
        if fallback_route is not None and fallback_route not in self.routes:
            hint = did_you_mean(fallback_route, self.routes)
            raise ValueError(f"Router: no route is named {fallback_route!r} to fall back on; {hint}")
        if not 0.0 <= require_confidence_above <= 1.0:
            raise ValueError("Router: require_confidence_above is from 0 to 1")
        self.fallback_route = fallback_route
        self.require_confidence_above = require_confidence_above
        self.classifier_prompt = classifier_prompt or CLASSIFIER_PROMPT
        self.classifier_model = classifier_model
        # Models that take schemas are held to the names; a reply of any other model may name what it likes.
        names: Any = Field(json_schema_extra={"enum": list(self.routes)})
        self._choice = create_model("RouteChoice", __base__=_Choice, route=(str, names))

    async def run(self, session: AgentSession, deps: Run, prompt: str) -> AsyncIterator[Event]:
        """Lead the run; the specialist's answer is the answer."""
        descriptions = "\n".join(f"- {one.name}: {about(one.agent, one.description)}" for one in self.routes.values())
        classify = fill(self.classifier_prompt, route_descriptions=descriptions)
        system = f"{plain_instructions(deps, session)}\n\n{classify}".strip()
        asked = (await deps.recall(session, prompt)).messages(system, prompt)
        answer = await ask_for(
            deps, session, asked, self._choice, role="classifier", model=self.classifier_model, read=self._read
        )
        chosen, confidence = (answer.value.route, answer.value.confidence) if answer.value is not None else (None, 0.0)
        route = self._known(chosen)
        if answer.value is None:
            why = f"the classifier's reply could not be read ({answer.cause})"
        elif route is None:
            why = f"the classifier chose {chosen!r}, which is no route"
        elif confidence < self.require_confidence_above:
            why = f"{route!r} was chosen with a confidence of {confidence:g}, below {self.require_confidence_above:g}"
            route = None
        else:
            why = ""
        yield deps.note(session, "router.classified", route=chosen, confidence=confidence, accepted=route is not None)
        route = route or self.fallback_route
        if route is None:
            session.output = f"Could not route the request: {why}."
            session.ended = EndReason.PARSE_FAILURE if answer.value is None else EndReason.STOPPED
            yield deps.note(session, "router.unresolved", reason=why)
            return
        yield deps.note(session, "router.dispatched", route=route, fallback=bool(why), reason=why)
        agent = self.routes[route].agent
        blame, form = f"specialist:{route}", deps.output_schema
        session.output = await send(deps, session, agent, prompt, suffix=f"route_{route}", blame=blame, schema=form)
        yield deps.note(session, "router.completed", route=route)

    def _known(self, chosen: str | None) -> str | None:
        return {name.casefold(): name for name in self.routes}.get((chosen or "").strip().casefold())

    def _read(self, text: str) -> Any:
        route = read_field(text, "route") or self._known(text.strip(" \t\n.*`\"'"))
        confidence = read_number(text, "confidence")
        if route is None or (confidence is None and read_field(text, "confidence") is not None):
            return None
        return self._choice(route=route, confidence=1.0 if confidence is None else confidence)

    def declared_workers(self) -> Mapping[str, Any]:
        """The agent of each route."""
        return {name: route.agent for name, route in self.routes.items()}

    def shape(self) -> Shape:
        """A classifier with one arrow to each specialist."""
        nodes: list[tuple[str, str, NodeKind]] = [START, ("classifier", "classify", "model")]
        edges: list[tuple[str, str] | tuple[str, str, str]] = [("start", "classifier")]
        for name in self.routes:
            nodes.append((name, name, "worker"))
            unsure = " or unsure" if name == self.fallback_route else ""
            edges += [("classifier", name, f"classify: {name}{unsure}"), (name, "end")]
        if self.fallback_route is None:
            edges.append(("classifier", "end", "unsure"))
        return shape_of([*nodes, END], edges)
