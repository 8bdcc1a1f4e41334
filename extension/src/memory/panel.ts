// One user's memory in the main area: the display's own face at two instants, a question to it, and forgetting.

import { MainAreaWidget } from '@jupyterlab/apputils';
import { ISignal, Signal } from '@lumino/signaling';
import { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';

import { sentence } from '../api';
import { beginToolbar, button, debounced, el, paced } from '../dom';
import { Face } from '../face';
import { oneLine } from '../format';
import type { MemoryUserFace } from '../generated/shapes';
import { loomIcon } from '../icon';
import type { ILoomSidebar } from '../tokens';
import { keyOf, MemoryClient, named, type Whose } from './client';
import { forget } from './forget';
import { Question } from './question';
import { Times } from './times';

export class MemoryPanel extends MainAreaWidget<Panel> {
  constructor(
    readonly whose: Whose,
    private _client: MemoryClient,
    private _sidebar: ILoomSidebar
  ) {
    super({ content: new Panel() });
    const who = named(whose.user);
    this.id = `loomlab-memory-${keyOf(whose)}`;
    this.addClass('jp-loomlab-panel');
    this.title.label = `Memory of ${oneLine(who, 30)}`;
    this.title.caption = `What ${whose.memory} remembers of ${who}`;
    this.title.icon = loomIcon;
    this.title.closable = true;
    this.content.addClass('jp-loomlab-panel-content');
    this.content.node.setAttribute('role', 'region');
    this.content.node.setAttribute('aria-label', this.title.label);
    this._question = new Question(query => this._client.explain(whose, query, this._times.trueAt));
    for (const part of [this._note, this._times, this._question, this._face, this._status]) {
      this.content.addWidget(part instanceof Widget ? part : new Widget({ node: part }));
    }
    const dots = button('Forget…', () => void this._forget(), { title: `Erase what is remembered of ${who}; asks first` });
    dots.disabled = true; // until it is known what there is
    this._forgetButton = dots;
    for (const [name, node] of [
      ['forget', dots],
      ['refresh', button('Refresh', () => void this.refresh(), { title: 'Read it again' })]
    ] as const) {
      this.toolbar.addItem(name, new Widget({ node }));
    }
    this.toolbar.node.setAttribute('aria-label', `Actions on ${this.title.label}`);
    this._times.moved.connect(debounced(() => void this.refresh(), 60));
    const soon = paced(() => void this.refresh(), 1000);
    _sidebar.api.changed.connect(() => (this.isVisible ? soon() : (this._stale = true)), this);
    void this.refresh();
  }

  /** Something of this user was erased. */
  get erased(): ISignal<this, void> {
    return this._erased;
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
    this._stale = false;
    try {
      do {
        this._again = false;
        const found = await this._client.user(this.whose, this._times.trueAt, this._times.knownAt);
        if (this.isDisposed) {
          return;
        }
        if (!this._again) {
          this._draw(found);
        }
      } while (this._again);
      this._note.hidden = true;
    } catch (error) {
      this._note.hidden = false;
      this._note.replaceChildren(el('p', { role: 'alert' }, sentence(error)), button('Try again', () => void this.refresh()));
    } finally {
      this._loading = false;
    }
  }

  protected override onActivateRequest(_msg: Message): void {
    const first = this._times.node.querySelector<HTMLElement>('input:not(:disabled)');
    (first ?? this._forgetButton).focus();
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    if (this._stale) {
      void this.refresh();
    }
  }

  private _draw(found: MemoryUserFace): void {
    this._found = found;
    this._face.html = found.html;
    this._times.place(found.true_stops, found.known_stops);
    this._times.setHidden(found.empty);
    this._question.setHidden(found.empty);
    if (this._forgetButton.disabled !== found.empty) {
      this._forgetButton.disabled = found.empty;
      beginToolbar(this.toolbar.node);
    }
    if (this._status.textContent !== found.sentence && !found.empty) {
      this._status.textContent = found.sentence;
    }
  }

  private async _forget(): Promise<void> {
    if (this._found && (await forget(this.whose, this._found, this._client, this._sidebar)) && !this.isDisposed) {
      this._question.clear();
      this._erased.emit();
      await this.refresh();
    }
    this._forgetButton.focus();
  }

  private _times = new Times();
  private _question: Question;
  private _face = new Face();
  private _note = el('div', { class: 'jp-loomlab-note', hidden: true });
  private _status = el('p', { class: 'jp-loomlab-status', role: 'status' });
  private _forgetButton: HTMLButtonElement;
  private _found: MemoryUserFace | null = null;
  private _erased = new Signal<this, void>(this);
  private _loading = false;
  private _again = false;
  private _stale = false;
}
