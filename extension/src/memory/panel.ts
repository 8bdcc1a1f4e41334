// One user's memory in the main area: the display's own face at two instants, a question to it, and forgetting.

import { ISignal, Signal } from '@lumino/signaling';
import { Message } from '@lumino/messaging';

import { beginToolbar, button, debounced, el } from '../dom';
import { Face } from '../face';
import { oneLine } from '../format';
import type { MemoryUserFace } from '../generated/shapes';
import { loomIcon } from '../icon';
import { ReadPanel } from '../shell/readpanel';
import type { ILoomSidebar } from '../tokens';
import { keyOf, MemoryClient, named, type Whose } from './client';
import { forget } from './forget';
import { Question } from './question';
import { Times } from './times';

export class MemoryPanel extends ReadPanel {
  constructor(
    readonly whose: Whose,
    private _client: MemoryClient,
    private _sidebar: ILoomSidebar
  ) {
    super(`loomlab-memory-${keyOf(whose)}`, _sidebar.api, 1000);
    const who = named(whose.user);
    this.title.label = `Memory of ${oneLine(who, 30)}`;
    this.title.caption = `What ${whose.memory} remembers of ${who}`;
    this.title.icon = loomIcon;
    this.content.node.setAttribute('role', 'region');
    this.content.node.setAttribute('aria-label', this.title.label);
    this._question = new Question(query => this._client.explain(whose, query, this._times.trueAt));
    this.addParts(this.note, this._times, this._question, this._face, this._status);
    const dots = button('Forget…', () => void this._forget(), { title: `Erase what is remembered of ${who}; asks first` });
    dots.disabled = true; // until it is known what there is
    this._forgetButton = dots;
    this.addAction('forget', dots);
    this.addRefresh();
    this.toolbar.node.setAttribute('aria-label', `Actions on ${this.title.label}`);
    this._times.moved.connect(debounced(() => void this.refresh(), 60));
    this.follows = true;
    this.lastOnly = true; // while a slider moves
    void this.refresh();
  }

  /** Something of this user was erased. */
  get erased(): ISignal<this, void> {
    return this._erased;
  }

  protected override async read(): Promise<() => void> {
    const found = await this._client.user(this.whose, this._times.trueAt, this._times.knownAt);
    return () => this._draw(found);
  }

  protected override onActivateRequest(_msg: Message): void {
    const first = this._times.node.querySelector<HTMLElement>('input:not(:disabled)');
    (first ?? this._forgetButton).focus();
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
  private _status = el('p', { class: 'jp-loomlab-status', role: 'status' });
  private _forgetButton: HTMLButtonElement;
  private _found: MemoryUserFace | null = null;
  private _erased = new Signal<this, void>(this);
}
