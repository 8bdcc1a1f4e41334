// The runs that match, as far as they were fetched: a list by place, filled page by page.
//
// Newer runs come in at the front while somebody reads further down. What is shown keeps its places: `fresh` counts
// those that came since, and pages further on are asked for that much later. `reload` lets them in.

import { ISignal, Signal } from '@lumino/signaling';

import { LoomApi, RunsQuery, sentence } from '../api';
import type { RunPage, RunRow } from '../generated/shapes';

const MOST_PAGES = 60;

export class RunsStore {
  constructor(private _api: LoomApi) {}

  get pageSize(): number {
    return this._pageSize;
  }

  /** Pages of another size: those that are there are cut wrong. */
  set pageSize(rows: number) {
    this._pageSize = rows;
    this._pages.clear();
    this._asked.clear();
  }

  /** Something that is shown changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get total(): number {
    return this._total;
  }

  /** Matching runs that came since the list was read. */
  get fresh(): number {
    return this._fresh;
  }

  /** What to type next, where the log is empty. */
  get empty(): string {
    return this._empty;
  }

  /** Why the list could not be read; empty: it could. */
  get problem(): string {
    return this._problem;
  }

  get loaded(): boolean {
    return this._loaded;
  }

  get query(): RunsQuery {
    return this._query;
  }

  row(index: number): RunRow | undefined {
    return this._pages.get(Math.floor(index / this.pageSize))?.[index % this.pageSize];
  }

  /** The place of a run among those that were fetched, or -1. */
  place(runId: string): number {
    for (const [page, rows] of this._pages) {
      const at = rows.findIndex(row => row?.run_id === runId);
      if (at >= 0) {
        return page * this.pageSize + at;
      }
    }
    return -1;
  }

  /** Other filters: start anew. */
  async search(query: RunsQuery): Promise<void> {
    this._query = query;
    await this.reload();
  }

  /** Read from the front again. What is shown stays until the answer is there. */
  async reload(): Promise<void> {
    this._stop.abort();
    const stop = (this._stop = new AbortController());
    this._asked.clear();
    this._failed.clear();
    try {
      const page = await this._fetch(0, stop.signal);
      if (stop.signal.aborted) {
        return;
      }
      this._pages.clear();
      this._asked.clear();
      this._total = page.total;
      this._fresh = 0;
      this._empty = page.empty ?? '';
      this._problem = '';
      this._loaded = true;
      this._pages.set(0, page.rows);
    } catch (error) {
      if (stop.signal.aborted) {
        return;
      }
      this._problem = sentence(error);
    }
    this._changed.emit();
  }

  /** See that these places are there, or on their way. */
  want(first: number, last: number): void {
    const size = this.pageSize;
    for (let page = Math.floor(first / size); page <= Math.floor(last / size); page++) {
      if (page >= 0 && page * size < this._total && !this._pages.has(page) && !this._asked.has(page) && !this._failed.has(page)) {
        void this._fill(page);
      }
    }
  }

  /** The log grew: count what is new, and read what is shown again, for what has ended meanwhile. */
  async look(first: number, last: number): Promise<void> {
    const size = this.pageSize;
    for (let page = Math.floor(first / size); page <= Math.floor(last / size); page++) {
      await this._fill(page);
    }
  }

  private async _fill(page: number): Promise<void> {
    const stop = this._stop;
    this._asked.add(page);
    try {
      const answer = await this._fetch(page * this.pageSize + this._fresh, stop.signal);
      if (stop.signal.aborted) {
        return;
      }
      this._fresh = Math.max(0, answer.total - this._total);
      this._place(answer);
      this._problem = '';
      this._failed.clear();
    } catch (error) {
      if (stop.signal.aborted) {
        return;
      }
      this._failed.add(page); // drawing the list must not ask for it again and again
      this._problem = sentence(error);
    } finally {
      if (stop === this._stop) {
        this._asked.delete(page);
      }
    }
    this._changed.emit();
  }

  /** The answer says how many runs there were when it was made; its rows belong that much further up. */
  private _place(answer: RunPage): void {
    const size = this.pageSize;
    answer.rows.forEach((row, at) => {
      const index = answer.offset + at - this._fresh;
      if (index >= 0 && index < this._total) {
        const page = Math.floor(index / size);
        const rows = this._pages.get(page) ?? [];
        rows[index % size] = row;
        this._pages.delete(page);
        this._pages.set(page, rows);
      }
    });
    for (const page of [...this._pages.keys()].slice(0, Math.max(0, this._pages.size - MOST_PAGES))) {
      this._pages.delete(page);
    }
  }

  private _fetch(offset: number, signal: AbortSignal): Promise<RunPage> {
    return this._api.runs({ ...this._query, offset, limit: this.pageSize }, signal);
  }

  private _changed = new Signal<this, void>(this);
  private _pageSize = 100;
  private _pages = new Map<number, RunRow[]>();
  private _asked = new Set<number>();
  private _failed = new Set<number>();
  private _query: RunsQuery = {};
  private _total = 0;
  private _fresh = 0;
  private _empty = '';
  private _problem = '';
  private _loaded = false;
  private _stop = new AbortController();
}
