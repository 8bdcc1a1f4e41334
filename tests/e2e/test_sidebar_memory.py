"""The section Memory in a real JupyterLab: found, looked at from two times, asked, forgotten by keys alone."""

import pytest
from filled import facts_of, fill_memory
from lab import Lab
from panels import SIDEBAR, panel, photograph, sidebar
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
HOSTILE = '<img src=x onerror="window.__ran=1"><b>eve</b>'


def test_without_a_memory_the_section_says_what_to_type(lab: Lab) -> None:
    with sidebar(lab, "memory") as page:
        section = page.locator("#loomlab-section-memory")
        expect(section).to_contain_text("No memory here yet.")
        expect(section.locator("pre")).to_contain_text("memory=")
        photograph(page, "memory-empty")


def test_a_memory_is_opened_asked_and_forgotten_by_keys_alone(lab: Lab) -> None:
    path = fill_memory(lab.folder / "team.db", "alice", "bob", None)
    with sidebar(lab, "memory") as page:
        options = page.locator(f'{SIDEBAR} [role="option"]:visible')
        expect(options).to_have_count(3)
        page.locator(f'{SIDEBAR} [role="tab"][data-section="memory"]').focus()
        page.keyboard.press("Tab")  # the search
        page.keyboard.type("ali")
        expect(options).to_have_count(1)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        face = panel(page).locator(".jp-loomlab-face").last
        expect(face).to_contain_text("Lyon")
        photograph(page, "memory-light")
        # Two times: known at the earliest instant only Paris was known.
        known = panel(page).get_by_label("known at")
        known.focus()
        page.keyboard.press("Home")
        expect(panel(page).locator('p[role="status"]')).to_contain_text("as known at")
        expect(face.locator("table").first).not_to_contain_text("Lyon")
        photograph(page, "memory-then")
        page.keyboard.press("End")
        expect(face.locator("table").first).to_contain_text("Lyon")
        # Why something is recalled; Escape goes back to the question.
        panel(page).get_by_label("What would be recalled for").focus()
        page.keyboard.type("where does alice live")
        page.keyboard.press("Enter")
        answer = panel(page).get_by_role("region", name="What would be recalled, and why")
        expect(answer).to_contain_text("recalled")
        expect(answer).to_be_focused()
        photograph(page, "memory-explained")
        page.keyboard.press("Escape")
        expect(answer).to_be_hidden()
        # Forget: nothing happens without the name.
        panel(page).get_by_role("button", name="Forget…").focus()
        page.keyboard.press("Enter")
        dialog = page.locator(".jp-Dialog")
        expect(dialog).to_contain_text("This erases 2 episodes, 2 facts and 1 block of alice")
        expect(dialog.locator("button.jp-mod-warn")).to_be_disabled()
        photograph(page, "memory-forget")
        dialog.locator('input[type="text"]').focus()
        page.keyboard.type("bob")
        expect(dialog.locator("button.jp-mod-warn")).to_be_disabled()
        assert facts_of(path, "alice") == ["Paris", "Lyon"]
        dialog.locator('input[type="text"]').fill("alice")
        page.keyboard.press("Tab")
        dialog.locator("button.jp-mod-warn").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".jp-Dialog")).to_contain_text("✓ erased 2 episodes")
        photograph(page, "memory-receipt")
        page.keyboard.press("Enter")
        expect(panel(page)).to_contain_text("Nothing is remembered of alice yet.")
        assert facts_of(path, "alice") == []
        assert facts_of(path, "bob") == facts_of(path, None) == ["Paris", "Lyon"]


def test_a_wrong_name_or_escape_erases_nothing(lab: Lab) -> None:
    path = fill_memory(lab.folder / "team.db", "carol")
    with sidebar(lab, "memory") as page:
        page.locator(f'{SIDEBAR} [role="option"]', has_text="carol").click()
        page.get_by_role("button", name="Forget…").click()
        dialog = page.locator(".jp-Dialog")
        dialog.locator('input[type="text"]').fill("Carol")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(panel(page).get_by_role("button", name="Forget…")).to_be_focused()
        assert facts_of(path, "carol") == ["Paris", "Lyon"]


def test_what_a_kernel_remembers_meanwhile_appears_and_hostile_names_are_inert(lab: Lab) -> None:
    fill_memory(lab.folder / "team.db", "bob")
    with sidebar(lab, "memory", dark=True) as page:
        expect(page.locator(f'{SIDEBAR} [role="option"]', has_text="bob")).to_be_visible()
        fill_memory(lab.folder / "team.db", HOSTILE)
        page.locator("#loomlab-section-memory").get_by_role("button", name="Refresh").click()
        option = page.locator(f'{SIDEBAR} [role="option"]', has_text="<b>eve</b>")
        option.click()
        expect(panel(page)).to_contain_text("Lyon")
        assert page.locator(".jp-loomlab-panel img, .jp-loomlab-sidebar img").count() == 0
        assert page.evaluate("window.__ran") is None
        photograph(page, "memory-dark")


def test_a_memory_that_is_away_says_why_and_can_be_tried_again(lab: Lab) -> None:
    fill_memory(lab.folder / "gone.db", "dave")
    with sidebar(lab, "memory") as page:
        option = page.locator(f'{SIDEBAR} [role="option"]', has_text="dave")
        expect(option).to_be_visible()
        option.click()
        expect(panel(page)).to_contain_text("Lyon")
        for file in lab.folder.glob("gone.db*"):
            file.unlink()
        panel(page).get_by_role("button", name="Refresh").click()
        expect(panel(page).get_by_role("alert")).to_contain_text("'gone.db'")
        fill_memory(lab.folder / "gone.db", "dave")
        panel(page).get_by_role("button", name="Try again").click()
        expect(panel(page).get_by_role("alert")).to_have_count(0)
        expect(panel(page)).to_contain_text("Lyon")
