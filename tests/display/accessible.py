"""Whether a page in a browser can be used by everybody: axe-core, and every text against what is behind it."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

LIGHT = {
    "--jp-ui-font-color1": "rgba(0,0,0,.87)",
    "--jp-ui-font-color2": "rgba(0,0,0,.54)",
    "--jp-layout-color0": "#fff",
}
DARK = {"--jp-ui-font-color1": "#fff", "--jp-ui-font-color2": "rgba(255,255,255,.7)", "--jp-layout-color0": "#111"}
HIGH_CONTRAST = {"--jp-ui-font-color1": "#fff", "--jp-ui-font-color2": "#fff", "--jp-layout-color0": "#000"}
THEMES: dict[str, tuple[bool, dict[str, str] | None]] = {
    "JupyterLab light": (True, LIGHT),
    "JupyterLab dark": (False, DARK),
    "JupyterLab high contrast": (False, HIGH_CONTRAST),
    "plain page, light": (True, None),
    "plain page, dark": (False, None),
}
"""Whether it is light, and the host's colours (None: the host has none)."""

_FAINT = """(root) => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const parse = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = '#000';
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const data = canvas.getImageData(0, 0, 1, 1).data;
    return [data[0], data[1], data[2], data[3] / 255];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const light = (colour) => {
    const part = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(colour[0]) + 0.7152 * part(colour[1]) + 0.0722 * part(colour[2]);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const one = node.parentElement;
    if (!node.textContent.trim() || !one.closest(root) || one.closest('style,svg,:disabled')) continue;
    const style = getComputedStyle(one);
    if (style.visibility === 'hidden' || !one.getClientRects().length) continue;
    const behind = [];
    for (let at = one; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) behind.push(colour);
      if (colour[3] === 1) break;
    }
    let under = [255, 255, 255, 1];
    while (behind.length) under = over(behind.pop(), under);
    const [a, b] = [light(over(parse(style.color), under)), light(under)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const said = node.textContent.trim().slice(0, 40);
    if (ratio < 4.5) found.push(`${one.localName}.${one.className} ${ratio.toFixed(2)}: ${said}`);
  }
  return found;
}"""


def violations(page: Page, within: str | None = None) -> list[str]:
    """What axe-core finds wrong in what is drawn (``within`` a selector): the rule, the element, the reason."""
    found: list[dict[str, Any]] = Axe().run(page, context=within).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:120]} — {node['failureSummary'][:160]}"
        for rule in found
        for node in rule["nodes"]
    ]


def faint(page: Page, within: str = ".loom") -> list[str]:
    """Texts with less than 4.5 : 1 between them and what is behind them (WCAG 2.2, 1.4.3)."""
    found: list[str] = page.evaluate(_FAINT, within)
    return found


def themed(theme: str, body: str) -> str:
    """A page that holds ``body`` and defines the colours that this host defines."""
    light, colours = THEMES[theme]
    host = "" if colours is None else f"data-jp-theme-light={'true' if light else 'false'}"
    style = "".join(f"{name}:{value};" for name, value in (colours or {}).items())
    ground = (colours or {}).get("--jp-layout-color0", "#fff" if light else "#111417")
    return (
        f"<!doctype html><html lang=en><title>Displays</title><body {host} style='{style}background:{ground}'>"
        f"<main><h1 style='color:white;background:black'>Displays</h1>{body}</main></body></html>"
    )
