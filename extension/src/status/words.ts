// What a notebook has cost, in words: unknown is said, replayed calls cost nothing.

import { counted, dollars, grouped } from '../format';
import type { Spent } from '../generated/shapes';

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
