// %%loom cells in JupyterLab: coloured, completed, run, stopped and compared. Start with magic.ts: what a cell says.

import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, IToolbarWidgetRegistry } from '@jupyterlab/apputils';
import type { Cell, ICellModel } from '@jupyterlab/cells';
import { EditorExtensionRegistry, IEditorExtensionRegistry, IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { ICompletionProviderManager } from '@jupyterlab/completer';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { EditorView } from '@codemirror/view';
import { ViewPlugin } from '@codemirror/view';

import { ILoomSidebar } from '../tokens';
import { loomColours } from './colours';
import { addCellCommands } from './commands';
import { LoomCompletions } from './completion';
import { KnownNames } from './known';
import { IParts, loaded, loomLanguage, setParts } from './language';
import { ButtonName, CellButton } from './toolbar';

export const cell: JupyterFrontEndPlugin<void> = {
  id: 'loomlab:cell',
  description: 'Colours, completion, toolbar and commands of %%loom cells.',
  autoStart: true,
  requires: [IEditorExtensionRegistry, IEditorLanguageRegistry],
  optional: [INotebookTracker, ICompletionProviderManager, IToolbarWidgetRegistry, ICommandPalette, ILoomSidebar],
  activate: (
    app: JupyterFrontEnd,
    editors: IEditorExtensionRegistry,
    languages: IEditorLanguageRegistry,
    tracker: INotebookTracker | null,
    completions: ICompletionProviderManager | null,
    toolbars: IToolbarWidgetRegistry | null,
    palette: ICommandPalette | null,
    sidebar: ILoomSidebar | null,
  ): void => {
    addColours(editors, languages);
    const known = new KnownNames(sidebar);
    completions?.registerProvider(new LoomCompletions(known));
    if (tracker !== null) {
      const acts = addCellCommands(app, tracker, palette, sidebar, known);
      for (const name of ['run', 'stop', 'compare'] as const satisfies readonly ButtonName[]) {
        toolbars?.addFactory<Cell>('Cell', `loom-${name}`, one => new CellButton(name, one, acts[name]));
      }
    }
  },
};

function addColours(editors: IEditorExtensionRegistry, languages: IEditorLanguageRegistry): void {
  const views = new Set<EditorView>();
  const tracked = ViewPlugin.define(view => {
    views.add(view);
    return { destroy: () => views.delete(view) };
  });
  const extension = [loomLanguage(), loomColours(), tracked];
  editors.addExtension({
    name: 'loomlab:cell',
    factory: ({ model }) =>
      (model as Partial<ICellModel>).type === 'code'
        ? EditorExtensionRegistry.createImmutableExtension(extension)
        : null,
  });
  void load(languages).then(parts => {
    setParts(parts);
    views.forEach(view => view.dispatch({ effects: loaded.of(parts) }));
  });
}

async function load(languages: IEditorLanguageRegistry): Promise<IParts> {
  const part = async (mime: string): Promise<IParts['markdown']> => {
    const found = languages.findByMIME(mime);
    return (found && (await languages.getLanguage(found))?.support) ?? null;
  };
  const [markdown, python, toml] = await Promise.all(['text/x-ipythongfm', 'text/x-ipython', 'text/x-toml'].map(part));
  return { markdown: markdown ?? null, python: python ?? null, toml: toml ?? null };
}
