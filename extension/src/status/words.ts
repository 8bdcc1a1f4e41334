// What a notebook has cost, in words: unknown is said, replayed calls cost nothing.

import type { Spent } from '../generated/shapes';

/** US dollars with three significant digits, as loomlab.core shows them everywhere. */
export function dollars(amount: number): string {
  const size = Math.abs(amount);
  if (size === 0 || size >= 1) {
    const [whole = '', cents = ''] = amount.toFixed(2).split('.');
    return `$${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${cents}`;
  }
  const exponent = Number(amount.toExponential(6).split('e')[1]);
  return `$${amount.toFixed(Math.max(2, 2 - exponent))}`;
}

/** `$0.00120 · 3 calls`; where a call has no known price, that is said. */
export function brief(spend: Spent): string {
  const asked = spend.calls - spend.calls_cached;
  if (spend.calls === 0) {
    return 'no calls yet';
  }
  if (asked === 0) {
    return `$0.00 · ${counted(spend.calls, 'replayed call')}`;
  }
  return `${price(spend)} · ${counted(asked, 'call')}`;
}

function price(spend: Spent): string {
  const asked = spend.calls - spend.calls_cached;
  if (spend.calls_unpriced === 0) {
    return dollars(spend.cost_usd);
  }
  if (spend.calls_unpriced >= asked) {
    return 'unknown price';
  }
  return `${dollars(spend.cost_usd)} + ${counted(spend.calls_unpriced, 'call')} of unknown price`;
}

/** Every figure, as one line for the tooltip. */
export function whole(name: string, spend: Spent): string {
  const tokens = `${grouped(spend.tokens_in)} tokens in, ${grouped(spend.tokens_out)} out`;
  const replayed = spend.calls_cached > 0 ? `, ${counted(spend.calls_cached, 'replayed call')} not counted` : '';
  return spend.calls === 0 ? `${name}: no calls yet` : `${name}: ${brief(spend)}, ${tokens}${replayed}`;
}

function counted(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${grouped(count)} ${what}s`;
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
