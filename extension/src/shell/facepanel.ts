// A server's face in the main area: one run, several side by side, an evaluation. A live one follows what happens.

import { MainAreaWidget } from '@jupyterlab/apputils';
import { LabIcon } from '@jupyterlab/ui-components';
import { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';

import { LoomApi, sentence } from '../api';
import { button, el, paced } from '../dom';
import { Face } from '../face';

/** How a panel is opened again when the page was reloaded. */
export interface Again {
  command: string;
  args: ReadonlyPartialJSONObject;
}

/** Where a face comes from. */
export interface FaceSource {
  /** The same id again brings the panel that is there to the front. */
  id: string;
  title: string;
  caption?: string;
  icon?: LabIcon;
  again?: Again;
  load: () => Promise<{ html: string; text: string; live?: boolean; title?: string }>;
  /** What can be done with it, from left to right. */
  actions?: { label: string; title?: string; run: (text: string) => void }[];
}

export class FacePanel extends MainAreaWidget<Panel> {
  constructor(
    private _source: FaceSource,
    api: LoomApi
  ) {
    super({ content: new Panel() });
    this.id = `loomlab-face-${_source.id}`;
    this.addClass('jp-loomlab-panel');
    this.title.label = _source.title;
    this.title.caption = _source.caption ?? _source.title;
    this.title.closable = true;
    if (_source.icon) {
      this.title.icon = _source.icon;
    }
    this.content.addClass('jp-loomlab-panel-content');
    this.content.node.tabIndex = 0;
    this.content.node.setAttribute('role', 'document');
    this.content.node.setAttribute('aria-label', _source.title);
    this._note.className = 'jp-loomlab-note';
    this._note.hidden = true;
    this.content.addWidget(new Widget({ node: this._note }));
    this.content.addWidget(this._face);
    for (const action of _source.actions ?? []) {
      this.toolbar.addItem(action.label, _item(button(action.label, () => action.run(this._text), { title: action.title ?? action.label })));
    }
    this.toolbar.addItem('refresh', _item(button('Refresh', () => void this.refresh(), { title: 'Read it again' })));
    this.toolbar.node.setAttribute('aria-label', `Actions on ${_source.title}`);
    api.changed.connect(this._news, this);
    void this.refresh();
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
        const { html, text, live, title } = await this._source.load();
        if (this.isDisposed) {
          return;
        }
        this._face.html = html;
        this._text = text;
        this._live = live ?? false;
        this.title.label = title ?? this.title.label;
        this._note.hidden = true;
      } while (this._again);
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
    if (this._live && this.isVisible) {
      this._soon();
    } else {
      this._stale = this._live;
    }
  }

  private _face = new Face();
  private _note = document.createElement('div');
  private _text = '';
  private _live = false;
  private _stale = false;
  private _soon = paced(() => void this.refresh(), 300);
  private _loading = false;
  private _again = false;
}

function _item(node: HTMLElement): Widget {
  return new Widget({ node });
}
