// Tab in lines of ours: what is known without a kernel, each with its kind and meaning. A kernel adds its variables.

import { CompletionHandler, ICompletionContext, ICompletionProvider } from '@jupyterlab/completer';
import {
  codeIcon,
  consoleIcon,
  kernelIcon,
  LabIcon,
  listIcon,
  settingsIcon,
  tableRowsIcon,
  treeViewIcon,
  userIcon,
  usersIcon,
} from '@jupyterlab/ui-components';

import { KnownNames } from './known';
import { isOurs, suggest, SuggestionKind } from './suggest';

const ICONS: Readonly<Record<SuggestionKind, LabIcon>> = {
  option: settingsIcon,
  setting: settingsIcon,
  command: consoleIcon,
  architecture: treeViewIcon,
  team: usersIcon,
  model: kernelIcon,
  dataset: tableRowsIcon,
  scorer: listIcon,
  user: userIcon,
  word: codeIcon,
};

/** JupyterLab asks those of the highest rank first; what the kernel says too is then shown once, as ours. */
const RANK = 1100;

export class LoomCompletions implements ICompletionProvider {
  readonly identifier = 'CompletionProvider:loomlab';
  readonly rank = RANK;
  readonly renderer = null;

  constructor(private readonly _known: KnownNames) {}

  async isApplicable(context: ICompletionContext): Promise<boolean> {
    const place = placeOf(context);
    return place !== null && isOurs(place.source, place.offset);
  }

  async fetch(
    request: CompletionHandler.IRequest,
    context: ICompletionContext,
  ): Promise<CompletionHandler.ICompletionItemsReply> {
    const place = placeOf(context) ?? { source: request.text, offset: request.offset };
    const { from, items } = suggest(place.source, place.offset, await this._known.get());
    return {
      start: from,
      end: place.offset,
      items: items.map(({ text, kind, meaning }) => ({
        label: text,
        insertText: text,
        type: kind,
        icon: ICONS[kind],
        documentation: meaning || undefined,
      })),
    };
  }

  shouldShowContinuousHint(isVisible: boolean, changed: { sourceChange?: readonly object[] }): boolean {
    const change = changed.sourceChange ?? [];
    const inserted = change.map(one => ('insert' in one ? String(one.insert) : '')).join('');
    const isDeleted = change.some(one => 'delete' in one);
    return !isVisible && !isDeleted && /^[\p{L}\p{N}_\-=]$/u.test(inserted);
  }
}

function placeOf({ editor }: ICompletionContext): { source: string; offset: number } | null {
  if (!editor) {
    return null;
  }
  return { source: editor.model.sharedModel.getSource(), offset: editor.getOffsetAt(editor.getCursorPosition()) };
}
