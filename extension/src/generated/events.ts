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
  started: {
    prompt?: unknown;
    agent?: unknown;
    architecture?: unknown;
    model?: unknown;
    user_id?: unknown;
    metadata?: unknown;
    offset_ms?: unknown;
    [more: string]: unknown;
  };
  model_chunk: {
    chunk?: ModelChunk;
    role?: unknown;
    turn?: unknown;
    call?: ModelCallInfo;
    [more: string]: unknown;
  };
  tool_call: {
    call?: ToolCall;
    turn?: unknown;
    slot?: unknown;
    offset_ms?: unknown;
    by_strategy?: unknown;
    [more: string]: unknown;
  };
  tool_result: {
    result?: ToolResult;
    tool?: unknown;
    turn?: unknown;
    slot?: unknown;
    certified?: unknown;
    [more: string]: unknown;
  };
  memory_recall: {
    query?: unknown;
    blocks?: unknown;
    facts?: Fact[];
    episodes?: Episode[];
    why?: unknown;
    duration_ms?: unknown;
    offset_ms?: unknown;
    [more: string]: unknown;
  };
  memory_write: {
    what?: unknown;
    id?: unknown;
    fact?: Fact;
    duration_ms?: unknown;
    offset_ms?: unknown;
    replayed?: unknown;
    [more: string]: unknown;
  };
  budget_warning: {
    status?: BudgetStatus;
    [more: string]: unknown;
  };
  budget_exceeded: {
    status?: BudgetStatus;
    [more: string]: unknown;
  };
  permission_ask: {
    call?: ToolCall;
    reason?: unknown;
    [more: string]: unknown;
  };
  permission_decision: {
    call_id?: unknown;
    tool?: unknown;
    decision?: unknown;
    reason?: unknown;
    by?: unknown;
    remember?: unknown;
    args?: unknown;
    [more: string]: unknown;
  };
  error: {
    type?: unknown;
    message?: unknown;
    retryable?: unknown;
    retry_after?: unknown;
    [more: string]: unknown;
  };
  completed: {
    result?: RunResult;
    [more: string]: unknown;
  };
  architecture_event: {
    name?: unknown;
    and?: unknown;
    [more: string]: unknown;
  };
  workflow_started: {
    workflow?: unknown;
    input?: unknown;
    user_id?: unknown;
    metadata?: unknown;
    offset_ms?: unknown;
    [more: string]: unknown;
  };
  workflow_step_started: {
    workflow?: unknown;
    node?: unknown;
    visit?: unknown;
    offset_ms?: unknown;
    way?: unknown;
    [more: string]: unknown;
  };
  workflow_step_completed: {
    workflow?: unknown;
    node?: unknown;
    visit?: unknown;
    output?: unknown;
    duration_ms?: unknown;
    turns?: unknown;
    tokens_in?: unknown;
    tokens_out?: unknown;
    cost_usd?: unknown;
    interrupted?: unknown;
    [more: string]: unknown;
  };
  workflow_step_failed: {
    workflow?: unknown;
    node?: unknown;
    visit?: unknown;
    error?: unknown;
    type?: unknown;
    duration_ms?: unknown;
    turns?: unknown;
    tokens_in?: unknown;
    tokens_out?: unknown;
    cost_usd?: unknown;
    [more: string]: unknown;
  };
  workflow_completed: {
    workflow?: unknown;
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
