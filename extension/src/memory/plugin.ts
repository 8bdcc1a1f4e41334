// The section Memory, and the panel of each user.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';

import { Commands } from '../commands';
import { ILoomSidebar } from '../tokens';
import { keyOf, MemoryClient, whoseOf, type Whose } from './client';
import { MemoryPanel } from './panel';
import { MemorySection } from './section';

export const memory: JupyterFrontEndPlugin<void> = {
  id: 'loomlab:memory',
  description: 'What agents remember of their users, in the loomlab sidebar.',
  autoStart: true,
  requires: [ILoomSidebar],
  activate: (app: JupyterFrontEnd, sidebar: ILoomSidebar) => {
    const client = new MemoryClient(sidebar.api);
    const section = new MemorySection(sidebar, client);
    const open = new Map<string, MemoryPanel>();
    const show = (whose: Whose): void => {
      const key = keyOf(whose);
      let panel = open.get(key);
      if (!panel || panel.isDisposed) {
        panel = new MemoryPanel(whose, client, sidebar);
        panel.disposed.connect(() => open.delete(key));
        panel.erased.connect(() => void section.refresh());
        open.set(key, panel);
        app.shell.add(panel, 'main');
        sidebar.keep(panel, { command: Commands.openMemory, args: { memory: whose.memory, user_id: whose.user } });
      }
      app.shell.activateById(panel.id);
    };
    section.list.opened.connect((_, key) => show(whoseOf(key)));
    sidebar.add({ id: 'memory', title: 'Memory', rank: 10, widget: section });
    app.commands.addCommand(Commands.openMemory, {
      label: 'Open the Memory of a User',
      isEnabled: args => typeof args['memory'] === 'string',
      execute: args => show({ memory: String(args['memory']), user: typeof args['user_id'] === 'string' ? args['user_id'] : null })
    });
  }
};
