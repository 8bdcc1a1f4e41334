// The commands of a %%loom cell, in the palette and by keyboard; the toolbar's buttons run the same.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { Cell } from '@jupyterlab/cells';
import type { INotebookTracker } from '@jupyterlab/notebook';
import { runIcon, stopIcon } from '@jupyterlab/ui-components';

import { CATEGORY } from '../commands';
import type { ILoomSidebar } from '../tokens';
import { insertBelow, IPlace, isPromptCell, isRunning, offeredByKernel, placeOf, run, stop } from './actions';
import { askWhatToCompare, IOffer } from './comparedialog';
import { compareIcon } from './icons';
import { KnownNames } from './known';

export const CellCommands = {
  run: 'loomlab:run-cell',
  stop: 'loomlab:stop-cell',
  compare: 'loomlab:compare-cell',
} as const;

/** Add them; gives what the buttons of a given cell do. */
export function addCellCommands(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  palette: ICommandPalette | null,
  sidebar: ILoomSidebar | null,
  known: KnownNames,
): Record<'run' | 'stop' | 'compare', (cell: Cell) => void> {
  const { commands } = app;
  const active = (): IPlace | null => {
    const inFront = app.shell.currentWidget === tracker.currentWidget;
    return inFront ? placeOf(tracker) : null;
  };
  const acts = {
    run: async (place: IPlace): Promise<void> => run(place),
    stop: async (place: IPlace): Promise<void> => {
      sidebar?.announce('Stopping this run.');
      await stop(place);
    },
    compare: async (place: IPlace): Promise<void> => compare(place, known),
  };
  const ready = {
    run: (place: IPlace) => !isRunning(place.cell),
    stop: (place: IPlace) => isRunning(place.cell),
    compare: (place: IPlace) => isPromptCell(place.cell),
  };
  const looks = {
    run: { label: 'Run This %%loom Cell', caption: 'Run the selected %%loom cell and stay on it', icon: runIcon },
    stop: { label: 'Stop This %%loom Cell', caption: 'Stop what the selected %%loom cell runs', icon: stopIcon },
    compare: {
      label: 'Compare…',
      caption: 'Insert a cell that compares ways of thinking on this prompt, or on a dataset',
      icon: compareIcon,
    },
  };
  for (const name of ['run', 'stop', 'compare'] as const) {
    commands.addCommand(CellCommands[name], {
      ...looks[name],
      describedBy: { args: { type: 'object', properties: {} } },
      isEnabled: () => {
        const place = active();
        return place !== null && ready[name](place);
      },
      execute: async () => {
        const place = active();
        if (place !== null && ready[name](place)) {
          await acts[name](place);
        }
      },
    });
    palette?.addItem({ command: CellCommands[name], category: CATEGORY });
  }
  // Whether a command can run changes with the cell, its text and its state; menus and toolbars ask again then.
  const tell = (): void => Object.values(CellCommands).forEach(id => commands.notifyCommandChanged(id));
  tracker.activeCellChanged.connect((_, cell) => {
    cell?.model?.contentChanged.connect(tell);
    cell?.model?.stateChanged.connect(tell);
    tell();
  });
  const onCell = (name: keyof typeof acts) => (cell: Cell) => {
    const place = placeOf(tracker, cell);
    if (place !== null && ready[name](place)) {
      void acts[name](place);
    }
  };
  return { run: onCell('run'), stop: onCell('stop'), compare: onCell('compare') };
}

async function compare(place: IPlace, known: KnownNames): Promise<void> {
  const source = place.cell.model.sharedModel.getSource();
  const choice = await askWhatToCompare(source, offers(place, known));
  if (choice === null || place.cell.isDisposed) {
    return;
  }
  const index = place.panel.content.widgets.indexOf(place.cell);
  const made = insertBelow({ ...place, index }, choice.source);
  if (choice.runs) {
    await run(made);
  } else {
    made.panel.content.mode = 'edit';
  }
}

async function offers({ panel }: IPlace, known: KnownNames): Promise<IOffer> {
  const arms = await offeredByKernel(panel, '%%loom --ab ');
  const datasets = await offeredByKernel(panel, '%%loom --ab a,b --on ');
  const models = await offeredByKernel(panel, '%%loom --model ');
  const { models: used = [] } = await known.get();
  return { arms, datasets, models: [...models, ...used] };
}
