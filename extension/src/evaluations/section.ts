// The section Evaluations: what was compared, by suite, with how far it is while it runs.

import { Choices, type Group } from '../choices';
import { el } from '../dom';
import { counted } from '../format';
import type { EvaluationList, EvaluationRow } from '../generated/shapes';
import { ListSection } from '../listsection';
import type { ILoomSidebar } from '../tokens';
import { EvaluationClient } from './client';
import { choiceOf, progress } from './words';

export class EvaluationsSection extends ListSection<EvaluationList> {
  constructor(
    sidebar: ILoomSidebar,
    private _client: EvaluationClient
  ) {
    super(sidebar, new Choices('Evaluations by suite', 'loomlab-evaluation'), { find: 'Find an evaluation', refresh: 'Read the list again' });
    this.addClass('jp-loomlab-evaluations');
  }

  row(evaluationId: string): EvaluationRow | undefined {
    return this.found?.rows.find(one => one.evaluation_id === evaluationId);
  }

  protected override read(): Promise<EvaluationList> {
    return this._client.list();
  }

  protected override draw(found: EvaluationList | null, wanted: string): Node[] {
    const { rows, total, empty } = found ?? { rows: [], total: 0, empty: '' };
    const shown = rows.filter(one => `${one.suite} ${one.dataset} ${one.arms.join(' ')}`.toLowerCase().includes(wanted));
    this.list.draw(_bySuite(shown));
    const running = rows.filter(one => one.status === 'running');
    const words = found ? counted(wanted ? shown.length : total, wanted ? 'matching evaluation' : 'evaluation') : '';
    if (!this.tell(words + (running.length ? ` · ${running.length} running` : '')) && running[0] && running[0].done !== this._told) {
      this._told = running[0].done;
      this.sidebar.announce(`${running[0].suite}: ${progress(running[0])}`);
    }
    return wanted && total ? [el('p', {}, 'No evaluation matches.')] : _nothing(empty ?? '');
  }

  private _told = -1;
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
