"""How an agent thinks: a name, or a table with the parameters of that architecture, its role models and members."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from loomlab.agent.config.schema.base import (
    TAG,
    Count,
    Custom,
    Dotted,
    Share,
    Table,
    Whole,
    forms,
    has,
    is_table,
)
from loomlab.agent.config.schema.layers import FileRef
from loomlab.agent.config.schema.model import ModelForm
from loomlab.architecture.resolve import ARCHITECTURES, TEAMS
from loomlab.core.nearest import did_you_mean

Member: Any = forms(
    ("file", has("file"), FileRef),
    ("table", is_table, "AgentTable"),
    takes='an agent: its table, or { file = "other.toml" }',
)
Members = Annotated[dict[str, Member], Field(min_length=1)]
Name = Annotated[str, Field(min_length=1)]


class ReActTable(Table):
    """Think, act, look, until there is nothing left to do."""

    name: Literal["react"]
    max_turns: Whole | None = Field(None, description="model calls of a run; else the agent's")


class SelfRefineTable(Table):
    """Answer, criticise, improve."""

    name: Literal["self-refine"]
    base: "ArchitectureForm | None" = Field(None, description="what makes the first answer")
    max_rounds: Whole | None = None
    critic_prompt: str | None = None
    refiner_prompt: str | None = None
    stop_phrase: str | None = None
    critic_model: ModelForm | None = None
    refiner_model: ModelForm | None = None


class ReflexionTable(Table):
    """Try, be scored, learn a lesson, try again."""

    name: Literal["reflexion"]
    base: "ArchitectureForm | None" = Field(None, description="what makes an attempt")
    max_attempts: Whole | None = None
    threshold: Share | None = None
    evaluator_prompt: str | None = None
    reflector_prompt: str | None = None
    lessons_block_name: Name | None = None
    lesson_store: Custom | None = Field(None, description="a vector store for the lessons")
    top_k_lessons: Whole | None = None
    evaluator_model: ModelForm | None = None
    reflector_model: ModelForm | None = None


class PlanAndExecuteTable(Table):
    """Plan the steps, do each, put them together."""

    name: Literal["plan-and-execute"]
    max_steps: Whole | None = None
    planner_prompt: str | None = None
    executor_prompt: str | None = None
    synthesizer_prompt: str | None = None
    executor_tools: bool | None = Field(None, description="whether a step may use tools")
    planner_model: ModelForm | None = None
    executor_model: ModelForm | None = None
    synthesizer_model: ModelForm | None = None


class ReWOOTable(Table):
    """Plan all tool calls, make them, answer."""

    name: Literal["rewoo"]
    max_steps: Whole | None = None
    planner_prompt: str | None = None
    solver_prompt: str | None = None
    parallel_levels: bool | None = None
    planner_model: ModelForm | None = None
    solver_model: ModelForm | None = None


class TreeOfThoughtsTable(Table):
    """Grow several thoughts, keep the best."""

    name: Literal["tree-of-thoughts"]
    branch_factor: Whole | None = None
    max_depth: Whole | None = None
    beam_width: Whole | None = None
    solved_threshold: Share | None = None
    min_score: Share | None = None
    parallel: bool | None = None
    proposer_prompt: str | None = None
    evaluator_prompt: str | None = None
    proposer_model: ModelForm | None = None
    evaluator_model: ModelForm | None = None


class RouteTable(Table):
    """One way a task may go."""

    name: Name
    agent: Member
    description: str | None = None


class RouterTable(Table):
    """One look at the task, one specialist."""

    name: Literal["router"]
    routes: Annotated[list[RouteTable], Field(min_length=1)]
    fallback_route: Name | None = None
    require_confidence_above: Share | None = None
    classifier_prompt: str | None = None
    classifier_model: ModelForm | None = None


class SupervisorTable(Table):
    """A manager that delegates."""

    name: Literal["supervisor"]
    workers: Members
    base: "ArchitectureForm | None" = Field(None, description="how the manager thinks")
    instructions_template: str | None = None
    delegate_tool_name: Name | None = None
    forward_tool_name: Name | None = None


class ActorCriticTable(Table):
    """One answers until the other is content."""

    name: Literal["actor-critic"]
    actor: Member
    critic: Member
    max_rounds: Whole | None = None
    approval_threshold: Share | None = None
    critique_template: str | None = None
    refine_template: str | None = None


class DebateTable(Table):
    """Debaters argue, a judge or the commonest answer decides."""

    name: Literal["debate"]
    debaters: Annotated[list[Member], Field(min_length=2)]
    judge: Member | None = None
    rounds: Count | None = None
    convergence_check: bool | None = None
    convergence_similarity: Share | None = None
    debater_instructions: str | None = None
    judge_instructions: str | None = None


class HandoffTable(Table):
    """A peer of a swarm, and how the task is passed to it."""

    agent: Member
    input_type: Dotted | None = Field(None, description="pydantic model that whoever hands over fills in")
    input_filter: Dotted | None = Field(None, description="function that makes the next prompt")
    description: str | None = None
    tool_name: Name | None = None


Peer: Any = forms(
    ("handoff", has("agent"), HandoffTable),
    ("file", has("file"), FileRef),
    ("table", is_table, "AgentTable"),
    takes="an agent, or a table with agent and how it is handed to",
)


class SwarmTable(Table):
    """Peers that pass the task on."""

    name: Literal["swarm"]
    agents: Annotated[dict[str, Peer], Field(min_length=1)]
    entry_agent: Name
    max_handoffs: Count | None = None
    detect_cycles: bool | None = None
    pass_full_history: bool | None = None
    handoff_tool_name: Name | None = None


class BlackboardTable(Table):
    """Agents add to one board."""

    name: Literal["blackboard"]
    agents: Members
    coordinator: Member | None = None
    decider: Member | None = None
    max_rounds: Whole | None = None
    coordinator_instructions: str | None = None
    decider_instructions: str | None = None


TABLES: dict[str, type[Table]] = {
    "react": ReActTable,
    "self-refine": SelfRefineTable,
    "reflexion": ReflexionTable,
    "plan-and-execute": PlanAndExecuteTable,
    "rewoo": ReWOOTable,
    "tree-of-thoughts": TreeOfThoughtsTable,
    "router": RouterTable,
    "supervisor": SupervisorTable,
    "actor-critic": ActorCriticTable,
    "debate": DebateTable,
    "swarm": SwarmTable,
    "blackboard": BlackboardTable,
}
"""The table of each architecture."""


def _which(value: Any) -> str:
    if isinstance(value, str):
        return f"{TAG}text"
    name = value.get("name") if isinstance(value, Mapping) else getattr(value, "name", None)
    return f"{TAG}{name}" if name is not None else f"{TAG}object"


def _known(value: Any) -> Any:
    if not isinstance(value, (str, Mapping)):
        takes = "the name of an architecture, or a table with its name"
        raise PydanticCustomError("wrong_form", "{takes}", {"takes": takes})
    if isinstance(value, Mapping) and "object" in value:
        return value
    name = value if isinstance(value, str) else value.get("name")
    if name is None:
        raise PydanticCustomError("one_of", "{say}", {"say": f"has no name; valid: {', '.join(TABLES)}"})
    if isinstance(value, str) and name in TEAMS:
        say = f"is {name!r}, which needs members: write a table, [architecture] with name = {name!r} and its agents"
        raise PydanticCustomError("one_of", "{say}", {"say": say})
    if name not in (ARCHITECTURES if isinstance(value, str) else TABLES):
        hint = did_you_mean(str(name), TABLES)
        raise PydanticCustomError("one_of", "{say}", {"say": f"is {name!r}, which is no architecture: {hint}"})
    return value


_ArchitectureText = Annotated[str, Field(json_schema_extra={"enum": list(ARCHITECTURES)})]

ArchitectureForm = Annotated[
    Annotated[_ArchitectureText, Tag(f"{TAG}text")]
    | Annotated[Custom, Tag(f"{TAG}object")]
    | Annotated[ReActTable, Tag(f"{TAG}react")]
    | Annotated[SelfRefineTable, Tag(f"{TAG}self-refine")]
    | Annotated[ReflexionTable, Tag(f"{TAG}reflexion")]
    | Annotated[PlanAndExecuteTable, Tag(f"{TAG}plan-and-execute")]
    | Annotated[ReWOOTable, Tag(f"{TAG}rewoo")]
    | Annotated[TreeOfThoughtsTable, Tag(f"{TAG}tree-of-thoughts")]
    | Annotated[RouterTable, Tag(f"{TAG}router")]
    | Annotated[SupervisorTable, Tag(f"{TAG}supervisor")]
    | Annotated[ActorCriticTable, Tag(f"{TAG}actor-critic")]
    | Annotated[DebateTable, Tag(f"{TAG}debate")]
    | Annotated[SwarmTable, Tag(f"{TAG}swarm")]
    | Annotated[BlackboardTable, Tag(f"{TAG}blackboard")],
    Discriminator(_which),
    BeforeValidator(_known),
]
