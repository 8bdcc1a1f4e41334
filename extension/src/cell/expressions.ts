// The {python expressions} of a prompt, with their places: the rules of loomlab.notebook.interpolate.

import { quoted } from './nearest';
import { IProblem } from './problem';

export interface IExpression {
  /** With its braces. */
  readonly from: number;
  readonly to: number;
  /** The Python in it; what is behind it up to the closing brace is conversion and format. */
  readonly codeFrom: number;
  readonly codeTo: number;
}

export interface IExpressions {
  readonly expressions: readonly IExpression[];
  readonly problem: IProblem | null;
}

const LITERAL = 'literal braces are {{ and }}, or use --raw';
const CLOSES: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

class Broken extends Error {
  constructor(
    readonly at: number,
    message: string,
  ) {
    super(message);
  }
}

/** What stands between braces in `text`, outermost only; places are counted from `start`. */
export function expressionsOf(text: string, start = 0): IExpressions {
  const expressions: IExpression[] = [];
  try {
    fill(text, 0, text.length, 0, (from, to, codeFrom, codeTo) =>
      expressions.push({
        from: start + from,
        to: start + to,
        codeFrom: start + codeFrom,
        codeTo: start + codeTo,
      }),
    );
  } catch (error) {
    if (!(error instanceof Broken)) {
      throw error;
    }
    const from = Math.min(error.at, Math.max(0, text.length - 1));
    return { expressions, problem: { from: start + from, to: start + from + 1, message: error.message } };
  }
  return { expressions, problem: null };
}

type Found = (from: number, to: number, codeFrom: number, codeTo: number) => void;

function fill(text: string, start: number, stop: number, depth: number, found: Found | null): void {
  // What is inside a format is looked at as a text of its own: its end is an end.
  const part = text.slice(0, stop);
  let at = start;
  while (at < stop) {
    const pair = part.slice(at, at + 2);
    if (depth === 0 && (pair === '{{' || pair === '}}')) {
      at += 2;
    } else if (part[at] === '{') {
      at = field(part, at, depth, found);
    } else if (part[at] === '}') {
      throw new Broken(at, `a '}' closes nothing in ${near(part, at)}; ${LITERAL}`);
    } else {
      at++;
    }
  }
}

function field(text: string, open: number, depth: number, found: Found | null): number {
  const end = expressionEnd(text, open + 1);
  const source = text.slice(open + 1, end);
  if (!withoutName(source).trim()) {
    throw new Broken(open, `there is no expression between the braces of ${near(text, open)}; ${LITERAL}`);
  }
  let at = end;
  if (text[at] === '!') {
    const conversion = text.slice(at + 1, at + 2);
    at += 2;
    if (!'rsa'.includes(conversion) || !conversion || !(text[at] === ':' || text[at] === '}')) {
      throw new Broken(end, `{${source}!${conversion}…}: after '!' comes r, s or a, then ':' or '}'`);
    }
  }
  if (text[at] === ':') {
    const close = formatEnd(text, at + 1);
    if (depth > 1) {
      throw new Broken(open, `{${source}…}: braces are nested too deeply`);
    }
    fill(text, at + 1, close, depth + 1, null);
    at = close;
  }
  found?.(open, at + 1, open + 1, end);
  return at + 1;
}

function expressionEnd(text: string, start: number): number {
  const nested: string[] = [];
  let at = start;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === "'" || char === '"') {
      at = stringEnd(text, at);
      continue;
    }
    if (char in CLOSES) {
      nested.push(char);
    } else if (nested.length > 0 && ')]}'.includes(char)) {
      nested.pop();
    } else if (
      nested.length === 0 &&
      (char === '}' || char === ':' || (char === '!' && text[at + 1] !== '='))
    ) {
      return at;
    }
    at++;
  }
  throw new Broken(start - 1, `a '{' is not closed in ${near(text, start - 1)}; ${LITERAL}`);
}

function stringEnd(text: string, start: number): number {
  const three = text.slice(start, start + 3);
  const mark = three === "'''" || three === '"""' ? three : text.charAt(start);
  let at = start + mark.length;
  while (at < text.length && !text.startsWith(mark, at)) {
    at += text[at] === '\\' ? 2 : 1;
  }
  return at + mark.length;
}

function formatEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === '{') {
      depth++;
    } else if (text[at] === '}') {
      if (depth === 0) {
        return at;
      }
      depth--;
    }
  }
  throw new Broken(start - 1, `a '{' is not closed in ${near(text, start - 1)}; ${LITERAL}`);
}

/** `{x=}` shows its own name; `==`, `<=` and their like are comparisons. */
function withoutName(source: string): string {
  const bare = source.trimEnd();
  const named = bare.endsWith('=') && !['=', '!', '<', '>'].includes(bare.slice(-2, -1));
  return named ? bare.slice(0, -1) : source;
}

function near(text: string, at: number): string {
  const words = text.slice(at, at + 40).split(/\s+/);
  return quoted(words.filter(word => word).join(' '));
}

