// The section Runs: what was spent, the filters, the list, and what can be done with what is selected.

import { ISignal, Signal } from '@lumino/signaling';
import { Message } from '@lumino/messaging';
import { PanelLayout, Widget } from '@lumino/widgets';

import { button, debounced, el, paced } from '../dom';
import { counted, grouped } from '../format';
import type { RunRow } from '../generated/shapes';
import type { ILoomSidebar } from '../tokens';
import { Filters } from './filters';
import { RunsList } from './list';
import { SpendLine } from './spend';
import { RunsStore } from './store';

const READING = 'Reading the log…';

interface Settings {
  showSpend?: boolean;
  pageSize?: number;
  live?: boolean;
}

export interface Doing {
  open: () => void;
  align: () => void;
  fork: () => void;
}

export class RunsPanel extends Widget {
  constructor(
    private _sidebar: ILoomSidebar,
    doing: Doing
  ) {
    super();
    this.addClass('jp-loomlab-runs');
    this._store = new RunsStore(_sidebar.api);
    this._filters = new Filters(() => _sidebar.api.facets());
    this.list = new RunsList(this._store);
    this._buttons = {
      open: button('Open', doing.open, { title: 'Open the run in the main area (Enter)' }),
      align: button('Align', doing.align, { title: 'Show the selected runs side by side (Ctrl+Enter)' }),
      fork: button('Fork', doing.fork, { title: 'Insert a cell that takes this run up again (Ctrl+Shift+Enter)' })
    };
    const head = el('div', { class: 'jp-loomlab-runs-head' }, this._count, this._fresh);
    const bar = el('div', { class: 'jp-loomlab-runs-bar', role: 'group', 'aria-label': 'Actions on the chosen runs' });
    bar.append(this._buttons.open, this._buttons.align, this._buttons.fork, this._chosen);
    const layout = (this.layout = new PanelLayout());
    for (const part of [this._spend.node, this._filters, head, this._note, this.list, bar]) {
      layout.addWidget(part instanceof Widget ? part : new Widget({ node: part }));
    }
    this._fresh.hidden = true;
    this._fresh.addEventListener('click', () => {
      this.list.toTop();
      void this._store.reload();
      this.list.node.focus();
    });
    this._store.changed.connect(this._show, this);
    this.list.selected.connect(this._choose, this);
    this.list.node.addEventListener('scroll', debounced(() => this._letIn(), 150), { passive: true });
    this._filters.changed.connect(() => {
      this.list.toTop();
      this.list.clear();
      void this._store.search(this._filters.query());
    });
    this._filters.left.connect(() => this.list.node.focus());
    this.list.node.addEventListener('keydown', event => {
      if (event.key === '/') {
        event.preventDefault();
        this._filters.focusSearch();
      }
    });
    _sidebar.settingsChanged.connect(this._follow, this);
    this._follow();
    this._choose();
    _sidebar.api.changed.connect(this._news, this);
    void _sidebar.ready.then(() => this.refresh());
  }

  readonly list: RunsList;

  /** A run should be opened. */
  get opened(): ISignal<RunsList, RunRow> {
    return this.list.opened;
  }

  /** Which runs are chosen changed. */
  get chosenChanged(): ISignal<this, void> {
    return this._chosenChanged;
  }

  /** The notebook that is open, as a path from the server's root. */
  set notebook(path: string | null) {
    if (path === this._notebook) {
      return;
    }
    this._notebook = path;
    const narrowed = this._filters.onlyHere;
    this._filters.notebook = path;
    if (narrowed) {
      void this._store.search(this._filters.query());
    }
    void this._spent();
  }

  async refresh(): Promise<void> {
    await Promise.all([this._store.reload(), this._spent(), this._filters.renew()]);
  }

  onlyThisNotebook(): void {
    this._filters.onlyThisNotebook();
  }

  search(): void {
    this._filters.focusSearch();
  }

  protected override onActivateRequest(_msg: Message): void {
    if (this.list.isHidden) {
      this._filters.focusSearch();
      this._toList = this._looking; // it may be empty only because nobody looked at it for a while
    } else {
      this.list.node.focus();
    }
  }

