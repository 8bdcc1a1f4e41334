// What narrows the list: a search box, this notebook only, and a fold with the rest. The choices come from the log.

import { ISignal, Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import type { RunsQuery } from '../api';
import { button, debounced, el } from '../dom';
import { counted } from '../format';
import type { Facets, FacetValue } from '../generated/shapes';
import { outcomeWords } from './outcome';

const QUIET_MS = 200;
const CHOICES = [
  ['user', 'User', 'users', 'nobody named'],
  ['architecture', 'Architecture', 'architectures', 'none'],
  ['model', 'Model', 'models', 'none'],
  ['outcome', 'Outcome', 'outcomes', 'not known']
] as const;

export class Filters extends Widget {
  constructor(private _facets: () => Promise<Facets>) {
    super();
    this.addClass('jp-loomlab-filters');
    this.node.setAttribute('role', 'search');
    this.node.setAttribute('aria-label', 'Runs');
    const told = debounced(() => this._told(), QUIET_MS);
    this._text.addEventListener('input', told);
    this._text.addEventListener('keydown', event => {
      if (event.key === 'Escape' && this._text.value) {
        this._text.value = '';
        this._told();
        event.stopPropagation();
      } else if (event.key === 'ArrowDown') {
        event.preventDefault();
        this._left.emit();
      }
    });
    const line = el('div', { class: 'jp-loomlab-filters-line' }, this._text, this._here, this._more);
    this._here.addEventListener('click', () => {
      this._here.setAttribute('aria-pressed', String(!this.onlyHere));
      this._told();
    });
    this._more.addEventListener('click', () => void this._unfold());
    for (const [name, label] of CHOICES) {
      const select = el('select', { 'aria-label': label, name });
      select.append(new Option(`any ${label.toLowerCase()}`, ''));
      select.addEventListener('change', () => this._told());
      this._selects.set(name, select);
      this._fold.append(el('label', {}, el('span', {}, label), select));
    }
    for (const input of [this._least, this._most]) {
      input.addEventListener('input', told);
    }
    const cost = el('span', { class: 'jp-loomlab-filters-cost' }, this._least, '–', this._most);
    const clear = button('Clear filters', () => this.clear());
    this._fold.append(el('div', { class: 'jp-loomlab-filters-row' }, el('span', {}, 'Cost, $'), cost), clear);
    this._fold.addEventListener('keydown', event => {
      if (event.key === 'Escape') {
        void this._unfold();
        this._more.focus();
        event.stopPropagation();
      }
    });
    this._fold.hidden = true;
    this.node.append(line, this._fold);
  }

  /** Other filters were chosen. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The reader goes on to the list. */
  get left(): ISignal<this, void> {
    return this._left;
  }

  get onlyHere(): boolean {
    return this._here.getAttribute('aria-pressed') === 'true';
  }

  /** The notebook that is open, or null. */
  set notebook(path: string | null) {
    this._notebook = path;
    this._here.disabled = path === null && !this.onlyHere;
    this._here.title = path === null ? 'No notebook is open' : `Only runs of ${path}`;
  }

  query(): RunsQuery {
    const query: RunsQuery = {};
    const text = this._text.value.trim();
    if (text) {
      query.text = text;
    }
    for (const [name, select] of this._selects) {
      const value = this._values.get(name)?.[select.selectedIndex - 1];
      if (value) {
        query[name] = value.value ?? '';
      }
    }
    for (const [name, input] of [['min_cost', this._least], ['max_cost', this._most]] as const) {
      const value = input.valueAsNumber;
      if (Number.isFinite(value) && value >= 0) {
        query[name] = value;
      }
    }
    if (this.onlyHere && this._notebook !== null) {
      query.notebook = this._notebook;
    }
    return query;
  }

  clear(): void {
    this._text.value = '';
    this._least.value = this._most.value = '';
    this._selects.forEach(select => (select.selectedIndex = 0));
    this._here.setAttribute('aria-pressed', 'false');
    this._told();
  }

  /** Nothing but the runs of the notebook that is open. */
  onlyThisNotebook(): void {
    this._text.value = '';
    this._least.value = this._most.value = '';
    this._selects.forEach(select => (select.selectedIndex = 0));
    this._here.setAttribute('aria-pressed', 'true');
    this._told();
  }

  focusSearch(): void {
    this._text.focus();
    this._text.select();
  }

  private async _unfold(): Promise<void> {
    const open = this._fold.hidden;
    this._fold.hidden = !open;
    this._more.setAttribute('aria-expanded', String(open));
    if (open) {
      await this.renew();
    }
  }

  /** Read the choices again; what was chosen stays, though it may have no run now. */
  async renew(): Promise<void> {
    if (this._fold.hidden) {
      return;
    }
    let facets: Facets;
    try {
      facets = await this._facets();
    } catch {
      return; // the list itself says what is wrong
    }
    for (const [name, label, plural, none] of CHOICES) {
      this._offer(name, label, facets[plural], none);
    }
  }

  private _offer(name: string, label: string, values: FacetValue[], none: string): void {
    const select = this._selects.get(name)!;
    const before = this._values.get(name)?.[select.selectedIndex - 1];
    const kept = before && !values.some(one => one.value === before.value) ? [{ value: before.value, count: 0 }] : [];
    const offered = [...values, ...kept];
    this._values.set(name, offered);
    const words = (value: string | null): string => (value === null || value === '' ? none : name === 'outcome' ? outcomeWords(value) : value);
    const options = offered.map(one => new Option(`${words(one.value)} (${one.count})`));
    select.replaceChildren(new Option(`any ${label.toLowerCase()}`), ...options);
    select.selectedIndex = before ? offered.findIndex(one => one.value === before.value) + 1 : 0;
  }

  private _told(): void {
    const { text: _, notebook: __, ...rest } = this.query();
    const count = Object.keys(rest).length;
    this._more.textContent = count ? `Filters · ${count}` : 'Filters';
    this._more.setAttribute('aria-label', count ? `Filters, ${counted(count, 'filter')} set` : 'Filters');
    this._more.classList.toggle('jp-mod-on', count > 0);
    this._changed.emit();
  }

  private _text = el('input', { type: 'search', placeholder: 'Search prompts and answers', 'aria-label': 'Search runs', spellcheck: 'false', maxlength: 500 });
  private _here = el('button', { type: 'button', class: 'jp-loomlab-button', 'aria-pressed': 'false', disabled: true, title: 'No notebook is open' }, 'This notebook');
  private _more = el('button', { type: 'button', class: 'jp-loomlab-button', 'aria-expanded': 'false', 'aria-controls': 'loomlab-runs-filters' }, 'Filters');
  private _fold = el('div', { class: 'jp-loomlab-filters-fold', id: 'loomlab-runs-filters' });
  private _least = el('input', { type: 'number', min: 0, step: 'any', placeholder: 'from', 'aria-label': 'Cost from, US dollars' });
  private _most = el('input', { type: 'number', min: 0, step: 'any', placeholder: 'to', 'aria-label': 'Cost to, US dollars' });
  private _selects = new Map<string, HTMLSelectElement>();
  private _values = new Map<string, FacetValue[]>();
  private _notebook: string | null = null;
  private _changed = new Signal<this, void>(this);
  private _left = new Signal<this, void>(this);
}
