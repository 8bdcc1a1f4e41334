// The first line of a %%loom cell: what each word is, and the sentence with which the run would refuse it.

import { CELL_OPTIONS, IOption } from '../generated/options';
import { expressionsOf } from './expressions';
import { didYouMean, quoted } from './nearest';
import { IProblem } from './problem';
import { IWord, wordsOf } from './words';

export type TokenKind = 'magic' | 'command' | 'option' | 'setting' | 'value' | 'string' | 'expression' | 'wrong';

export interface IToken {
  readonly from: number;
  readonly to: number;
  readonly kind: TokenKind;
}

/** An option that is given: where, and its value ("" where it takes none). */
export interface IGiven {
  readonly option: IOption;
  readonly value: string;
  readonly name: IWord;
  readonly at: { readonly from: number; readonly to: number };
}

export interface ILine {
  readonly tokens: IToken[];
  readonly problems: IProblem[];
  readonly given: ReadonlyMap<string, IGiven>;
}

/** A value that the kernel fills in can't be judged here. */
export function isFilledIn(text: string): boolean {
  return text.includes('{');
}

/** The options in `text`, which begins at `start` of the document. `of` is the magic, for messages. */
export function readOptions(
  text: string,
  start: number,
  options: readonly IOption[] = CELL_OPTIONS,
  of = '%%loom',
): ILine {
  const { words, fault } = wordsOf(text, start);
  const line = new Reader(options, of);
  line.read(words);
  if (fault !== null) {
    const message = `this line can't be read, ${fault.reason}: ${text.trim()}`;
    line.tokens.push({ from: fault.from, to: start + text.trimEnd().length, kind: 'wrong' });
    // Nothing of a line that can't be read is taken: this is what the run would say.
    line.problems.unshift({ from: fault.from, to: start + text.trimEnd().length, message });
  }
  for (const token of [...line.tokens]) {
    const { expressions } = expressionsOf(text.slice(token.from - start, token.to - start), token.from);
    line.tokens.push(...expressions.map(({ from, to }) => ({ from, to, kind: 'expression' as const })));
  }
  return line;
}

class Reader implements ILine {
  readonly tokens: IToken[] = [];
  readonly problems: IProblem[] = [];
  readonly given = new Map<string, IGiven>();
  private readonly _known: Map<string, IOption>;

  constructor(
    options: readonly IOption[],
    private readonly _of: string,
  ) {
    this._known = new Map(options.map(option => [option.name, option]));
  }

  read(words: readonly IWord[]): void {
    const rest = [...words];
    for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
      if (!word.text.startsWith('-') || word.text.length < 2) {
        this._stray(word);
        continue;
      }
      const bare = word.text.replace(/^-+/, '');
      const equals = bare.indexOf('=');
      const name = equals < 0 ? bare : bare.slice(0, equals);
      const option = word.text.startsWith('--') ? this._known.get(name) : undefined;
      // Where a quotation mark stands in the name, the places in the text are not those in the word.
      const width = word.isQuoted && equals < 0 ? word.to - word.from : beforeEquals(word.text).length;
      const end = Math.min(word.from + width, word.to);
      if (option === undefined) {
        this._unknown(word, name, end);
        if (equals < 0 && rest.length > 0 && !rest[0]?.text.startsWith('-')) {
          this._value(rest.shift() as IWord);
        }
        continue;
      }
      this._mark(word.from, end, 'option');
      if (this.given.has(name)) {
        this._refuse(word.from, end, `--${name} is given twice; ${this._of} takes it once`);
      }
      let value = '';
      let at = { from: word.from, to: end };
      if (option.takes === null) {
        if (equals >= 0) {
          this._mark(end, word.to, 'wrong');
          this._refuse(end, word.to, `--${name} takes no value, so not ${quoted(word.text)}`);
        }
      } else if (equals >= 0) {
        value = bare.slice(equals + 1);
        at = { from: end + 1, to: word.to };
        this._mark(end + 1, word.to, word.isQuoted ? 'string' : 'value');
      } else if (rest.length > 0 && !rest[0]?.text.startsWith('--')) {
        const next = rest.shift() as IWord;
        value = next.text;
        at = next;
        this._value(next);
      }
      if (option.takes !== null && !value) {
        const usage = `--${name} ${option.takes}`;
        this._refuse(word.from, word.to, `--${name} needs a value: ${usage} (${option.meaning})`);
      }
      if (!this.given.has(name)) {
        this.given.set(name, { option, value, name: word, at });
      }
    }
  }

  private _value(word: IWord): void {
    this._mark(word.from, word.to, word.isQuoted ? 'string' : 'value');
  }

  private _stray(word: IWord): void {
    if (isFilledIn(word.text)) {
      this._value(word);
      return;
    }
    this._mark(word.from, word.to, 'wrong');
    const remedy = 'lists are written without spaces: a,b';
    this._refuse(word.from, word.to, `${this._of} takes options only, and ${quoted(word.text)} is none; ${remedy}`);
  }

  private _unknown(word: IWord, name: string, end: number): void {
    this._mark(word.from, end, 'wrong');
    if (end + 1 < word.to) {
      this._mark(end + 1, word.to, 'value');
    }
    const known = [...this._known.keys()].map(one => `--${one}`);
    const given = beforeEquals(word.text);
    const hint = didYouMean(`--${name}`, known);
    this._refuse(word.from, end, `unknown option ${quoted(given)} of ${this._of}: ${hint}`);
  }

  private _mark(from: number, to: number, kind: TokenKind): void {
    if (from < to) {
      this.tokens.push({ from, to, kind });
    }
  }

  private _refuse(from: number, to: number, message: string): void {
    this.problems.push({ from, to, message });
  }
}

function beforeEquals(text: string): string {
  const at = text.indexOf('=');
  return at < 0 ? text : text.slice(0, at);
}
