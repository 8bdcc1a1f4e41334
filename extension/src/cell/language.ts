// The language of a %%loom cell: one line of ours, and below it Markdown, or TOML. In any other cell it is absent.

import { defineLanguageFacet, Language, language, languageDataProp, LanguageSupport } from '@codemirror/language';
import { EditorState, Extension, Prec, StateEffect, StateField } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { Input, NodeType, Parser, parseMixed, PartialParse, Tree, TreeFragment } from '@lezer/common';

import { expressionsOf } from './expressions';
import { cellOf, ILoomCell } from './magic';

/** The languages of JupyterLab that we build on. A part that has not been loaded yet is plain text. */
export interface IParts {
  readonly markdown: LanguageSupport | null;
  readonly python: LanguageSupport | null;
  readonly toml: LanguageSupport | null;
}

/** Told to every editor when the parts have been loaded. */
export const loaded = StateEffect.define<IParts>();

const parts = StateField.define<IParts>({
  create: () => current,
  update: (value, transaction) => transaction.effects.reduce((last, one) => (one.is(loaded) ? one.value : last), value),
});

let current: IParts = { markdown: null, python: null, toml: null };

/** What kind of cell the document is; null: none of ours. Follows every edit. */
export const cellField = StateField.define<ILoomCell | null>({
  create: state => find(state),
  update: (cell, transaction) => (transaction.docChanged ? find(transaction.state) : cell),
});

/** The parts that an editor has. */
export function partsOf(state: EditorState): IParts {
  return state.field(parts, false) ?? current;
}

/** Remember the parts for editors to come. */
export function setParts(value: IParts): void {
  current = value;
}

const FURTHEST = 10_000;

function find(state: EditorState): ILoomCell | null {
  const { doc } = state;
  for (let number = 1; number <= doc.lines; number++) {
    const line = doc.line(number);
    if (/\S/.test(line.text)) {
      return /^[ \t]*%%loom(\s|$)/.test(line.text) && line.from < FURTHEST ? cellOf(doc.sliceString(0, line.to + 1)) : null;
    }
  }
  return null;
}

const data = defineLanguageFacet();
const types = {
  cell: NodeType.define({ id: 0, name: 'LoomCell', top: true, props: [[languageDataProp, data]] }),
  line: NodeType.define({ id: 1, name: 'LoomLine' }),
  body: NodeType.define({ id: 2, name: 'LoomBody' }),
};

/** Parts a cell in two: the line of the magic and the body. */
class Halves extends Parser {
  constructor(private readonly _body: Parser | null) {
    super();
  }

  override createParse(
    input: Input,
    fragments: readonly TreeFragment[],
    ranges: readonly { from: number; to: number }[],
  ): PartialParse {
    const outer = new HalvesParse(input);
    const body = this._body;
    if (body === null) {
      return outer;
    }
    const mixed = parseMixed(node => (node.type === types.body ? { parser: body } : null));
    return mixed(outer, input, fragments, ranges);
  }
}

class HalvesParse implements PartialParse {
  parsedPos = 0;
  stoppedAt: number | null = null;

  constructor(private readonly _input: Input) {}

  advance(): Tree {
    const { length } = this._input;
    const bodyFrom = Math.min(cellOf(this._input.read(0, length))?.bodyFrom ?? length, length);
    this.parsedPos = length;
    const line = new Tree(types.line, [], [], bodyFrom);
    const body = new Tree(types.body, [], [], length - bodyFrom);
    return bodyFrom < length
      ? new Tree(types.cell, [line, body], [0, bodyFrom], length)
      : new Tree(types.cell, [line], [0], length);
  }

  stopAt(at: number): void {
    this.stoppedAt = at;
  }
}

/** Reads Markdown with each expression taken for a word, so that what is in its braces marks nothing up. */
class AroundExpressions extends Parser {
  constructor(private readonly _inner: Parser) {
    super();
  }

  override createParse(
    input: Input,
    fragments: readonly TreeFragment[],
    ranges: readonly { from: number; to: number }[],
  ): PartialParse {
    const from = ranges[0]?.from ?? 0;
    const text = input.read(from, input.length);
    const words = expressionsOf(text).expressions.reduceRight(
      (masked, one) => masked.slice(0, one.from) + 'x'.repeat(one.to - one.from) + masked.slice(one.to),
      text,
    );
    const masked: Input = {
      length: input.length,
      lineChunks: false,
      chunk: at => (at < from ? input.chunk(at) : words.slice(at - from)),
      read: (start, end) => (start < from ? input.read(start, end) : words.slice(start - from, end - from)),
    };
    return this._inner.startParse(masked, fragments, ranges);
  }
}

const made = new WeakMap<Parser, Language>();
const plain = new Language(data, new Halves(null), [], 'loom');
/** What an editor has until JupyterLab has loaded its own: CodeMirror can't do with none where one may come. */
const unknown = new Language(data, new Halves(null), [], '');

function languageFor(state: EditorState): readonly Language[] {
  const cell = state.field(cellField);
  if (cell === null) {
    return [];
  }
  const { markdown, toml } = state.field(parts);
  const body = (cell.kind === 'config' ? toml : markdown)?.language.parser;
  if (body === undefined) {
    return [plain];
  }
  let found = made.get(body);
  if (found === undefined) {
    const inner = cell.kind === 'config' ? body : new AroundExpressions(body);
    found = new Language(data, new Halves(inner), [], 'loom');
    made.set(body, found);
  }
  return [found];
}

/** Gives an editor the language of its cell while that is one of ours; else the editor's own stays. */
export function loomLanguage(): Extension {
  return [
    parts,
    cellField,
    Prec.highest(language.computeN([cellField, parts], languageFor)),
    Prec.lowest(language.of(unknown)),
    EditorView.editorAttributes.compute([cellField], (state): Record<string, string> => {
      const cell = state.field(cellField);
      return cell === null ? {} : { class: `loom-editor loom-editor-${cell.kind}` };
    }),
  ];
}

