// A panel of the main area that is read from the server, again when there is news: one reading at a time, none unseen.

import { MainAreaWidget } from '@jupyterlab/apputils';
import { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';

import { LoomApi, sentence } from '../api';
import { button, el, paced } from '../dom';

export abstract class ReadPanel extends MainAreaWidget<Panel> {
  /** `pace`: milliseconds between two readings that news ask for. The subclass calls `refresh` when it is made. */
  constructor(id: string, api: LoomApi, pace: number) {
    super({ content: new Panel() });
    this.id = id;
    this.addClass('jp-loomlab-panel');
    this.title.closable = true;
    this.content.addClass('jp-loomlab-panel-content');
    this._soon = paced(() => void this.refresh(), pace);
    api.changed.connect(this._news, this);
  }

  async refresh(): Promise<void> {
    if (this.isDisposed) {
      return;
    }
    this._stale = false;
    if (this._loading) {
      this._again = true;
      return;
    }
    this._loading = true;
    try {
      do {
        this._again = false;
        const draw = await this.read();
        if (this.isDisposed) {
          return;
        }
        if (!(this._again && this.lastOnly)) {
          draw();
        }
      } while (this._again);
      this.note.hidden = true;
    } catch (error) {
      this.note.hidden = false;
      this.note.replaceChildren(el('p', { role: 'alert' }, sentence(error)), button('Try again', () => void this.refresh()));
    } finally {
      this._loading = false;
    }
  }

  /** Ask the server; what comes back draws the answer. */
  protected abstract read(): Promise<() => void>;

  /** The button that reads again, at the right of the others. */
  protected addRefresh(): void {
    this.addAction('refresh', button('Refresh', () => void this.refresh(), { title: 'Read it again' }));
  }

  protected addAction(name: string, node: HTMLElement): void {
    this.toolbar.addItem(name, new Widget({ node }));
  }

  /** Parts of the panel, from top to bottom. */
  protected addParts(...parts: (Widget | HTMLElement)[]): void {
    for (const part of parts) {
      this.content.addWidget(part instanceof Widget ? part : new Widget({ node: part }));
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
    if (this.follows && this.isVisible) {
      this._soon();
    } else {
      this._stale = this.follows;
    }
  }

  /** Whether news may change what is shown. */
  protected follows = false;
  /** Whether an answer that is asked for again already is passed over. */
  protected lastOnly = false;
  protected readonly note = el('div', { class: 'jp-loomlab-note', hidden: true });
  private _soon: () => void;
  private _stale = false;
  private _loading = false;
  private _again = false;
}
