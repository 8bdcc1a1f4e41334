// The mark: threads over and under, in the colours of the theme.

import { LabIcon } from '@jupyterlab/ui-components';

export const loomIcon = new LabIcon({
  name: 'loomlab:loom',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><g class="jp-icon3 jp-icon-selectable" fill="#616161">
<path d="M6 2h3v7H6zM6 12h3v10H6zM15 2h3v10h-3zM15 15h3v7h-3z"/><path d="M2 6h2.500v3H2zM10.500 6H22v3H19.500h-9zM2 12h0zM2 15h11.500v3H2zM19.500 15H22v3h-2.500z"/></g></svg>`
});
