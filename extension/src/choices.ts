// A list to choose from, in groups: one stop of Tab, arrow keys inside, Enter opens. Redrawn without losing the place.

import { ISignal, Signal } from '@lumino/signaling';
import { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { el } from './dom';

export interface Choice {
  key: string;
  title: string;
  /** What stands at the right end. */
  detail?: string;
  /** A second line. */
  below?: string;
  /** A sign in front, and the word that it stands for. */
  mark?: { sign: string; word: string; tone: 'good' | 'bad' | 'warn' | 'plain' };
  /** How much is done, from 0 to 1; drawn as a bar, said in `detail`. */
  share?: number;
  hint?: string;
}

export interface Group {
  title: string;
  hint?: string;
  choices: readonly Choice[];
}

export class Choices extends Widget {
  constructor(label: string, private _prefix: string) {
    super();
    this.addClass('jp-loomlab-choices');
    this.node.tabIndex = 0;
    this.node.setAttribute('role', 'listbox');
    this.node.setAttribute('aria-label', label);
    this.node.addEventListener('keydown', this._keys);
    this.node.addEventListener('click', this._click);
    this.node.addEventListener('focus', () => this._mark(this._active ?? this._order[0] ?? null, false));
  }

  /** A choice was opened. */
  get opened(): ISignal<this, string> {
    return this._opened;
  }

  /** Another choice is the active one. */
  get moved(): ISignal<this, string | null> {
    return this._moved;
  }

  get active(): string | null {
    return this._active;
  }

  get length(): number {
    return this._order.length;
  }

  /** Draw these groups. What is equal to what is shown is not touched. */
  draw(groups: readonly Group[]): void {
    const drawn = JSON.stringify(groups);
    if (drawn === this._drawn) {
      return;
    }
    this._drawn = drawn;
    const top = this.node.scrollTop;
    this._order = groups.flatMap(group => group.choices.map(choice => choice.key));
    let number = 0;
    this.node.replaceChildren(
      ...groups.map((group, place) => {
        const title = el('div', { class: 'jp-loomlab-choices-title', id: `${this._prefix}-group-${place}`, title: group.hint }, group.title);
        const options = group.choices.map(choice => this._option(choice, number++));
        return el('div', { role: 'group', 'aria-labelledby': title.id }, title, ...options);
      })
    );
    this.node.scrollTop = top;
    this._mark(this._active !== null && this._order.includes(this._active) ? this._active : null, false);
  }

  protected override onActivateRequest(_msg: Message): void {
    this.node.focus();
  }

  private _option(choice: Choice, number: number): HTMLElement {
    const { mark, share } = choice;
    const bar = share === undefined ? null : el('span', { class: 'jp-loomlab-bar', 'aria-hidden': 'true' }, el('span', { style: `width:${(100 * share).toFixed(1)}%` }));
    const option = el(
      'div',
      { role: 'option', id: `${this._prefix}-${number}`, class: 'jp-loomlab-choice', 'aria-selected': 'false', title: choice.hint },
      mark && el('span', { class: `jp-loomlab-sign jp-mod-${mark.tone}`, role: 'img', 'aria-label': mark.word }, mark.sign),
      el('span', { class: 'jp-loomlab-choice-title', dir: 'auto' }, choice.title),
      choice.detail !== undefined && el('span', { class: 'jp-loomlab-choice-detail' }, choice.detail),
      choice.below !== undefined && el('span', { class: 'jp-loomlab-choice-below', dir: 'auto' }, choice.below),
      bar
    );
    option.dataset['key'] = choice.key;
    return option;
  }

  private _mark(key: string | null, scroll = true): void {
    const before = this._active;
    this._active = key;
    for (const one of this.node.querySelectorAll<HTMLElement>('[role=option]')) {
      const on = key !== null && one.dataset['key'] === key;
      one.setAttribute('aria-selected', String(on));
      if (on) {
        this.node.setAttribute('aria-activedescendant', one.id);
        if (scroll) {
          one.scrollIntoView({ block: 'nearest' });
        }
      }
    }
    if (key === null) {
      this.node.removeAttribute('aria-activedescendant');
    }
    if (before !== key) {
      this._moved.emit(key);
    }
  }

  private _keys = (event: KeyboardEvent): void => {
    const last = this._order.length - 1;
    const at = this._active === null ? -1 : this._order.indexOf(this._active);
    const to = { ArrowDown: Math.min(at + 1, last), ArrowUp: Math.max(at - 1, 0), Home: 0, End: last, PageDown: Math.min(at + 10, last), PageUp: Math.max(at - 10, 0) }[event.key];
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (to !== undefined && plain && last >= 0) {
      this._mark(this._order[to] ?? null);
    } else if ((event.key === 'Enter' || event.key === ' ') && plain && this._active !== null) {
      this._opened.emit(this._active);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  private _click = (event: MouseEvent): void => {
    const key = (event.target as HTMLElement).closest<HTMLElement>('[role=option]')?.dataset['key'];
    if (key !== undefined) {
      this._mark(key, false);
      if (this.opensOnClick || event.detail > 1) {
        this._opened.emit(key);
      }
    }
  };

  /** Whether one click opens; else a click chooses and a double click opens. */
  opensOnClick = true;

  private _opened = new Signal<this, string>(this);
  private _moved = new Signal<this, string | null>(this);
  private _order: string[] = [];
  private _active: string | null = null;
  private _drawn = '';
}
