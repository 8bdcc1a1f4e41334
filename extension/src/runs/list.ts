// The list of runs as a listbox: only the rows in view exist, and they are used again while it scrolls.

import { ISignal, Signal } from '@lumino/signaling';
import { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { el } from '../dom';
import type { RunRow } from '../generated/shapes';
import { RowNode } from './row';
import type { RunsStore } from './store';

export const ROW_PX = 50;
const BEYOND = 6;

export class RunsList extends Widget {
  constructor(private _store: RunsStore) {
    super();
    this.addClass('jp-loomlab-runs-list');
    const { node } = this;
    node.setAttribute('role', 'listbox');
    node.setAttribute('aria-label', 'Runs, newest first');
    node.setAttribute('aria-multiselectable', 'true');
    node.tabIndex = 0;
    node.append(this._space);
    node.addEventListener('scroll', () => this._soon(), { passive: true });
    node.addEventListener('keydown', this._keys);
    node.addEventListener('click', this._click);
    node.addEventListener('dblclick', () => this._open());
    node.addEventListener('contextmenu', this._point, true);
    node.addEventListener('focus', () => this._begin());
    _store.changed.connect(() => {
      this._begin();
      this._soon();
    });
  }

  /** A run should be opened. */
  get opened(): ISignal<this, RunRow> {
    return this._opened;
  }

  /** Another selection, or another active row. */
  get selected(): ISignal<this, void> {
    return this._selected;
  }

  /** The selected runs, else the active one. */
  get chosen(): string[] {
    return this._marks.size ? [...this._marks] : this._active ? [this._active] : [];
  }

  get marks(): readonly string[] {
    return [...this._marks];
  }

  get active(): string | null {
    return this._active;
  }

  get atTop(): boolean {
    return this.node.scrollTop < ROW_PX / 2;
  }

  /** First and last place in view. */
  get view(): [number, number] {
    const first = Math.floor(this.node.scrollTop / ROW_PX);
    return [first, Math.min(Math.max(0, this._store.total - 1), first + Math.ceil(this.node.clientHeight / ROW_PX))];
  }

  clear(): void {
    this._marks.clear();
    this._told();
  }

  toTop(): void {
    this.node.scrollTop = 0;
    this._active = this._wanted = null;
    this._soon();
  }

  protected override onResize(_msg: Widget.ResizeMessage): void {
    this._soon();
  }

  protected override onAfterShow(_msg: Message): void {
    this._soon();
  }

  protected override onActivateRequest(_msg: Message): void {
    this.node.focus();
  }

  private _soon(): void {
    if (!this._frame) {
      this._frame = window.requestAnimationFrame(() => {
        this._frame = 0;
        this._draw();
      });
    }
  }

  private _draw(): void {
    const { total } = this._store;
    const height = `${total * ROW_PX}px`;
    if (this._space.style.height !== height) {
      this._space.style.height = height;
    }
    const [first, last] = this.view;
    const from = Math.max(0, first - BEYOND);
    const to = Math.min(total - 1, last + BEYOND);
    this._store.want(from, Math.max(from, to));
    const needed = Math.max(0, to - from + 1);
    while (this._rows.length < needed) {
      const row = new RowNode(`${this._name}-${this._rows.length}`);
      this._rows.push(row);
      this._space.append(row.node);
    }
    const size = this._rows.length;
    const used = new Set<RowNode>();
    let activeId = '';
    for (let index = from; index <= to; index++) {
      const node = this._rows[index % size]!;
      const row = this._store.row(index);
      const active = row !== undefined && row.run_id === this._active;
      node.fill(index, total, row, row !== undefined && this._marks.has(row.run_id), active);
      node.node.style.transform = `translateY(${index * ROW_PX}px)`;
      node.node.hidden = false;
      used.add(node);
      activeId = active ? node.id : activeId;
    }
    for (const row of this._rows) {
      if (!used.has(row)) {
        row.node.hidden = true;
        row.node.classList.remove('jp-mod-active');
      }
    }
    if (activeId) {
      this.node.setAttribute('aria-activedescendant', activeId);
    } else {
      this.node.removeAttribute('aria-activedescendant');
    }
  }

  private _keys = (event: KeyboardEvent): void => {
    const at = this._place();
    const page = Math.max(1, Math.floor(this.node.clientHeight / ROW_PX) - 1);
    const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: this._store.total - 1 };
    const to = steps[event.key];
    if (to !== undefined && !event.altKey && !event.metaKey) {
      this._move(to, event.shiftKey);
    } else if (event.key === ' ') {
      this._toggle(this._active);
    } else if (event.key === 'Enter' && !event.ctrlKey) {
      this._open();
    } else if (event.key === 'Escape' && this._marks.size) {
      this.clear();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  /** Who comes here by a key stands on a row, as soon as there is one. */
  private _begin(): void {
    if (this._active !== null) {
      return;
    }
    if (this._wanted !== null && this._store.row(this._wanted)) {
      this._move(this._wanted); // it had to be fetched
    } else if (this._wanted === null && this._store.total > 0 && document.activeElement === this.node) {
      this._move(this._first());
    }
  }

  private _move(to: number, mark = false): void {
    const { total } = this._store;
    if (!total) {
      return;
    }
    const index = Math.max(0, Math.min(total - 1, to));
    const top = index * ROW_PX;
    const { node } = this;
    if (top < node.scrollTop) {
      node.scrollTop = top;
    } else if (top + ROW_PX > node.scrollTop + node.clientHeight) {
      node.scrollTop = top + ROW_PX - node.clientHeight;
    }
    this._store.want(index, index);
    const row = this._store.row(index);
    this._place = () => (row && this._store.place(row.run_id) >= 0 ? this._store.place(row.run_id) : index);
    this._active = row?.run_id ?? null;
    this._wanted = row ? null : index;
    if (mark) {
      this._toggle(this._active, true);
    }
    this._told();
  }

  private _toggle(runId: string | null, on?: boolean): void {
    if (runId) {
      if (on ?? !this._marks.has(runId)) {
        this._marks.add(runId);
      } else {
        this._marks.delete(runId);
      }
      this._told();
    }
  }

  private _click = (event: MouseEvent): void => {
    const at = this._under(event);
    if (at < 0) {
      return;
    }
    this._move(at);
    if (event.ctrlKey || event.metaKey) {
      this._toggle(this._active);
    } else {
      this._marks.clear();
      this._told();
    }
  };

  private _point = (event: MouseEvent): void => {
    const at = this._under(event);
    if (at >= 0) {
      this._move(at);
    }
  };

  private _under(event: MouseEvent): number {
    const node = (event.target as Element).closest('.jp-loomlab-run');
    return this._rows.find(row => row.node === node)?.index ?? -1;
  }

  private _open(): void {
    const row = this._active ? this._store.row(this._store.place(this._active)) : undefined;
    if (row) {
      this._opened.emit(row);
    }
  }

  private _first(): number {
    return Math.ceil(this.node.scrollTop / ROW_PX);
  }

  private _told(): void {
    this._soon();
    this._selected.emit();
  }

  private _wanted: number | null = null;
  private _place: () => number = () => -1;
  private _opened = new Signal<this, RunRow>(this);
  private _selected = new Signal<this, void>(this);
  private _space = el('div', { class: 'jp-loomlab-runs-space', role: 'presentation' });
  private _rows: RowNode[] = [];
  private _marks = new Set<string>();
  private _active: string | null = null;
  private _frame = 0;
  private _name = 'loomlab-run-row';
}
