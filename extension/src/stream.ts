// Server-sent news over fetch, so that the same sign-in works as for every other request.

import { ServerConnection } from '@jupyterlab/services';
import { IDisposable } from '@lumino/disposable';

import type { Changed } from './generated/shapes';

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

export class Stream implements IDisposable {
  constructor(
    private _url: string,
    private _settings: ServerConnection.ISettings,
    private _heard: (data: Changed) => void
  ) {}

  get on(): boolean {
    return this._stop !== null;
  }

  set on(wanted: boolean) {
    if (wanted === this.on) {
      return;
    }
    this._stop?.abort();
    this._stop = null;
    if (wanted) {
      const stop = new AbortController();
      this._stop = stop;
      void this._listen(stop.signal);
    }
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    this._disposed = true;
    this.on = false;
  }

  private async _listen(signal: AbortSignal): Promise<void> {
    let wait = FIRST_WAIT_MS;
    while (!signal.aborted) {
      try {
        const init = { method: 'GET', signal, headers: { Accept: 'text/event-stream' }, cache: 'no-store' as const };
        const answer = await ServerConnection.makeRequest(this._url, init, this._settings);
        if (answer.status === 404 || answer.status === 403) {
          return; // no such route, or no longer signed in: asking again changes nothing
        }
        if (answer.ok && answer.body) {
          wait = FIRST_WAIT_MS;
          await this._read(answer.body.getReader());
        }
      } catch {
        // The connection broke; it is tried again below.
      }
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

  private _stop: AbortController | null = null;
  private _disposed = false;
}

function _pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = window.setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      window.clearTimeout(timer);
      resolve();
    });
  });
}
