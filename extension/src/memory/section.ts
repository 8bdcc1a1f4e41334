// The section Memory: every memory that the server knows, and of whom it remembers something.

import { Message } from '@lumino/messaging';
import { PanelLayout, Widget } from '@lumino/widgets';

import { sentence } from '../api';
import { Choices, type Group } from '../choices';
import { button, debounced, el, paced } from '../dom';
import { counted, grouped } from '../format';
import type { MemoryInfo, MemoryList } from '../generated/shapes';
import type { ILoomSidebar } from '../tokens';
import { keyOf, MemoryClient, named } from './client';

export class MemorySection extends Widget {
  constructor(
    private _sidebar: ILoomSidebar,
    private _client: MemoryClient
  ) {
    super();
    this.addClass('jp-loomlab-memories');
    const search = el('div', { class: 'jp-loomlab-search' }, this._search, button('Refresh', () => void this.refresh(), { title: 'Look again for memories and users' }));
    const layout = (this.layout = new PanelLayout());
    for (const part of [search, this._count, this._note, this._problems, this.list]) {
      layout.addWidget(part instanceof Widget ? part : new Widget({ node: part }));
    }
    this._search.addEventListener('input', debounced(() => this._show(), 100));
    this._search.addEventListener('keydown', event => {
      if (event.key === 'ArrowDown' || event.key === 'Enter') {
        event.preventDefault();
        this.list.activate();
      } else if (event.key === 'Escape' && this._search.value) {
        event.stopPropagation();
        this._search.value = '';
        this._show();
      }
    });
    const soon = paced(() => void this.refresh(), 1000);
    _sidebar.api.changed.connect(() => (this.isVisible ? soon() : (this._stale = true)));
    void _sidebar.ready.then(() => this.refresh());
  }

  readonly list = new Choices('Users by memory', 'loomlab-memory');

  async refresh(): Promise<void> {
    this._stale = false;
    const turn = (this._turn += 1);
    let found = this._found;
    let problem: string | null = null;
    try {
      found = await this._client.list();
    } catch (error) {
      problem = sentence(error);
    }
    if (turn === this._turn) {
      this._found = found;
      this._problem = problem;
      this._show();
    }
  }

  protected override onAfterShow(_msg: Message): void {
    if (this._stale) {
      void this.refresh();
    }
  }

  protected override onActivateRequest(_msg: Message): void {
    (this.list.isHidden ? this._search : this.list.node).focus();
  }

  private _show(): void {
    const { memories, empty } = this._found ?? { memories: [], empty: '' };
    const wanted = this._search.value.trim().toLowerCase();
    const groups = memories.filter(one => !one.problem).map(one => _group(one, wanted));
    const shown = groups.filter(one => one.choices.length || !wanted);
    this.list.draw(shown);
    this.list.setHidden(!this.list.length);
    const users = counted(this.list.length, wanted ? 'matching user' : 'user');
    const words = this._found ? `${users} in ${counted(memories.length, 'memory').replace('memorys', 'memories')}` : '';
    if (words !== this._count.textContent) {
      this._count.textContent = words;
      this._sidebar.announce(words);
    }
    this._problems.replaceChildren(
      ...memories.filter(one => one.problem).map(one => el('p', { class: 'jp-loomlab-note' }, el('strong', {}, one.name), ` ${one.problem}`))
    );
    this._note.hidden = !this._problem && this.list.length > 0;
    if (this._problem) {
      this._note.replaceChildren(el('p', { role: 'alert' }, this._problem), button('Try again', () => void this.refresh()));
    } else if (!this.list.length && this._found) {
      this._note.replaceChildren(...(wanted ? [el('p', {}, 'No user of that name.')] : _nothing(memories, empty ?? '')));
    }
  }

  private _search = el('input', { type: 'search', placeholder: 'Find a user', 'aria-label': 'Find a user' });
  private _count = el('div', { class: 'jp-loomlab-line' });
  private _note = el('div', { class: 'jp-loomlab-empty', hidden: true });
  private _problems = el('div', { class: 'jp-loomlab-problems' });
  private _found: MemoryList | null = null;
  private _problem: string | null = null;
  private _stale = false;
  private _turn = 0;
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
