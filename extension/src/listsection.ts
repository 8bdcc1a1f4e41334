// A section of the sidebar that lists what the server has: searched as one types, read again when there is news.

import { Message } from '@lumino/messaging';
import { PanelLayout, Widget } from '@lumino/widgets';

import { sentence } from './api';
import { Choices } from './choices';
import { button, debounced, el, paced } from './dom';
import type { ILoomSidebar } from './tokens';

/** What a list is of: its words, for the eye and for the ear. */
export interface ListWords {
  /** In the search field: “Find a user”. */
  find: string;
  /** What the button beside it does. */
  refresh: string;
}

export abstract class ListSection<T> extends Widget {
  constructor(
    protected readonly sidebar: ILoomSidebar,
    readonly list: Choices,
    words: ListWords
  ) {
    super();
    this._search = el('input', { type: 'search', placeholder: words.find, 'aria-label': words.find });
    const line = el('div', { class: 'jp-loomlab-search' }, this._search, button('Refresh', () => void this.refresh(), { title: words.refresh }));
    const layout = (this.layout = new PanelLayout());
    for (const part of [line, this.count, this._note, this.besides, list]) {
      layout.addWidget(part instanceof Widget ? part : new Widget({ node: part }));
    }
    this._search.addEventListener('input', debounced(() => this._show(), 100));
    this._search.addEventListener('keydown', event => {
      if (event.key === 'ArrowDown' || event.key === 'Enter') {
        event.preventDefault();
        this.list.activate();
      } else if (event.key === 'Escape' && this._search.value) {
        event.stopPropagation();
        this._search.value = '';
        this._show();
      }
    });
    const soon = paced(() => void this.refresh(), 1000);
    sidebar.api.changed.connect(() => (this.isVisible ? soon() : (this._stale = true)));
    void sidebar.ready.then(() => this.refresh());
  }

  async refresh(): Promise<void> {
    this._stale = false;
    const turn = (this._turn += 1);
    let found = this.found;
    let problem: string | null = null;
    try {
      found = await this.read();
    } catch (error) {
      problem = sentence(error);
    }
    if (turn === this._turn) {
      this.found = found;
      this._problem = problem;
      this._show();
    }
  }

  /** Ask the server. */
  protected abstract read(): Promise<T>;

  /** Fill the list with what fits the words searched for (in small letters); what to say where nothing does. */
  protected abstract draw(found: T | null, wanted: string): Node[];

  /** Say how many there are; by voice too, where it changed. */
  protected tell(words: string): boolean {
    const changed = this.count.textContent !== words;
    if (changed) {
      this.count.textContent = words;
      this.sidebar.announce(words);
    }
    return changed;
  }

  protected override onAfterShow(_msg: Message): void {
    if (this._stale) {
      void this.refresh();
    }
  }

  protected override onActivateRequest(_msg: Message): void {
    (this.list.isHidden ? this._search : this.list.node).focus();
  }

  private _show(): void {
    const nothing = this.draw(this.found, this._search.value.trim().toLowerCase());
    this.list.setHidden(!this.list.length);
    this._note.hidden = !this._problem && this.list.length > 0;
    if (this._problem) {
      this._note.replaceChildren(el('p', { role: 'alert' }, this._problem), button('Try again', () => void this.refresh()));
    } else if (this.found && !this.list.length) {
      this._note.replaceChildren(...nothing);
    }
  }

  protected found: T | null = null;
  protected readonly count = el('div', { class: 'jp-loomlab-line' });
  /** Between the note and the list. */
  protected readonly besides = el('div', { class: 'jp-loomlab-problems' });
  private _search: HTMLInputElement;
  private _note = el('div', { class: 'jp-loomlab-empty', hidden: true });
  private _problem: string | null = null;
  private _stale = false;
  private _turn = 0;
}
