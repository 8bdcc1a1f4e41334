// The sidebar: a banner when something is in the way, the sections, and the region that speaks to screen readers.

import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { PromiseDelegate } from '@lumino/coreutils';
import { Message } from '@lumino/messaging';
import { ISignal, Signal } from '@lumino/signaling';
import { PanelLayout, Widget } from '@lumino/widgets';

import type { LoomApi } from '../api';
import { button, el } from '../dom';
import { loomIcon } from '../icon';
import type { ILoomSidebar, Section } from '../tokens';
import { Announcer } from './announcer';
import { obstacle, type Obstacle } from './fit';
import type { Again, FaceSource } from './facepanel';
import { Tabs } from './tabs';

export class Sidebar extends Widget implements ILoomSidebar {
  constructor(
    readonly api: LoomApi,
    private _open: (source: FaceSource) => void,
    private _reveal: (sidebar: Sidebar) => void,
    readonly keep: (panel: Widget, again: Again) => void
  ) {
    super();
    this.id = 'loomlab-sidebar';
    this.addClass('jp-loomlab-sidebar');
    this.title.icon = loomIcon;
    this.title.caption = 'loomlab: runs, memory, evaluations';
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'loomlab');
    const layout = (this.layout = new PanelLayout());
    this._banner.hidden = true;
    layout.addWidget(new Widget({ node: this._banner }));
    layout.addWidget(this._tabs);
    layout.addWidget(new Widget({ node: this._announcer.node }));
    this._tabs.hide();
    void this.check();
  }

  settings: ISettingRegistry.ISettings | null = null;

  get settingsChanged(): ISignal<ILoomSidebar, void> {
    return this._settingsChanged;
  }

  get ready(): Promise<boolean> {
    return this._ready.promise;
  }

  useSettings(settings: ISettingRegistry.ISettings): void {
    this.settings = settings;
    settings.changed.connect(() => this._settingsChanged.emit());
    this._settingsChanged.connect(this._followSettings, this);
    this._settingsChanged.emit();
  }

  add(section: Section): void {
    this._tabs.add(section);
  }

  override show(id?: string): void {
    if (id === undefined) {
      super.show();
      return;
    }
    this._tabs.select(id);
    this._reveal(this);
  }

  openFace(source: FaceSource): void {
    this._open(source);
  }

  announce(text: string): void {
    this._announcer.say(text);
  }

  /** Ask the server who it is; say what is in the way, or let the sections begin. */
  async check(): Promise<void> {
    const found = await obstacle(this.api);
    if (this.isDisposed) {
      return;
    }
    if (!found || !found.stops) {
      this._tabs.show();
      this._followSettings();
      this._ready.resolve(true);
    }
    this._tell(found);
  }

  protected override onActivateRequest(_msg: Message): void {
    const current = this._tabs.isHidden ? null : this._tabs.current;
    if (current) {
      current.widget.activate();
    } else {
      this._banner.querySelector('button')?.focus();
    }
  }

  private _followSettings(): void {
    const composite = this.settings?.composite as { live?: boolean } | undefined;
    this.api.live = !this._tabs.isHidden && composite?.live !== false;
  }

  private _tell(found: Obstacle | null): void {
    const held = this._banner.contains(document.activeElement);
    this._banner.hidden = !found;
    this._banner.replaceChildren();
    if (found) {
      const command = found.command ? el('code', { tabindex: 0 }, found.command) : null;
      this._banner.append(
        el('strong', {}, found.what),
        el('p', {}, found.why),
        ...(command ? [el('p', {}, found.remedy, ' ', command)] : [el('p', {}, found.remedy)]),
        button('Check again', () => void this.check())
      );
    }
    if (held) {
      this.activate(); // what had the focus is gone
    }
  }

  private _settingsChanged = new Signal<ILoomSidebar, void>(this);
  private _banner = el('div', { class: 'jp-loomlab-banner', role: 'alert' });
  private _tabs = new Tabs();
  private _announcer = new Announcer();
  private _ready = new PromiseDelegate<boolean>();
}
