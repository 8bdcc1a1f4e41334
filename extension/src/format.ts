// Figures as the displays write them: three significant digits, always a unit, `unknown` where it is not known.

/** US dollars with three significant digits, exactly as loomlab.core.format_cost writes them. */
export function dollars(cost: number | null | undefined): string {
  if (cost === null || cost === undefined) {
    return 'unknown';
  }
  const size = Math.abs(cost);
  if (size === 0 || size >= 1) {
    const [whole = '', cents = ''] = cost.toFixed(2).split('.');
    return `$${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${cents}`;
  }
  const exponent = Number(cost.toExponential(6).split('e')[1]);
  return `$${cost.toFixed(Math.min(100, Math.max(2, 2 - exponent)))}`;
}

/** A duration given in milliseconds. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) {
    return 'unknown';
  }
  if (ms < 1000) {
    return `${ms < 10 ? significant(ms, 2) : Math.round(ms)} ms`;
  }
  if (ms < 60_000) {
    return `${(ms / 1000).toFixed(1)} s`;
  }
  const minutes = Math.floor(ms / 60_000);
  return minutes < 60 ? `${minutes} min ${Math.round((ms % 60_000) / 1000)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A text on one line, without the characters that could turn its neighbours around; cut where it is too long. */
export function oneLine(text: string, most = Infinity): string {
  const line = text.replace(/[\s\u202a-\u202e\u2066-\u2069\u200e\u200f]+/g, ' ').trim();
  return line.length > most ? `${line.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…` : line;
}

/** A whole number with its thousands set apart. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 run`, `2 runs`. */
export function counted(count: number, thing: string): string {
  return `${grouped(count)} ${thing}${count === 1 ? '' : 's'}`;
}

/** How long ago, as short as a column allows. */
export function ago(iso: string | null, now = Date.now()): string {
  const then = iso ? Date.parse(iso) : NaN;
  if (Number.isNaN(then)) {
    return '';
  }
  const seconds = Math.max(0, (now - then) / 1000);
  if (seconds < 60) {
    return 'now';
  }
  if (seconds < 3600) {
    return `${Math.floor(seconds / 60)} min`;
  }
  if (seconds < 86_400) {
    return `${Math.floor(seconds / 3600)} h`;
  }
  const day = new Date(then);
  const year = day.getFullYear() === new Date(now).getFullYear() ? undefined : ('numeric' as const);
  return day.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year });
}

/** The whole instant, in the reader's own zone. */
export function instant(iso: string | null): string {
  const then = iso ? Date.parse(iso) : NaN;
  return Number.isNaN(then) ? 'unknown' : new Date(then).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
}

function significant(value: number, digits = 3): string {
  const places = Math.min(20, Math.max(0, digits - 1 - Math.floor(Math.log10(value))));
  return value.toFixed(places);
}
