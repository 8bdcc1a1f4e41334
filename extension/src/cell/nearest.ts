// The nearest valid name for a mistyped one, in the words and by the measure of loomlab.core.nearest.

const CLOSE_ENOUGH = 0.6;

/** A sentence for a tooltip: the nearest valid name, else the list of all. */
export function didYouMean(given: string, valid: readonly string[]): string {
  const names = [...valid].sort();
  const close = closest(given, names);
  if (close !== null) {
    return `did you mean ${quoted(close)}?`;
  }
  const shown = names.slice(0, 12).join(', ') + (names.length > 12 ? ', …' : '');
  return shown ? `valid: ${shown}` : 'there is none yet';
}

/** A text as Python shows it: in quotation marks, with what can't be seen spelt out. */
export function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = text
    .replace(/\\/g, '\\\\')
    .replace(/\n/g, '\\n')
    .replace(/\r/g, '\\r')
    .replace(/\t/g, '\\t');
  return mark + (mark === "'" ? inner.replace(/'/g, "\\'") : inner) + mark;
}

function closest(given: string, names: readonly string[]): string | null {
  let found: string | null = null;
  let best = CLOSE_ENOUGH;
  for (const name of names) {
    const score = likeness(name, given);
    // Of equals the last by name, as Python's difflib decides it; the names are sorted.
    if (score >= best) {
      best = score;
      found = name;
    }
  }
  return found;
}

/** Ratcliff and Obershelp: twice what matches, over all there is. From 0 (nothing alike) to 1 (equal). */
export function likeness(one: string, other: string): number {
  const whole = one.length + other.length;
  return whole === 0 ? 1 : (2 * matching(one, other)) / whole;
}

function matching(one: string, other: string): number {
  const [at, there, length] = longestCommon(one, other);
  if (length === 0) {
    return 0;
  }
  return (
    length +
    matching(one.slice(0, at), other.slice(0, there)) +
    matching(one.slice(at + length), other.slice(there + length))
  );
}

function longestCommon(one: string, other: string): [number, number, number] {
  let best: [number, number, number] = [0, 0, 0];
  let before = new Array<number>(other.length + 1).fill(0);
  for (let i = 0; i < one.length; i++) {
    const now = new Array<number>(other.length + 1).fill(0);
    for (let j = 0; j < other.length; j++) {
      if (one[i] === other[j]) {
        const length = (now[j + 1] = (before[j] ?? 0) + 1);
        if (length > best[2]) {
          best = [i - length + 1, j - length + 1, length];
        }
      }
    }
    before = now;
  }
  return best;
}
