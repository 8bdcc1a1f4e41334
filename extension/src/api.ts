// The one door to the server extension: typed routes, errors as sentences, and news of the log as a signal.
// Nothing else in this folder makes a request.

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import type * as shapes from './generated/shapes';
import { Stream } from './stream';

/** Why a request failed, as a sentence that can be shown. `status` 0: the server was not reached at all. */
export class LoomError extends Error {
  constructor(message: string, readonly status: number) {
    super(message);
    this.name = 'LoomError';
  }

  /** The server extension is not there: disabled, or never installed. */
  get missing(): boolean {
    return this.status === 404;
  }
}

/** What may be asked of a route; `null` and `undefined` are left out, a list repeats its name. */
export type Query = Record<string, string | number | boolean | string[] | null | undefined>;

/** What narrows the list of runs. */
export interface RunsQuery extends Query {
  offset?: number;
  limit?: number;
  text?: string;
  user?: string;
  architecture?: string;
  model?: string;
  outcome?: string;
  min_cost?: number;
  max_cost?: number;
  notebook?: string;
}

export class LoomApi implements IDisposable {
  constructor(readonly settings = ServerConnection.makeSettings()) {
    this._stream = new Stream(this.url('events'), settings, data => this._changed.emit(data));
  }

  /** The log grew: how many runs and evaluations it has now. At most two a second. */
  get changed(): ISignal<this, shapes.Changed> {
    return this._changed;
  }

  /** Listen for news or stop; off until somebody asks. */
  set live(on: boolean) {
    this._stream.on = on;
  }

  get live(): boolean {
    return this._stream.on;
  }

  about(): Promise<shapes.About> {
    return this.get('about');
  }

  runs(query: RunsQuery = {}, signal?: AbortSignal): Promise<shapes.RunPage> {
    return this.get('runs', query, signal);
  }

  facets(): Promise<shapes.Facets> {
    return this.get('runs/facets');
  }

  spend(notebook?: string): Promise<shapes.Spend> {
    return this.get('runs/spend', { notebook });
  }

  run(runId: string): Promise<shapes.RunFace> {
    return this.get('run', { run_id: runId });
  }

  align(runIds: string[]): Promise<shapes.AlignedFace> {
    return this.get('run/align', { run_id: runIds });
  }

  fork(runId: string): Promise<shapes.ForkCell> {
    return this.get('run/fork', { run_id: runId });
  }

  /** Any other route that only reads. */
  get<T>(route: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
    const words = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      for (const one of Array.isArray(value) ? value : [value]) {
        if (one !== null && one !== undefined) {
          words.append(name, String(one));
        }
      }
    }
    const tail = words.toString();
    return this._request<T>(this.url(route) + (tail ? `?${tail}` : ''), { method: 'GET', signal });
  }

  /** A route that writes. The server asks for its own confirmation and notes each write in its audit log. */
  post<T>(route: string, body: object): Promise<T> {
    const headers = { 'Content-Type': 'application/json' };
    return this._request<T>(this.url(route), { method: 'POST', body: JSON.stringify(body), headers });
  }

  url(route: string): string {
    return URLExt.join(this.settings.baseUrl, 'loomlab/api', route);
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    this._disposed = true;
    this._stream.dispose();
    Signal.clearData(this);
  }

  private async _request<T>(url: string, init: RequestInit): Promise<T> {
    let answer: Response;
    try {
      answer = await ServerConnection.makeRequest(url, init, this.settings);
    } catch (error) {
      if (init.signal?.aborted) {
        throw error;
      }
      throw new LoomError('Jupyter’s server does not answer. It may have stopped: look at the terminal it runs in.', 0);
    }
    const text = await answer.text();
    let data: unknown;
    try {
      data = JSON.parse(text);
    } catch {
      data = null;
    }
    if (!answer.ok) {
      throw new LoomError(_sentence(answer, data), answer.status);
    }
    if (data === null) {
      throw new LoomError('The server’s answer could not be read. Reload the page; it may be a proxy’s.', answer.status);
    }
    return data as T;
  }

  private _changed = new Signal<this, shapes.Changed>(this);
  private _stream: Stream;
  private _disposed = false;
}

function _sentence(answer: Response, data: unknown): string {
  const message = (data as { message?: unknown } | null)?.message;
  if (answer.status === 401 || answer.status === 403) {
    return 'You are no longer signed in to this Jupyter server. Reload the page to sign in again.';
  }
  if (typeof message === 'string' && message) {
    return message;
  }
  return `The server answered ${answer.status} ${answer.statusText}. Its terminal says more.`;
}

/** What to say of anything that was thrown. */
export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
