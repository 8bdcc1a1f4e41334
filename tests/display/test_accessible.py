"""Every display in a real browser, as each kind of host colours it: axe-core finds nothing, no text is faint."""

import json
from pathlib import Path

import pytest
from accessible import THEMES, faint, themed, violations
from hostile import faces
from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
_NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
_ROOT = 'class="loom'
"""What a whole face has. Parts of a live one do without: they are looked at in JupyterLab, with what is around them."""


def drawn(browser: Browser, theme: str, outputs: list[str]) -> Page:
    page = browser.new_page(
        viewport={"width": 900, "height": 1200}, color_scheme="light" if THEMES[theme][0] else "dark"
    )
    page.set_content(themed(theme, "".join(outputs)))
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    return page


def saved() -> list[str]:
    """What the tutorials show, as it is saved in them; tables of pandas look as pandas draws them."""
    found = []
    for file in sorted(_NOTEBOOKS.glob("*.ipynb")):
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", ()):
                html = "".join(output.get("data", {}).get("text/html", ""))
                if _ROOT in html:
                    found.append(html)
    return found


@pytest.mark.parametrize("theme", THEMES)
def test_every_display_can_be_used_by_everybody(browser: Browser, theme: str):
    outputs = [html for name, html in faces("A plain text") if _ROOT in html and not name.startswith("page")]
    assert len(outputs) > 20
    with drawn(browser, theme, outputs) as page:
        assert violations(page) == []
        assert faint(page) == []


@pytest.mark.parametrize("theme", THEMES)
def test_what_the_tutorials_show_can_be_used_by_everybody(browser: Browser, theme: str):
    outputs = saved()
    assert len(outputs) > 50
    with drawn(browser, theme, outputs) as page:
        assert violations(page) == []
        assert faint(page) == []


def test_the_check_sees_what_it_should_see(browser: Browser):
    bad = "<p class=loom style='color:#999;background:#fff'>faint</p><img src='data:,'><button></button>"
    with drawn(browser, "plain page, light", [bad]) as page:
        assert [line.split(" ")[0] for line in faint(page)] == ["p.loom"]
        assert {line.split(":")[0] for line in violations(page)} >= {"image-alt", "button-name", "color-contrast"}


def test_what_scrolls_is_reached_by_keyboard(browser: Browser):
    outputs = [html for name, html in faces("word " * 400) if name == "run"]
    with drawn(browser, "plain page, light", outputs) as page:
        scrolling = page.evaluate(
            "[...document.querySelectorAll('.loom *')].filter(one => one.scrollHeight > one.clientHeight + 2"
            " && getComputedStyle(one).overflowY === 'auto').map(one => one.tabIndex)"
        )
        assert scrolling and set(scrolling) == {0}
