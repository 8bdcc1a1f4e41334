"""The runs in JupyterLab's sidebar: found, opened, aligned and forked, by keys; live; with hostile texts; hindered."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from accessible import faint, violations
from hostile import EVIL, PAYLOADS
from lab import Lab, OpenNotebook, lab_beside
from playwright.sync_api import Page, expect
from sidebar import NOW, SideBar, many, writing

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
RUNS = 240
AT = [(NOW + timedelta(minutes=minute)).isoformat() for minute in range(9)]


@pytest.fixture(scope="module")
def filled(lab: Lab) -> Lab:
    expect.set_options(timeout=20_000)  # the machine of a test run is busy
    with writing(lab) as writer:
        writer.tell(*many(RUNS))
    lab.write("work.ipynb", ["1 + 1", "2 + 2"])
    return lab


@pytest.fixture(scope="module")  # to open JupyterLab takes longer than all that is done in it
def notebook(filled: Lab) -> Iterator[OpenNotebook]:
    with filled.open("work.ipynb", kernel=False) as notebook:
        yield notebook


@pytest.fixture
def page(notebook: OpenNotebook) -> Page:
    page = notebook.page
    page.set_viewport_size({"width": 1280, "height": 860})
    SideBar(page).open().reset()
    return page


def _good(page: Page, *selectors: str) -> None:
    for selector in selectors:
        assert violations(page, selector) == []
        assert faint(page, selector) == []


def test_runs_are_searched_filtered_opened_and_aligned_by_keys_alone(page: Page) -> None:
    bar = SideBar(page).open()
    expect(bar.count).to_have_text(f"{RUNS} runs")
    expect(bar.list).to_be_focused()
    assert bar.rows.count() < 40, "only the rows in view exist"
    expect(bar.row(1)).to_have_attribute("aria-setsize", str(RUNS))

    page.keyboard.press("/")
    page.keyboard.type("invoice")
    expect(bar.count).to_have_text(re.compile(r"^\d\d matching runs$"))
    for _ in range(2):
        page.keyboard.press("Tab")  # past: this notebook only
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="User")).to_contain_text("alice (80)")
    page.keyboard.press("Tab")
    page.keyboard.type("ali")
    expect(page.get_by_role("button", name="Filters, 1 filter set")).to_be_visible()
    expect(bar.row(1)).to_contain_text("Draft a polite reply")
    expect(bar.row(1)).to_contain_text("alice")
    bar.photograph("filters")
    _good(page, "#loomlab-sidebar")
    page.keyboard.press("Escape")  # the fold closes; what is chosen stays chosen
    expect(page.get_by_role("combobox", name="User")).to_be_hidden()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowDown")
    expect(bar.list).to_be_focused()
    assert all("alice" in text for text in bar.rows.all_inner_texts())

    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(bar.list.locator('[aria-selected="true"]')).to_have_count(2)
    active = bar.list.get_attribute("aria-activedescendant")
    assert active == bar.row(2).get_attribute("id")
    page.keyboard.press("Control+Enter")
    aligned = page.locator(".jp-loomlab-panel:visible")
    expect(aligned).to_contain_text("model calls")
    bar.photograph("aligned")
    _good(page, "#loomlab-sidebar", ".jp-loomlab-panel:not(.lm-mod-hidden)")

    bar.open()
    expect(bar.list).to_be_focused()
    page.keyboard.press("Escape")
    expect(bar.list.locator('[aria-selected="true"]')).to_have_count(0)
    page.keyboard.press("Enter")
    shown = page.locator(".jp-loomlab-panel:visible")
    expect(shown).to_contain_text("user alice")
    expect(page.locator(".lm-TabBar-tab.lm-mod-current", has_text="Draft a polite reply")).to_be_visible()
    bar.photograph("run")


def test_the_end_of_a_long_list_is_one_key_away_and_its_pages_are_fetched(page: Page) -> None:
    bar = SideBar(page).open()
    expect(bar.list).to_be_focused()
    expect(bar.row(1)).to_be_visible()
    page.keyboard.press("End")
    expect(bar.row(RUNS)).to_have_class(re.compile("jp-mod-active"))
    expect(bar.row(RUNS)).to_have_attribute("data-run-id", "run_00000")
    page.keyboard.press("PageUp")
    expect(bar.list.locator(".jp-mod-active")).not_to_have_attribute("aria-posinset", str(RUNS))
    page.keyboard.press("Home")
    expect(bar.row(1)).to_have_class(re.compile("jp-mod-active"))
    assert bar.rows.count() < 40


def test_a_fork_is_shown_confirmed_and_inserted_below_the_active_cell(page: Page) -> None:
    page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab", has_text="work.ipynb").click()
    cells = page.locator(".jp-Notebook .jp-Cell")
    before = cells.count()
    bar = SideBar(page).open()
    expect(bar.list).to_be_focused()
    expect(bar.row(1)).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+Shift+Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("added below the active cell of work.ipynb")
    expect(dialog.locator("pre")).to_contain_text("%%loom")
    bar.photograph("fork")
    page.keyboard.press("Enter")
    expect(cells).to_have_count(before + 1)
    expect(cells.nth(1)).to_contain_text("%%loom")
    expect(cells.nth(2)).to_contain_text("2 + 2")


def test_what_another_process_writes_is_there_at_once_and_never_moves_what_is_read(filled: Lab, page: Page) -> None:
    with writing(filled) as writer:
        bar = SideBar(page).open()
        expect(bar.row(1)).to_be_visible()
        writer.tell({"run_id": "run_new_1", "prompt": "A first new question", "at": AT[0]})
        expect(bar.row(1)).to_contain_text("A first new question")
        page.keyboard.press("End")
        page.keyboard.press("PageUp")
        expect(bar.list.locator(".jp-mod-active")).to_be_visible()
        place = bar.list.evaluate("node => node.scrollTop")
        read = bar.list.locator(".jp-mod-active").get_attribute("data-run-id")
        writer.tell({"run_id": "run_new_2", "prompt": "A second new question", "at": AT[1]})
        fresh = page.get_by_role("button", name="1 new run: show")
        expect(fresh).to_be_visible()
        assert bar.list.evaluate("node => node.scrollTop") == place
        assert bar.list.locator(".jp-mod-active").get_attribute("data-run-id") == read
        fresh.click()
        expect(bar.row(1)).to_contain_text("A second new question")
        expect(fresh).to_be_hidden()
        expect(page.locator(".jp-loomlab-announcer")).to_have_text(re.compile(r"\d+ (new )?runs?"))


def test_an_open_run_follows_what_happens_and_folds_stay_open(filled: Lab, page: Page) -> None:
    with writing(filled) as writer:
        going_on = {"run_id": "run_going_on", "prompt": "A long task", "at": AT[2]}
        writer.tell({**going_on, "ending": "running"})
        bar = SideBar(page).open()
        expect(bar.row(1)).to_contain_text("running")
        bar.row(1).dblclick()
        shown = page.locator(".jp-loomlab-panel:visible")
        fold = shown.locator("details").first
        fold.locator("summary").first.click()
        expect(fold).to_have_attribute("open", "")
        writer.tell({**going_on, "answer": "It is done now."})
        expect(shown).to_contain_text("It is done now.")
        expect(shown.locator("details").first).to_have_attribute("open", "")
        expect(bar.row(1)).not_to_contain_text("running")


def test_hostile_texts_do_nothing_in_the_list_the_filters_and_the_panel(
    filled: Lab, notebook: OpenNotebook, page: Page
) -> None:
    everywhere = ("hostile", "user_id", "agent", "architecture", "model")
    runs = [{**dict.fromkeys(everywhere, text), "denied": True, "at": AT[3]} for text in PAYLOADS.values()]
    with writing(filled) as writer:
        writer.tell(*({**run, "run_id": f"run_hostile_{number:03d}"} for number, run in enumerate(runs)))
    page.set_viewport_size({"width": 1280, "height": 3600})
    bar = SideBar(page).open()
    expect(bar.row(len(PAYLOADS))).to_be_visible()
    assert bar.rows.count() >= len(PAYLOADS)
    page.get_by_role("button", name="Filters", exact=True).click()
    expect(page.get_by_role("combobox", name="Model").locator("option")).not_to_have_count(1)
    bar.row(1).click()
    for _ in range(3):
        bar.list.press("Enter")
        expect(page.locator(".jp-loomlab-panel:visible .loom")).to_be_visible()
        page.locator(".jp-loomlab-panel:visible summary").first.click()
        bar.list.press("ArrowDown")
    active = "script, iframe, object, embed, form, [onerror], [onload], [onclick], img[src^=http]"
    assert page.locator(f"#loomlab-sidebar :is({active}), .jp-loomlab-panel :is({active})").count() == 0
    assert page.evaluate("window.__ran") is None
    assert [url for url in notebook.fetched if url.startswith(EVIL)] == []


def test_halves_of_different_versions_are_one_clear_banner(page: Page) -> None:
    newer = {"version": "9.1.0", "api": 1, "schema_version": 1, "log": {}, "memories": [], "problem": None}
    page.route("**/loomlab/api/about*", lambda route: route.fulfill(json=newer))
    page.reload()
    page.wait_for_selector(".jp-Notebook .jp-Cell", state="attached")
    bar = SideBar(page).open()
    expect(bar.banner).to_contain_text("extension 0.1.0, the server runs loomlab 9.1.0")
    expect(bar.banner.locator("code")).to_contain_text("pip install")
    expect(bar.list).to_be_hidden()
    bar.photograph("versions")
    _good(page, "#loomlab-sidebar")
    page.unroute("**/loomlab/api/about*")
    bar.banner.get_by_role("button", name="Check again").click()
    expect(bar.banner).to_be_hidden()
    expect(bar.row(1)).to_be_visible()


def test_without_the_server_extension_the_banner_says_how_to_enable_it(filled: Lab, tmp_path: Path) -> None:
    with lab_beside(filled, tmp_path, "--ServerApp.jpserver_extensions={'loomlab.server': False}") as lab:
        lab.write("work.ipynb", ["1"])
        with lab.open("work.ipynb", kernel=False) as notebook:
            bar = SideBar(notebook.page).open()
            expect(bar.banner.locator("code")).to_have_text("jupyter server extension enable loomlab.server")
            expect(bar.list).to_be_hidden()
            expect(notebook.page.locator(".jp-loomlab-banner p[role=alert]")).to_have_count(0)


def test_in_the_dark_theme_the_sidebar_is_dark(filled: Lab) -> None:
    with filled.open("work.ipynb", kernel=False, dark=True) as notebook:
        notebook.page.set_viewport_size({"width": 1280, "height": 860})
        bar = SideBar(notebook.page).open()
        expect(bar.row(1)).to_be_visible()
        expect(bar.node.locator("dt").first).to_have_text("today")
        for key in ("Space", "ArrowDown", "Space"):
            bar.list.press(key)
        bar.photograph("dark")
        notebook.page.get_by_role("button", name="Filters", exact=True).click()
        _good(notebook.page, "#loomlab-sidebar")
        back = bar.node.evaluate("node => getComputedStyle(node).backgroundColor")
        assert sum(map(int, re.findall(r"\d+", back)[:3])) < 3 * 127
