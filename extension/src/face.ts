// The server's faces in a node: the very HTML of loomlab.display, drawn into what is there, so that scroll places,
// focus and open folds stay. The server sends sanitised HTML; what could act or load is dropped here a second time.

import { Widget } from '@lumino/widgets';

import { morph, parsed } from './generated/morph';

const ACTIVE = 'script,iframe,frame,object,embed,link,meta,base,form,input,textarea,select,audio,video,source,foreignObject';
const HARMLESS_TARGET = /^(#|https?:\/\/|mailto:)/i;
const HARMLESS_PICTURE = /^(#|data:image\/(png|gif|jpeg|webp);)/i;

export class Face extends Widget {
  constructor() {
    super();
    this.addClass('jp-loomlab-face');
  }

  /** Show this HTML. What is equal to what is shown is not touched. */
  set html(html: string) {
    if (html === this._html) {
      return;
    }
    this._html = html;
    draw(this.node, html);
  }

  get html(): string {
    return this._html;
  }

  private _html = '';
}

/** Draw a face into a node of one's own. */
export function draw(node: HTMLElement, html: string): void {
  const next = node.cloneNode(false) as HTMLElement;
  next.append(disarmed(html));
  morph(node, next);
}

/** The HTML as nodes that do nothing and fetch nothing by themselves. */
export function disarmed(html: string): DocumentFragment {
  const content = parsed(html, false) as DocumentFragment;
  content.querySelectorAll(ACTIVE).forEach(element => element.remove());
  for (const element of content.querySelectorAll('*')) {
    for (const { name, value } of [...element.attributes]) {
      const short = name.toLowerCase().replace(/^.*:/, '');
      const picture = element.localName === 'img' || element.localName === 'image';
      const target = picture ? HARMLESS_PICTURE : element.localName === 'a' ? HARMLESS_TARGET : /^#/;
      const unsafe = short.startsWith('on') || short === 'srcdoc' || short === 'srcset';
      const leads = short === 'href' || short === 'src' || short === 'action' || short === 'formaction';
      if (unsafe || (leads && !target.test(value.trim()))) {
        element.removeAttribute(name);
      }
    }
    if (element.localName === 'a') {
      element.setAttribute('target', '_blank');
      element.setAttribute('rel', 'noopener noreferrer');
    }
  }
  return content;
}
