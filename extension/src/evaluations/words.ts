// An evaluation in a line: its state as a sign and a word, how far it is, what it cost.

import type { Choice } from '../choices';
import { ago, dollars, grouped, instant } from '../format';
import type { EvaluationRow, TrialRow } from '../generated/shapes';

type Mark = NonNullable<Choice['mark']>;

const STATES: Record<string, Mark> = {
  running: { sign: '▸', word: 'running', tone: 'plain' },
  done: { sign: '✓', word: 'done', tone: 'good' },
  cancelled: { sign: '–', word: 'stopped', tone: 'warn' },
  error: { sign: '✕', word: 'failed', tone: 'bad' },
  lost: { sign: '✕', word: 'its process ended', tone: 'bad' }
};

export function stateOf(row: EvaluationRow): Mark {
  return STATES[row.status] ?? { sign: '·', word: row.status || 'unknown', tone: 'plain' };
}

export function share(row: EvaluationRow): number {
  return row.planned ? Math.min(1, row.done / row.planned) : 0;
}

/** `4 of 6 trials`. */
export function progress(row: EvaluationRow): string {
  const done = row.done === row.planned ? grouped(row.done) : `${grouped(row.done)} of ${grouped(row.planned)}`;
  return `${done} ${row.planned === 1 ? 'trial' : 'trials'}`;
}

export function choiceOf(row: EvaluationRow): Choice {
  const state = stateOf(row);
  const over = row.status === 'done' && row.done === row.planned;
  const data = row.dataset && row.dataset !== row.suite ? `${row.dataset} · ` : '';
  const money = row.done ? ` · ${row.cost_usd === null ? 'cost unknown' : dollars(row.cost_usd)}` : '';
  return {
    key: row.evaluation_id,
    title: row.arms.length > 3 ? `${row.arms.slice(0, 3).join(', ')} and ${row.arms.length - 3} more` : row.arms.join(', ') || 'no arm',
    detail: ago(row.started_at),
    below: `${data}${progress(row)}${over ? '' : ` · ${state.word}`}${money}`,
    mark: state,
    share: over ? undefined : share(row),
    hint: `Begun ${instant(row.started_at)}\n${row.arms.join(', ')}`
  };
}

export function trialOf(trial: TrialRow, epochs: boolean): Choice {
  const { score, cause } = trial;
  const mark: Mark =
    score === null
      ? { sign: '–', word: 'no score', tone: 'warn' }
      : score === 1
        ? { sign: '✓', word: 'right', tone: 'good' }
        : score === 0
          ? { sign: '✕', word: 'wrong', tone: 'bad' }
          : { sign: '◐', word: `score ${score.toFixed(3)}`, tone: 'plain' };
  return {
    key: trial.trial_id,
    title: `${trial.case_id}${epochs ? ` (${trial.epoch})` : ''}`,
    detail: score === null ? (cause ?? 'no score') : score.toFixed(3),
    below: trial.said || 'no answer',
    mark,
    hint: trial.run_id ? 'Enter opens its run' : 'Its run was not logged'
  };
}
