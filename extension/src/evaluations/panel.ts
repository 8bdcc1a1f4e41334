// One evaluation in the main area: how far it is, the displays' own face, and its trials with what can be done with them.

import { MainAreaWidget } from '@jupyterlab/apputils';
import { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';

import { sentence } from '../api';
import { button, el, paced } from '../dom';
import { Face } from '../face';
import { oneLine } from '../format';
import type { EvaluationFace } from '../generated/shapes';
import { loomIcon } from '../icon';
import type { ILoomSidebar } from '../tokens';
import { EvaluationClient } from './client';
import { Trials, type Doing } from './trials';
import { progress, share, stateOf } from './words';

export class EvaluationPanel extends MainAreaWidget<Panel> {
  constructor(
    private _id: string,
    private _client: EvaluationClient,
    private _sidebar: ILoomSidebar,
    doing: Doing
  ) {
    super({ content: new Panel() });
    this.id = `loomlab-evaluation-${_id}`;
    this.addClass('jp-loomlab-panel');
    this.title.label = 'Evaluation';
    this.title.icon = loomIcon;
    this.title.closable = true;
    this.content.addClass('jp-loomlab-panel-content');
    this.content.node.setAttribute('role', 'region');
    this.content.node.tabIndex = 0;
    this._trials = new Trials(doing);
    for (const part of [this._note, this._head, this._face, this._trials]) {
      this.content.addWidget(part instanceof Widget ? part : new Widget({ node: part }));
    }
    this.toolbar.addItem('refresh', new Widget({ node: button('Refresh', () => void this.refresh(), { title: 'Read it again' }) }));
    _sidebar.api.changed.connect(this._news, this);
    void this.refresh();
  }

  async refresh(): Promise<void> {
    if (this.isDisposed) {
      return;
    }
    if (this._loading) {
      this._again = true;
      return;
    }
    this._loading = true;
    try {
      do {
        this._again = false;
        const found = await this._client.face(this._id);
        if (this.isDisposed) {
          return;
        }
        this._draw(found);
      } while (this._again);
      this._note.hidden = true;
    } catch (error) {
      this._note.hidden = false;
      this._note.replaceChildren(el('p', { role: 'alert' }, sentence(error)), button('Try again', () => void this.refresh()));
    } finally {
      this._loading = false;
    }
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this.content.node.focus();
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    if (this._stale) {
      void this.refresh();
    }
  }

  private _news(): void {
    if (!this._live) {
      return;
    }
    if (!this.isVisible) {
      this._stale = true;
    } else {
      this._soon();
    }
  }

  private _draw(found: EvaluationFace): void {
    const { row } = found;
    this._stale = false;
    this._live = found.live;
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
  private _note = el('div', { class: 'jp-loomlab-note', hidden: true });
  private _face = new Face();
  private _trials: Trials;
  private _live = false;
  private _stale = false;
  private _loading = false;
  private _again = false;
  private _soon = paced(() => void this.refresh(), 1000);
}
