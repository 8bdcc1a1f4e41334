// Draws a running run. All HTML in the model's state is sanitised before it is sent; everything else is set as text.

const KNOCKS_MS = [150, 500, 1200, 3000];

function morphRows(body, rows, shown) {
  const keys = new Set(rows.map((row) => row.key));
  for (const line of [...body.children]) {
    if (!keys.has(line.dataset.key)) {
      shown.delete(line.dataset.key);
      line.remove();
    }
  }
  const lines = new Map([...body.children].map((line) => [line.dataset.key, line]));
  rows.forEach(({ key, html }, index) => {
    let line = lines.get(key);
    if (!line) {
      line = document.createElement("tr");
      line.dataset.key = key;
    }
    if (body.children[index] !== line) body.insertBefore(line, body.children[index] ?? null);
    if (shown.get(key) === html) return;
    shown.set(key, html);
    morphChildren(line, parsed(html, "tr"));
  });
}

function build(el, theme, columns, title) {
  element("style", "", el).textContent = theme;
  const root = element("div", "loom loom-live mathjax_ignore tex2jax_ignore", el);
  if (title) element("strong", "", element("p", "", root)).textContent = title;
  const head = element("div", "head", root);
  element("span", "dot", head).ariaHidden = "true";
  const now = element("span", "now", head);
  now.setAttribute("role", "log");
  now.ariaLive = "polite";
  const clock = element("span", "clock", head);
  clock.ariaHidden = "true";
  const stop = element("button", "", head);
  stop.type = "button";
  stop.textContent = "Stop";
  stop.hidden = true;
  const hint = element("span", "hint", head);
  hint.textContent = "to stop it, interrupt the kernel (■)";
  hint.hidden = true;
  const answer = element("div", "answer", root);
  answer.dir = "auto";
  const facts = element("div", "", root);
  const graph = element("div", "x", root);
  const fold = element("details", "", root);
  fold.open = true;
  fold.hidden = true;
  element("summary", "", fold).textContent = "Trace";
  const table = element("table", "t", element("div", "x", fold));
  element("thead", "", table).append(parsed(columns, "tr"));
  const note = element("p", "note", root);
  note.hidden = true;
  return { root, now, clock, stop, hint, answer, facts, graph, fold, body: element("tbody", "", table), note };
}

function render({ model, el }) {
  const parts = build(el, model.get("theme"), model.get("columns"), model.get("title"));
  parts.root.classList.toggle("narrow", model.get("narrow"));
  const shown = new Map();
  let since = performance.now();
  let tallest = 0;

  const drawClock = () => {
    const seconds = model.get("elapsed_s") + (performance.now() - since) / 1000;
    parts.clock.textContent = seconds < 100 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
    parts.hint.hidden = model.get("can_stop") || seconds < 2;
  };
  const drawStop = () => {
    parts.stop.hidden = !model.get("can_stop");
  };
  const drawNow = () => {
    if (parts.now.textContent !== model.get("now")) parts.now.textContent = model.get("now");
  };
  const drawAnswer = () => morphChildren(parts.answer, parsed(model.get("answer_html")));
  const drawFacts = () => morphChildren(parts.facts, parsed(model.get("facts_html")));
  const drawGraph = () => morphChildren(parts.graph, parsed(model.get("graph_html")));
  const drawRows = () => {
    parts.fold.hidden = model.get("rows").length === 0;
    morphRows(parts.body, model.get("rows"), shown);
  };
  const drawNote = () => {
    parts.note.textContent = model.get("note");
    parts.note.hidden = !model.get("note");
  };
  // What was once this tall stays so while it runs: a shorter answer must not pull the page up under the reader.
  const keepHeight = () => {
    tallest = Math.max(tallest, parts.root.offsetHeight);
    parts.root.style.minHeight = `${tallest}px`;
  };
  const draws = {
    now: drawNow,
    answer_html: drawAnswer,
    facts_html: drawFacts,
    graph_html: drawGraph,
    rows: drawRows,
    note: drawNote,
    can_stop: drawStop,
    elapsed_s: () => {
      since = performance.now();
      drawClock();
    },
  };
  const listeners = Object.entries(draws).map(([name, draw]) => {
    const listener = () => {
      draw();
      keepHeight();
    };
    model.on(`change:${name}`, listener);
    draw();
    return () => model.off(`change:${name}`, listener);
  });
  parts.fold.addEventListener("toggle", () => {
    parts.root.style.minHeight = "";
    tallest = 0;
  });
  parts.stop.addEventListener("click", () => {
    parts.stop.disabled = true;
    parts.stop.textContent = "Stopping…";
    model.send({ type: "stop" });
  });
  const ticking = setInterval(drawClock, 100);
  // The kernel is busy with the very run. A message reaches it through a subshell, which takes a moment to begin and
  // which not every front end has; until it has answered, no button promises to stop anything.
  const knocks = KNOCKS_MS.map((ms) =>
    setTimeout(() => {
      if (!model.get("can_stop")) model.send({ type: "drawn" });
    }, ms),
  );
  return () => {
    clearInterval(ticking);
    knocks.forEach(clearTimeout);
    for (const forget of listeners) forget();
  };
}

export default { render };
