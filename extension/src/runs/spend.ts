// What was spent: today by everybody who writes to this log, and in the open notebook.

import { el } from '../dom';
import { counted, dollars, grouped } from '../format';
import type { Spend, Spent } from '../generated/shapes';

export class SpendLine {
  readonly node = el('dl', { class: 'jp-loomlab-spend', 'aria-label': 'Spent' });

  show(spend: Spend | null): void {
    const parts = spend ? [_part('today', spend.today), ...(spend.notebook ? [_part('this notebook', spend.notebook)] : [])] : [];
    this.node.replaceChildren(...parts);
    this.node.hidden = !parts.length;
  }
}

function _part(name: string, spent: Spent): HTMLElement {
  const unknown = spent.calls_unpriced;
  const cost = unknown && unknown === spent.calls ? 'unknown' : `${dollars(spent.cost_usd)}`;
  const more = unknown && unknown !== spent.calls ? ` + ${grouped(unknown)} unpriced` : null;
  const paid = spent.calls - spent.calls_cached;
  const title = [
    `${counted(paid, 'model call')} paid for`,
    spent.calls_cached && `${grouped(spent.calls_cached)} from a cassette or cache`,
    unknown && `${grouped(unknown)} of unknown price, which are not in the sum`,
    `${grouped(spent.tokens_in)} tokens in, ${grouped(spent.tokens_out)} out`
  ];
  return el(
    'div',
    { title: title.filter(Boolean).join('\n') },
    el('dt', {}, name),
    el('dd', {}, el('strong', {}, cost), more, ` · ${counted(spent.calls, 'call')}`)
  );
}
