// A server's face in the main area: one run, several side by side, an evaluation. A live one follows what happens.

import { LabIcon } from '@jupyterlab/ui-components';
import { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { LoomApi } from '../api';
import { button } from '../dom';
import { Face } from '../face';
import { ReadPanel } from './readpanel';

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

export class FacePanel extends ReadPanel {
  constructor(
    private _source: FaceSource,
    api: LoomApi
  ) {
    super(`loomlab-face-${_source.id}`, api, 300);
    this.title.label = _source.title;
    this.title.caption = _source.caption ?? _source.title;
    if (_source.icon) {
      this.title.icon = _source.icon;
    }
    this.content.node.tabIndex = 0;
    this.content.node.setAttribute('role', 'document');
    this.content.node.setAttribute('aria-label', _source.title);
    this.addParts(this.note, this._face);
    for (const action of _source.actions ?? []) {
      this.addAction(action.label, button(action.label, () => action.run(this._text), { title: action.title ?? action.label }));
    }
    this.addRefresh();
    this.toolbar.node.setAttribute('aria-label', `Actions on ${_source.title}`);
    void this.refresh();
  }

  protected override async read(): Promise<() => void> {
    const { html, text, live, title } = await this._source.load();
    return () => {
      this._face.html = html;
      this._text = text;
      this.follows = live ?? false;
      this.title.label = title ?? this.title.label;
    };
  }

  private _face = new Face();
  private _text = '';
}
