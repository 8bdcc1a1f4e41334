// Everything that this extension brings. Each room has its plugin; the shell is what the others build on.

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { cell } from './cell/plugin';
import { runs } from './runs/plugin';
import { evaluations } from './evaluations/plugin';
import { memory } from './memory/plugin';
import { launcher } from './shell/launcher';
import { shell } from './shell/plugin';
import { status } from './status/plugin';

const plugins: JupyterFrontEndPlugin<unknown>[] = [shell, launcher, runs, memory, evaluations, cell, status];

export default plugins;
