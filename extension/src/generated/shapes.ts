// Made by `python extension/make_types.py`. Do not edit: change the Python it is made from, and run that again.

/** Which run log is read: the folder's name, and whether anything was ever written there. */
export interface LogInfo {
  name: string;
  exists: boolean;
}

/** `about`. `problem`: why the log can't be read, in one sentence. */
export interface About {
  version: string;
  api: number;
  schema_version: number;
  log: LogInfo;
  memories: string[];
  problem: string | null;
}

/** One run in a list. `notebook` is relative to the server's root folder; null: none, or one outside of it. */
export interface RunRow {
  run_id: string;
  parent_run_id: string | null;
  started_at: string | null;
  user_id: string | null;
  session_id: string | null;
  agent: string | null;
  architecture: string | null;
  model: string | null;
  status: string;
  ended: string | null;
  prompt: string;
  output: string;
  turns: number | null;
  tokens_in: number | null;
  tokens_out: number | null;
  cost_usd: number | null;
  duration_ms: number | null;
  notebook: string | null;
  error_type: string | null;
}

/** `runs`. `empty`: what to type next, where the log holds no run at all. */
export interface RunPage {
  total: number;
  offset: number;
  rows: RunRow[];
  took_ms: number;
  empty?: string;
}

/** One value to filter by, and how many outermost runs have it. null: none was given; filter by an empty text. */
export interface FacetValue {
  value: string | null;
  count: number;
}

/** `runs/facets`: the most frequent values of each, at most 200. */
export interface Facets {
  users: FacetValue[];
  architectures: FacetValue[];
  models: FacetValue[];
  outcomes: FacetValue[];
  notebooks: FacetValue[];
}

/** Model calls and what they cost. `cost_usd` is the known part; `calls_unpriced` have no known price. */
export interface Spent {
  cost_usd: number;
  calls: number;
  calls_unpriced: number;
  calls_cached: number;
  tokens_in: number;
  tokens_out: number;
}

/** `runs/spend`: today on the server's clock, and one notebook over all days. */
export interface Spend {
  today: Spent;
  notebook: Spent | null;
}

/** `run`: one run as the displays show it. `live`: it goes on. */
export interface RunFace {
  row: RunRow;
  html: string;
  text: string;
  live: boolean;
}

/** `run/align`: runs side by side. */
export interface AlignedFace {
  html: string;
  text: string;
  ids: string[];
}

/** `run/fork`: a code cell. `kind`: another end of the run from its journal, or the same question again. */
export interface ForkCell {
  source: string;
  kind: 'fork' | 'again';
}

/** The data of `event: changed` in `events`: how many there are now, and the newest outermost run. */
export interface Changed {
  runs: number;
  evaluations: number;
  latest: string | null;
}

/** Every error: one sentence with the remedy. */
export interface Refusal {
  message: string;
}

/** One evaluation in a list. `done` of `planned` trials; `cost_usd` null: part of it is not known. */
export interface EvaluationRow {
  evaluation_id: string;
  suite: string;
  dataset: string;
  arms: string[];
  cases: number;
  done: number;
  planned: number;
  status: string;
  started_at: string | null;
  cost_usd: number | null;
}

/** `evaluations`: the newest first. `empty`: what to type next, where there is none. */
export interface EvaluationList {
  rows: EvaluationRow[];
  total: number;
  empty?: string;
}

/** One trial. `score` is the first scorer's, null where it has none; then `cause` says why. */
export interface TrialRow {
  trial_id: string;
  case_id: string;
  arm: string;
  epoch: number;
  run_id: string | null;
  score: number | null;
  cause: string | null;
  said: string;
}

/** `evaluation`: one evaluation as the displays show it, and its trials, the first five hundred. */
export interface EvaluationFace {
  row: EvaluationRow;
  html: string;
  text: string;
  trials: TrialRow[];
  more_trials: number;
  live: boolean;
}

/** `evaluation/datasets`: the datasets that a run can become a case of, in the folder of this name. */
export interface DatasetNames {
  folder: string;
  names: string[];
}

/** `evaluation/promote`: the case that was added. */
export interface Promoted {
  case_id: string;
  dataset: string;
}

/** `run/label`: done. */
export interface Labelled {
  ok: boolean;
  label_id: string;
}

/** One whose memory is kept. null: what belongs to nobody named. */
export interface MemoryUser {
  user_id: string | null;
  facts: number;
  episodes: number;
}

/** One memory by its name. `problem`: why it can't be read, in one sentence. `more`: users not listed. */
export interface MemoryInfo {
  name: string;
  kind: string;
  users: MemoryUser[];
  more: number;
  problem: string | null;
}

/** `memory`. `empty`: what to type next, where there is none. */
export interface MemoryList {
  memories: MemoryInfo[];
  empty?: string;
}

/** One fact as known at the instant that is looked at, with what it is at that instant. */
export interface FactRow {
  id: string;
  subject: string;
  predicate: string;
  object: string;
  valid_from: string;
  valid_until: string | null;
  recorded_at: string;
  state: 'true' | 'ended' | 'later' | 'corrected';
}

/** A place of a slider: an instant at which something changes (null: now), and its name. */
export interface MemoryStop {
  at: string | null;
  name: string;
}

/** One conversation, the newest first in a list, with how it began. */
export interface MemoryTalk {
  session_id: string;
  title: string;
}

/** `memory/user`: one user's memory at two instants. `sentence` says where we stand and what is true there. */
export interface MemoryUserFace {
  html: string;
  text: string;
  sentence: string;
  empty: boolean;
  facts: FactRow[];
  more_facts: number;
  true_stops: MemoryStop[];
  known_stops: MemoryStop[];
  talks: MemoryTalk[];
  confirm: string;
}

/** `memory/explain`: what would be recalled for a question, and why. */
export interface MemoryAnswer {
  html: string;
  text: string;
}

/** `memory/forget` without `confirm`: what would go, and what has to be typed. Nothing was erased. */
export interface ForgetPlan {
  would_erase: number;
  confirm: string;
  html: string;
  text: string;
}

/** `memory/forget` with `confirm`: the receipt. `logged`: rows of the run log that still hold the words. */
export interface Forgotten {
  erased: number;
  logged: number;
  html: string;
  text: string;
}

/** `memory/scrub`: the user's words are out of this many rows of the run log. */
export interface Scrubbed {
  rows: number;
  text: string;
}
