// What options of a %%loom cell say together, and whether their values can be: the run's own sentences.

import {
  ARCHITECTURES,
  CELL_OPTIONS,
  EVALUATION_OPTIONS,
  MOST_ARMS,
  MOST_BESIDE_EACH_OTHER,
  NOT_IN_EVALUATIONS,
  TEAMS,
} from '../generated/options';
import { IGiven, ILine, isFilledIn, readOptions } from './grammar';
import { didYouMean, quoted } from './nearest';
import { IProblem } from './problem';

type Options = ReadonlyMap<string, IGiven>;

/** The first line of a cell, read and checked. */
export function readCellLine(text: string, start: number, of = '%%loom'): ILine {
  const line = readOptions(text, start, CELL_OPTIONS, of);
  line.problems.push(...checks(line.given));
  return line;
}

function checks(given: Options): IProblem[] {
  const found: IProblem[] = [];
  const refuse = (name: string, message: string, value = false): void => {
    const one = given.get(name);
    if (one !== undefined) {
      const { from, to } = value ? one.at : one.name;
      found.push({ from, to, message });
    }
  };
  const both = (names: readonly string[]): string => names.map(name => `--${name}`).join(' and ');
  const [on, ab] = [given.has('on'), given.has('ab')];
  const out = textOf(given, 'out');
  if (out !== null && !isName(out)) {
    const remedy = 'use letters, digits and _, as in --out answer';
    refuse('out', `--out ${quoted(out)} is no name for a variable; ${remedy}`, true);
  }
  if (on && !ab) {
    refuse('on', '--on says which cases, but not who answers them; add --ab react,rewoo');
  }
  const alone = EVALUATION_OPTIONS.filter(name => given.has(name));
  if (!on && alone.length > 0) {
    const sentence = `${both(alone)} belongs to an evaluation; add --on and a dataset, as --on capitals`;
    alone.forEach(name => refuse(name, sentence));
  }
  if (given.has('blind') && !ab) {
    refuse('blind', '--blind hides which of two arms is which; add --ab react,rewoo');
  }
  if (given.has('seed') && !ab) {
    refuse('seed', '--seed draws cases, or the order of --blind; add --ab react,rewoo');
  }
  const named = ['arch', 'agent'].filter(name => given.has(name) && ab);
  named.forEach(name => refuse(name, `--ab names the arms, so it can't be given ${both(named)}; leave out one`));
  if (on) {
    const others = NOT_IN_EVALUATIONS.filter(name => given.has(name));
    others.forEach(name => refuse(name, `--on runs a dataset, so it can't be given ${both(others)}; leave out one`));
  }
  values(given, (name, message) => refuse(name, message, true));
  if (!on && !ab && given.has('agent')) {
    const brings = ['arch', 'model', 'budget', 'ask'].filter(name => given.has(name));
    const sentence = `--agent runs an agent as it is, so it can't be given ${both(brings)}; leave out one`;
    brings.forEach(name => refuse(name, sentence));
  }
  return found;
}

function values(given: Options, refuse: (name: string, message: string) => void): void {
  const arch = textOf(given, 'arch');
  const wrong = arch === null ? null : wrongWays(arch);
  if (wrong !== null) {
    refuse('arch', wrong);
  }
  const ab = textOf(given, 'ab');
  const arms = ab === null ? null : wrongArms(ab, given.has('on'));
  if (arms !== null) {
    refuse('ab', arms);
  }
  for (const [name, least] of [['seed', 0], ['epochs', 1], ['at-once', 1], ['n', 1]] as const) {
    const text = textOf(given, name);
    if (text !== null && (!/^[0-9][0-9_]*$/.test(text) || Number(text.replace(/_/g, '')) < least)) {
      refuse(name, `--${name} takes a whole number from ${least}, not ${quoted(text)}`);
    }
  }
  for (const name of ['margin', 'timeout']) {
    const text = textOf(given, name);
    if (text !== null && !(Number(text) > 0 && Number(text) < Infinity)) {
      refuse(name, `--${name} takes a number above 0, not ${quoted(text)}`);
    }
  }
}

/** What is wrong with the value of `--arch`, or null. */
function wrongWays(text: string): string | null {
  const names = text.includes(',') ? text.split(',').map(name => name.trim()) : [text];
  for (const name of names) {
    if (!name) {
      return `--arch ${quoted(text)} has a gap; write names with single commas between: --arch react,rewoo`;
    }
    const plain = name.trim().toLowerCase().replace(/[_ ]/g, '-');
    if (plain in TEAMS) {
      return (
        `architecture ${quoted(plain)} sends work to other agents, so a name alone can't build it: ` +
        `use ${TEAMS[plain]} from loomlab.team, or pass an instance from loomlab.architecture`
      );
    }
    if (!ARCHITECTURES.includes(plain)) {
      const known = [...ARCHITECTURES, ...Object.keys(TEAMS)];
      return `unknown architecture ${quoted(name)}: ${didYouMean(plain, known)}`;
    }
    if (names.filter(other => other === name).length > 1) {
      return `--arch names ${quoted(name)} twice; each way runs once`;
    }
  }
  const most = MOST_BESIDE_EACH_OTHER;
  return names.length > most ? `--arch names ${names.length} ways; beside each other ${most} can be read` : null;
}

/** What is wrong with the value of `--ab`, or null; which variables there are, only the kernel knows. */
function wrongArms(text: string, many: boolean): string | null {
  const names = text.split(',').map(name => name.trim());
  for (const [place, name] of names.entries()) {
    if (!name) {
      return `--ab ${quoted(text)} has a gap; write names with single commas between: --ab react,rewoo`;
    }
    if (names.indexOf(name) < place) {
      return `--ab names ${quoted(name)} twice; each arm runs once`;
    }
  }
  if (names.length > MOST_ARMS) {
    return `--ab names ${names.length} arms; ${MOST_ARMS} can be compared in a cell`;
  }
  if (!many && names.length !== 2) {
    return `a vote is between two arms, and --ab names ${names.length}; with --on a dataset it may be more`;
  }
  return null;
}

/** The value of an option that can be judged: given, not empty, not filled in by the kernel. */
function textOf(given: Options, name: string): string | null {
  const value = given.get(name)?.value;
  return value && !isFilledIn(value) ? value : null;
}

const KEYWORDS = new Set(
  ('False None True and as assert async await break class continue def del elif else except finally for from ' +
    'global if import in is lambda nonlocal not or pass raise return try while with yield').split(' '),
);

/** Whether Python takes it as the name of a variable. */
export function isName(text: string): boolean {
  return /^[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*$/u.test(text) && !KEYWORDS.has(text);
}
