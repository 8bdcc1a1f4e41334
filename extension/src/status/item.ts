import { ISignal, Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import { el, paced } from '../dom';
import type { Spend } from '../generated/shapes';
import type { ILoomSidebar } from '../tokens';
import { brief, whole } from './words';

/** One button: the cost of a notebook. Absent where no notebook is in front, or the server has nothing to say. */
export class SpendItem extends Widget {
  constructor(
    private readonly _sidebar: ILoomSidebar,
    open: () => void,
  ) {
    super({ node: el('div', { class: 'loom-spend' }) });
    this._button.addEventListener('click', open);
    this.node.append(this._button);
    _sidebar.api.changed.connect(this._news, this);
  }

  /** The path of the notebook in front, as the server names it; null: another document is there. */
  set notebook(path: string | null) {
    if (path !== this._notebook) {
      this._notebook = path;
      this._show(null);
      void this._ask();
    }
  }

  get isShown(): boolean {
    return this._spend !== null;
  }

  get activeChanged(): ISignal<this, void> {
    return this._activeChanged;
  }

  override dispose(): void {
    this._sidebar.api.changed.disconnect(this._news, this);
    Signal.clearData(this);
    super.dispose();
  }

  private _news(): void {
    this._soon();
  }

  private async _ask(): Promise<void> {
    const notebook = this._notebook;
    const turn = ++this._turn;
    if (this.isDisposed || notebook === null || !(await this._sidebar.ready)) {
      return;
    }
    let found: Spend | null;
    try {
      found = await this._sidebar.api.spend(notebook);
    } catch {
      // The sidebar says what is wrong; a figure that may be old is worse than none.
      found = null;
    }
    if (turn === this._turn && !this.isDisposed) {
      this._show(found);
    }
  }

  private _show(found: Spend | null): void {
    const was = this.isShown;
    this._spend = found?.notebook ? found : null;
    if (found?.notebook) {
      const text = brief(found.notebook);
      const all = [whole('This notebook', found.notebook), whole('Today, all notebooks', found.today)];
      this._button.textContent = text;
      this._button.title = [...all, 'Click for the runs of this notebook'].join('\n');
      this._button.setAttribute('aria-label', `loomlab: this notebook ${text}. Open its runs`);
    }
    if (was !== this.isShown) {
      this._activeChanged.emit();
    }
  }

  private readonly _button = el('button', { type: 'button', class: 'loom-spend-button' });
  private readonly _activeChanged = new Signal<this, void>(this);
  private _notebook: string | null = null;
  private _spend: Spend | null = null;
  private _turn = 0;
  private readonly _soon = paced(() => void this._ask(), 1000);
}
