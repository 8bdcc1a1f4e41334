"""The panels of memory and evaluations, light and dark: axe-core finds nothing and no text is faint."""

import pytest
from accessible import faint, violations
from filled import fill_memory, logged_evaluation
from lab import Lab
from panels import SIDEBAR, panel, photograph, sidebar
from playwright.sync_api import Page, expect

from loomlab.runlog import RunLog

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
THEMES = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
PANEL = ".jp-loomlab-panel:not(.lm-mod-hidden)"


def _good(page: Page, *selectors: str) -> None:
    for selector in selectors:
        assert violations(page, selector) == []
        assert faint(page, selector) == []


@THEMES
def test_memory_can_be_used_by_everybody(lab: Lab, dark: bool) -> None:
    fill_memory(lab.folder / "team.db", "alice", None)
    with sidebar(lab, "memory", dark=dark) as page:
        page.locator(f'{SIDEBAR} [role="option"]', has_text="alice").click()
        expect(panel(page)).to_contain_text("Lyon")
        panel(page).get_by_label("What would be recalled for").fill("where does alice live")
        page.keyboard.press("Enter")
        expect(panel(page)).to_contain_text("candidates recalled")
        _good(page, "#loomlab-section-memory", PANEL)
        panel(page).get_by_role("button", name="Forget…").click()
        expect(page.locator(".jp-Dialog")).to_contain_text("This erases")
        _good(page, ".jp-Dialog .jp-loomlab-form")


@THEMES
def test_evaluations_can_be_used_by_everybody(lab: Lab, dark: bool) -> None:
    logged_evaluation(RunLog.open(lab.folder.parent / "log"), f"sums {dark}")
    with sidebar(lab, "evaluations", dark=dark) as page:
        page.locator(f'{SIDEBAR} [role="option"]:visible').first.click()
        expect(panel(page)).to_contain_text("right is better")
        panel(page).get_by_role("listbox").get_by_role("option").first.click()
        _good(page, "#loomlab-section-evaluations", PANEL)
        for name in ("Label…", "Promote to a case…"):
            panel(page).get_by_role("button", name=name).click()
            _good(page, ".jp-Dialog .jp-loomlab-form")
            if name == "Label…":
                photograph(page, f"label-{'dark' if dark else 'light'}")
            page.locator(".jp-Dialog").get_by_role("button", name="Cancel").click()
