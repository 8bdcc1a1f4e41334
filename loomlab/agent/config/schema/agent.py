"""An agent as a table: the top of the tree."""

from typing import Annotated

from pydantic import Field

from loomlab.agent.config.schema import architecture
from loomlab.agent.config.schema.architecture import ArchitectureForm
from loomlab.agent.config.schema.base import Table, Whole
from loomlab.agent.config.schema.layers import (
    ApprovalForm,
    AuditForm,
    BudgetForm,
    FreshnessTable,
    HooksForm,
    InstructionsForm,
    PermissionsForm,
    RetryForm,
    RunLogForm,
    RuntimeForm,
    SchemaForm,
    SecretsForm,
    TelemetryForm,
)
from loomlab.agent.config.schema.model import MemoryForm, ModelForm
from loomlab.agent.config.schema.sources import MCPTable, SkillForm, ToolForm


class AgentTable(Table):
    """An agent. What is left out is as in ``Agent``."""

    name: Annotated[str, Field(min_length=1)] | None = Field(None, description="what the agent is called")
    instructions: InstructionsForm = Field(description="what the agent is told first: a text, or a file with it")
    model: ModelForm | None = Field(
        None, description="what answers; a member of a team takes its team's unless it says"
    )
    max_turns: Whole | None = Field(None, description="model calls of a run; 50 unless set")
    architecture: ArchitectureForm | None = Field(None, description="how it thinks; react unless set")
    tools: list[ToolForm] | None = Field(None, description="functions by dotted path, or builtin:read and its like")
    mcp: list[MCPTable] | None = Field(None, description="MCP servers whose tools it may use")
    skills: list[SkillForm] | None = Field(None, description="folders of skills")
    memory: MemoryForm | None = Field(None, description="where it remembers; this process unless set")
    auto_consolidate: bool | None = Field(None, description="whether facts are drawn from memory after each run")
    auto_extract: bool | None = Field(None, description="whether facts are read from what users say")
    runtime: RuntimeForm | None = Field(None, description="whether a run survives a crash, and where its journal is")
    budget: BudgetForm | None = Field(None, description="what runs may cost")
    permissions: PermissionsForm | None = Field(None, description="which tools may run")
    approval_handler: ApprovalForm | None = Field(None, description="who decides what permissions leave open")
    hooks: HooksForm | None = Field(None, description="functions around each tool call")
    retry_policy: RetryForm | None = Field(None, description="when a model call is made again")
    audit_log: AuditForm | None = Field(None, description="the signed record of who did what")
    telemetry: TelemetryForm | None = Field(None, description="where spans and metrics go")
    freshness: FreshnessTable | None = Field(None, description="how old certified values may be")
    lineage: list[str] | None = Field(None, description="how the sources of certified values may begin")
    secrets: SecretsForm | None = Field(None, description="where secrets are found")
    output_schema: SchemaForm | None = Field(None, description="what every answer must fit")
    run_log: RunLogForm | None = Field(None, description="the log in which its runs are recorded")


_NAMES = {"AgentTable": AgentTable, "ArchitectureForm": ArchitectureForm}
_TABLES: tuple[type[Table], ...] = (*architecture.TABLES.values(), architecture.RouteTable, architecture.HandoffTable)
for _table in _TABLES:
    _table.model_rebuild(force=True, _types_namespace=_NAMES, raise_errors=False)
AgentTable.model_rebuild(force=True, _types_namespace=_NAMES)
