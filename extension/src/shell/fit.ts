// Does the server fit this extension? Says what is in the way, why, and what mends it.

import { LoomApi, LoomError, sentence } from '../api';
import { VERSION } from '../generated/version';

const API = 1;

export interface Obstacle {
  what: string;
  why: string;
  remedy: string;
  command?: string;
  /** Nothing can be shown. */
  stops: boolean;
}

export async function obstacle(api: LoomApi, own = VERSION): Promise<Obstacle | null> {
  try {
    const about = await api.about();
    if (about.api !== API || minor(about.version) !== minor(own)) {
      return {
        what: 'The two halves of loomlab are of different versions.',
        why: `This page runs the JupyterLab extension ${own}, the server runs loomlab ${about.version}.`,
        remedy: 'Install loomlab into the Python that runs JupyterLab, restart it and reload this page:',
        command: "pip install --upgrade 'loomlab[notebook]'",
        stops: true
      };
    }
    return null;
  } catch (error) {
    if (error instanceof LoomError && error.missing) {
      return {
        what: 'loomlab’s server extension is not running.',
        why: 'The runs, memories and evaluations are read by it, so there is nothing to show without it.',
        remedy: 'Enable it, then restart JupyterLab:',
        command: 'jupyter server extension enable loomlab.server',
        stops: true
      };
    }
    return { what: 'loomlab could not start here.', why: sentence(error), remedy: 'Then check again.', stops: true };
  }
}

function minor(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}
