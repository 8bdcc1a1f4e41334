// How a run ended, as a sign and words: never by colour alone.

import type { RunRow } from '../generated/shapes';

export interface Outcome {
  sign: string;
  words: string;
  tone: 'good' | 'bad' | 'warn' | 'live' | 'quiet';
}

const ENDED: Record<string, Outcome> = {
  answered: { sign: '✓', words: 'answered', tone: 'good' },
  turn_cap: { sign: '◐', words: 'turn cap', tone: 'warn' },
  budget: { sign: '◐', words: 'budget', tone: 'warn' },
  forced_answer: { sign: '◐', words: 'forced answer', tone: 'warn' },
  stopped: { sign: '◐', words: 'stopped', tone: 'warn' },
  parse_failure: { sign: '✕', words: 'not parsed', tone: 'bad' },
  tool_error: { sign: '✕', words: 'tool error', tone: 'bad' },
  denied: { sign: '✕', words: 'denied', tone: 'bad' },
  error: { sign: '✕', words: 'error', tone: 'bad' },
  cancelled: { sign: '■', words: 'cancelled', tone: 'quiet' }
};
const STATUS: Record<string, Outcome> = {
  running: { sign: '●', words: 'running', tone: 'live' },
  lost: { sign: '?', words: 'lost', tone: 'quiet' },
  interrupted: { sign: '◐', words: 'interrupted', tone: 'warn' }
};

export function outcome(row: RunRow): Outcome {
  const known = STATUS[row.status] && !row.ended ? STATUS[row.status] : (ENDED[row.ended ?? ''] ?? ENDED[row.status]);
  return known ?? { sign: '·', words: outcomeWords(row.ended ?? row.status), tone: 'quiet' };
}

/** A reason as the log names it, in words. */
export function outcomeWords(name: string): string {
  return ENDED[name]?.words ?? STATUS[name]?.words ?? name.replaceAll('_', ' ');
}
