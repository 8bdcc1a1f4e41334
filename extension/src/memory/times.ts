// Two sliders over the instants at which something changes: what was true then, and what was known then.

import { ISignal, Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import { button, el } from '../dom';
import type { MemoryStop } from '../generated/shapes';

class Slider {
  constructor(readonly name: string, moved: () => void) {
    const id = `loomlab-at-${(Slider._number += 1)}`;
    this.input = el('input', { type: 'range', min: 0, max: 0, value: 0, step: 1, id });
    this.node = el('div', { class: 'jp-loomlab-time' }, el('label', { for: id }, name), this.input, this._output);
    this.input.addEventListener('input', () => {
      this._tell();
      moved();
    });
  }

  readonly input: HTMLInputElement;
  readonly node: HTMLElement;

  /** The instant that is looked at; null is now, the last stop. */
  get at(): string | null {
    return this._stops[Number(this.input.value)]?.at ?? null;
  }

  /** Other stops; the instant stays, or the last stop before it. */
  set stops(stops: readonly MemoryStop[]) {
    const at = this.at;
    const place = stops.findLastIndex(one => one.at !== null && at !== null && Date.parse(one.at) <= Date.parse(at));
    this._stops = stops;
    this.input.max = String(Math.max(0, stops.length - 1));
    this.input.value = at === null ? this.input.max : String(Math.max(0, place));
    this.input.disabled = stops.length < 2;
    this._tell();
  }

  now(): void {
    this.input.value = this.input.max;
    this._tell();
  }

  private _tell(): void {
    const name = this._stops[Number(this.input.value)]?.name ?? 'now';
    this._output.textContent = name;
    this.input.setAttribute('aria-valuetext', name);
  }

  private _output = el('output', {});
  private _stops: readonly MemoryStop[] = [];
  private static _number = 0;
}

export class Times extends Widget {
  constructor() {
    super();
    this.addClass('jp-loomlab-times');
    this.node.setAttribute('role', 'group');
    this.node.setAttribute('aria-label', 'Where in the two times to look from');
    this._back = button('Back to now', () => this._now(), { title: 'What is true and known now' });
    this.node.append(this._true.node, this._known.node, this._back);
    this._back.disabled = true;
  }

  /** Another instant is looked at. */
  get moved(): ISignal<this, void> {
    return this._moved;
  }

  get trueAt(): string | null {
    return this._true.at;
  }

  get knownAt(): string | null {
    return this._known.at;
  }

  place(trueStops: readonly MemoryStop[], knownStops: readonly MemoryStop[]): void {
    this._true.stops = trueStops;
    this._known.stops = knownStops;
    this._back.disabled = this.trueAt === null && this.knownAt === null;
  }

  private _tell(): void {
    this._back.disabled = this.trueAt === null && this.knownAt === null;
    this._moved.emit();
  }

  private _now(): void {
    this._true.now();
    this._known.now();
    this._true.input.focus();
    this._tell();
  }

  private _moved = new Signal<this, void>(this);
  private _true = new Slider('true at', () => this._tell());
  private _known = new Slider('known at', () => this._tell());
  private _back: HTMLButtonElement;
}
