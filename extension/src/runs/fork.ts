// A fork into the open notebook: the cell is shown and confirmed first, unless the settings say otherwise.

import { Dialog, showDialog } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookActions, NotebookPanel } from '@jupyterlab/notebook';
import { Widget } from '@lumino/widgets';

import { el } from '../dom';
import type { ILoomSidebar } from '../tokens';

/** Insert the cell that takes the run up again. False: it was not wanted after all. */
export async function fork(runId: string, sidebar: ILoomSidebar, tracker: INotebookTracker | null): Promise<boolean> {
  const panel = tracker?.currentWidget;
  if (!panel || panel.isDisposed) {
    await showDialog({
      title: 'No notebook is open',
      body: 'A fork is a cell: open the notebook that it should be added to, then fork again.',
      buttons: [Dialog.okButton()]
    });
    return false;
  }
  const { source } = await sidebar.api.fork(runId);
  if (!(await confirmed(source, panel, sidebar))) {
    return false;
  }
  await panel.context.ready;
  NotebookActions.insertBelow(panel.content);
  panel.content.activeCell?.model.sharedModel.setSource(source);
  panel.content.activate();
  sidebar.announce(`A cell was added to ${panel.title.label}.`);
  return true;
}

async function confirmed(source: string, panel: NotebookPanel, sidebar: ILoomSidebar): Promise<boolean> {
  const settings = sidebar.settings;
  if (settings && (settings.composite as { confirmFork?: boolean }).confirmFork === false) {
    return true;
  }
  const body = new Widget({ node: el('div', { class: 'jp-loomlab-confirm' }) });
  const where = panel.content.activeCell ? 'below the active cell of' : 'to';
  body.node.append(
    el('p', {}, `This cell is added ${where} ${panel.title.label}. Nothing runs until you run it.`),
    el('pre', { tabindex: 0 }, source)
  );
  const answer = await showDialog({
    title: 'Fork this run',
    body,
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: 'Insert' })],
    defaultButton: 1,
    checkbox: settings ? { label: 'Do not ask again', caption: 'The settings of loomlab bring the question back', checked: false } : null
  });
  if (answer.button.accept && answer.isChecked) {
    await settings?.set('confirmFork', false);
  }
  return answer.button.accept;
}
