// The section Evaluations, the panel of each, and the commands that say something of a run.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { Commands } from '../commands';
import { ILoomSidebar } from '../tokens';
import { EvaluationClient } from './client';
import { label, promote } from './dialogs';
import { EvaluationPanel } from './panel';
import { EvaluationsSection } from './section';

export const evaluations: JupyterFrontEndPlugin<void> = {
  id: 'loomlab:evaluations',
  description: 'Evaluations in the loomlab sidebar.',
  autoStart: true,
  requires: [ILoomSidebar],
  activate: (app: JupyterFrontEnd, sidebar: ILoomSidebar) => {
    const { commands, shell } = app;
    const client = new EvaluationClient(sidebar.api);
    const section = new EvaluationsSection(sidebar, client);
    const open = new Map<string, EvaluationPanel>();
    const doing = {
      open: (runId: string) => void commands.execute(Commands.openRun, { run_id: runId }),
      label: (runId: string) => void commands.execute(Commands.labelRun, { run_id: runId }),
      promote: (runId: string) => void commands.execute(Commands.promoteRun, { run_id: runId })
    };
    const show = (id: string): void => {
      let panel = open.get(id);
      if (!panel || panel.isDisposed) {
        panel = new EvaluationPanel(id, client, sidebar, doing);
        panel.disposed.connect(() => open.delete(id));
        open.set(id, panel);
        shell.add(panel, 'main');
        sidebar.keep(panel, { command: Commands.openEvaluation, args: { evaluation_id: id } });
      }
      shell.activateById(panel.id);
    };
    section.list.opened.connect((_, id) => show(id));
    sidebar.add({ id: 'evaluations', title: 'Evaluations', rank: 20, widget: section });

    const run = (args: ReadonlyPartialJSONObject): string => (typeof args['run_id'] === 'string' ? args['run_id'] : '');
    commands.addCommand(Commands.openEvaluation, {
      label: 'Open an Evaluation',
      isEnabled: args => typeof args['evaluation_id'] === 'string',
      execute: args => show(String(args['evaluation_id']))
    });
    commands.addCommand(Commands.labelRun, {
      label: 'Label Run…',
      isEnabled: args => run(args) !== '',
      execute: args => label(run(args), client)
    });
    commands.addCommand(Commands.promoteRun, {
      label: 'Promote Run to a Case…',
      isEnabled: args => run(args) !== '',
      execute: args => promote(run(args), client)
    });
  }
};
