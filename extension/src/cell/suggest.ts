// What could be typed at the cursor of a %loom line, as far as no kernel is needed to know it.

import {
  ARCHITECTURES,
  CELL_OPTIONS,
  COMMANDS,
  COST_GROUPS,
  IOption,
  MODELS,
  SCORERS,
  SETTINGS,
  TEAMS,
} from '../generated/options';
import { cellOf, isLoomLine } from './magic';
import { shellWord } from './words';

export type SuggestionKind =
  | 'option'
  | 'command'
  | 'setting'
  | 'architecture'
  | 'team'
  | 'model'
  | 'dataset'
  | 'scorer'
  | 'user'
  | 'word';

export interface ISuggestion {
  readonly text: string;
  readonly kind: SuggestionKind;
  /** What it means, in a sentence; "" where its name says it. */
  readonly meaning: string;
}

export interface ISuggestions {
  /** Where what is typed of it begins. */
  readonly from: number;
  readonly items: readonly ISuggestion[];
}

/** Names that only the log knows: of users, models and datasets. */
export interface IKnown {
  readonly users?: readonly string[];
  readonly models?: readonly string[];
  readonly datasets?: readonly string[];
}

const NOTHING: ISuggestions = { from: 0, items: [] };
const FRAGMENT = /[^\s=,|"']*$/;

/** Whether the place `offset` of a cell belongs to a line of ours, whose options can be completed. */
export function isOurs(source: string, offset: number): boolean {
  return typedAt(source, offset) !== null;
}

/** The suggestions for the place `offset` of a cell. */
export function suggest(source: string, offset: number, known: IKnown = {}): ISuggestions {
  const typed = typedAt(source, offset);
  if (typed === null) {
    return NOTHING;
  }
  const fragment = FRAGMENT.exec(typed.text)?.[0] ?? '';
  const offered = typed.isCell ? inCell(typed.text, known) : inLine(typed.text, known);
  const start = fragment.toLowerCase();
  const items = offered.filter(one => one.text.toLowerCase().startsWith(start));
  return { from: offset - fragment.length, items };
}

/** What is typed behind the magic up to the cursor; null: the cursor is not in a line of ours, behind its name. */
function typedAt(source: string, offset: number): { text: string; isCell: boolean } | null {
  const cell = cellOf(source);
  if (cell !== null) {
    const isInside = offset > cell.optionsFrom && offset <= cell.to;
    return isInside ? { text: source.slice(cell.optionsFrom + 1, offset), isCell: true } : null;
  }
  const from = source.lastIndexOf('\n', offset - 1) + 1;
  const before = source.slice(from, offset);
  const behind = /%loom[ \t]([\s\S]*)$/.exec(before);
  return behind !== null && isLoomLine(before) ? { text: behind[1] ?? '', isCell: false } : null;
}

/** The words before the one that is being typed, and that one. */
function parted(typed: string): { before: string[]; word: string } {
  const words = typed.split(/\s+/).filter(word => word);
  const word = /\S$/.test(typed) ? (words.pop() ?? '') : '';
  return { before: words, word };
}

function inCell(typed: string, known: IKnown): ISuggestion[] {
  const { before, word } = parted(typed);
  if (before[0] === 'config') {
    return [];
  }
  const asked = optionAsked(before, word, CELL_OPTIONS);
  if (asked !== null) {
    return valuesOf(asked.kind, known);
  }
  const options = unused(CELL_OPTIONS, before);
  const config = { text: 'config', kind: 'command' as const, meaning: 'the config of an agent, edited in this cell' };
  return before.length === 0 ? [...options, config] : options;
}

function inLine(typed: string, known: IKnown): ISuggestion[] {
  const { before, word } = parted(typed);
  const command = COMMANDS.find(one => one.name === before[0]);
  if (command !== undefined) {
    const rest = before.slice(1);
    const asked = optionAsked(rest, word, command.options);
    if (asked !== null) {
      return valuesOf(asked.kind, known);
    }
    const words = rest.length === 0 ? command.words.map(text => ({ text, kind: 'word' as const, meaning: '' })) : [];
    const users = rest.length === 0 && ['memory', 'audit'].includes(command.name) ? valuesOf('user', known) : [];
    return [...words, ...users, ...unused(command.options, rest)];
  }
  if (before[0]?.startsWith('--') || word.startsWith('--')) {
    return inCell(typed, known);
  }
  const equals = word.indexOf('=');
  if (equals >= 0) {
    const setting = SETTINGS.find(one => one.name === word.slice(0, equals));
    return setting === undefined ? [] : valuesOf(setting.kind, known);
  }
  const settings = SETTINGS.map(one => ({ text: `${one.name}=`, kind: 'setting' as const, meaning: one.meaning }));
  const commands = COMMANDS.map(one => ({ text: one.name, kind: 'command' as const, meaning: one.meaning }));
  return before.length === 0 ? [...commands, ...settings] : settings;
}

/** The option whose value is being typed: `--name value` or `--name=value`. */
function optionAsked(before: readonly string[], word: string, options: readonly IOption[]): IOption | null {
  const equals = word.indexOf('=');
  const given = word.startsWith('--') && equals >= 0 ? word.slice(0, equals) : before[before.length - 1];
  const option = options.find(one => `--${one.name}` === given);
  return option !== undefined && option.takes !== null ? option : null;
}

function unused(options: readonly IOption[], before: readonly string[]): ISuggestion[] {
  const used = new Set(before.map(word => word.split('=')[0]));
  return options
    .filter(one => !used.has(`--${one.name}`))
    .map(one => ({
      text: `--${one.name}`,
      kind: 'option',
      meaning: `--${one.name}${one.takes === null ? '' : ` ${one.takes}`}: ${one.meaning}`,
    }));
}

/** The values of options and settings of this kind. */
export function valuesOf(kind: string, known: IKnown = {}): ISuggestion[] {
  const all = (texts: readonly string[], as: SuggestionKind, meaning = ''): ISuggestion[] =>
    [...new Set(texts)].map(text => ({ text, kind: as, meaning }));
  // Names that somebody gave may hold anything; one with a line end can't stand in a line.
  const named = (texts: readonly string[] = [], as: SuggestionKind): ISuggestion[] =>
    all(texts.filter(text => text && !/\p{Cc}/u.test(text)).map(shellWord), as);
  switch (kind) {
    case 'arch':
      return [
        ...all(ARCHITECTURES, 'architecture', 'a way of thinking'),
        ...Object.entries(TEAMS).map(([text, how]) => ({
          text,
          kind: 'team' as const,
          meaning: `needs other agents: ${how} of loomlab.team makes an agent; run it by --agent`,
        })),
      ];
    case 'ab':
      return all(ARCHITECTURES, 'architecture', 'a way of thinking');
    case 'model':
      return named([...MODELS, ...(known.models ?? [])], 'model');
    case 'dataset':
      return named(known.datasets, 'dataset');
    case 'scorer':
      return all(SCORERS, 'scorer');
    case 'user':
      return named(known.users, 'user');
    case 'by':
      return all(COST_GROUPS, 'word');
    case 'ask':
      return all(['on', 'off'], 'word');
    case 'loop':
      return all(['portal', 'kernel'], 'word');
    default:
      return [];
  }
}
