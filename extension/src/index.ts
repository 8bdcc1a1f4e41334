// Everything that this extension brings. Each room has its plugin; the shell is what the others build on.

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { shell } from './shell/plugin';

const plugins: JupyterFrontEndPlugin<unknown>[] = [shell];

export default plugins;
