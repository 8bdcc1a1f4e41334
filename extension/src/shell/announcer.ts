// A polite live region that does not flood: at most one sentence in five seconds, the latest of those that waited.

import { el } from '../dom';

const EVERY_MS = 5000;

export class Announcer {
  readonly node = el('div', { class: 'jp-loomlab-announcer', role: 'status', 'aria-live': 'polite' });

  say(text: string): void {
    this._next = text;
    if (!this._timer) {
      this._tell();
    }
  }

  private _tell = (): void => {
    this._timer = 0;
    if (this._next === null) {
      return;
    }
    this.node.textContent = this._next;
    this._next = null;
    this._timer = window.setTimeout(this._tell, EVERY_MS);
  };

  private _next: string | null = null;
  private _timer = 0;
}
