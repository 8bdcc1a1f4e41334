// The words of a magic line, with their places: the rules of Python's shlex.split.

export interface IWord {
  /** What the magic is given: without quotation marks and backslashes. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly isQuoted: boolean;
}

export interface IWords {
  readonly words: readonly IWord[];
  /** Why the line can't be read to its end, and from where. */
  readonly fault: { readonly from: number; readonly reason: string } | null;
}

const SPACE = /[ \t\r\n]/;

/** The words of `line`; their places are counted from `start`. */
export function wordsOf(line: string, start = 0): IWords {
  const words: IWord[] = [];
  let at = 0;
  while (at < line.length) {
    if (SPACE.test(line.charAt(at))) {
      at++;
      continue;
    }
    const from = at;
    let text = '';
    let isQuoted = false;
    while (at < line.length && !SPACE.test(line.charAt(at))) {
      const char = line.charAt(at);
      if (char === '\\') {
        if (at + 1 >= line.length) {
          return { words, fault: { from: start + from, reason: 'no escaped character' } };
        }
        text += line[at + 1];
        at += 2;
      } else if (char === "'" || char === '"') {
        isQuoted = true;
        const inside = insideOf(line, at);
        if (inside === null) {
          return { words, fault: { from: start + from, reason: 'no closing quotation' } };
        }
        text += inside.text;
        at = inside.end;
      } else {
        text += char;
        at++;
      }
    }
    words.push({ text, from: start + from, to: start + at, isQuoted });
  }
  return { words, fault: null };
}

/** A value as a magic line takes it: in quotation marks where it needs them. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./{}-]+$/.test(text) ? text : `'${text.replace(/'/g, `'"'"'`)}'`;
}

function insideOf(line: string, start: number): { text: string; end: number } | null {
  const mark = line[start];
  let text = '';
  for (let at = start + 1; at < line.length; at++) {
    if (line[at] === mark) {
      return { text, end: at + 1 };
    }
    if (mark === '"' && line[at] === '\\' && (line[at + 1] === '"' || line[at + 1] === '\\')) {
      at++;
    }
    text += line[at];
  }
  return null;
}
