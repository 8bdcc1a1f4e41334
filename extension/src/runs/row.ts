// One row of the list: a node that is made once and filled again and again while the list scrolls.

import { el } from '../dom';
import { ago, dollars, duration, instant, oneLine } from '../format';
import type { RunRow } from '../generated/shapes';
import { outcome } from './outcome';

export class RowNode {
  constructor(readonly id: string) {
    this.node = el(
      'div',
      { class: 'jp-loomlab-run', role: 'option', id, 'aria-selected': 'false' },
      el('div', { class: 'jp-loomlab-run-line' }, this._prompt, this._when),
      el('div', { class: 'jp-loomlab-run-line jp-loomlab-run-facts' }, this._sign, this._what, this._cost)
    );
  }

  readonly node: HTMLElement;
  index = -1;

  fill(index: number, total: number, row: RunRow | undefined, selected: boolean, active: boolean): void {
    this.index = index;
    const { node } = this;
    node.setAttribute('aria-posinset', String(index + 1));
    node.setAttribute('aria-setsize', String(total));
    node.setAttribute('aria-selected', String(selected));
    node.classList.toggle('jp-mod-active', active);
    node.classList.toggle('jp-mod-waiting', !row);
    const key = row ? JSON.stringify(row) + ago(row.started_at) : '';
    if (key !== this._shown) {
      this._shown = key;
      this._write(row);
    }
  }

  private _write(row: RunRow | undefined): void {
    if (!row) {
      delete this.node.dataset['runId'];
      this.node.title = '';
      this.node.setAttribute('aria-label', 'loading');
      [this._prompt, this._when, this._sign, this._what, this._cost].forEach(part => (part.textContent = ''));
      return;
    }
    const { sign, words, tone } = outcome(row);
    const cost = row.status === 'running' && row.cost_usd === null ? '' : dollars(row.cost_usd);
    const facts = [tone === 'good' ? '' : words, row.architecture, row.model, row.user_id].filter(Boolean).join(' · ');
    this.node.dataset['runId'] = row.run_id;
    this._prompt.textContent = oneLine(row.prompt) || '(no prompt)';
    this._when.textContent = ago(row.started_at);
    this._sign.textContent = sign;
    this._sign.className = `jp-loomlab-sign jp-mod-${tone}`;
    this._what.textContent = facts;
    this._cost.textContent = cost;
    this.node.setAttribute('aria-label', [oneLine(row.prompt) || 'no prompt', words, row.architecture, row.model, row.user_id && `user ${row.user_id}`, cost && `cost ${cost}`, instant(row.started_at)].filter(Boolean).join(', '));
    this.node.title = [
      row.prompt,
      row.output && `→ ${row.output}`,
      [words, row.error_type, row.agent, row.architecture, row.model].filter(Boolean).join(' · '),
      [row.turns !== null && `${row.turns} turns`, row.tokens_in !== null && `${row.tokens_in} in, ${row.tokens_out} out`, duration(row.duration_ms), instant(row.started_at)].filter(Boolean).join(' · '),
      row.notebook ?? ''
    ]
      .filter(Boolean)
      .join('\n');
  }

  private _prompt = el('span', { class: 'jp-loomlab-run-prompt', dir: 'auto' });
  private _when = el('span', { class: 'jp-loomlab-run-when' });
  private _sign = el('span', { class: 'jp-loomlab-sign', 'aria-hidden': 'true' });
  private _what = el('span', { class: 'jp-loomlab-run-what', dir: 'auto' });
  private _cost = el('span', { class: 'jp-loomlab-run-cost' });
  private _shown = '?';
}
