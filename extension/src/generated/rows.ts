// Made by `python extension/make_types.py`. Do not edit: change the Python it is made from, and run that again.

/** The schema of the run log that is written. */
export const SCHEMA_VERSION = 2;

/** One row a run, sub-runs included. */
export interface RunsRow {
  /** the run */
  run_id: string | null;
  /** the run that started it; null: nobody's sub-run */
  parent_run_id: string | null;
  /** the conversation */
  session_id: string | null;
  /** whom it was for; null: nobody named */
  user_id: string | null;
  /** the agent's name */
  agent: string | null;
  /** the way of thinking; workflow: a path drawn by its developer */
  architecture: string | null;
  /** the agent's model; empty: a workflow's agents have their own */
  model: string | null;
  /** the step of the workflow above that it is part of */
  node: string | null;
  /** running, answered, interrupted (turns or budget), cancelled, error, or lost (its process died first) */
  status: string | null;
  /** why it ended: answered, turn_cap, budget, parse_failure, tool_error, denied, forced_answer, cancelled, stopped (a worker could not finish), error; null: it goes on, or was lost */
  ended: string | null;
  /** what was asked */
  prompt: string | null;
  /** the answer */
  output: string | null;
  /** the typed answer, where a schema was asked for */
  parsed: string | null;
  /** why it did not reach an answer: max_turns_exceeded, budget:<cap>, cancelled */
  interruption_reason: string | null;
  /** class of the error that ended it */
  error_type: string | null;
  /** text of that error */
  error: string | null;
  /** model calls, sub-runs included */
  turns: number | null;
  /** input tokens, sub-runs included: a sum over all runs counts those twice */
  tokens_in: number | null;
  /** output tokens, sub-runs included */
  tokens_out: number | null;
  /** US dollars, sub-runs included; null: the price of a call is not known */
  cost_usd: number | null;
  /** wall time */
  duration_ms: number | null;
  /** when it began */
  started_at: string | null;
  /** when it ended */
  finished_at: string | null;
  /** what the caller gave as metadata */
  metadata: string | null;
  /** the notebook whose kernel ran it, as an absolute path; null: none */
  notebook: string | null;
}

/** Everything that happened, in order. Consecutive pieces of a streamed text are one row. */
export interface EventsRow {
  /** the run that this belongs to */
  run_id: string | null;
  /** the conversation of that run */
  session_id: string | null;
  /** whom that run was for; null: nobody named */
  user_id: string | null;
  /** the run that started that run */
  parent_run_id: string | null;
  /** place in the order of all events of the writing process */
  seq: number | null;
  /** when */
  happened_at: string | null;
  /** started, model_chunk, tool_call, tool_result, completed, … */
  kind: string | null;
  /** what happened; messages sent to a model are in model_calls */
  payload: string | null;
}

/** One row a call of a model, whoever made it. */
export interface ModelCallsRow {
  /** the run that this belongs to */
  run_id: string | null;
  /** the conversation of that run */
  session_id: string | null;
  /** whom that run was for; null: nobody named */
  user_id: string | null;
  /** the event that ended the call */
  seq: number | null;
  /** for what: agent, critic, judge, … */
  role: string | null;
  /** which model call of the run, from 1 */
  turn: number | null;
  /** the model's name */
  model: string | null;
  /** input tokens */
  tokens_in: number | null;
  /** output tokens */
  tokens_out: number | null;
  /** input tokens that the provider had in its cache */
  cached_tokens: number | null;
  /** US dollars by the price of that day; null: the price is not known */
  cost_usd: number | null;
  /** answered by a cassette or a cache: nothing was paid */
  cached: boolean | null;
  /** from the request to the end of the reply, retries included */
  latency_ms: number | null;
  /** time to the first token; null: not streamed */
  ttft_ms: number | null;
  /** when it began, from the start of the outermost run */
  offset_ms: number | null;
  /** tries that it took */
  attempts: number | null;
  /** why the model stopped */
  finish_reason: string | null;
  /** why there is no reply */
  error: string | null;
  /** text of the reply */
  reply: string | null;
  /** messages sent that the calls before it in this conversation had not sent */
  messages: string | null;
  /** messages sent in all */
  message_count: number | null;
  /** names of the tools that the model was shown */
  tools: string | null;
  /** when the reply was whole */
  finished_at: string | null;
}

/** One row a tool call that a model asked for, run or denied. */
export interface ToolCallsRow {
  /** the run that this belongs to */
  run_id: string | null;
  /** the conversation of that run */
  session_id: string | null;
  /** whom that run was for; null: nobody named */
  user_id: string | null;
  /** the event that began the call */
  seq: number | null;
  /** the call's id, as the model gave it */
  call_id: string | null;
  /** the model call that asked for it */
  turn: number | null;
  /** place among the calls asked for together, from 0 */
  slot: number | null;
  /** the tool's name */
  tool: string | null;
  /** its arguments */
  args: string | null;
  /** whether it returned; null: it had not come back */
  ok: boolean | null;
  /** whether it was refused and did not run */
  denied: boolean | null;
  /** why it was refused */
  reason: string | null;
  /** who decided: hook, policy, approval */
  decided_by: string | null;
  /** what it returned */
  output: string | null;
  /** why it failed */
  error: string | null;
  /** wall time of the tool */
  duration_ms: number | null;
  /** when it began, from the start of the outermost run */
  offset_ms: number | null;
  /** when it was asked for */
  started_at: string | null;
}

