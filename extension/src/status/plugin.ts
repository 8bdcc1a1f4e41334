// What the notebook in front has cost, in the status bar: grows while it runs, opens its runs when pressed.

import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IStatusBar } from '@jupyterlab/statusbar';

import { Commands } from '../commands';
import { ILoomSidebar } from '../tokens';
import { SpendItem } from './item';

export const status: JupyterFrontEndPlugin<void> = {
  id: 'loomlab:status',
  description: 'The cost of this notebook in the status bar.',
  autoStart: true,
  requires: [ILoomSidebar, INotebookTracker],
  optional: [IStatusBar],
  activate: (app: JupyterFrontEnd, sidebar: ILoomSidebar, tracker: INotebookTracker, bar: IStatusBar | null): void => {
    if (bar === null) {
      return;
    }
    const item = new SpendItem(sidebar, () => void app.commands.execute(Commands.showNotebookRuns));
    const follow = (): void => {
      const panel = tracker.currentWidget;
      const isInFront = panel !== null && app.shell.currentWidget === panel;
      item.notebook = isInFront ? app.serviceManager.contents.localPath(panel.context.path) : null;
    };
    tracker.currentChanged.connect((_, panel) => {
      panel?.context.pathChanged.connect(follow);
      follow();
    });
    app.shell.currentChanged?.connect(follow);
    void app.restored.then(follow);
    bar.registerStatusItem('loomlab:spend', {
      item,
      align: 'left',
      rank: 30,
      isActive: () => item.isShown,
      activeStateChanged: item.activeChanged,
    });
  },
};
