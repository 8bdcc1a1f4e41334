// What the panels share. A panel asks for ILoomSidebar and adds itself; it never makes a request but through `api`.

import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Token } from '@lumino/coreutils';
import { ISignal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import type { LoomApi } from './api';
import type { Again, FaceSource } from './shell/facepanel';

/** One section of the sidebar. `rank` orders them: runs 0, memory 10, evaluations 20. */
export interface Section {
  id: string;
  title: string;
  rank: number;
  widget: Widget;
}

export interface ILoomSidebar {
  readonly api: LoomApi;
  /** The settings of the sidebar, or null where JupyterLab has no settings. */
  readonly settings: ISettingRegistry.ISettings | null;
  /** The settings were loaded or changed. */
  readonly settingsChanged: ISignal<ILoomSidebar, void>;
  /** Whether the server extension answers and fits this extension; sections may ask it only when it does. */
  readonly ready: Promise<boolean>;
  add(section: Section): void;
  /** Open the sidebar on a section and give it the focus. */
  show(id: string): void;
  /** Open a server's face in the main area; the same `id` again comes to the front. */
  openFace(source: FaceSource): void;
  /** Have a panel of the main area opened again where it was, when the page was reloaded. */
  keep(panel: Widget, again: Again): void;
  /** Say a sentence to a screen reader: politely, and never more than one in five seconds (the last one counts). */
  announce(text: string): void;
}

export const ILoomSidebar = new Token<ILoomSidebar>('loomlab:ILoomSidebar', 'The sidebar of loomlab.');
