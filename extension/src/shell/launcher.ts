// Two cards in the launcher: a notebook that has loomlab loaded, and the sidebar.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { NotebookActions, NotebookPanel } from '@jupyterlab/notebook';

import { CATEGORY, Commands } from '../commands';
import { loomIcon } from '../icon';
import { ILoomSidebar } from '../tokens';

export const launcher: JupyterFrontEndPlugin<void> = {
  id: 'loomlab:launcher',
  description: 'The cards of loomlab in the launcher.',
  autoStart: true,
  requires: [ILoomSidebar],
  optional: [ILauncher, IDefaultFileBrowser, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    _sidebar: ILoomSidebar,
    cards: ILauncher | null,
    files: IDefaultFileBrowser | null,
    palette: ICommandPalette | null
  ) => {
    const { commands, serviceManager } = app;
    commands.addCommand(Commands.newNotebook, {
      label: args => (args['isLauncher'] ? 'Notebook' : 'New loomlab Notebook'),
      caption: 'A notebook with %load_ext loomlab in its first cell',
      icon: loomIcon,
      execute: async args => {
        await serviceManager.kernelspecs.ready;
        const cwd = typeof args['cwd'] === 'string' ? args['cwd'] : (files?.model.path ?? '');
        const kernelName = serviceManager.kernelspecs.specs?.default;
        const panel: unknown = await commands.execute('notebook:create-new', { cwd, kernelName });
        if (panel instanceof NotebookPanel) {
          await begin(panel);
        }
        return panel;
      }
    });
    palette?.addItem({ command: Commands.newNotebook, category: CATEGORY });
    cards?.add({ command: Commands.newNotebook, category: CATEGORY, rank: 0 });
    cards?.add({ command: Commands.showRuns, category: CATEGORY, rank: 1 });
  }
};

/** The two cells to begin with: what loads loomlab, and a first question to write. */
async function begin(panel: NotebookPanel): Promise<void> {
  await panel.context.ready;
  const { content } = panel;
  content.activeCellIndex = 0;
  content.activeCell?.model.sharedModel.setSource('%load_ext loomlab');
  NotebookActions.insertBelow(content);
  content.activeCell?.model.sharedModel.setSource('%%loom\n');
  content.mode = 'edit';
}
