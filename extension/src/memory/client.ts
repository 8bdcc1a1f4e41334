// The routes of memory. Nobody named is `null`, and another one than the user with an empty name.

import type { LoomApi } from '../api';
import type * as shapes from '../generated/shapes';

/** Whose memory in which store, both as the server named them. */
export interface Whose {
  memory: string;
  user: string | null;
}

/** What is to be forgotten. */
export type Scope = { everything: true } | { session_id: string } | { fact_ids: string[] };

export class MemoryClient {
  constructor(private _api: LoomApi) {}

  list(): Promise<shapes.MemoryList> {
    return this._api.get('memory');
  }

  user(whose: Whose, trueAt: string | null, knownAt: string | null): Promise<shapes.MemoryUserFace> {
    return this._api.get(`memory/user?${_asked(whose, { true_at: trueAt, known_at: knownAt })}`);
  }

  explain(whose: Whose, query: string, trueAt: string | null): Promise<shapes.MemoryAnswer> {
    return this._api.get(`memory/explain?${_asked(whose, { query, true_at: trueAt })}`);
  }

  /** What would go; nothing is erased. */
  plan(whose: Whose, scope: Scope): Promise<shapes.ForgetPlan> {
    return this._api.post('memory/forget', { memory: whose.memory, user_id: whose.user, ...scope });
  }

  /** Erase it; `confirm` is the user's name as a person typed it. */
  forget(whose: Whose, scope: Scope, confirm: string): Promise<shapes.Forgotten> {
    return this._api.post('memory/forget', { memory: whose.memory, user_id: whose.user, ...scope, confirm });
  }

  /** Take the user's words out of the run log as well. */
  scrub(user: string | null, confirm: string): Promise<shapes.Scrubbed> {
    return this._api.post('memory/scrub', { user_id: user, confirm });
  }
}

/** A key for a place in a list and for a panel. */
export function keyOf(whose: Whose): string {
  return JSON.stringify([whose.memory, whose.user]);
}

export function whoseOf(key: string): Whose {
  const [memory, user] = JSON.parse(key) as [string, string | null];
  return { memory, user };
}

/** Whose memory it is, in words. */
export function named(user: string | null): string {
  return user === null ? 'nobody named' : user || 'the user with an empty name';
}

// Written here and not by `get`, which leaves empty texts out: an empty name is a name.
function _asked(whose: Whose, more: Record<string, string | null>): string {
  const words = new URLSearchParams({ memory: whose.memory });
  if (whose.user !== null) {
    words.set('user_id', whose.user);
  }
  for (const [name, value] of Object.entries(more)) {
    if (value !== null) {
      words.set(name, value);
    }
  }
  return words.toString();
}
