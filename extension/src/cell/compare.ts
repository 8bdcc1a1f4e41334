// The text of the cell that compares: what Compare… puts below a cell.

import { ARCHITECTURES, MOST_ARMS, MOST_BESIDE_EACH_OTHER } from '../generated/options';
import { readCellLine } from './checks';
import { cellOf } from './magic';
import { shellWord } from './words';

export interface IComparison {
  /** Ways of thinking, agents and functions to be compared. */
  readonly arms: readonly string[];
  /** The model for all of them; "" is the notebook's. */
  readonly model: string;
  /** The dataset; "" asks only the prompt of the cell. */
  readonly dataset: string;
  /** How many of its cases; null is all. */
  readonly cases: number | null;
}

/** What goes on from the cell that is compared: everything but who answers. */
const KEPT = ['tools', 'budget', 'user', 'raw'];

/** Why there can be no such cell, as a sentence with its remedy; null: there can. */
export function refusal(comparison: IComparison): string | null {
  const { arms, dataset, cases } = comparison;
  const variables = arms.filter(arm => !ARCHITECTURES.includes(arm));
  if (arms.length < 2) {
    return 'Choose two or more that are to be compared.';
  }
  if (dataset && arms.length > MOST_ARMS) {
    return `${arms.length} are chosen, and ${MOST_ARMS} can be compared in a cell; leave some out.`;
  }
  if (!dataset && arms.length > MOST_BESIDE_EACH_OTHER) {
    return `${arms.length} are chosen, and beside each other ${MOST_BESIDE_EACH_OTHER} can be read; name a dataset.`;
  }
  if (!dataset && variables.length > 0 && arms.length !== 2) {
    return `${variables.join(', ')} can stand beside one other for a vote; choose two, or name a dataset.`;
  }
  if (cases !== null && (!Number.isInteger(cases) || cases < 1)) {
    return 'The number of cases is a whole number from 1; leave it empty for all.';
  }
  return null;
}

/**
 * The new cell. `source` is the cell that it goes on from; its prompt and what is not about who answers stay. With a
 * dataset the prompt does not: what is below such a line is told to every arm before each case.
 */
export function compareCell(comparison: IComparison, source: string): string {
  const { arms, model, dataset, cases } = comparison;
  const cell = cellOf(source);
  const isPrompt = cell !== null && cell.kind === 'prompt';
  const body = isPrompt && !dataset ? source.slice(cell.bodyFrom).trim() : '';
  const given = isPrompt ? readCellLine(source.slice(cell.optionsFrom, cell.to), cell.optionsFrom).given : new Map();
  const isPair = arms.some(arm => !ARCHITECTURES.includes(arm));
  const words = ['%%loom', dataset || isPair ? '--ab' : '--arch', shellWord(arms.join(','))];
  if (model) {
    words.push('--model', shellWord(model));
  } else if (given.has('model')) {
    words.push('--model', shellWord(given.get('model').value));
  }
  if (dataset) {
    words.push('--on', shellWord(dataset));
    if (cases !== null) {
      words.push('--n', String(cases));
    }
  }
  for (const name of KEPT) {
    const one = given.get(name);
    if (one !== undefined && !(dataset && name === 'raw')) {
      words.push(`--${name}`, ...(one.option.takes === null ? [] : [shellWord(one.value)]));
    }
  }
  return `${words.join(' ')}\n${body}`;
}
