import { LabIcon } from '@jupyterlab/ui-components';

/** Two columns beside each other. */
export const compareIcon = new LabIcon({
  name: 'loomlab:compare',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><path class="jp-icon3" fill="#616161"
d="M3 4h8v16H3zm2 2v12h4V6zm8-2h8v16h-8zm2 2v12h4V6z"/></svg>`,
});