  private _follow(): void {
    const settings = (this._sidebar.settings?.composite ?? {}) as Settings;
    this._showSpend = settings.showSpend !== false;
    this._spend.node.hidden = !this._showSpend;
    const size = settings.pageSize ?? 100;
    if (size !== this._store.pageSize) {
      this._store.pageSize = size;
      void this._sidebar.ready.then(() => this._store.reload());
    }
    void this._spent();
  }

  protected override onAfterShow(_msg: Message): void {
    if (this._stale) {
      this._news();
    }
  }

  /** The log grew. One look at a time, however slow the server; while nobody sees the list, none at all. */
  private _news(): void {
    this._stale = this._looking || !this.isVisible;
    if (!this._stale) {
      this._looking = true;
      void this._look().finally(() => {
        this._looking = false;
        if (this._toList && !this.list.isHidden && this._filters.node.contains(document.activeElement)) {
          this.list.node.focus();
        }
        this._toList = false;
        if (this._stale) {
          this._news();
        }
      });
      this._spentSoon();
    }
  }

  private async _look(): Promise<void> {
    if (this.list.atTop || !this._store.loaded) {
      await this._store.reload();
    } else {
      await this._store.look(...this.list.view);
    }
  }

  /** Back at the top: what came meanwhile may come in. */
  private _letIn(): void {
    if (this.list.atTop && this._store.fresh) {
      void this._store.reload();
    }
  }

  private async _spent(): Promise<void> {
    if (this._showSpend && (await this._sidebar.ready)) {
      try {
        this._spend.show(await this._sidebar.api.spend(this._notebook ?? undefined));
      } catch {
        this._spend.show(null); // the list says what is wrong
      }
    }
  }

  private _show(): void {
    const { total, fresh, empty, problem, loaded } = this._store;
    const filtered = Object.keys(this._store.query).length > 0;
    const words = loaded ? counted(total, filtered ? 'matching run' : 'run') : problem ? '' : READING;
    if (this._count.textContent !== words) {
      this._count.textContent = words;
      if (loaded) {
        this._sidebar.announce(words);
      }
    }
    this._fresh.hidden = !fresh;
    if (fresh) {
      this._fresh.textContent = `↑ ${grouped(fresh)} new`;
      this._fresh.setAttribute('aria-label', `${counted(fresh, 'new run')}: show`);
      this._sidebar.announce(counted(fresh, 'new run'));
    }
    const nothing = loaded && total === 0;
    this._note.hidden = !problem && !nothing;
    if (problem) {
      this._note.replaceChildren(el('p', { role: 'alert' }, problem), button('Try again', () => void this.refresh()));
    } else if (nothing) {
      this._note.replaceChildren(...(filtered && !empty ? this._unmatched() : _welcome(empty)));
    }
    this.list.setHidden(nothing);
  }

  private _unmatched(): Node[] {
    return [el('p', {}, 'No run matches.'), button('Clear filters', () => this._filters.clear())];
  }

  private _choose(): void {
    const count = this.list.marks.length;
    const { open, align, fork } = this._buttons;
    this._chosen.textContent = count ? `${count} selected` : '';
    align.textContent = count > 1 ? `Align ${count}` : 'Align';
    align.disabled = count < 2;
    open.disabled = this.list.active === null;
    fork.disabled = this.list.chosen.length !== 1;
    this._chosenChanged.emit();
  }

  private _store: RunsStore;
  private _filters: Filters;
  private _spend = new SpendLine();
  private _count = el('span', { class: 'jp-loomlab-count' }, READING);
  private _fresh = el('button', { type: 'button', class: 'jp-loomlab-button jp-loomlab-fresh' });
  private _note = el('div', { class: 'jp-loomlab-empty', hidden: true });
  private _chosen = el('span', { class: 'jp-loomlab-chosen' });
  private _buttons: Record<'open' | 'align' | 'fork', HTMLButtonElement>;
  private _chosenChanged = new Signal<this, void>(this);
  private _spentSoon = paced(() => void this._spent(), 500);
  private _looking = false;
  private _toList = false;
  private _stale = false;
  private _showSpend = true;
  private _notebook: string | null = null;
}

/** Nothing was ever run: what to type next. */
function _welcome(empty: string): Node[] {
  return [
    el('p', {}, el('strong', {}, 'No runs yet.')),
    el('p', {}, 'Ask something in a notebook, and it is here as it happens:'),
    el('pre', { tabindex: 0 }, empty)
  ];
}
