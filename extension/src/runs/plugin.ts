// The section Runs and its commands. Every command takes a run by its id, or what is chosen in the list.

import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Clipboard, ICommandPalette, showErrorMessage } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { sentence } from '../api';
import { CATEGORY, Commands } from '../commands';
import { oneLine } from '../format';
import { loomIcon } from '../icon';
import { ILoomSidebar } from '../tokens';
import { fork } from './fork';
import { RunsPanel } from './panel';

const LIST = '.jp-loomlab-runs-list';

export const runs: JupyterFrontEndPlugin<void> = {
  id: 'loomlab:runs',
  description: 'The runs of the log in the loomlab sidebar.',
  autoStart: true,
  requires: [ILoomSidebar],
  optional: [INotebookTracker, ICommandPalette],
  activate: (app: JupyterFrontEnd, sidebar: ILoomSidebar, tracker: INotebookTracker | null, palette: ICommandPalette | null) => {
    const { commands } = app;
    const panel = new RunsPanel(sidebar, {
      open: () => void commands.execute(Commands.openRun),
      align: () => void commands.execute(Commands.alignRuns),
      fork: () => void commands.execute(Commands.forkRun)
    });
    sidebar.add({ id: 'runs', title: 'Runs', rank: 0, widget: panel });
    panel.opened.connect((_, row) => void commands.execute(Commands.openRun, { run_id: row.run_id }));

    const follow = (): void => {
      const path = tracker?.currentWidget?.context.path;
      panel.notebook = path === undefined ? null : app.serviceManager.contents.localPath(path);
    };
    tracker?.currentChanged.connect((_, notebook) => {
      follow();
      notebook?.context.pathChanged.connect(follow);
    });
    follow();

    commands.addCommand(Commands.showNotebookRuns, {
      label: 'Show Runs of This Notebook',
      isEnabled: () => !!tracker?.currentWidget,
      execute: () => {
        panel.onlyThisNotebook();
        sidebar.show('runs');
      }
    });
    palette?.addItem({ command: Commands.showNotebookRuns, category: CATEGORY });

    const one = (args: ReadonlyPartialJSONObject): string | null =>
      typeof args['run_id'] === 'string' ? args['run_id'] : (panel.list.active ?? panel.list.chosen[0] ?? null);
    const several = (args: ReadonlyPartialJSONObject): string[] =>
      Array.isArray(args['run_ids']) ? args['run_ids'].map(String) : [...panel.list.marks];

    commands.addCommand(Commands.openRun, {
      label: 'Open Run',
      isEnabled: args => one(args) !== null,
      execute: args => {
        const runId = one(args);
        if (runId) {
          sidebar.openFace({
            id: `run-${runId}`,
            title: 'Run',
            caption: runId,
            icon: loomIcon,
            again: { command: Commands.openRun, args: { run_id: runId } },
            load: async () => {
              const { row, html, text, live } = await sidebar.api.run(runId);
              return { html, text, live, title: oneLine(row.prompt, 40) || 'Run' };
            },
            actions: [
              { label: 'Fork', title: 'Insert a cell that takes this run up again', run: () => void commands.execute(Commands.forkRun, { run_id: runId }) },
              { label: 'Label…', title: 'Say how good the answer is', run: () => void commands.execute(Commands.labelRun, { run_id: runId }) },
              { label: 'Promote…', title: 'Make the run a case of a dataset', run: () => void commands.execute(Commands.promoteRun, { run_id: runId }) },
              { label: 'Copy text', title: 'Copy the run as plain text', run: text => Clipboard.copyToSystem(text) },
              { label: 'Copy id', title: `Copy ${runId}`, run: () => Clipboard.copyToSystem(runId) }
            ]
          });
        }
      }
    });
    commands.addCommand(Commands.alignRuns, {
      label: 'Align Selected Runs',
      isEnabled: args => several(args).length > 1,
      execute: args => {
        const ids = several(args);
        sidebar.openFace({
          id: `align-${[...ids].sort().join('-')}`,
          title: `${ids.length} runs aligned`,
          caption: ids.join('\n'),
          icon: loomIcon,
          again: { command: Commands.alignRuns, args: { run_ids: ids } },
          load: () => sidebar.api.align(ids),
          actions: [{ label: 'Copy text', title: 'Copy the alignment as plain text', run: text => Clipboard.copyToSystem(text) }]
        });
      }
    });
    commands.addCommand(Commands.forkRun, {
      label: 'Fork into the Notebook',
      isEnabled: args => one(args) !== null,
      execute: async args => {
        const runId = one(args);
        try {
          return runId !== null && (await fork(runId, sidebar, tracker));
        } catch (error) {
          await showErrorMessage('This run can’t be forked', sentence(error));
          return false;
        }
      }
    });
    commands.addCommand(Commands.copyRunId, {
      label: 'Copy Run Id',
      isEnabled: args => one(args) !== null,
      execute: args => Clipboard.copyToSystem(one(args) ?? '')
    });
    commands.addCommand(Commands.searchRuns, {
      label: 'Search Runs',
      execute: () => {
        sidebar.show('runs');
        panel.search();
      }
    });
    commands.addCommand(Commands.refreshRuns, { label: 'Refresh Runs', execute: () => panel.refresh() });
    panel.chosenChanged.connect(() => [Commands.openRun, Commands.alignRuns, Commands.forkRun, Commands.copyRunId].forEach(id => commands.notifyCommandChanged(id)));

    [Commands.openRun, Commands.alignRuns, Commands.forkRun, Commands.copyRunId].forEach((command, rank) => app.contextMenu.addItem({ command, selector: LIST, rank }));
    [Commands.searchRuns, Commands.refreshRuns, Commands.openRun, Commands.alignRuns, Commands.forkRun].forEach(command => palette?.addItem({ command, category: CATEGORY }));
  }
};
