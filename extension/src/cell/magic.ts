// Which cells and lines are ours, and what is where in them.

import { CELL_OPTIONS, COMMANDS, SETTINGS } from '../generated/options';
import { isName, readCellLine } from './checks';
import { expressionsOf, IExpression } from './expressions';
import { ILine, IToken, readOptions } from './grammar';
import { didYouMean, quoted } from './nearest';
import { IProblem } from './problem';
import { wordsOf } from './words';

export interface ILoomCell {
  /** A prompt in Markdown, or the config of an agent in TOML. */
  readonly kind: 'prompt' | 'config';
  /** Where the line of the magic begins and ends. */
  readonly from: number;
  readonly to: number;
  /** Where what is typed behind `%%loom` begins. */
  readonly optionsFrom: number;
  /** Where the body begins; the length of the document where there is none. */
  readonly bodyFrom: number;
}

export interface IReading {
  readonly tokens: readonly IToken[];
  readonly problems: readonly IProblem[];
  readonly expressions: readonly IExpression[];
}

const CELL = /^((?:[ \t]*\r?\n)*)([ \t]*%%loom)(?=[ \t\r\n]|$)([^\r\n]*)(\r?\n)?/;
const LINE = /^[ \t]*(?:[\p{L}_][\p{L}\p{Nd}_]*[ \t]*=[ \t]*)?%loom(?=[ \t]|$)/u;

/** What kind of cell the text is; null: none of ours. Only its beginning is looked at. */
export function cellOf(text: string): ILoomCell | null {
  const found = CELL.exec(text);
  if (found === null) {
    return null;
  }
  const [whole, blank = '', magic = '', rest = ''] = found;
  const from = blank.length;
  const optionsFrom = from + magic.length;
  const isConfig = rest.trim().split(/\s+/)[0] === 'config';
  return {
    kind: isConfig ? 'config' : 'prompt',
    from,
    to: optionsFrom + rest.length,
    optionsFrom,
    bodyFrom: whole.length,
  };
}

/** Whether a line of a Python cell is one of `%loom`. */
export function isLoomLine(line: string): boolean {
  return LINE.test(line);
}

/** Everything that is to be seen in a cell of ours. */
export function readCell(text: string, cell: ILoomCell): IReading {
  const head = text.slice(cell.optionsFrom, cell.to);
  const magicFrom = cell.optionsFrom - '%%loom'.length;
  const magic: IToken = { from: magicFrom, to: cell.optionsFrom, kind: 'magic' };
  if (cell.kind === 'config') {
    const line = readConfigLine(head, cell.optionsFrom);
    return { tokens: [magic, ...line.tokens], problems: line.problems, expressions: [] };
  }
  const line = readCellLine(head, cell.optionsFrom);
  const tokens = [magic, ...line.tokens];
  if (line.given.has('raw')) {
    return { tokens, problems: line.problems, expressions: [] };
  }
  const body = expressionsOf(text.slice(cell.bodyFrom), cell.bodyFrom);
  const problems = body.problem === null ? line.problems : [...line.problems, body.problem];
  return { tokens, problems, expressions: body.expressions };
}

/** Everything that is to be seen in a `%loom` line, which begins at `start` of the document. */
export function readLine(line: string, start: number): IReading {
  const found = LINE.exec(line);
  if (found === null) {
    return { tokens: [], problems: [], expressions: [] };
  }
  const after = found[0].length;
  const magic: IToken = { from: start + after - '%loom'.length, to: start + after, kind: 'magic' };
  const said = readSaid(line.slice(after), start + after);
  return { tokens: [magic, ...said.tokens], problems: said.problems, expressions: [] };
}

type Said = Pick<ILine, 'tokens' | 'problems'>;

function readConfigLine(text: string, start: number): Said {
  const { words } = wordsOf(text, start);
  const [word, ...names] = words;
  const tokens: IToken[] = word === undefined ? [] : [{ from: word.from, to: word.to, kind: 'command' }];
  tokens.push(...names.map(({ from, to }) => ({ from, to, kind: 'value' as const })));
  const given = names.map(name => name.text).join(' ');
  const [first, last] = [names[0], names[names.length - 1]];
  if (first && last && (first !== last || !isName(given))) {
    const message = `%%loom config takes the name of a variable: %%loom config my_agent, not ${quoted(given)}`;
    return { tokens, problems: [{ from: first.from, to: last.to, message }] };
  }
  return { tokens, problems: [] };
}

function readSaid(text: string, start: number): Said {
  const { words } = wordsOf(text, start);
  const first = text.trim().split(/\s+/)[0];
  if (!first) {
    return { tokens: [], problems: [] };
  }
  if (first.startsWith('--')) {
    return readCellLine(text, start, '%%loom');
  }
  const from = start + text.indexOf(first);
  const to = from + first.length;
  const command = COMMANDS.find(one => one.name === first);
  if (command !== undefined) {
    const rest = readArguments(text.slice(to - start), to, command.options, `%loom ${first}`);
    return { tokens: [{ from, to, kind: 'command' }, ...rest.tokens], problems: rest.problems };
  }
  if (!first.includes('=')) {
    const isSetting = SETTINGS.some(setting => setting.name === first);
    const remedy = isSetting
      ? `${first} is a setting; write %loom ${first}=…`
      : didYouMean(
          first,
          COMMANDS.map(one => one.name),
        );
    const message = `%loom has no command ${quoted(first)}: ${remedy}`;
    return { tokens: [{ from, to, kind: 'wrong' }], problems: [{ from, to, message }] };
  }
  const said: Said = { tokens: [], problems: [] };
  for (const word of words) {
    const equals = word.text.indexOf('=');
    const name = equals < 0 ? word.text : word.text.slice(0, equals);
    const end = Math.min(word.from + name.length, word.to);
    const isKnown = SETTINGS.some(setting => setting.name === name);
    said.tokens.push({ from: word.from, to: end, kind: isKnown && equals >= 0 ? 'setting' : 'wrong' });
    if (end + 1 < word.to) {
      said.tokens.push({ from: end + 1, to: word.to, kind: word.isQuoted ? 'string' : 'value' });
    }
    if (equals < 0) {
      const remedy = 'write name=value, with quotation marks around spaces';
      said.problems.push({ from: word.from, to: word.to, message: `${quoted(word.text)} sets nothing; ${remedy}` });
    } else if (!isKnown) {
      const names = SETTINGS.map(setting => setting.name);
      const message = `there is no setting ${quoted(name)}: ${didYouMean(name, names)}`;
      said.problems.push({ from: word.from, to: end, message });
    }
  }
  return said;
}

/** What is behind the name of a command. One with options of its own takes no others; other words are its matter. */
function readArguments(text: string, start: number, options: typeof CELL_OPTIONS, of: string): Said {
  const { words } = wordsOf(text, start);
  if (options.length === 0) {
    const tokens = words.map(
      ({ from, to, isQuoted, text: word }): IToken => ({
        from,
        to,
        kind: isQuoted ? 'string' : word.startsWith('--') ? 'option' : 'value',
      }),
    );
    return { tokens, problems: [] };
  }
  // A first word that is no option is what the command is about: a user, an agent.
  const own = words[0] !== undefined && !words[0].text.startsWith('-') ? words[0] : null;
  const offset = own === null ? 0 : own.to - start;
  const rest = readOptions(text.slice(offset), start + offset, options, of);
  if (own === null) {
    return rest;
  }
  const { from, to, isQuoted } = own;
  return { tokens: [{ from, to, kind: isQuoted ? 'string' : 'value' }, ...rest.tokens], problems: rest.problems };
}
