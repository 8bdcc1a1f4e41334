// One evaluation in the main area: how far it is, the displays' own face, and its trials with what can be done with them.

import { el } from '../dom';
import { Face } from '../face';
import { oneLine } from '../format';
import type { EvaluationFace } from '../generated/shapes';
import { loomIcon } from '../icon';
import { ReadPanel } from '../shell/readpanel';
import type { ILoomSidebar } from '../tokens';
import { EvaluationClient } from './client';
import { Trials, type Doing } from './trials';
import { progress, share, stateOf } from './words';

export class EvaluationPanel extends ReadPanel {
  constructor(
    private _evaluation: string,
    private _client: EvaluationClient,
    private _sidebar: ILoomSidebar,
    doing: Doing
  ) {
    super(`loomlab-evaluation-${_evaluation}`, _sidebar.api, 1000);
    this.title.label = 'Evaluation';
    this.title.icon = loomIcon;
    this.content.node.setAttribute('role', 'region');
    this.content.node.tabIndex = 0;
    this._trials = new Trials(doing);
    this.addParts(this.note, this._head, this._face, this._trials);
    this.addRefresh();
    void this.refresh();
  }

  protected override async read(): Promise<() => void> {
    const found = await this._client.face(this._evaluation);
    return () => this._draw(found);
  }

  private _draw(found: EvaluationFace): void {
    const { row } = found;
    this.follows = found.live;
    const name = oneLine(row.suite, 36);
    this.title.label = name;
    this.title.caption = `${row.suite}: ${row.arms.join(', ')}`;
    this.content.node.setAttribute('aria-label', `Evaluation ${row.suite}`);
    this.toolbar.node.setAttribute('aria-label', `Actions on the evaluation ${name}`);
    const whole = row.status === 'done' && row.done === row.planned;
    this._head.hidden = whole;
    if (!whole) {
      const words = `${progress(row)} · ${stateOf(row).word}`;
      this._bar.setAttribute('aria-valuenow', String(row.done));
      this._bar.setAttribute('aria-valuemax', String(row.planned));
      this._bar.setAttribute('aria-valuetext', words);
      (this._bar.firstElementChild as HTMLElement).style.width = `${(100 * share(row)).toFixed(1)}%`;
      if (this._words.textContent !== words) {
        this._words.textContent = words;
        this._sidebar.announce(`${row.suite}: ${words}`);
      }
    } else if (this._words.textContent) {
      this._words.textContent = '';
      this._sidebar.announce(`${row.suite}: done, ${progress(row)}`);
    }
    this._face.html = found.html;
    this._trials.draw(found);
  }

  private _bar = el('div', { class: 'jp-loomlab-bar', role: 'progressbar', 'aria-label': 'Trials done', 'aria-valuemin': 0 }, el('span', {}));
  private _words = el('span', {});
  private _head = el('div', { class: 'jp-loomlab-progress', hidden: true }, this._bar, this._words);
  private _face = new Face();
  private _trials: Trials;
}
