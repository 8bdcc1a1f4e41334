"""The tables of the run log: the one place from which views, checks, files, comments and the printed docs are made.

``SCHEMA_VERSION`` goes up when a column goes away or changes its meaning. A new table or column does not raise it:
a reader ignores what it does not know, and shows what a writer did not know as null.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

SCHEMA_VERSION = 2
"""The version that this library writes, and the newest that it reads. Since 2 every run that is over has ``ended``."""

Type = Literal["VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMPTZ", "JSON"]


@dataclass(frozen=True)
class Column:
    """One column: name, DuckDB type, meaning. Times are UTC; JSON is text (``(args->>'city')`` reads into it)."""

    name: str
    type: Type
    meaning: str


@dataclass(frozen=True)
class Table:
    """One table. Of several rows with the same ``key`` the last written counts; without a key all of them do.

    ``order`` is the column of time; ``needs`` are columns that ``append`` asks for; ``made_by``: who writes rows.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    order: str
    key: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    made_by: Literal["events", "append", "both"] = "events"
    by_name: Mapping[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", MappingProxyType({column.name: column for column in self.columns}))


_RUN = (
    Column("run_id", "VARCHAR", "the run that this belongs to"),
    Column("session_id", "VARCHAR", "the conversation of that run"),
    Column("user_id", "VARCHAR", "whom that run was for; null: nobody named"),
)
_TRIAL = (
    Column("evaluation_id", "VARCHAR", "the evaluation that this belongs to"),
    Column("trial_id", "VARCHAR", "one case given to one arm once"),
    Column("case_id", "VARCHAR", "the case of the dataset"),
    Column("arm", "VARCHAR", "the name of what was tried"),
    Column("repeat", "BIGINT", "which repetition of the same case and arm, from 0"),
)

_TABLES = (
    Table(
        "runs",
        "One row a run, sub-runs included.",
        (
            Column("run_id", "VARCHAR", "the run"),
            Column("parent_run_id", "VARCHAR", "the run that started it; null: nobody's sub-run"),
            Column("session_id", "VARCHAR", "the conversation"),
            Column("user_id", "VARCHAR", "whom it was for; null: nobody named"),
            Column("agent", "VARCHAR", "the agent's name"),
            Column("architecture", "VARCHAR", "the way of thinking; workflow: a path drawn by its developer"),
            Column("model", "VARCHAR", "the agent's model; empty: a workflow's agents have their own"),
            Column("node", "VARCHAR", "the step of the workflow above that it is part of"),
            Column(
                "status",
                "VARCHAR",
                "running, answered, interrupted (turns or budget), cancelled, error, or lost (its process died first)",
            ),
            Column(
                "ended",
                "VARCHAR",
                "why it ended: answered, turn_cap, budget, parse_failure, tool_error, denied, forced_answer, "
                "cancelled, stopped (a worker could not finish), error; null: it goes on, or was lost",
            ),
            Column("prompt", "VARCHAR", "what was asked"),
            Column("output", "VARCHAR", "the answer"),
            Column("parsed", "JSON", "the typed answer, where a schema was asked for"),
            Column(
                "interruption_reason",
                "VARCHAR",
                "why it did not reach an answer: max_turns_exceeded, budget:<cap>, cancelled",
            ),
            Column("error_type", "VARCHAR", "class of the error that ended it"),
            Column("error", "VARCHAR", "text of that error"),
            Column("turns", "BIGINT", "model calls, sub-runs included"),
            Column("tokens_in", "BIGINT", "input tokens, sub-runs included: a sum over all runs counts those twice"),
            Column("tokens_out", "BIGINT", "output tokens, sub-runs included"),
            Column("cost_usd", "DOUBLE", "US dollars, sub-runs included; null: the price of a call is not known"),
            Column("duration_ms", "DOUBLE", "wall time"),
            Column("started_at", "TIMESTAMPTZ", "when it began"),
            Column("finished_at", "TIMESTAMPTZ", "when it ended"),
            Column("metadata", "JSON", "what the caller gave as metadata"),
            Column("notebook", "VARCHAR", "the notebook whose kernel ran it, as an absolute path; null: none"),
        ),
        order="started_at",
        key=("run_id",),
    ),
    Table(
        "events",
        "Everything that happened, in order. Consecutive pieces of a streamed text are one row.",
        (
            *_RUN,
            Column("parent_run_id", "VARCHAR", "the run that started that run"),
            Column("seq", "BIGINT", "place in the order of all events of the writing process"),
            Column("happened_at", "TIMESTAMPTZ", "when"),
            Column("kind", "VARCHAR", "started, model_chunk, tool_call, tool_result, completed, …"),
            Column("payload", "JSON", "what happened; messages sent to a model are in model_calls"),
        ),
        order="happened_at",
    ),
    Table(
        "model_calls",
        "One row a call of a model, whoever made it.",
        (
            *_RUN,
            Column("seq", "BIGINT", "the event that ended the call"),
            Column("role", "VARCHAR", "for what: agent, critic, judge, …"),
            Column("turn", "BIGINT", "which model call of the run, from 1"),
            Column("model", "VARCHAR", "the model's name"),
            Column("tokens_in", "BIGINT", "input tokens"),
            Column("tokens_out", "BIGINT", "output tokens"),
            Column("cached_tokens", "BIGINT", "input tokens that the provider had in its cache"),
            Column("cost_usd", "DOUBLE", "US dollars by the price of that day; null: the price is not known"),
            Column("cached", "BOOLEAN", "answered by a cassette or a cache: nothing was paid"),
            Column("latency_ms", "DOUBLE", "from the request to the end of the reply, retries included"),
            Column("ttft_ms", "DOUBLE", "time to the first token; null: not streamed"),
            Column("offset_ms", "DOUBLE", "when it began, from the start of the outermost run"),
            Column("attempts", "BIGINT", "tries that it took"),
            Column("finish_reason", "VARCHAR", "why the model stopped"),
            Column("error", "VARCHAR", "why there is no reply"),
            Column("reply", "VARCHAR", "text of the reply"),
            Column("messages", "JSON", "messages sent that the calls before it in this conversation had not sent"),
            Column("message_count", "BIGINT", "messages sent in all"),
            Column("tools", "JSON", "names of the tools that the model was shown"),
            Column("finished_at", "TIMESTAMPTZ", "when the reply was whole"),
        ),
        order="finished_at",
    ),
    Table(
        "tool_calls",
        "One row a tool call that a model asked for, run or denied.",
        (
            *_RUN,
            Column("seq", "BIGINT", "the event that began the call"),
            Column("call_id", "VARCHAR", "the call's id, as the model gave it"),
            Column("turn", "BIGINT", "the model call that asked for it"),
            Column("slot", "BIGINT", "place among the calls asked for together, from 0"),
            Column("tool", "VARCHAR", "the tool's name"),
            Column("args", "JSON", "its arguments"),
            Column("ok", "BOOLEAN", "whether it returned; null: it had not come back"),
            Column("denied", "BOOLEAN", "whether it was refused and did not run"),
            Column("reason", "VARCHAR", "why it was refused"),
            Column("decided_by", "VARCHAR", "who decided: hook, policy, approval"),
            Column("output", "JSON", "what it returned"),
            Column("error", "VARCHAR", "why it failed"),
            Column("duration_ms", "DOUBLE", "wall time of the tool"),
            Column("offset_ms", "DOUBLE", "when it began, from the start of the outermost run"),
            Column("started_at", "TIMESTAMPTZ", "when it was asked for"),
        ),
        order="started_at",
        key=("run_id", "seq"),
    ),
    Table(
        "facts",
        "Facts of the memory that a run was given, one row a time; and those that others add.",
        (
            *_RUN,
            Column("happened_at", "TIMESTAMPTZ", "when"),
            Column("action", "VARCHAR", "what was done with the fact: recalled, recorded, …"),
            Column("fact_id", "VARCHAR", "the fact"),
            Column("subject", "VARCHAR", "of whom or what"),
            Column("predicate", "VARCHAR", "which relation"),
            Column("object", "VARCHAR", "to whom or what"),
            Column("confidence", "DOUBLE", "from 0 to 1"),
            Column("valid_from", "TIMESTAMPTZ", "true since"),
            Column("valid_until", "TIMESTAMPTZ", "true until; null: still"),
            Column("recorded_at", "TIMESTAMPTZ", "known since"),
            Column("sources", "JSON", "ids of the episodes it was read from"),
        ),
        order="happened_at",
        needs=("fact_id", "action"),
        made_by="both",
    ),
    Table(
        "evaluations",
        "One row an evaluation: a dataset given to one or more arms.",
        (
            Column("evaluation_id", "VARCHAR", "the evaluation"),
            Column("name", "VARCHAR", "its name"),
            Column("user_id", "VARCHAR", "whom its runs were for; null: nobody named"),
            Column("status", "VARCHAR", "running, done, cancelled, error, or lost (its process died first)"),
            Column("dataset", "VARCHAR", "the dataset's name"),
            Column("dataset_digest", "VARCHAR", "SHA-256 of the cases"),
            Column("cases", "BIGINT", "number of cases"),
            Column("repeats", "BIGINT", "how often each case was given to each arm"),
            Column("arms", "JSON", "names and settings of what was compared"),
            Column("scorers", "JSON", "names of the scorers"),
            Column("summary", "JSON", "the result, where it is finished"),
            Column("report", "VARCHAR", "where the report lies"),
            Column("started_at", "TIMESTAMPTZ", "when it began"),
            Column("finished_at", "TIMESTAMPTZ", "when it ended"),
            Column("metadata", "JSON", "anything else"),
        ),
        order="started_at",
        key=("evaluation_id",),
        needs=("evaluation_id",),
        made_by="append",
    ),
    Table(
        "trials",
        "One row a trial: one case given to one arm once.",
        (
            *_TRIAL,
            Column("run_id", "VARCHAR", "the run that answered it"),
            Column("user_id", "VARCHAR", "whom that run was for; null: nobody named"),
            Column("status", "VARCHAR", "answered, interrupted, cancelled, error"),
            Column("input", "JSON", "what was asked"),
            Column("target", "JSON", "what was expected"),
            Column("output", "JSON", "what came"),
            Column("error", "VARCHAR", "why nothing came"),
            Column("turns", "BIGINT", "model calls"),
            Column("tokens_in", "BIGINT", "input tokens"),
            Column("tokens_out", "BIGINT", "output tokens"),
            Column("cost_usd", "DOUBLE", "US dollars; null: the price is not known"),
            Column("duration_ms", "DOUBLE", "wall time"),
            Column("started_at", "TIMESTAMPTZ", "when it began"),
            Column("finished_at", "TIMESTAMPTZ", "when it ended"),
            Column("metadata", "JSON", "anything else"),
        ),
        order="started_at",
        key=("trial_id",),
        needs=("evaluation_id", "trial_id", "case_id", "arm"),
        made_by="append",
    ),
    Table(
        "scores",
        "One row a figure that a scorer gave to a trial.",
        (
            *_TRIAL,
            Column("user_id", "VARCHAR", "whom the trial's run was for; null: nobody named"),
            Column("scorer", "VARCHAR", "the scorer's name"),
            Column("metric", "VARCHAR", "which of its figures; empty where it gives one"),
            Column("value", "DOUBLE", "the figure; null: the trial could not be scored"),
            Column("passed", "BOOLEAN", "whether it counts as passed; null: no such verdict"),
            Column("explanation", "VARCHAR", "why"),
            Column("error", "VARCHAR", "why there is no figure"),
            Column("scored_at", "TIMESTAMPTZ", "when"),
            Column("metadata", "JSON", "anything else"),
        ),
        order="scored_at",
        key=("trial_id", "scorer", "metric"),
        needs=("evaluation_id", "trial_id", "scorer"),
        made_by="append",
    ),
    Table(
        "labels",
        "One row a judgement that a person gave: of one run, or of two that stood beside each other.",
        (
            Column("label_id", "VARCHAR", "the judgement; a later one of the same runs replaces it"),
            Column("kind", "VARCHAR", "vote: which of two runs is better; label: how good one run is"),
            Column("user_id", "VARCHAR", "whom those runs were for; null: nobody named"),
            Column("run_id", "VARCHAR", "the run; of two, the one that stood first (A)"),
            Column("other_run_id", "VARCHAR", "the run that stood second (B)"),
            Column("arm", "VARCHAR", "the name of what was tried in the first run"),
            Column("other_arm", "VARCHAR", "the name of what was tried in the second"),
            Column("choice", "VARCHAR", "of two runs: a (the first is better), b, tie, or bad (both are)"),
            Column("value", "DOUBLE", "of one run: from 0, bad, to 1, good; of two: 1 for a, 0 for b, 0.5 for tie"),
            Column("reason", "VARCHAR", "why, in the person's words"),
            Column("blind", "BOOLEAN", "whether the names were hidden until then"),
            Column("prompt", "VARCHAR", "what both were asked"),
            Column("labelled_at", "TIMESTAMPTZ", "when"),
            Column("metadata", "JSON", "anything else"),
        ),
        order="labelled_at",
        key=("label_id",),
        needs=("label_id", "kind", "run_id"),
        made_by="append",
    ),
)

TABLES: Mapping[str, Table] = MappingProxyType({table.name: table for table in _TABLES})
"""Every table of the run log by name."""


def describe_schema() -> str:
    """The tables as Markdown: what each is for, and each column with type and meaning."""
    lines = [f"# The tables of the run log (schema version {SCHEMA_VERSION})"]
    for table in TABLES.values():
        lines += ["", f"## {table.name}", "", table.meaning, "", "| column | type | meaning |", "|---|---|---|"]
        lines += [f"| `{column.name}` | {column.type} | {column.meaning} |" for column in table.columns]
    return "\n".join(lines) + "\n"
