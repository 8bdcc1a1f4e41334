// Server-sent news over fetch, so that the same sign-in works as for every other request.
//
// A page that nobody sees does not listen: a browser gives a server six connections in all, and half a dozen forgotten
// tabs would take them from the one that is read. Whoever listens again is told the state first, so nothing is missed.

import { ServerConnection } from '@jupyterlab/services';
import { IDisposable } from '@lumino/disposable';

import type { Changed } from './generated/shapes';

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
/** A connection that held for so long was a good one. */
const HELD_MS = 10_000;

export class Stream implements IDisposable {
  constructor(
    private _url: string,
    private _settings: ServerConnection.ISettings,
    private _heard: (data: Changed) => void
  ) {
    document.addEventListener('visibilitychange', this._look);
  }

  get on(): boolean {
    return this._wanted;
  }

  set on(wanted: boolean) {
    this._wanted = wanted;
    this._look();
  }

  /** Begin or stop, as is wanted and as the page is seen. */
  private _look = (): void => {
    const listens = this._wanted && !document.hidden;
    if (listens === (this._stop !== null)) {
      return;
    }
    this._stop?.abort();
    this._stop = null;
    if (listens) {
      const stop = new AbortController();
      this._stop = stop;
      void this._listen(stop.signal);
    }
  };

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    this._disposed = true;
    document.removeEventListener('visibilitychange', this._look);
    this.on = false;
  }

  private async _listen(signal: AbortSignal): Promise<void> {
    let wait = FIRST_WAIT_MS;
    while (!signal.aborted) {
      const began = performance.now();
      try {
        const init = { method: 'GET', signal, headers: { Accept: 'text/event-stream' }, cache: 'no-store' as const };
        const answer = await ServerConnection.makeRequest(this._url, init, this._settings);
        if (answer.status === 404 || answer.status === 403) {
          wait = LONGEST_WAIT_MS; // no such route or not signed in, which may change: the server may be restarting
        }
        if (answer.ok && answer.body) {
          await this._read(answer.body.getReader());
        }
      } catch {
        // The connection broke; it is tried again below.
      }
      // One that is cut at once, as some proxies do, must not be asked every second for ever.
      wait = performance.now() - began > HELD_MS ? FIRST_WAIT_MS : wait;
      if (!signal.aborted) {
        await _pause(wait, signal);
        wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      }
    }
  }

  private async _read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      rest += decoder.decode(value, { stream: true });
      const messages = rest.split(/\r?\n\r?\n/);
      rest = messages.pop() ?? '';
      for (const message of messages) {
        this._take(message);
      }
    }
  }

  private _take(message: string): void {
    let event = 'message';
    const data: string[] = [];
    for (const line of message.split(/\r?\n/)) {
      if (line.startsWith('event:')) {
        event = line.slice(6).trim();
      } else if (line.startsWith('data:')) {
        data.push(line.slice(5).trimStart());
      }
    }
    if (event === 'changed' && data.length) {
      this._heard(JSON.parse(data.join('\n')) as Changed);
    }
  }

  private _wanted = false;
  private _stop: AbortController | null = null;
  private _disposed = false;
}

function _pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const over = (): void => {
      window.clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = window.setTimeout(over, ms);
    signal.addEventListener('abort', over);
  });
}
