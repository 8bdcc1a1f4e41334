// Outputs ask the root element whether it is light or dark; Furo keeps its choice on the body.
const choose = () => {
  const chosen = document.body.dataset.theme;
  if (chosen === "light" || chosen === "dark") document.documentElement.setAttribute("theme", chosen);
  else document.documentElement.removeAttribute("theme");
};
new MutationObserver(choose).observe(document.body, { attributes: true, attributeFilter: ["data-theme"] });
choose();
