// Made by `python extension/make_types.py`. Do not edit: change the Python it is made from, and run that again.

// @ts-nocheck
// What every live face shares: drawing what is new into what is there. All HTML is sanitised before it is sent.

// Makes `live` look like `next`, touching only what differs: scroll places, focus, selection and open folds stay.
function morph(live, next) {
  if (live.nodeType !== next.nodeType || live.nodeName !== next.nodeName) {
    live.replaceWith(next.cloneNode(true));
    return;
  }
  if (live.nodeType !== Node.ELEMENT_NODE) {
    if (live.data !== next.data) live.data = next.data;
    return;
  }
  if (live.isEqualNode(next)) return;
  for (const { name, value } of [...next.attributes]) {
    if (live.getAttribute(name) !== value) live.setAttribute(name, value);
  }
  for (const { name } of [...live.attributes]) {
    // A person opened this fold; that it is closed in what was sent says nothing.
    if (!next.hasAttribute(name) && !(name === "open" && live.nodeName === "DETAILS")) live.removeAttribute(name);
  }
  morphChildren(live, next);
}

function morphChildren(live, next) {
  const wanted = [...next.childNodes];
  while (live.childNodes.length > wanted.length) live.lastChild.remove();
  wanted.forEach((node, index) => {
    const old = live.childNodes[index];
    if (old) morph(old, node);
    else live.append(node.cloneNode(true));
  });
}

function parsed(html, within) {
  const holder = document.createElement("template");
  holder.innerHTML = within ? `<table><tbody><tr>${html}</tr></tbody></table>` : html;
  return within ? holder.content.querySelector("tr") : holder.content;
}

function element(name, className, parent) {
  const made = document.createElement(name);
  if (className) made.className = className;
  parent?.append(made);
  return made;
}

export { morph, parsed };
