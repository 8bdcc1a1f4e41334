"""The loomlab sidebar in a browser: opened on a section, photographed, its dialogs filled in."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab import Lab
from playwright.sync_api import Locator, Page, expect

SIDEBAR = "#loomlab-sidebar"


@contextmanager
def sidebar(lab: Lab, section: str, *, dark: bool = False) -> Iterator[Page]:
    """JupyterLab with no kernel asked for, its sidebar open on a section."""
    if not (lab.folder / "plain.ipynb").exists():
        lab.write("plain.ipynb", ["1 + 1"])
    with lab.open("plain.ipynb", dark=dark, kernel=False) as notebook:
        page = notebook.page
        page.set_viewport_size({"width": 1440, "height": 900})
        page.locator('li[data-id="loomlab-sidebar"]').click()
        page.locator(f'{SIDEBAR} [role="tab"][data-section="{section}"]').click()
        expect(page.locator(f"#loomlab-section-{section}")).to_be_visible()
        yield page


def panel(page: Page) -> Locator:
    """The panel of ours that is in front."""
    return page.locator(".jp-loomlab-panel:not(.lm-mod-hidden)")


def photograph(page: Page, name: str) -> None:
    """Set LOOMLAB_PHOTOGRAPHS to a folder to keep them."""
    if target := os.environ.get("LOOMLAB_PHOTOGRAPHS"):
        Path(target).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(target) / f"sidebar-{name}.png")
