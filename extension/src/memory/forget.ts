// Forgetting in three steps: what, then the name typed again, then the receipt. The server checks every one of them.

import { Dialog, showDialog } from '@jupyterlab/apputils';
import { Widget } from '@lumino/widgets';

import { sentence } from '../api';
import { el } from '../dom';
import { Face } from '../face';
import type { Forgotten, MemoryUserFace } from '../generated/shapes';
import type { ILoomSidebar } from '../tokens';
import { MemoryClient, named, type Scope, type Whose } from './client';

/** Ask what to forget and have it forgotten. False: nothing was erased. */
export async function forget(whose: Whose, found: MemoryUserFace, client: MemoryClient, sidebar: ILoomSidebar): Promise<boolean> {
  const form = new ForgetForm(whose, found, client);
  for (;;) {
    const dialog = new Dialog({
      title: 'Forget',
      body: new Widget({ node: form.node }),
      buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: 'Forget', ariaLabel: `Forget for good what was chosen of ${named(whose.user)}` })],
      defaultButton: 0,
      focusNodeSelector: 'select'
    });
    form.button = dialog.node.querySelector<HTMLButtonElement>('button.jp-mod-warn');
    const answer = await dialog.launch();
    if (!answer.button.accept) {
      return false;
    }
    try {
      const done = await client.forget(whose, form.scope, form.typed);
      sidebar.announce(`Erased ${done.erased} items of ${named(whose.user)}.`);
      await _receipt(whose, done, found.confirm, client, sidebar);
      return true;
    } catch (error) {
      form.problem = sentence(error);
    }
  }
}

/** What went, where copies may still lie, and the offer to take the words out of the run log too. */
async function _receipt(whose: Whose, done: Forgotten, confirm: string, client: MemoryClient, sidebar: ILoomSidebar): Promise<void> {
  const body = new Face();
  body.html = done.html;
  const also = Dialog.warnButton({ label: 'Erase from the run log too', ariaLabel: `Take the words of ${named(whose.user)} out of ${done.logged} rows of the run log` });
  const answer = await showDialog({
    title: 'Forgotten',
    body,
    buttons: [Dialog.okButton({ label: 'Close' }), ...(done.logged ? [also] : [])],
    defaultButton: 0
  });
  if (answer.button.label !== also.label || !answer.button.accept) {
    return;
  }
  let said: string;
  try {
    said = (await client.scrub(whose.user, confirm)).text;
  } catch (error) {
    said = sentence(error);
  }
  sidebar.announce(said);
  await showDialog({ title: 'The run log', body: said, buttons: [Dialog.okButton({ label: 'Close' })] });
}

class ForgetForm {
  constructor(
    private _whose: Whose,
    found: MemoryUserFace,
    private _client: MemoryClient
  ) {
    const talks = found.talks.map((one, place) => _option(`talk ${place}`, one.title));
    const facts = found.facts.map((one, place) => _option(`fact ${place}`, `${one.subject} ${one.predicate} ${one.object}`));
    this._select.append(
      _option('everything', `Everything of ${named(_whose.user)}`),
      ...(talks.length ? [el('optgroup', { label: 'One conversation' }, ...talks)] : []),
      ...(facts.length ? [el('optgroup', { label: 'One fact' }, ...facts)] : [])
    );
    this._found = found;
    this._select.addEventListener('change', () => void this._plan());
    this._input.addEventListener('input', () => this._check());
    this.node.append(
      el('label', {}, 'What', this._select),
      this._face.node,
      el('label', {}, el('span', {}, 'Type ', el('code', {}, found.confirm), ' to confirm'), this._input),
      this._alert
    );
    void this._plan();
  }

  readonly node = el('div', { class: 'jp-loomlab-form' });

  set button(node: HTMLButtonElement | null) {
    this._button = node;
    this._check();
  }

  set problem(text: string) {
    this._alert.textContent = text;
    this._alert.hidden = !text;
  }

  get typed(): string {
    return this._input.value;
  }

  get scope(): Scope {
    const [kind, place] = this._select.value.split(' ');
    const talk = kind === 'talk' ? this._found.talks[Number(place)] : undefined;
    const fact = kind === 'fact' ? this._found.facts[Number(place)] : undefined;
    return talk ? { session_id: talk.session_id } : fact ? { fact_ids: [fact.id] } : { everything: true };
  }

  private async _plan(): Promise<void> {
    this.problem = '';
    const asked = this._select.value;
    try {
      const plan = await this._client.plan(this._whose, this.scope);
      if (asked === this._select.value) {
        this._face.html = plan.html;
      }
    } catch (error) {
      if (asked === this._select.value) {
        this.problem = sentence(error);
      }
    }
  }

  private _check(): void {
    if (this._button) {
      this._button.disabled = this.typed !== this._found.confirm;
    }
  }

  private _found: MemoryUserFace;
  private _select = el('select', {});
  private _face = new Face();
  private _input = el('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off' });
  private _alert = el('p', { role: 'alert', class: 'jp-loomlab-note', hidden: true });
  private _button: HTMLButtonElement | null = null;
}

function _option(value: string, text: string): HTMLOptionElement {
  return el('option', { value }, text.length > 90 ? `${text.slice(0, 89)}…` : text);
}
