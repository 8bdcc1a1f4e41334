// Compare…: choose who answers, with which model, on which cases; the cell that this makes is shown all the while.

import { Dialog } from '@jupyterlab/apputils';
import { Widget } from '@lumino/widgets';

import { el } from '../dom';
import { ARCHITECTURES, MODELS } from '../generated/options';
import { compareCell, IComparison, refusal } from './compare';

export interface IChoice {
  readonly source: string;
  readonly runs: boolean;
}

/** What may be chosen; more may come while the dialog is open. */
export interface IOffer {
  readonly arms?: readonly string[];
  readonly models?: readonly string[];
  readonly datasets?: readonly string[];
}

/** Ask; null where the person thought better of it. `source` is the cell that is compared. */
export async function askWhatToCompare(source: string, offer: Promise<IOffer>): Promise<IChoice | null> {
  const body = new CompareBody(source);
  const dialog = new Dialog<IChoice>({
    title: 'Compare…',
    body,
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: 'Insert cell' })],
    focusNodeSelector: 'input',
  });
  dialog.addClass('loom-compare-dialog');
  body.changed = () => {
    const accept = dialog.node.querySelector<HTMLButtonElement>('.jp-Dialog-button.jp-mod-accept');
    if (accept) {
      accept.disabled = body.refused !== null;
    }
  };
  void offer.then(found => body.isDisposed || body.offer(found));
  const result = await dialog.launch();
  return result.button.accept && result.value && body.refused === null ? result.value : null;
}

class CompareBody extends Widget implements Dialog.IBodyWidget<IChoice> {
  changed: () => void = () => undefined;
  refused: string | null = null;

  constructor(private readonly _source: string) {
    super({ node: el('div', { class: 'loom-compare' }) });
    this._arms.append(el('legend', {}, 'Who answers'));
    ARCHITECTURES.forEach((name, place) => this._addArm(name, place < 2));
    this.node.append(
      this._arms,
      labelled('Model', this._model, this._models),
      labelled('Dataset', this._dataset, this._datasets),
      labelled('Cases', this._cases),
      el('label', { class: 'loom-compare-run' }, this._runs, 'Run it at once'),
      el('div', { class: 'loom-compare-note' }, this._note),
      el('div', { class: 'loom-compare-title', id: 'loom-compare-title' }, 'The cell that is inserted below'),
      this._preview,
    );
    this.offer({ models: MODELS });
    this.node.addEventListener('input', () => this._update());
    this._update();
  }

  getValue(): IChoice {
    return { source: this._preview.textContent ?? '', runs: this._runs.checked };
  }

  /** More to choose from. */
  offer({ arms = [], models = [], datasets = [] }: IOffer): void {
    arms.forEach(name => this._addArm(name, false));
    fill(this._models, models);
    fill(this._datasets, datasets);
  }

  protected override onAfterAttach(): void {
    this._update();
  }

  private _addArm(name: string, checked: boolean): void {
    if (this._boxes.has(name)) {
      return;
    }
    const box = el('input', { type: 'checkbox', checked });
    this._boxes.set(name, box);
    this._arms.append(el('label', {}, box, name));
  }

  private _update(): void {
    const arms = [...this._boxes].filter(([, box]) => box.checked).map(([name]) => name);
    const cases = this._cases.value.trim();
    const comparison: IComparison = {
      arms,
      model: this._model.value.trim(),
      dataset: this._dataset.value.trim(),
      cases: cases === '' ? null : Number(cases),
    };
    this._cases.disabled = comparison.dataset === '';
    this.refused = refusal(this._cases.disabled ? { ...comparison, cases: null } : comparison);
    const note = this.refused ?? '';
    if (this._note.textContent !== note) {
      this._note.textContent = note;
    }
    this._preview.textContent = compareCell(comparison, this._source);
    this.changed();
  }

  private readonly _boxes = new Map<string, HTMLInputElement>();
  private readonly _arms = el('fieldset', {});
  private readonly _models = el('datalist', { id: 'loom-compare-models' });
  private readonly _datasets = el('datalist', { id: 'loom-compare-datasets' });
  private readonly _model = el('input', { list: 'loom-compare-models', placeholder: 'the notebook’s' });
  private readonly _dataset = el('input', { list: 'loom-compare-datasets', placeholder: 'none: this prompt alone' });
  private readonly _cases = el('input', { type: 'number', min: 1, step: 1, placeholder: 'all' });
  private readonly _runs = el('input', { type: 'checkbox' });
  private readonly _note = el('span', { role: 'alert' });
  private readonly _preview = el('pre', { tabindex: 0, 'aria-labelledby': 'loom-compare-title' });
}

function labelled(text: string, input: HTMLElement, list?: HTMLElement): HTMLElement {
  return el('label', { class: 'loom-compare-field' }, el('span', {}, text), input, list);
}

function fill(list: HTMLDataListElement, names: readonly string[]): void {
  const there = new Set([...list.options].map(option => option.value));
  const fit = names.filter(name => !there.has(name) && !/\p{Cc}/u.test(name));
  list.append(...fit.map(name => el('option', { value: name })));
}
