// Draws a question to a person: may this tool be used? All HTML in the model's state is sanitised before it is sent.

const KNOCKS_MS = [100, 400, 1000, 2500, 5000];

function button(text, key, parent, act) {
  const made = element("button", "", parent);
  made.type = "button";
  element("span", "", made).textContent = text;
  const hint = element("kbd", "", made);
  hint.textContent = key;
  hint.ariaHidden = "true";
  made.setAttribute("aria-keyshortcuts", key);
  made.addEventListener("click", act);
  return made;
}

function render({ model, el }) {
  element("style", "", el).textContent = model.get("theme");
  const root = element("div", "loom loom-approval mathjax_ignore tex2jax_ignore", el);
  root.setAttribute("role", "group");
  root.ariaLabel = "a tool asks for permission";
  root.tabIndex = 0;
  // A notebook's own one-letter commands would delete cells under the person who answers.
  root.dataset.lmSuppressShortcuts = "true";
  const body = element("div", "", root);
  body.setAttribute("role", "log");
  body.ariaLive = "polite";
  const bar = element("div", "bar", root);
  const editor = element("div", "editor", root);
  editor.hidden = true;
  const area = element("textarea", "", editor);
  area.ariaLabel = "arguments, as JSON";
  area.spellcheck = false;
  const problem = element("p", "note bad", editor);
  problem.setAttribute("role", "alert");
  const again = element("div", "bar", editor);
  const left = element("span", "left", bar);

  const answer = (choice) => {
    for (const one of root.querySelectorAll("button")) one.disabled = true;
    model.send({ type: "answer", choice, args: choice === "edit" ? area.value : null });
  };
  const edit = () => {
    editor.hidden = false;
    area.value = model.get("args");
    area.rows = Math.min(14, area.value.split("\n").length + 1);
    area.focus();
  };
  const closeEditor = () => {
    editor.hidden = true;
    root.focus();
  };
  const acts = {
    y: () => answer("once"),
    s: () => answer("session"),
    a: () => model.get("lasting") && answer("always"),
    e: edit,
    n: () => answer("deny"),
  };
  button("Allow once", "Y", bar, acts.y).className = "yes";
  button("Allow in this session", "S", bar, acts.s);
  if (model.get("lasting")) button(`Always for ${model.get("lasting")}`, "A", bar, acts.a);
  button("Edit…", "E", bar, acts.e);
  button("Deny", "N", bar, acts.n);
  bar.append(left);
  button("Run with these", "Ctrl+Enter", again, () => answer("edit")).className = "yes";
  button("Back", "Esc", again, closeEditor);

  root.addEventListener("keydown", (event) => {
    if (event.target === area) {
      if (event.key === "Escape") closeEditor();
      else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) answer("edit");
      else return;
      event.preventDefault();
      return;
    }
    const act = event.ctrlKey || event.metaKey || event.altKey || event.repeat ? null : acts[event.key.toLowerCase()];
    if (!act || root.querySelector("button:disabled")) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });

  const drawBody = () => morphChildren(body, parsed(model.get("body_html")));
  const drawProblem = () => {
    problem.textContent = model.get("problem");
    problem.hidden = !model.get("problem");
    for (const one of root.querySelectorAll("button")) one.disabled = false;
    if (model.get("problem") && !editor.hidden) area.focus();
  };
  const since = performance.now();
  const drawLeft = () => {
    const most = model.get("seconds");
    const rest = Math.max(0, Math.round(most - (performance.now() - since) / 1000));
    left.textContent = most ? `denied in ${rest > 90 ? `${Math.round(rest / 60)} min` : `${rest} s`} without an answer` : "";
  };
  model.on("change:body_html", drawBody);
  model.on("change:answered", drawProblem);
  drawBody();
  drawProblem();
  drawLeft();
  const ticking = setInterval(drawLeft, 1000);
  // The kernel is busy with the very run: until it has heard of us, it can't know that anybody is here to ask.
  const knocks = KNOCKS_MS.map((ms) => setTimeout(() => model.send({ type: "drawn" }), ms));
  return () => {
    clearInterval(ticking);
    knocks.forEach(clearTimeout);
    model.off("change:body_html", drawBody);
    model.off("change:answered", drawProblem);
  };
}

export default { render };
