// The buttons of a cell's toolbar: there while the cell is one of ours, and only then.

import type { Cell } from '@jupyterlab/cells';
import { LabIcon, runIcon, stopIcon, ToolbarButton } from '@jupyterlab/ui-components';
import { Panel } from '@lumino/widgets';

import { isLoomCell, isPromptCell, isRunning } from './actions';
import { compareIcon } from './icons';

export type ButtonName = 'run' | 'stop' | 'compare';

interface IButton {
  readonly icon: LabIcon;
  readonly says: string;
  readonly enabled: (cell: Cell) => boolean;
}

const BUTTONS: Readonly<Record<ButtonName, IButton>> = {
  run: { icon: runIcon, says: 'Run this cell', enabled: cell => isLoomCell(cell) && !isRunning(cell) },
  stop: { icon: stopIcon, says: 'Stop this run', enabled: cell => isLoomCell(cell) && isRunning(cell) },
  compare: { icon: compareIcon, says: 'Compare…', enabled: cell => isLoomCell(cell) && isPromptCell(cell) },
};

/** A button for one cell. It hides when the cell becomes another, and shows again. */
export class CellButton extends Panel {
  constructor(
    name: ButtonName,
    private readonly _cell: Cell,
    private readonly _act: (cell: Cell) => void,
  ) {
    super();
    this._kind = BUTTONS[name];
    this.addClass('loom-cell-button');
    this.addClass(`loom-cell-button-${name}`);
    this._button = new ToolbarButton({
      icon: this._kind.icon,
      tooltip: this._kind.says,
      onClick: () => this._act(this._cell),
      enabled: false,
      noFocusOnClick: false,
    });
    this.addWidget(this._button);
    _cell.model.contentChanged.connect(this._update, this);
    _cell.model.stateChanged.connect(this._update, this);
    this._update();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._cell.model?.contentChanged.disconnect(this._update, this);
      this._cell.model?.stateChanged.disconnect(this._update, this);
    }
    super.dispose();
  }

  private _update(): void {
    if (this._cell.isDisposed || this.isDisposed) {
      return;
    }
    this.setHidden(!isLoomCell(this._cell));
    this._button.enabled = this._kind.enabled(this._cell);
  }

  private readonly _kind: IButton;
  private readonly _button: ToolbarButton;
}