/** Facts of the memory that a run was given, one row a time; and those that others add. */
export interface FactsRow {
  /** the run that this belongs to */
  run_id: string | null;
  /** the conversation of that run */
  session_id: string | null;
  /** whom that run was for; null: nobody named */
  user_id: string | null;
  /** when */
  happened_at: string | null;
  /** what was done with the fact: recalled, recorded, … */
  action: string | null;
  /** the fact */
  fact_id: string | null;
  /** of whom or what */
  subject: string | null;
  /** which relation */
  predicate: string | null;
  /** to whom or what */
  object: string | null;
  /** from 0 to 1 */
  confidence: number | null;
  /** true since */
  valid_from: string | null;
  /** true until; null: still */
  valid_until: string | null;
  /** known since */
  recorded_at: string | null;
  /** ids of the episodes it was read from */
  sources: string | null;
}

/** One row an evaluation: a dataset given to one or more arms. */
export interface EvaluationsRow {
  /** the evaluation */
  evaluation_id: string | null;
  /** its name */
  name: string | null;
  /** whom its runs were for; null: nobody named */
  user_id: string | null;
  /** running, done, cancelled, error, or lost (its process died first) */
  status: string | null;
  /** the dataset's name */
  dataset: string | null;
  /** SHA-256 of the cases */
  dataset_digest: string | null;
  /** number of cases */
  cases: number | null;
  /** how often each case was given to each arm */
  repeats: number | null;
  /** names and settings of what was compared */
  arms: string | null;
  /** names of the scorers */
  scorers: string | null;
  /** the result, where it is finished */
  summary: string | null;
  /** where the report lies */
  report: string | null;
  /** when it began */
  started_at: string | null;
  /** when it ended */
  finished_at: string | null;
  /** anything else */
  metadata: string | null;
}

/** One row a trial: one case given to one arm once. */
export interface TrialsRow {
  /** the evaluation that this belongs to */
  evaluation_id: string | null;
  /** one case given to one arm once */
  trial_id: string | null;
  /** the case of the dataset */
  case_id: string | null;
  /** the name of what was tried */
  arm: string | null;
  /** which repetition of the same case and arm, from 0 */
  repeat: number | null;
  /** the run that answered it */
  run_id: string | null;
  /** whom that run was for; null: nobody named */
  user_id: string | null;
  /** answered, interrupted, cancelled, error */
  status: string | null;
  /** what was asked */
  input: string | null;
  /** what was expected */
  target: string | null;
  /** what came */
  output: string | null;
  /** why nothing came */
  error: string | null;
  /** model calls */
  turns: number | null;
  /** input tokens */
  tokens_in: number | null;
  /** output tokens */
  tokens_out: number | null;
  /** US dollars; null: the price is not known */
  cost_usd: number | null;
  /** wall time */
  duration_ms: number | null;
  /** when it began */
  started_at: string | null;
  /** when it ended */
  finished_at: string | null;
  /** anything else */
  metadata: string | null;
}

/** One row a figure that a scorer gave to a trial. */
export interface ScoresRow {
  /** the evaluation that this belongs to */
  evaluation_id: string | null;
  /** one case given to one arm once */
  trial_id: string | null;
  /** the case of the dataset */
  case_id: string | null;
  /** the name of what was tried */
  arm: string | null;
  /** which repetition of the same case and arm, from 0 */
  repeat: number | null;
  /** whom the trial's run was for; null: nobody named */
  user_id: string | null;
  /** the scorer's name */
  scorer: string | null;
  /** which of its figures; empty where it gives one */
  metric: string | null;
  /** the figure; null: the trial could not be scored */
  value: number | null;
  /** whether it counts as passed; null: no such verdict */
  passed: boolean | null;
  /** why */
  explanation: string | null;
  /** why there is no figure */
  error: string | null;
  /** when */
  scored_at: string | null;
  /** anything else */
  metadata: string | null;
}

/** One row a judgement that a person gave: of one run, or of two that stood beside each other. */
export interface LabelsRow {
  /** the judgement; a later one of the same runs replaces it */
  label_id: string | null;
  /** vote: which of two runs is better; label: how good one run is */
  kind: string | null;
  /** whom those runs were for; null: nobody named */
  user_id: string | null;
  /** the run; of two, the one that stood first (A) */
  run_id: string | null;
  /** the run that stood second (B) */
  other_run_id: string | null;
  /** the name of what was tried in the first run */
  arm: string | null;
  /** the name of what was tried in the second */
  other_arm: string | null;
  /** of two runs: a (the first is better), b, tie, or bad (both are) */
  choice: string | null;
  /** of one run: from 0, bad, to 1, good; of two: 1 for a, 0 for b, 0.5 for tie */
  value: number | null;
  /** why, in the person's words */
  reason: string | null;
  /** whether the names were hidden until then */
  blind: boolean | null;
  /** what both were asked */
  prompt: string | null;
  /** when */
  labelled_at: string | null;
  /** anything else */
  metadata: string | null;
}
