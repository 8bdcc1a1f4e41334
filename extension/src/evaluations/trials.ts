// The trials of an evaluation: chosen by arrow keys, opened by Enter, labelled and promoted by buttons.

import { PanelLayout, Widget } from '@lumino/widgets';

import { Choices } from '../choices';
import { button, el } from '../dom';
import { counted, grouped } from '../format';
import type { EvaluationFace, TrialRow } from '../generated/shapes';
import { trialOf } from './words';

/** What can be done with the run of a trial. */
export interface Doing {
  open: (runId: string) => void;
  label: (runId: string) => void;
  promote: (runId: string) => void;
}

export class Trials extends Widget {
  constructor(doing: Doing) {
    super({ node: el('section', { 'aria-label': 'Trials' }) });
    this.addClass('jp-loomlab-trials');
    const act = (name: keyof Doing) => () => {
      const run = this._run();
      if (run) {
        doing[name](run);
      }
    };
    this._buttons = [
      button('Open run', act('open'), { title: 'Open the run of the chosen trial (Enter)' }),
      button('Label…', act('label'), { title: 'Say how good the answer is' }),
      button('Promote to a case…', act('promote'), { title: 'Make the run a case of a dataset' })
    ];
    this._list.opensOnClick = false;
    this._list.opened.connect(act('open'));
    this._list.moved.connect(() => this._choose());
    const show = el('label', {}, 'Show ', this._which);
    this._which.addEventListener('change', () => this._show());
    const head = el('div', { class: 'jp-loomlab-trials-head' }, el('h3', {}, 'Trials'), show, this._count);
    const bar = el('div', { class: 'jp-loomlab-trials-bar', role: 'group', 'aria-label': 'Actions on the chosen trial' }, ...this._buttons);
    const layout = (this.layout = new PanelLayout());
    for (const part of [new Widget({ node: head }), this._list, new Widget({ node: bar })]) {
      layout.addWidget(part);
    }
  }

  draw(found: EvaluationFace): void {
    this._trials = found.trials;
    this._more = found.more_trials;
    this.setHidden(!found.trials.length);
    const arms = found.row.arms;
    const wanted = ['all', 'not right', ...arms];
    if (JSON.stringify(wanted) !== this._options) {
      const before = this._which.value;
      this._options = JSON.stringify(wanted);
      const more = arms.map((arm, place) => el('option', { value: `arm ${place}` }, arm));
      this._which.replaceChildren(el('option', { value: 'all' }, 'all'), el('option', { value: 'wrong' }, 'those that are not right'), ...more);
      this._which.value = before || 'all';
      this._arms = arms;
    }
    this._show();
  }

  private _show(): void {
    const arm = this._which.value.startsWith('arm ') ? this._arms[Number(this._which.value.slice(4))] : undefined;
    const shown = this._trials.filter(one => (arm !== undefined ? one.arm === arm : this._which.value !== 'wrong' || one.score !== 1));
    const epochs = this._trials.some(one => one.epoch > 1);
    const groups = this._arms.map(name => ({ title: name, choices: shown.filter(one => one.arm === name).map(one => trialOf(one, epochs)) }));
    this._list.draw(groups.filter(one => one.choices.length));
    this._list.setHidden(!shown.length);
    const more = this._more ? `, the first of ${grouped(this._trials.length + this._more)}` : '';
    this._count.textContent = `${counted(shown.length, 'trial')}${more}`;
    this._choose();
  }

  private _choose(): void {
    const none = this._run() === null;
    this._buttons.forEach(one => (one.disabled = none));
  }

  private _run(): string | null {
    return this._trials.find(one => one.trial_id === this._list.active)?.run_id ?? null;
  }

  private static _number = 0;
  private _list = new Choices('Trials by arm', `loomlab-trial-${(Trials._number += 1)}`);
  private _which = el('select', {});
  private _count = el('span', { class: 'jp-loomlab-count', role: 'status' });
  private _buttons: HTMLButtonElement[];
  private _trials: readonly TrialRow[] = [];
  private _arms: readonly string[] = [];
  private _options = '';
  private _more = 0;
}
