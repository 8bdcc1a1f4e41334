// The sidebar itself, what it shares with its sections, and the commands that need no section.

import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { Widget } from '@lumino/widgets';

import { LoomApi } from '../api';
import { CATEGORY, Commands } from '../commands';
import { loomIcon } from '../icon';
import { ILoomSidebar } from '../tokens';
import { type Again, FacePanel, type FaceSource } from './facepanel';
import { Sidebar } from './sidebar';

const ID = 'loomlab:shell';
/** What a saved workspace may have opened again: nothing else, whoever wrote that file. */
const KEPT: readonly string[] = [Commands.openRun, Commands.alignRuns, Commands.openMemory, Commands.openEvaluation];

export const shell: JupyterFrontEndPlugin<ILoomSidebar> = {
  id: ID,
  description: 'The loomlab sidebar.',
  autoStart: true,
  provides: ILoomSidebar,
  optional: [ISettingRegistry, ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    settings: ISettingRegistry | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ): ILoomSidebar => {
    const kept = new WeakMap<Widget, Again>();
    const panels = new WidgetTracker({ namespace: 'loomlab-panel' });
    const keep = (panel: Widget, again: Again): void => {
      kept.set(panel, again);
      void panels.add(panel);
    };
    app.commands.addCommand(Commands.openAgain, {
      label: 'Open a Panel Again',
      isVisible: () => false,
      execute: ({ command, args }) =>
        KEPT.includes(String(command)) ? app.commands.execute(String(command), args as ReadonlyPartialJSONObject) : undefined
    });
    void restorer?.restore(panels, {
      command: Commands.openAgain,
      args: panel => ({ ...kept.get(panel) }),
      name: panel => panel.id
    });
    const open = new Map<string, FacePanel>();
    const openFace = (source: FaceSource): void => {
      let panel = open.get(source.id);
      if (!panel || panel.isDisposed) {
        panel = new FacePanel(source, api);
        panel.disposed.connect(() => open.delete(source.id));
        open.set(source.id, panel);
        app.shell.add(panel, 'main');
        if (source.again) {
          keep(panel, source.again);
        }
      } else {
        void panel.refresh();
      }
      app.shell.activateById(panel.id);
    };
    const api = new LoomApi(app.serviceManager.serverSettings);
    const sidebar = new Sidebar(api, openFace, one => app.shell.activateById(one.id), keep);
    app.shell.add(sidebar, 'left', { rank: 600, type: 'loomlab' });
    restorer?.add(sidebar, sidebar.id);
    void settings?.load(ID).then(
      loaded => sidebar.useSettings(loaded),
      error => console.warn('loomlab: its settings could not be read; the defaults apply', error)
    );

    const sections: [string, string, string][] = [
      [Commands.showRuns, 'Show Runs', 'runs'],
      [Commands.showMemory, 'Show Memory', 'memory'],
      [Commands.showEvaluations, 'Show Evaluations', 'evaluations']
    ];
    for (const [command, label, id] of sections) {
      app.commands.addCommand(command, { label: args => (args['isLauncher'] ? label.replace('Show ', '') : label), icon: loomIcon, execute: () => sidebar.show(id) });
      palette?.addItem({ command, category: CATEGORY });
    }
    app.commands.addCommand(Commands.checkServer, { label: 'Check the Server Again', execute: () => sidebar.check() });
    palette?.addItem({ command: Commands.checkServer, category: CATEGORY });
    return sidebar;
  }
};
