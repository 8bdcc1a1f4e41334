// The section Memory: every memory that the server knows, and of whom it remembers something.

import { Choices, type Group } from '../choices';
import { el } from '../dom';
import { counted, grouped } from '../format';
import type { MemoryInfo, MemoryList } from '../generated/shapes';
import { ListSection } from '../listsection';
import type { ILoomSidebar } from '../tokens';
import { keyOf, MemoryClient, named } from './client';

export class MemorySection extends ListSection<MemoryList> {
  constructor(
    sidebar: ILoomSidebar,
    private _client: MemoryClient
  ) {
    super(sidebar, new Choices('Users by memory', 'loomlab-memory'), { find: 'Find a user', refresh: 'Look again for memories and users' });
    this.addClass('jp-loomlab-memories');
  }

  protected override read(): Promise<MemoryList> {
    return this._client.list();
  }

  protected override draw(found: MemoryList | null, wanted: string): Node[] {
    const { memories, empty } = found ?? { memories: [], empty: '' };
    const groups = memories.filter(one => !one.problem).map(one => _group(one, wanted));
    this.list.draw(groups.filter(one => one.choices.length || !wanted));
    const users = counted(this.list.length, wanted ? 'matching user' : 'user');
    this.tell(found ? `${users} in ${counted(memories.length, 'memory').replace('memorys', 'memories')}` : '');
    this.besides.replaceChildren(
      ...memories.filter(one => one.problem).map(one => el('p', { class: 'jp-loomlab-note' }, el('strong', {}, one.name), ` ${one.problem}`))
    );
    return wanted ? [el('p', {}, 'No user of that name.')] : _nothing(memories, empty ?? '');
  }
}

function _group(info: MemoryInfo, wanted: string): Group {
  const users = info.users.filter(one => named(one.user_id).toLowerCase().includes(wanted));
  const more = info.more ? ` · ${grouped(info.more)} more users` : '';
  return {
    title: `${info.name} · ${info.kind}${more}`,
    hint: info.name,
    choices: users.map(one => ({
      key: keyOf({ memory: info.name, user: one.user_id }),
      title: named(one.user_id),
      below: `${counted(one.facts, 'fact')} · ${counted(one.episodes, 'message')}`,
      hint: `Open the memory of ${named(one.user_id)}`
    }))
  };
}

/** Nothing is remembered: what to type next. */
function _nothing(memories: readonly MemoryInfo[], empty: string): Node[] {
  if (memories.length) {
    return [el('p', {}, 'Nothing is remembered of anybody yet. Ask something in a notebook whose agent has this memory.')];
  }
  return [
    el('p', {}, el('strong', {}, 'No memory here yet.')),
    el('p', {}, 'A memory in a file below this server’s folder is shown by itself. Give an agent one:'),
    el('pre', { tabindex: 0 }, empty)
  ];
}
