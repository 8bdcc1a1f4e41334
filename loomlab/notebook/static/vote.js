// Draws the buttons of a vote, under the two answers that it is about.

const WAIT_MS = 3000;
const CHOICES = [
  ["a", "A is better", "a"],
  ["b", "B is better", "b"],
  ["tie", "Tie", "t"],
  ["bad", "Both bad", "x"],
];

function build(theme, question) {
  const host = document.createElement("div");
  host.className = "loom-vote-host";
  element("style", "", host).textContent = theme;
  const root = element("div", "loom loom-live loom-vote mathjax_ignore tex2jax_ignore", host);
  root.setAttribute("role", "group");
  root.ariaLabel = question;
  element("strong", "", root).textContent = question;
  const buttons = CHOICES.map(([choice, name, key]) => {
    const button = element("button", "", root);
    button.type = "button";
    button.dataset.choice = choice;
    button.setAttribute("aria-keyshortcuts", key);
    element("span", "", button).textContent = name;
    const hint = element("kbd", "", button);
    hint.textContent = key;
    hint.ariaHidden = "true";
    return button;
  });
  const reason = element("input", "", root);
  reason.type = "text";
  reason.maxLength = 2000;
  reason.placeholder = "why? (if you like, before you choose)";
  reason.setAttribute("aria-label", "why");
  const said = element("span", "no", root);
  said.setAttribute("role", "status");
  return { host, root, buttons, reason, said };
}

// The nearest static face above the widget, in the front ends whose outputs we know.
function staticFace(el) {
  const area = el.closest(".jp-OutputArea");
  let child = el.closest(".jp-OutputArea-child");
  while (area && child && (child = child.previousElementSibling)) {
    const output = child.querySelector(".jp-OutputArea-output");
    if (output?.querySelector(".loom")) return output;
  }
  return null;
}

function place(el, host, drawn) {
  const since = performance.now();
  const attempt = () => {
    const found = el.isConnected ? staticFace(el) : null;
    if (found) {
      found.classList.add("loom-vote-over");
      for (const old of found.querySelectorAll(":scope > .loom-vote-host")) old.remove();
      found.append(host);
      drawn();
    } else if (performance.now() - since < WAIT_MS) {
      requestAnimationFrame(attempt);
    } else {
      el.append(host);
    }
  };
  attempt();
}

function render({ model, el }) {
  const view = build(model.get("theme"), model.get("question"));
  const cast = (choice) => {
    for (const button of view.buttons) button.disabled = true;
    view.said.textContent = "";
    model.send({ type: "vote", choice, reason: view.reason.value });
  };
  for (const button of view.buttons) button.addEventListener("click", () => cast(button.dataset.choice));
  view.root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      document.activeElement?.blur();
      return;
    }
    if (event.key !== "Tab") event.stopPropagation(); // the notebook has commands on single letters
    if (event.target === view.reason) return;
    const found = CHOICES.find(([, , key]) => key === event.key.toLowerCase());
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (found && !view.buttons[0].disabled) {
      event.preventDefault();
      cast(found[0]);
    } else if (step) {
      const at = view.buttons.indexOf(document.activeElement);
      view.buttons[(at + step + view.buttons.length) % view.buttons.length]?.focus();
    }
  });
  model.on("change:trouble", () => {
    view.said.textContent = model.get("trouble");
    for (const button of view.buttons) button.disabled = false;
  });
  model.on("change:state", () => {
    if (model.get("state") !== "closed") return;
    view.host.parentElement?.classList.remove("loom-vote-over");
    view.host.remove();
  });
  place(el, view.host, () => model.send({ type: "drawn" }));
}

// The buttons go on living under the answers when their own output is taken away, and what a view has been given ends
// with that output. So they hold on to what the widget itself has been given.
export default () => {
  let kept;
  return {
    initialize({ model }) {
      kept = model;
    },
    render({ el }) {
      render({ model: kept, el });
    },
  };
};
