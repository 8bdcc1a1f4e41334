// A question to a memory: what would be recalled for it, and why. Escape goes back from the answer to the question.

import { Widget } from '@lumino/widgets';

import { sentence } from '../api';
import { button, el } from '../dom';
import { Face } from '../face';
import type { MemoryAnswer } from '../generated/shapes';

export class Question extends Widget {
  constructor(private _explain: (query: string) => Promise<MemoryAnswer>) {
    super();
    this.addClass('jp-loomlab-question');
    const close = button('Close', () => this.clear(), { title: 'Close the answer (Escape)' });
    const form = el('form', { role: 'search', class: 'jp-loomlab-search' }, this._input, el('button', { type: 'submit', class: 'jp-loomlab-button' }, 'Explain'));
    form.addEventListener('submit', event => {
      event.preventDefault();
      void this._ask();
    });
    this._answer.append(this._face.node, close);
    this.node.append(form, this._answer);
    this.node.addEventListener('keydown', event => {
      if (event.key === 'Escape' && !this._answer.hidden) {
        event.stopPropagation();
        this.clear();
      }
    });
  }

  clear(): void {
    this._asked += 1; // an answer that is still on its way is no longer wanted
    this._answer.hidden = true;
    this._face.html = '';
    this._input.focus();
  }

  override dispose(): void {
    this._face.dispose();
    super.dispose();
  }

  private async _ask(): Promise<void> {
    const query = this._input.value.trim();
    if (!query) {
      this._input.focus();
      return;
    }
    this._asked += 1;
    const mine = this._asked;
    let html = '';
    let problem = '';
    try {
      ({ html } = await this._explain(query));
    } catch (error) {
      problem = sentence(error);
    }
    if (mine !== this._asked || this.isDisposed) {
      return;
    }
    this._face.html = html;
    if (problem) {
      this._face.node.replaceChildren(el('p', { role: 'alert' }, problem));
    }
    this._answer.hidden = false;
    this._answer.focus();
  }

  private _input = el('input', { type: 'search', 'aria-label': 'What would be recalled for', placeholder: 'What would be recalled for … ?', maxlength: 2000 });
  private _face = new Face();
  private _answer = el('div', { class: 'jp-loomlab-answer', role: 'region', 'aria-label': 'What would be recalled, and why', tabindex: -1, hidden: true });
  private _asked = 0;
}
