// What is seen in an editor: the parts of a line of ours, expressions as Python, and what is wrong with its remedy.

import { highlightingFor, syntaxTree } from '@codemirror/language';
import { EditorState, Extension, Prec, Range, StateEffect, StateField, Text } from '@codemirror/state';
import {
  Decoration,
  DecorationSet,
  EditorView,
  hoverTooltip,
  showTooltip,
  Tooltip,
  ViewPlugin,
  ViewUpdate,
} from '@codemirror/view';
import { highlightTree } from '@lezer/highlight';

import { IExpression } from './expressions';
import { cellField, loaded, partsOf } from './language';
import { IReading, isLoomLine, readCell, readLine } from './magic';
import { IProblem } from './problem';

const NOTHING: IReading = { tokens: [], problems: [], expressions: [] };

/** What the document says to us: the cell, or the `%loom` lines of a Python cell. Follows every edit. */
const reading = StateField.define<IReading>({
  create: read,
  update: (before, transaction) => (transaction.docChanged ? read(transaction.state) : before),
});

function read(state: EditorState): IReading {
  const cell = state.field(cellField);
  return cell === null ? readLines(state.doc) : readCell(state.doc.toString(), cell);
}

function readLines(doc: Text): IReading {
  const found: IReading[] = [];
  let from = 0;
  for (const line of doc.iterLines()) {
    if (line.includes('%loom') && isLoomLine(line)) {
      found.push(readLine(line, from));
    }
    from += line.length + 1;
  }
  return found.length === 0
    ? NOTHING
    : {
        tokens: found.flatMap(one => one.tokens),
        problems: found.flatMap(one => one.problems),
        expressions: [],
      };
}

/** A word that may still become a right one is not called wrong while the cursor stands behind it. */
function isBeingTyped(state: EditorState, problem: IProblem): boolean {
  const { main } = state.selection;
  const isBehind = main.head >= problem.to && !state.sliceDoc(problem.to, main.head).trim();
  return main.empty && isBehind && /^unknown option|has no command|needs a value/.test(problem.message);
}

function decorate(state: EditorState, isFocused: boolean): DecorationSet {
  const { tokens, problems, expressions } = state.field(reading);
  const marks: Range<Decoration>[] = [];
  const isText = (from: number): boolean => state.field(cellField) === null && inString(state, from);
  for (const { from, to, kind } of tokens) {
    if (from < to && !isText(from)) {
      marks.push(Decoration.mark({ class: `loom-token loom-token-${kind}` }).range(from, to));
    }
  }
  for (const expression of expressions) {
    marks.push(Decoration.mark({ class: 'loom-token loom-token-expression' }).range(expression.from, expression.to));
    marks.push(...pythonMarks(state, expression));
  }
  for (const problem of problems) {
    if (problem.from < problem.to && !isText(problem.from) && !(isFocused && isBeingTyped(state, problem))) {
      marks.push(Decoration.mark({ class: 'loom-problem' }).range(problem.from, problem.to));
    }
  }
  return Decoration.set(marks, true);
}

function inString(state: EditorState, at: number): boolean {
  return /string/i.test(syntaxTree(state).resolveInner(at, 1).name);
}

function pythonMarks(state: EditorState, { codeFrom, codeTo }: IExpression): Range<Decoration>[] {
  const { python } = partsOf(state);
  if (python === null) {
    return [];
  }
  const marks: Range<Decoration>[] = [];
  const tree = python.language.parser.parse(state.sliceDoc(codeFrom, codeTo));
  highlightTree(tree, { style: tags => highlightingFor(state, tags) }, (from, to, style) => {
    marks.push(Decoration.mark({ class: style }).range(codeFrom + from, codeFrom + to));
  });
  return marks;
}

class Painter {
  decorations: DecorationSet;

  constructor(view: EditorView) {
    this.decorations = decorate(view.state, view.hasFocus);
  }

  update(update: ViewUpdate): void {
    const { docChanged, selectionSet, focusChanged, transactions, startState, state, view } = update;
    const isNew = transactions.some(one => one.effects.some(effect => effect.is(loaded)));
    const isParsed = syntaxTree(startState) !== syntaxTree(state);
    const { tokens, problems } = state.field(reading);
    const has = tokens.length > 0 || this.decorations.size > 0;
    const isMoved = (selectionSet || focusChanged) && problems.length > 0;
    if (has && (docChanged || isMoved || isNew || isParsed)) {
      this.decorations = decorate(state, view.hasFocus);
    }
  }
}

const focus = StateEffect.define<boolean>();
const focused = StateField.define<boolean>({
  create: () => false,
  update: (is, transaction) => transaction.effects.reduce((last, one) => (one.is(focus) ? one.value : last), is),
});

function problemAt(state: EditorState, at: number): IProblem | null {
  return state.field(reading).problems.find(one => one.from <= at && at <= one.to) ?? null;
}

function tooltip(problem: IProblem): Tooltip {
  return {
    pos: problem.from,
    end: problem.to,
    above: true,
    create: () => {
      const dom = document.createElement('div');
      dom.className = 'loom-remedy';
      dom.setAttribute('role', 'status');
      dom.textContent = problem.message;
      return { dom };
    },
  };
}

/** With the cursor in what is wrong, the remedy is shown too: for those who use no mouse. */
const atCursor = showTooltip.compute([reading, focused, 'selection'], state => {
  const { main } = state.selection;
  const problem = main.empty && state.field(focused) ? problemAt(state, main.head) : null;
  return problem === null || isBeingTyped(state, problem) ? null : tooltip(problem);
});

const underMouse = hoverTooltip((view, at) => {
  const problem = problemAt(view.state, at);
  return problem === null ? null : tooltip(problem);
});

/** Colours and remedies for an editor that has the language of our cells. */
export function loomColours(): Extension {
  return [
    reading,
    focused,
    EditorView.focusChangeEffect.of((_, focusing) => focus.of(focusing)),
    // What has precedence is drawn innermost, and so is what is seen.
    Prec.highest(ViewPlugin.fromClass(Painter, { decorations: painter => painter.decorations })),
    atCursor,
    underMouse,
  ];
}
