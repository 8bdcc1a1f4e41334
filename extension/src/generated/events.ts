// Made by `python extension/make_types.py`. Do not edit: change the Python it is made from, and run that again.

/** Every kind of event there is. */
export type EventKind = 'started' | 'model_chunk' | 'tool_call' | 'tool_result' | 'memory_recall' | 'memory_write' | 'budget_warning' | 'budget_exceeded' | 'permission_ask' | 'permission_decision' | 'error' | 'completed' | 'architecture_event' | 'workflow_started' | 'workflow_step_started' | 'workflow_step_completed' | 'workflow_step_failed' | 'workflow_completed';

/** One thing that happened in a run. */
export interface Event<K extends EventKind = EventKind> {
  kind: K;
  session_id: string;
  at: string;
  run_id: string;
  parent_run_id: string | null;
  payload: Payloads[K];
}

/** What each kind carries. Fields may be added; a reader ignores what it does not know. */
export interface Payloads {
  /** prompt, agent (its name), architecture, model, user_id, metadata, offset_ms */
  started: {
    prompt?: string;
    agent?: string;
    architecture?: string;
    model?: string;
    user_id?: string | null;
    metadata?: Record<string, unknown>;
    offset_ms?: number;
    [more: string]: unknown;
  };
  /** chunk (ModelChunk); role and turn; the finish chunk also carries `call`: ModelCallInfo */
  model_chunk: {
    chunk?: ModelChunk;
    role?: string;
    turn?: number;
    call?: ModelCallInfo;
    [more: string]: unknown;
  };
  /** call (ToolCall), turn, slot, offset_ms; by_strategy (of a tool that the architecture brought: delegate, handoff …) */
  tool_call: {
    call?: ToolCall;
    turn?: number;
    slot?: number;
    offset_ms?: number;
    by_strategy?: boolean;
    [more: string]: unknown;
  };
  /** result (ToolResult), tool, turn, slot; of a durable run step (its name in the journal) and replayed (the tool did not run, its result was in the journal); certified (of a run that is held to policies for certified values: source, age_s, fetched_at and made_from of each) */
  tool_result: {
    result?: ToolResult;
    tool?: string;
    turn?: number;
    slot?: number;
    step?: string;
    replayed?: boolean;
    certified?: unknown;
    [more: string]: unknown;
  };
  /** query, blocks (names), facts (Fact), episodes (Episode), why (id to score and its parts), duration_ms, offset_ms */
  memory_recall: {
    query?: string;
    blocks?: string[];
    facts?: Fact[];
    episodes?: Episode[];
    why?: Record<string, unknown>;
    duration_ms?: number;
    offset_ms?: number;
    [more: string]: unknown;
  };
  /** what ("episode" | "fact"), id, fact (Fact), duration_ms, offset_ms; replayed, as of a tool */
  memory_write: {
    what?: 'episode' | 'fact';
    id?: string;
    fact?: Fact;
    duration_ms?: number;
    offset_ms?: number;
    replayed?: boolean;
    [more: string]: unknown;
  };
  /** status (BudgetStatus) */
  budget_warning: {
    status?: BudgetStatus;
    [more: string]: unknown;
  };
  /** status (BudgetStatus) */
  budget_exceeded: {
    status?: BudgetStatus;
    [more: string]: unknown;
  };
  /** call (ToolCall), reason */
  permission_ask: {
    call?: ToolCall;
    reason?: string | null;
    [more: string]: unknown;
  };
  /** call_id, tool, decision ("allow" | "deny"), reason, by ("hook" | "policy" | "approval"); of a person's answer also who (by whom or what), remember (None | "session" | "always") and args (the call's arguments as the person changed them, None: as they were) */
  permission_decision: {
    call_id?: string;
    tool?: string;
    decision?: 'allow' | 'deny';
    reason?: string | null;
    by?: 'hook' | 'policy' | 'approval';
    who?: unknown;
    remember?: unknown;
    args?: Record<string, unknown> | null;
    [more: string]: unknown;
  };
  /** type, message; retryable, retry_after, provider for model errors */
  error: {
    type?: string;
    message?: string;
    retryable?: boolean;
    retry_after?: number | null;
    provider?: string | null;
    [more: string]: unknown;
  };
  /** result (RunResult) */
  completed: {
    result?: RunResult;
    [more: string]: unknown;
  };
  /** name, and what that step tells. The runtime's own names: `model.started` (role, turn, model, offset_ms), `model.retrying` (attempt, delay_s, error), `hook.failed` (hook, error) and `value.rejected` (call_id, tool, source, age_s, fetched_at, reason "stale" | "source", allowed, why; part_of). A workflow's: `workflow.branch_started`, `…_completed`, `…_failed` (node, branch; offset_ms; the rest as of a step) */
  architecture_event: {
    name?: string;
    [more: string]: unknown;
  };
  /** workflow (its name), input, user_id, metadata, offset_ms */
  workflow_started: {
    workflow?: string;
    input?: unknown;
    user_id?: string | null;
    metadata?: Record<string, unknown>;
    offset_ms?: number;
    [more: string]: unknown;
  };
  /** workflow, node, visit (from 1), offset_ms; way (place of its way in each fan-out around it) */
  workflow_step_started: {
    workflow?: string;
    node?: string;
    visit?: number;
    offset_ms?: number;
    way?: number[];
    [more: string]: unknown;
  };
  /** workflow, node, visit (from 1), output, duration_ms; turns, tokens_in, tokens_out, cost_usd of the runs inside; interrupted (why) */
  workflow_step_completed: {
    workflow?: string;
    node?: string;
    visit?: number;
    output?: unknown;
    duration_ms?: number;
    turns?: number;
    tokens_in?: number;
    tokens_out?: number;
    cost_usd?: number | null;
    interrupted?: string | null;
    [more: string]: unknown;
  };
  /** workflow, node, visit (from 1), error, type, duration_ms; turns, tokens_in, tokens_out, cost_usd */
  workflow_step_failed: {
    workflow?: string;
    node?: string;
    visit?: number;
    error?: string;
    type?: string;
    duration_ms?: number;
    turns?: number;
    tokens_in?: number;
    tokens_out?: number;
    cost_usd?: number | null;
    [more: string]: unknown;
  };
  /** workflow, output, result (like a RunResult; `output` as text, `parsed` as data) */
  workflow_completed: {
    workflow?: string;
    output?: unknown;
    result?: RunResult;
    [more: string]: unknown;
  };
}

