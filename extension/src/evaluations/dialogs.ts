// What a person writes about a run, each behind a dialog that says what will be written: a label, a case of a dataset.

import { Dialog, Notification } from '@jupyterlab/apputils';
import { Widget } from '@lumino/widgets';

import { sentence } from '../api';
import { el } from '../dom';
import { EvaluationClient, LABELS } from './client';

const SHOWN_MS = 5000;
const WORDS: Record<(typeof LABELS)[number], string> = {
  good: 'good: as it should be',
  fair: 'fair: of use, with faults',
  bad: 'bad: wrong, or of no use'
};

/** Say how good a run is. False: nothing was written. */
export async function label(runId: string, client: EvaluationClient): Promise<boolean> {
  const name = `loomlab-label-${runId}`;
  const radios = LABELS.map(one => el('input', { type: 'radio', name, value: one, checked: one === 'good' }));
  const note = el('textarea', { rows: 3, maxlength: 4000 });
  const form = el(
    'div',
    { class: 'jp-loomlab-form' },
    el('fieldset', {}, el('legend', {}, 'The answer is'), ...radios.map((radio, place) => el('label', { class: 'jp-loomlab-radio' }, radio, WORDS[LABELS[place]!]))),
    el('label', {}, 'Why (kept with the label)', note)
  );
  return _until('Label this run', 'Label', form, 'input', async () => {
    const chosen = radios.find(one => one.checked)?.value ?? 'good';
    await client.label(runId, chosen, note.value);
    Notification.success(`The run is labelled ${chosen}.`, { autoClose: SHOWN_MS });
  });
}

/** Make a run a case of a dataset. False: nothing was written. */
export async function promote(runId: string, client: EvaluationClient): Promise<boolean> {
  const names = el('datalist', { id: `loomlab-datasets-${runId}` });
  const dataset = el('input', { type: 'text', value: 'regressions', list: names.id, maxlength: 60, autocomplete: 'off', spellcheck: 'false' });
  const expected = el('textarea', { rows: 4, maxlength: 20_000 });
  const where = el('p', { class: 'jp-loomlab-line' });
  const form = el(
    'div',
    { class: 'jp-loomlab-form' },
    el('p', {}, 'What this run was asked becomes a case, so that it is asked again. Its user is not written.'),
    el('label', {}, 'Dataset', dataset, names),
    where,
    el('label', {}, 'The right answer (may be left empty)', expected)
  );
  void client.datasets().then(
    found => {
      names.replaceChildren(...found.names.map(one => el('option', { value: one })));
      where.textContent = found.names.length ? `In the folder ${found.folder}: ${found.names.slice(0, 8).join(', ')}. Another name makes a new one.` : `A new file in the folder ${found.folder}.`;
    },
    error => (where.textContent = sentence(error))
  );
  return _until('Promote to a case', 'Promote', form, 'input', async () => {
    const done = await client.promote(runId, dataset.value.trim(), expected.value === '' ? null : expected.value);
    Notification.success(`The run is a case of ${done.dataset} now.`, { autoClose: SHOWN_MS });
  });
}

/** Show the form until what it asks for is done, or is not wanted after all. */
async function _until(title: string, yes: string, form: HTMLElement, focus: string, act: () => Promise<void>): Promise<boolean> {
  const alert = el('p', { role: 'alert', class: 'jp-loomlab-note', hidden: true });
  form.append(alert);
  for (;;) {
    const body = new Widget({ node: form });
    const dialog = new Dialog({ title, body, buttons: [Dialog.cancelButton(), Dialog.okButton({ label: yes })], focusNodeSelector: focus });
    const answer = await dialog.launch();
    if (!answer.button.accept) {
      return false;
    }
    try {
      await act();
      return true;
    } catch (error) {
      alert.textContent = sentence(error);
      alert.hidden = false;
    }
  }
}
