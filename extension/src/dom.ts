// Small helpers to make nodes. Text goes in as text, never as HTML.

type Child = Node | string | null | undefined | false;

/** A node with attributes and children. `true` sets an empty attribute; `false` and `null` leave it out. */
export function el<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Record<string, string | number | boolean | null | undefined> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(key, value === true ? '' : String(value));
    }
  }
  made.append(...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false));
  return made;
}

/** A button that says what it does. */
export function button(text: string, action: () => void, attributes: Record<string, string | boolean> = {}): HTMLButtonElement {
  const made = el('button', { type: 'button', class: 'jp-loomlab-button', ...attributes }, text);
  made.addEventListener('click', action);
  return made;
}

/** Have Tab reach the first button of a toolbar that can be pressed; arrow keys go on from there. */
export function beginToolbar(toolbar: HTMLElement): void {
  const bar = toolbar as HTMLElement & { activeIndex?: number; reduceFocusableElements?(): void; setFocusableElements?(): void };
  if (!bar.contains(document.activeElement)) {
    bar.reduceFocusableElements?.();
    bar.activeIndex = 0;
    bar.setFocusableElements?.();
  }
}

/** Call `action` at most once in `ms`, however often it is asked for; who asks last is never left out. */
export function paced(action: () => void, ms: number): () => void {
  let timer = 0;
  return () => {
    timer ||= window.setTimeout(() => {
      timer = 0;
      action();
    }, ms);
  };
}

/** Call `action` once things have been quiet for `ms`. */
export function debounced(action: () => void, ms: number): () => void {
  let timer = 0;
  return () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(action, ms);
  };
}