/** Whether the next step may be paid for. */
export interface BudgetStatus {
  state: 'ok' | 'warn' | 'blocked';
  reason: string | null;
}

/** One exchange: what was asked and what was answered. */
export interface Episode {
  id: string;
  session_id: string;
  user_id: string | null;
  occurred_at: string;
  input: string;
  output: string;
  tool_calls: ToolCall[];
  embedding: number[] | null;
}

/** A claim over two times: true from `valid_from` until `valid_until`, known since `recorded_at`. */
export interface Fact {
  id: string;
  user_id: string | null;
  subject: string;
  predicate: string;
  object: string;
  confidence: number;
  valid_from: string;
  valid_until: string | null;
  recorded_at: string;
  sources: string[];
}

/** One model call, as the accountant saw it. `cost_usd` None: the price is not known. */
export interface ModelCallInfo {
  role: string;
  turn: number;
  model: string;
  input_tokens: number;
  output_tokens: number;
  cached_tokens: number;
  cost_usd: number | null;
  offset_ms: number;
  latency_ms: number;
  ttft_ms: number | null;
  cached: boolean;
  step: string | null;
  replayed: boolean | null;
  attempts: number;
  finish_reason: string | null;
  error: string | null;
  messages: Record<string, unknown>[];
  message_count: number;
  tools: string[];
}

/** One piece of a streamed reply: some text, one whole tool call, or the finish with its usage. */
export interface ModelChunk {
  kind: 'text' | 'tool_call' | 'finish';
  text: string | null;
  tool_call: ToolCall | null;
  finish_reason: string | null;
  usage: Usage | null;
}

/** The outcome of one run, sub-runs included. */
export interface RunResult {
  session_id: string;
  output: string;
  parsed: unknown;
  turns: number;
  tokens_in: number;
  tokens_out: number;
  cost_usd: number | null;
  started_at: string;
  finished_at: string;
  interrupted: boolean;
  interruption_reason: string | null;
  ended: 'answered' | 'turn_cap' | 'budget' | 'parse_failure' | 'tool_error' | 'denied' | 'forced_answer' | 'cancelled' | 'error' | 'stopped';
  run_id: string;
  agent: string;
  model: string;
  architecture: string;
  user_id: string | null;
  duration_ms: number | null;
}

/** A model's wish to run one tool. */
export interface ToolCall {
  id: string;
  tool: string;
  args: Record<string, unknown>;
  tool_def: ToolDef | null;
  destructive: boolean;
  error: string | null;
}

/** What a model is told about a tool: name, purpose, JSON schema of its arguments. */
export interface ToolDef {
  name: string;
  description: string;
  input_schema: Record<string, unknown>;
  server: string | null;
  destructive: boolean;
}

/** What came of one tool call: output, error, or denial. `duration_ms` is wall time. */
export interface ToolResult {
  call_id: string;
  ok: boolean;
  output: unknown;
  error: string | null;
  denied: boolean;
  reason: string | null;
  duration_ms: number | null;
  started_at: string;
}

/** Tokens and cost (US dollars) of model calls. `cost_usd` None: the price is not known. */
export interface Usage {
  input_tokens: number;
  output_tokens: number;
  cost_usd: number | null;
  cached_tokens: number;
}
