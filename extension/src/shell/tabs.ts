// The sections of the sidebar as tabs: one at a time at full height, arrow keys between them.

import { PanelLayout, Widget } from '@lumino/widgets';

import { el } from '../dom';
import type { Section } from '../tokens';

export class Tabs extends Widget {
  constructor() {
    super();
    this.addClass('jp-loomlab-tabs');
    const layout = (this.layout = new PanelLayout());
    layout.addWidget(new Widget({ node: this._bar }));
    this._bar.addEventListener('keydown', this._keys);
  }

  add(section: Section): void {
    const { id, title, widget } = section;
    const tab = el('button', { type: 'button', role: 'tab', id: `loomlab-tab-${id}`, 'aria-controls': `loomlab-section-${id}` }, title);
    tab.dataset['section'] = id;
    tab.addEventListener('click', () => this.select(id));
    widget.id = `loomlab-section-${id}`;
    widget.addClass('jp-loomlab-section');
    widget.node.setAttribute('role', 'tabpanel');
    widget.node.setAttribute('aria-labelledby', tab.id);
    this._sections.push({ section, tab });
    this._sections.sort((a, b) => a.section.rank - b.section.rank);
    this._bar.replaceChildren(...this._sections.map(one => one.tab));
    (this.layout as PanelLayout).addWidget(widget);
    this.select(this._wanted ?? this._sections[0]!.section.id, false);
  }

  /** Show a section; by a person's choice it is kept for sections that come later. */
  select(id: string, chosen = true): void {
    const shown = this._sections.find(one => one.section.id === id) ?? this._sections[0];
    this._wanted = chosen ? id : this._wanted;
    for (const one of this._sections) {
      const on = one === shown;
      one.tab.setAttribute('aria-selected', String(on));
      one.tab.tabIndex = on ? 0 : -1;
      one.section.widget.setHidden(!on);
    }
  }

  get current(): Section | undefined {
    return this._sections.find(one => !one.section.widget.isHidden)?.section;
  }

  focusTab(): void {
    this._sections.find(one => !one.section.widget.isHidden)?.tab.focus();
  }

  private _keys = (event: KeyboardEvent): void => {
    const at = this._sections.findIndex(one => !one.section.widget.isHidden);
    const last = this._sections.length - 1;
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (to !== undefined && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.select(this._sections[to]!.section.id);
      this.focusTab();
    }
  };

  private _bar = el('div', { class: 'jp-loomlab-tabbar', role: 'tablist', 'aria-label': 'loomlab' });
  private _sections: { section: Section; tab: HTMLButtonElement }[] = [];
  private _wanted: string | null = null;
}
