"""The layers around a run: what it may cost, what may say no, what is written down, how it survives a crash."""

from typing import Annotated, Literal

from pydantic import Field

from loomlab.agent.config.schema.base import (
    CUSTOM,
    DOTTED,
    Amount,
    Count,
    Dotted,
    Reference,
    Share,
    Table,
    TextOrReference,
    Whole,
    forms,
    has,
    is_list,
    is_table,
    is_text,
    spelled,
)

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Minutes = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class BudgetTable(Table):
    """Caps; what is left out has none. ``per_user_`` caps count for each user alone."""

    max_tokens: Count | None = Field(None, description="tokens, in and out")
    max_input_tokens: Count | None = Field(None, description="tokens in")
    max_output_tokens: Count | None = Field(None, description="tokens out")
    max_cost_usd: Amount | None = Field(None, description="US dollars")
    max_wall_clock_minutes: Minutes | None = Field(None, description="minutes of one run")
    per_user_max_tokens: Count | None = Field(None, description="a user's tokens, in and out")
    per_user_max_input_tokens: Count | None = Field(None, description="a user's tokens in")
    per_user_max_output_tokens: Count | None = Field(None, description="a user's tokens out")
    per_user_max_cost_usd: Amount | None = Field(None, description="a user's US dollars")
    per_user_max_wall_clock_minutes: Minutes | None = Field(None, description="minutes of all of a user's runs")
    soft_warning_at: Annotated[float, Field(gt=0, le=1)] | None = Field(
        None, description="share of a cap from which it warns; 0.8 unless set"
    )


BudgetForm = forms(CUSTOM, ("table", is_table, BudgetTable), takes="a table of caps")

Tools = list[Annotated[str, Field(min_length=1)]]
ModeName = Literal["default", "acceptEdits", "bypassPermissions"]


class PolicyTable(Table):
    """Which tools may run without asking."""

    mode: ModeName | None = Field(None, description="default asks for destructive tools")
    allowed_tools: Tools | None = Field(None, description="only these may run")
    denied_tools: Tools | None = Field(None, description="these may not, whatever the mode")


class PermissionsTable(PolicyTable):
    """The policy for everybody, and those of single users in its place."""

    users: dict[str, PolicyTable] | None = Field(None, description="policies of named users, by user")


PermissionsForm = forms(
    CUSTOM, ("table", is_table, PermissionsTable), takes="a table with mode, allowed_tools, denied_tools"
)

ApprovalForm = spelled(rf"^(terminal|deny)$|{DOTTED}", takes="'terminal', 'deny', or the dotted path of a handler")


class RetryTable(Table):
    """When a model call that failed is made again."""

    max_attempts: Whole | None = Field(None, description="the first one counts; 1 never retries")
    initial_delay_s: Amount | None = Field(None, description="seconds before the second attempt")
    max_delay_s: Amount | None = Field(None, description="seconds at most")
    multiplier: Amount | None = Field(None, description="each wait is this many times the one before")
    jitter: Share | None = Field(None, description="share by which a wait varies")


RetryForm = forms(
    ("text", is_text, Literal["disabled", "aggressive"]),
    ("table", is_table, RetryTable),
    takes="a table, 'disabled' or 'aggressive'",
)


class HooksTable(Table):
    """Functions around each tool call, and one on each event."""

    pre_tool: list[Dotted] | None = Field(None, description="before a call; may deny it")
    post_tool: list[Dotted] | None = Field(None, description="after a call")
    event: list[Dotted] | None = Field(None, description="at every event")
    timeout_seconds: Seconds | None = Field(None, description="how long each may take; 5 unless set")


HooksForm = forms(CUSTOM, ("table", is_table, HooksTable), takes="a table with pre_tool, post_tool, event")


class AuditTable(Table):
    """A signed record of who did what, in a file."""

    path: Annotated[str, Field(min_length=1)] = Field(description="the file")
    secret: Reference | None = Field(None, description="what entries are signed with, by reference")
    max_bytes: Whole | None = Field(None, description="size from which a new file is begun")


AuditForm = forms(CUSTOM, ("table", is_table, AuditTable), takes="a table with path and secret")

RUNTIME_TEXT = r"^(inproc|journaled|sqlite:([^/].*|/[^/].*)|postgres(ql)?://.+)$"
RUNTIME_WORDS = "'inproc', 'journaled', 'sqlite:PATH', 'postgres://…', or a table with 'backend'"


class RuntimeTable(Table):
    """A runtime with its address."""

    backend: Literal["inproc", "journaled", "sqlite", "postgres"] = Field(description="where the journal is kept")
    path: str | None = Field(None, description="sqlite: the file")
    url: TextOrReference | None = Field(None, description="postgres: the address; one with a password by reference")
    on_unknown: Literal["retry", "ask", "stop"] | None = Field(
        None, description="what becomes of a step of which nobody knows whether it was done"
    )
    lease_s: Seconds | None = Field(
        None, description="seconds after which a process that died no longer holds a session"
    )
    wait_s: Amount | None = Field(None, description="seconds to wait for a session that another process holds")


RuntimeForm = forms(
    ("text", is_text, spelled(RUNTIME_TEXT, takes=RUNTIME_WORDS)),
    CUSTOM,
    ("table", is_table, RuntimeTable),
    takes=RUNTIME_WORDS,
)

TELEMETRY_TEXT = r"^(none|otel|console|jsonl:.+)$"
TELEMETRY_WORDS = "'otel', 'console', 'jsonl:PATH', 'none', or a table with 'to'"


class TelemetryTable(Table):
    """Telemetry with its settings."""

    to: Literal["otel", "console", "jsonl"] = Field(description="where spans and metrics go")
    path: str | None = Field(None, description="jsonl: the file")
    capture_content: bool | None = Field(None, description="whether spans carry what was said; false unless set")


TelemetryForm = forms(
    ("text", is_text, spelled(TELEMETRY_TEXT, takes=TELEMETRY_WORDS)),
    CUSTOM,
    ("table", is_table, TelemetryTable),
    takes=TELEMETRY_WORDS,
)

SecretsForm = forms(
    ("text", is_text, Literal["env"]),
    CUSTOM,
    takes="'env' (the environment), or a table with 'object'",
)

SchemaForm = forms(
    ("text", is_text, Dotted),
    ("list", is_list, Annotated[list[Dotted], Field(min_length=1)]),
    takes="the dotted path of a pydantic model, or a list of some of which one must fit",
)

RunLogForm = forms(
    ("text", is_text, Annotated[str, Field(min_length=1)]),
    CUSTOM,
    takes="the folder of a run log",
)


class FreshnessTable(Table):
    """How old certified values may be, in seconds."""

    default: Amount | None = Field(None, description="seconds, for every source not named")
    per_source: dict[str, Amount] | None = Field(None, description="seconds, by how the source begins")


class FileRef(Table):
    """Another file."""

    file: Annotated[str, Field(min_length=1)] = Field(description="path, from the folder of this file")


InstructionsForm = forms(
    ("text", is_text, str), ("file", has("file"), FileRef), takes='a text, or { file = "instructions.md" }'
)
