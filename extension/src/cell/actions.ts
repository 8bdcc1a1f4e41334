// What can be done with a %%loom cell: run it, stop it, compare.

import type { Cell, CodeCell } from '@jupyterlab/cells';
import { INotebookTracker, NotebookActions, NotebookPanel } from '@jupyterlab/notebook';

import { cellOf } from './magic';

export interface IPlace {
  readonly panel: NotebookPanel;
  readonly cell: CodeCell;
  readonly index: number;
}

/** Whether a cell of a notebook is one of ours. */
export function isLoomCell(cell: Cell | null | undefined): cell is CodeCell {
  return !!cell && cell.model.type === 'code' && cellOf(cell.model.sharedModel.getSource().slice(0, 10_000)) !== null;
}

/** Whether a cell asks a prompt, which can be compared; a config can't. */
export function isPromptCell(cell: Cell): boolean {
  return cellOf(cell.model.sharedModel.getSource())?.kind === 'prompt';
}

/** Whether a cell is running, or waits until it may. */
export function isRunning(cell: CodeCell): boolean {
  return cell.model.executionState === 'running';
}

/** Where a cell is: `cell`, or the active one of the notebook that is in front. Null: no cell of ours. */
export function placeOf(tracker: INotebookTracker, cell: Cell | null = tracker.activeCell): IPlace | null {
  if (!isLoomCell(cell)) {
    return null;
  }
  const panel = tracker.find(one => one.content.widgets.includes(cell));
  return panel ? { panel, cell, index: panel.content.widgets.indexOf(cell) } : null;
}

/** Run this cell, and stay on it. */
export async function run({ panel, index }: IPlace): Promise<void> {
  const notebook = panel.content;
  notebook.deselectAll();
  notebook.activeCellIndex = index;
  await NotebookActions.run(notebook, panel.sessionContext);
}

/**
 * Stop what this cell runs: by the buttons of its live displays, which end these runs and nothing else; where there is
 * none, or they were pressed already, by interrupting the kernel.
 */
export async function stop({ panel, cell }: IPlace): Promise<void> {
  const buttons = [...cell.outputArea.node.querySelectorAll<HTMLButtonElement>('.loom button')];
  const ready = buttons.filter(one => one.textContent === 'Stop' && !one.hidden && !one.disabled);
  if (ready.length > 0) {
    ready.forEach(one => one.click());
    return;
  }
  await panel.sessionContext.session?.kernel?.interrupt();
}

/** Put a new code cell below this one. */
export function insertBelow({ panel, index }: IPlace, source: string): IPlace {
  const notebook = panel.content;
  notebook.deselectAll();
  notebook.activeCellIndex = index;
  NotebookActions.insertBelow(notebook);
  const cell = notebook.activeCell as CodeCell;
  if (cell.model.type !== 'code') {
    NotebookActions.changeCellType(notebook, 'code');
  }
  const made = notebook.activeCell as CodeCell;
  made.model.sharedModel.setSource(source);
  return { panel, cell: made, index: notebook.activeCellIndex };
}

/** What the kernel would offer at the end of `code`; nothing where none runs, or it is busy too long. */
export async function offeredByKernel(panel: NotebookPanel, code: string, waitMs = 2_000): Promise<string[]> {
  const kernel = panel.sessionContext.session?.kernel;
  if (!kernel || kernel.status === 'busy') {
    return [];
  }
  const nothing = new Promise<null>(resolve => setTimeout(() => resolve(null), waitMs));
  try {
    const reply = await Promise.race([kernel.requestComplete({ code, cursor_pos: code.length }), nothing]);
    return reply?.content.status === 'ok' ? ours(reply.content) : [];
  } catch {
    // A kernel that ends meanwhile has nothing to offer.
    return [];
  }
}

interface IOffered {
  readonly matches: string[];
  readonly metadata: { readonly _jupyter_types_experimental?: unknown };
}

/** Where loomlab has not been loaded into the kernel, IPython offers all that it has itself. */
function ours({ matches, metadata }: IOffered): string[] {
  const types = metadata._jupyter_types_experimental;
  const isOurs = (place: number): boolean =>
    Array.isArray(types) && (types[place] as { type?: unknown } | undefined)?.type === 'loom';
  return matches.filter((one, place) => isOurs(place) && !one.startsWith('--'));
}
