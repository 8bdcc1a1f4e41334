"""What goes on when nobody looks: a reload, a hidden page, a server that is away, many news at once."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from accessible import faint, violations
from filled import fill_memory
from lab import Lab
from panels import SIDEBAR, panel, photograph
from playwright.sync_api import Page, Request, Route, expect
from sidebar import NOW, SideBar, many, writing

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
RUNS = 2000
AT = [(NOW + timedelta(minutes=minute)).isoformat() for minute in range(3)]
_SEEN = """seen => {
    Object.defineProperty(document, 'hidden', {configurable: true, get: () => !seen});
    document.dispatchEvent(new Event('visibilitychange'));
}"""

_LISTEN = """runId => {
    window.heard = (async () => {
        const reader = (await fetch('/loomlab/api/events')).body.getReader();
        for (let text = ''; !text.includes(runId); ) {
            text += new TextDecoder().decode((await reader.read()).value);
        }
        await reader.cancel();
    })();
}"""


@pytest.fixture(scope="module")
def filled(lab: Lab) -> Lab:
    expect.set_options(timeout=20_000)  # the machine of a test run is busy
    with writing(lab) as writer:
        writer.tell(*many(RUNS))
    fill_memory(lab.folder / "team.db", "alice")
    lab.write("work.ipynb", ["1 + 1"])
    return lab


@pytest.fixture(scope="module")  # to open JupyterLab takes longer than all that is done in it
def opened(filled: Lab) -> Iterator[Page]:
    with filled.open("work.ipynb", kernel=False) as notebook:
        notebook.page.set_viewport_size({"width": 1280, "height": 860})
        yield notebook.page


@pytest.fixture
def page(opened: Page) -> Page:
    SideBar(opened).open().reset()
    return opened


def test_a_page_that_nobody_sees_does_not_listen_and_catches_up_when_it_is_seen(filled: Lab, page: Page) -> None:
    bar = SideBar(page)
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    with writing(filled) as writer:
        page.evaluate(_SEEN, False)
        for number in (0, 1):
            page.evaluate(_LISTEN, f"run_unseen_{number}")
            asked.clear()  # what was asked for before it was hidden
            writer.tell({"run_id": f"run_unseen_{number}", "prompt": "Asked while nobody looked", "at": AT[0]})
            page.evaluate("() => window.heard")
            page.evaluate("() => new Promise(done => setTimeout(done, 1000))")  # as long as anything is put off
        assert [url for url in asked if "/api/run" in url] == []
    page.evaluate(_SEEN, True)
    expect(bar.row(1)).to_contain_text("Asked while nobody looked")


def test_a_list_whose_server_is_away_is_not_asked_for_again_and_again(page: Page) -> None:
    bar = SideBar(page)
    tried: list[Request] = []
    page.on("requestfailed", lambda one: tried.append(one) if "/api/runs?" in one.url else None)
    page.route("**/loomlab/api/runs?*", lambda route: route.abort())
    bar.list.press("End")
    problem = bar.node.get_by_role("alert").filter(has_text="does not answer")
    expect(problem).to_be_visible()
    for _ in range(30):  # frames in which the list is drawn
        page.evaluate("() => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve, 10)))")
    assert len(tried) <= 3
    page.unroute("**/loomlab/api/runs?*")
    bar.node.get_by_role("button", name="Try again").click()
    expect(problem).to_be_hidden()
    expect(bar.row(RUNS)).to_be_visible()


def test_a_slow_server_is_asked_one_thing_at_a_time_and_its_answers_are_shown(filled: Lab, page: Page) -> None:
    bar = SideBar(page)
    cancelled: list[Request] = []
    page.on("requestfailed", lambda one: cancelled.append(one) if "/api/runs?" in one.url else None)
    held: list[Route] = []
    page.route("**/loomlab/api/runs?*", lambda route: held.append(route))
    with writing(filled) as writer:
        with page.expect_request("**/loomlab/api/runs?*"):
            writer.tell({"run_id": "run_quick_1", "prompt": "Quick question 1", "at": AT[1]})
        with page.expect_request("**/loomlab/api/runs/spend*"):  # the status bar has heard of it as well
            writer.tell({"run_id": "run_quick_2", "prompt": "Quick question 2", "at": AT[2]})
    assert len(held) == 1
    page.unroute("**/loomlab/api/runs?*")
    expect(bar.row(1)).to_contain_text("Quick question 2")
    assert cancelled == []


def test_the_first_button_of_a_toolbar_is_where_tab_arrives(page: Page) -> None:
    SideBar(page)
    page.locator(f'{SIDEBAR} [role="tab"][data-section="memory"]').click()
    page.locator(f'{SIDEBAR} [role="option"]:visible').first.click()
    forget = panel(page).get_by_role("button", name="Forget…")
    expect(forget).to_be_enabled()
    expect(forget).to_have_attribute("tabindex", "0")
    expect(panel(page).get_by_role("button", name="Refresh")).to_have_attribute("tabindex", "-1")
    page.locator(f'{SIDEBAR} [role="tab"][data-section="runs"]').click()
    SideBar(page).row(1).dblclick()
    expect(panel(page).get_by_role("button", name="Fork")).to_have_attribute("tabindex", "0")


def test_what_was_open_is_open_again_after_a_reload(page: Page) -> None:
    page.locator('.lm-TabBar-tab[title*="remembers of alice"]').click()
    with page.expect_request(lambda one: "/api/workspaces/" in one.url and "loomlab-face" in (one.post_data or "")):
        page.locator('.lm-TabBar-tab[data-id^="loomlab-face-run"]').click()
    page.reload()
    page.wait_for_selector(".jp-Notebook .jp-Cell", state="attached")
    expect(page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab")).to_have_count(3)
    page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab", has_text="Memory of alice").click()
    expect(panel(page).locator(".jp-loomlab-face").last).to_contain_text("Lyon")
    page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab").last.click()
    expect(panel(page).get_by_role("button", name="Copy id")).to_be_visible()
    expect(page.locator(SIDEBAR)).to_be_visible()


def test_in_high_contrast_the_sidebar_and_a_panel_are_readable(page: Page) -> None:
    page.locator(".lm-MenuBar-item", has_text="Settings").click()
    page.locator(".lm-Menu-item", has_text="Theme").first.hover()
    page.locator(".lm-Menu-item", has_text="Dark High Contrast").click()
    expect(page.locator("body")).to_have_attribute("data-jp-theme-name", "JupyterLab Dark High Contrast")
    SideBar(page).list.press("Space")
    SideBar(page).list.press("Enter")
    expect(panel(page).get_by_role("button", name="Copy id")).to_be_visible()
    photograph(page, "contrast-run")
    for selector in (SIDEBAR, ".jp-loomlab-panel:not(.lm-mod-hidden)"):
        assert violations(page, selector) == []
        assert faint(page, selector) == []
    page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab", has_text="Memory of alice").click()
    expect(panel(page).locator(".jp-loomlab-face").last).to_contain_text("Lyon")
    photograph(page, "contrast-memory")
    assert faint(page, ".jp-loomlab-panel:not(.lm-mod-hidden)") == []
