// Draws the inspector of a memory. It stands where the static face of the same output stands, which is hidden meanwhile.

const WAIT_MS = 3000;
const WIDTH = 740; // of the picture's own measure

function button(text, parent, act) {
  const made = element("button", "", parent);
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

function slider(name, parent) {
  const label = element("label", "slide", parent);
  element("span", "", label).textContent = name;
  const input = element("input", "", label);
  input.type = "range";
  input.min = "0";
  input.step = "1";
  input.setAttribute("aria-label", name);
  return { input, output: element("output", "", label) };
}

function fold(parent, title) {
  const made = element("details", "", parent);
  element("summary", "", made).textContent = title;
  return { fold: made, title: made.firstChild, body: element("div", "", made) };
}

function choose(parent, name, act) {
  const label = element("label", "", parent);
  element("span", "", label).textContent = name;
  const select = element("select", "", label);
  select.addEventListener("change", act);
  return select;
}

// Puts pairs of value and name into a list, keeping what is chosen.
function fill(select, groups) {
  const before = select.value;
  select.replaceChildren();
  for (const [group, pairs] of groups) {
    const into = group ? element("optgroup", "", select) : select;
    if (group) into.label = group;
    for (const [value, name] of pairs) {
      const option = element("option", "", into);
      option.value = value;
      option.textContent = name;
    }
  }
  if ([...select.options].some((one) => one.value === before)) select.value = before;
}

function build(theme) {
  const host = document.createElement("div");
  host.className = "loom-memory-host";
  element("style", "", host).textContent = theme;
  const root = element("div", "loom loom-memory mathjax_ignore tex2jax_ignore", host);
  root.setAttribute("role", "group");
  root.ariaLabel = "memory inspector";
  const head = element("div", "", root);
  const picture = element("div", "picture", root);
  const row = element("div", "controls", root);
  const truth = slider("true at", row);
  const known = slider("known at", row);
  const tools = element("div", "tools", row);
  const panel = element("div", "panel", root);
  panel.hidden = true;
  const notice = element("div", "notice", root);
  notice.setAttribute("role", "status");
  const steps = element("div", "fields", root);
  const facts = element("div", "", root);
  const said = element("p", "unseen", root);
  said.setAttribute("role", "status");
  const beliefs = fold(root, "What was believed, and since when");
  const compare = fold(root, "Compare two instants");
  const ends = element("div", "fields", compare.body);
  const folds = { beliefs, compare };
  for (const name of ["news", "talks", "blocks", "health"]) folds[name] = fold(root, name);
  return { host, root, head, picture, truth, known, tools, panel, notice, steps, facts, said, folds, ends };
}

// The nearest static face above a widget, in the front ends whose outputs we know.
function staticFace(el) {
  const area = el.closest(".jp-OutputArea");
  let child = el.closest(".jp-OutputArea-child");
  while (area && child && (child = child.previousElementSibling)) {
    if (child.querySelector(".loom")) return child;
  }
  return null;
}

function place(el, host, drawn) {
  const since = performance.now();
  const attempt = () => {
    const found = el.isConnected ? staticFace(el) : null;
    if (found) {
      found.classList.add("loom-memory-over");
      for (const old of found.querySelectorAll(":scope > .loom-memory-host")) old.remove();
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
  const view = build(model.get("theme"));
  const { truth, known, panel, notice, steps } = view;
  let number = 0;
  let waiting = 0;
  let next = null;
  let opener = null;
  let tallest = 0;
  let chosen = false;

  // One question at a time; of several movements of a slider only the newest is asked.
  const ask = (content) => {
    if (waiting) {
      next = content;
      return;
    }
    waiting = ++number;
    view.root.setAttribute("aria-busy", "true");
    model.send({ ...content, seq: waiting });
  };
  const look = () => ask({ type: "look", true: Number(truth.input.value), known: Number(known.input.value) });
  const name = (part, stops) => {
    const at = model.get(stops)[Number(part.input.value)] ?? "";
    part.output.textContent = at;
    part.input.setAttribute("aria-valuetext", at);
  };
  const moved = (part, stops) => {
    name(part, stops);
    look();
  };
  truth.input.addEventListener("input", () => moved(truth, "true_stops"));
  known.input.addEventListener("input", () => moved(known, "known_stops"));

  const html = (node, text) => morphChildren(node, parsed(text));
  const drawParts = () => {
    const parts = model.get("parts");
    html(view.head, parts.head ?? "");
    html(view.picture, parts.timeline ?? "");
    tallest = Math.max(tallest, view.picture.offsetHeight);
    view.picture.style.minHeight = `${tallest}px`;
    html(view.facts, parts.facts ?? "");
    for (const [key, one] of Object.entries(view.folds)) {
      if (key === "compare") continue;
      html(one.body, parts[key] ?? "");
      one.fold.hidden = !parts[key];
    }
  };
  const drawTitles = () => {
    for (const [key, title] of Object.entries(model.get("titles"))) view.folds[key].title.textContent = title;
  };
  const drawStops = () => {
    tallest = 0;
    view.picture.style.minHeight = "";
    for (const [part, stops, index] of [
      [truth, "true_stops", "true_index"],
      [known, "known_stops", "known_index"],
    ]) {
      part.input.max = String(Math.max(0, model.get(stops).length - 1));
      part.input.value = String(model.get(index));
      name(part, stops);
    }
    const instants = model.get("known_stops").map((at, place) => [String(place), at]);
    fill(from, [["", [["-1", "before anything"], ...instants]]]);
    fill(to, [["", instants.toReversed()]]);
    if (!chosen) from.value = String(Math.max(-1, instants.length - 3)); // what the newest news changed
    chosen = true;
    fill(scope, [
      ["", [["all", "everything"]]],
      ["one conversation", model.get("talks").map(([at, title]) => [`talk ${at}`, title])],
      ["what is older than", instants.slice(1, -1).map(([at, title]) => [`before ${at}`, title])],
    ]);
  };

  // --- panels under the sliders: explain, export, forget; one at a time
  const close = () => {
    panel.hidden = true;
    panel.replaceChildren();
    clear();
    opener?.setAttribute("aria-expanded", "false");
    opener?.focus();
    opener = null;
  };
  const open = (by, title, draw) => {
    const again = opener === by;
    if (opener) close();
    if (again) return;
    opener = by;
    by.setAttribute("aria-expanded", "true");
    panel.hidden = false;
    panel.setAttribute("role", "region");
    panel.ariaLabel = title;
    draw();
    panel.querySelector("input, select, button")?.focus();
  };
  view.root.addEventListener("keydown", (event) => {
    event.stopPropagation(); // the notebook has commands on single letters
    if (event.key === "Escape" && opener) close();
  });
  const answer = element("div", "answers");
  answer.setAttribute("role", "status");
  const clear = () => {
    notice.replaceChildren();
    steps.replaceChildren();
  };
  const scope = choose(element("div", "fields"), "erase", clear);

  const planned = () => {
    const [kind, at] = scope.value.split(" ");
    if (kind === "talk") ask({ type: "plan", talk: at });
    else ask(kind === "before" ? { type: "plan", before: Number(at) } : { type: "plan" });
  };
  const second = {
    forget: ["Erase for good", "Keep it", "forget", "bad"],
    scrub: ["Scrub the run log too", "Leave it", "scrub", "bad"],
    export: ["Write the file", "Don’t", "export", ""],
  };
  const drawNotice = () => {
    html(notice, model.get("notice"));
    steps.replaceChildren();
    const ready = second[model.get("ready")];
    if (!ready) return;
    const [yes, no, type, css] = ready;
    const go = button(yes, steps, () => {
      steps.replaceChildren();
      ask({ type });
    });
    go.className = css;
    button(no, steps, close);
    // Enter pressed twice must not erase anything: what is safe has the focus.
    if (!panel.hidden) steps.lastChild.focus();
  };
  const explain = button("Explain a recall", view.tools, () =>
    open(explain, "explain a recall", () => {
      const form = element("form", "fields", panel);
      const query = element("input", "", form);
      query.type = "search";
      query.placeholder = "a question, as it is asked of the memory";
      query.setAttribute("aria-label", "question");
      const go = button("Explain", form, () => undefined);
      go.type = "submit";
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        ask({ type: "search", query: query.value });
      });
      panel.append(answer);
    }),
  );
  const exporting = button("Export…", view.tools, () =>
    open(exporting, "export", () => {
      ask({ type: "export_plan" });
    }),
  );
  const forget = button("Forget…", view.tools, () =>
    open(forget, "forget", () => {
      const form = scope.closest(".fields");
      panel.append(form);
      if (!form.querySelector("button")) button("Show what goes", form, planned);
    }),
  );
  for (const one of [explain, exporting, forget]) one.setAttribute("aria-expanded", "false");

  const from = choose(view.ends, "from what was known", () => undefined);
  const to = choose(view.ends, "to", () => undefined);
  button("Compare", view.ends, () => ask({ type: "compare", before: Number(from.value), after: Number(to.value) }));
  const compared = element("div", "", view.folds.compare.body);
  compared.setAttribute("role", "status");

  // A press on the picture says when: the nearest instant at which something changes.
  view.picture.addEventListener("click", (event) => {
    const svg = event.target.closest("svg");
    const xs = model.get("true_xs");
    if (!svg || !xs.length) return;
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * WIDTH;
    const past = xs.findLastIndex((one) => one <= x + 4);
    truth.input.value = String(Math.max(0, past));
    moved(truth, "true_stops");
  });

  const draws = {
    parts: drawParts,
    titles: drawTitles,
    sentence: () => {
      view.said.textContent = model.get("sentence");
    },
    true_stops: drawStops,
    known_stops: drawStops,
    talks: drawStops,
    answer: () => html(answer, model.get("answer")),
    compared: () => html(compared, model.get("compared")),
    answered: () => {
      if (!waiting || model.get("answered") < waiting) return;
      waiting = 0;
      drawNotice();
      view.root.removeAttribute("aria-busy");
      const content = next;
      next = null;
      if (content) ask(content);
    },
  };
  for (const [key, draw] of Object.entries(draws)) {
    model.on(`change:${key}`, draw);
    draw();
  }
  place(el, view.host, () => ask({ type: "drawn" }));
  if (model.get("answer")) explain.click();
}

// The inspector goes on living in the place of the static face when its own output is taken away, and what a view has
// been given ends with that output. So it holds on to what the widget itself has been given.
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
