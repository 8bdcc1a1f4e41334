// Draws a running evaluation. All HTML in the model's state is sanitised before it is sent; the rest is set as text.

const KNOCKS_MS = [150, 500, 1200, 3000];

function time(seconds) {
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

function button(text, parent) {
  const made = element("button", "", parent);
  made.type = "button";
  made.textContent = text;
  return made;
}

function build(el, theme) {
  element("style", "", el).textContent = theme;
  const root = element("div", "loom loom-live loom-trials mathjax_ignore tex2jax_ignore", el);
  root.setAttribute("role", "group");
  root.ariaLabel = "evaluation under way";
  const head = element("div", "head", root);
  element("span", "dot", head).ariaHidden = "true";
  const now = element("span", "now", head);
  const left = element("span", "clock", head);
  const buttons = element("span", "buttons", head);
  buttons.hidden = true;
  const pause = button("Pause", buttons);
  pause.title = "p";
  const stop = button("Stop", buttons);
  const hint = element("span", "hint", head);
  hint.textContent = "to stop it, interrupt the kernel (■)";
  hint.hidden = true;
  const bar = element("div", "bar", root);
  bar.setAttribute("role", "progressbar");
  bar.setAttribute("aria-label", "trials done");
  bar.setAttribute("aria-valuemin", "0");
  const fill = element("div", "fill", bar);
  const table = element("div", "", root);
  const last = element("div", "last", root);
  const said = element("span", "unseen", root);
  said.setAttribute("role", "status");
  return { root, now, left, buttons, pause, stop, hint, bar, fill, table, last, said };
}

function render({ model, el }) {
  const parts = build(el, model.get("theme"));
  let since = performance.now();
  let pressed = ""; // what a person asked for, until the kernel says the same
  let told = -1;

  const state = () => (model.get("state") === "stopping" ? "stopping" : pressed || model.get("state"));
  const drawHead = () => {
    const [done, total, how] = [model.get("done"), model.get("total"), state()];
    const words = { paused: "paused · ", stopping: "stopping · " }[how] ?? "";
    parts.now.textContent = `${words}${done.toLocaleString("en")} of ${total.toLocaleString("en")} trials`;
    parts.root.classList.toggle("paused", how !== "running");
    parts.pause.textContent = how === "paused" ? "Go on" : "Pause";
    parts.pause.disabled = how === "stopping";
    parts.stop.textContent = how === "stopping" ? "Stop now" : "Stop";
    parts.fill.style.width = `${total ? (100 * done) / total : 0}%`;
    parts.bar.setAttribute("aria-valuemax", total);
    parts.bar.setAttribute("aria-valuenow", done);
    const tenth = total ? Math.floor((10 * done) / total) : 0;
    if (tenth > told) {
      told = tenth;
      parts.said.textContent = `${done} of ${total} trials done`;
    }
  };
  const drawClock = () => {
    const ran = state() === "paused" ? 0 : (performance.now() - since) / 1000;
    const left = model.get("remaining_s");
    const words = [model.get("spent")];
    if (left !== null && state() === "running") words.unshift(`about ${time(left - ran)} left`);
    words.push(time(model.get("elapsed_s") + ran));
    parts.left.textContent = words.filter(Boolean).join(" · ");
    parts.hint.hidden = model.get("can_stop") || model.get("elapsed_s") + ran < 2;
  };
  const draw = () => {
    drawHead();
    drawClock();
    parts.buttons.hidden = !model.get("can_stop");
  };
  const draws = {
    done: draw,
    total: draw,
    spent: drawClock,
    can_stop: draw,
    remaining_s: drawClock,
    state: () => {
      pressed = "";
      draw();
    },
    elapsed_s: () => {
      since = performance.now();
      drawClock();
    },
    title: () => (parts.root.ariaLabel = model.get("title")),
    table_html: () => morphChildren(parts.table, parsed(model.get("table_html"))),
    last_html: () => morphChildren(parts.last, parsed(model.get("last_html"))),
  };
  const listeners = Object.entries(draws).map(([name, act]) => {
    model.on(`change:${name}`, act);
    act();
    return () => model.off(`change:${name}`, act);
  });
  const toggle = () => {
    if (state() === "stopping") return;
    pressed = state() === "paused" ? "running" : "paused";
    model.send({ type: pressed === "paused" ? "pause" : "go_on" });
    draw();
  };
  parts.pause.addEventListener("click", toggle);
  parts.stop.addEventListener("click", () => {
    pressed = "stopping";
    model.send({ type: "stop" });
    draw();
  });
  // Keys of the notebook (p, Escape, arrows) are ours while the focus is in here.
  parts.root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "p" && !parts.buttons.hidden) toggle();
    else if (event.key !== "Enter" && event.key !== " ") return;
    event.stopPropagation();
  });
  const ticking = setInterval(drawClock, 500);
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
