// The section Evaluations: what was compared, by suite, with how far it is while it runs.

import { Message } from '@lumino/messaging';
import { PanelLayout, Widget } from '@lumino/widgets';

import { sentence } from '../api';
import { Choices, type Group } from '../choices';
import { button, debounced, el, paced } from '../dom';
import { counted } from '../format';
import type { EvaluationList, EvaluationRow } from '../generated/shapes';
import type { ILoomSidebar } from '../tokens';
import { EvaluationClient } from './client';
import { choiceOf, progress } from './words';

export class EvaluationsSection extends Widget {
  constructor(
    private _sidebar: ILoomSidebar,
    private _client: EvaluationClient
  ) {
    super();
    this.addClass('jp-loomlab-evaluations');
    const search = el('div', { class: 'jp-loomlab-search' }, this._search, button('Refresh', () => void this.refresh(), { title: 'Read the list again' }));
    const layout = (this.layout = new PanelLayout());
    for (const part of [search, this._count, this._note, this.list]) {
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
    _sidebar.api.changed.connect(() => (this.isVisible ? this._soon() : (this._stale = true)));
    void _sidebar.ready.then(() => this.refresh());
  }

  readonly list = new Choices('Evaluations by suite', 'loomlab-evaluation');

  row(evaluationId: string): EvaluationRow | undefined {
    return this._found?.rows.find(one => one.evaluation_id === evaluationId);
  }

  async refresh(): Promise<void> {
    this._stale = false;
    const turn = (this._turn += 1);
    let found = this._found;
    let problem: string | null = null;
    try {
      found = await this._client.list();
    } catch (error) {
      problem = sentence(error);
    }
    if (turn === this._turn) {
      this._found = found;
      this._problem = problem;
      this._show();
    }
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
    const { rows, total, empty } = this._found ?? { rows: [], total: 0, empty: '' };
    const wanted = this._search.value.trim().toLowerCase();
    const shown = rows.filter(one => `${one.suite} ${one.dataset} ${one.arms.join(' ')}`.toLowerCase().includes(wanted));
    this.list.draw(_bySuite(shown));
    this.list.setHidden(!shown.length);
    const running = rows.filter(one => one.status === 'running');
    const words = this._found ? counted(wanted ? shown.length : total, wanted ? 'matching evaluation' : 'evaluation') : '';
    const going = running.length ? ` · ${running.length} running` : '';
    if (this._count.textContent !== words + going) {
      this._count.textContent = words + going;
      this._sidebar.announce(words + going);
    } else if (running[0] && running[0].done !== this._told) {
      this._told = running[0].done;
      this._sidebar.announce(`${running[0].suite}: ${progress(running[0])}`);
    }
    this._note.hidden = !this._problem && shown.length > 0;
    if (this._problem) {
      this._note.replaceChildren(el('p', { role: 'alert' }, this._problem), button('Try again', () => void this.refresh()));
    } else if (this._found && !shown.length) {
      this._note.replaceChildren(...(wanted && total ? [el('p', {}, 'No evaluation matches.')] : _nothing(empty ?? '')));
    }
  }

  private _search = el('input', { type: 'search', placeholder: 'Find an evaluation', 'aria-label': 'Find an evaluation' });
  private _count = el('div', { class: 'jp-loomlab-line' });
  private _note = el('div', { class: 'jp-loomlab-empty', hidden: true });
  private _found: EvaluationList | null = null;
  private _problem: string | null = null;
  private _soon = paced(() => void this.refresh(), 1000);
  private _told = -1;
  private _stale = false;
  private _turn = 0;
}

function _bySuite(rows: readonly EvaluationRow[]): Group[] {
  const suites = new Map<string, EvaluationRow[]>();
  for (const row of rows) {
    suites.set(row.suite, [...(suites.get(row.suite) ?? []), row]);
  }
  return [...suites].map(([suite, found]) => ({ title: suite, hint: suite, choices: found.map(choiceOf) }));
}

/** Nothing was ever compared: what to type next. */
function _nothing(empty: string): Node[] {
  return [
    el('p', {}, el('strong', {}, 'No evaluations yet.')),
    el('p', {}, 'Compare two architectures in a cell, and it is here while it runs:'),
    el('pre', { tabindex: 0 }, empty)
  ];
}
