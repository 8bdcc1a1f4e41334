"""``%%loom`` cells in JupyterLab: coloured, completed, run, stopped, compared, and what the notebook cost."""

import re
from collections.abc import Iterator

import pytest
from accessible import faint, violations
from lab import Lab, OpenNotebook
from playwright.sync_api import Locator, expect

from loomlab.architecture.resolve import ARCHITECTURES, TEAMS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.kernel,
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]

PROMPT = (
    "%%loom --arch react --tools 'a, b' --user {name} --nope 1 --quiet\n"
    "# Heading\n"
    "How **many** are {len([1, 'x'])} and *{d['k']:>10}* in `code`? [link](http://localhost)\n\n"
    "> quoted\n\n- one\n\n```python\nfor x in y: pass  # {braces}\n```\n<b>html</b>"
)
CONFIG = '%%loom config helper\nmodel = "echo"  # a comment\nmax_turns = 3\n[memory]\nkind = true\n'
MIXED = 'x = [1, "a"]\ny = %loom cost --by model --al\n"""\n%loom cots\n"""'
PYTHON = "for one in range(3):\n    print(one)"
SETUP = """import anyio
from loomlab import Agent
from loomlab.core import ModelChunk
from loomlab.core.messages import Usage
%load_ext loomlab

class Priced:
    name = "priced"
    async def stream(self, messages, **options):
        yield ModelChunk(kind="text", text="an answer")
        yield ModelChunk(kind="finish", usage=Usage(input_tokens=1200, output_tokens=34, cost_usd=0.0012))

class Slow:
    name = "slow"
    async def stream(self, messages, **options):
        yield ModelChunk(kind="text", text="half an answer ")
        await anyio.sleep_forever()

priced = Agent("x", model=Priced(), name="priced")
slow = Agent("x", model=Slow(), name="slow")
%loom model=echo user=alice"""
WORK = [
    SETUP,
    "%%loom --agent priced\nhello",
    "%%loom --agent slow\nhello",
    "%%loom --agent slow --quiet\nhello",
    "%%loom\nHow many, {1 + 1}?",
    PYTHON,
    "",
]

THEMES = ("JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast")


@pytest.fixture(scope="module")
def work(lab: Lab) -> Iterator[OpenNotebook]:
    """A notebook whose first cell has run."""
    lab.write("work.ipynb", WORK)
    with lab.open("work.ipynb") as opened:
        cell(opened, 0).locator(".cm-content").click()
        opened.page.keyboard.press("Control+Enter")
        expect(cell(opened, 0).locator(".jp-InputPrompt")).to_have_text("[1]:", timeout=60_000)
        yield opened


def cell(opened: OpenNotebook, place: int) -> Locator:
    """A cell, counted from 0."""
    return opened.page.locator(".jp-Notebook .jp-Cell").nth(place)


def cell_of(opened: OpenNotebook, text: str) -> Locator:
    """The cell with this text in it."""
    return opened.page.locator(".jp-Notebook .jp-Cell").filter(has=opened.page.locator(".cm-content", has_text=text))


def tokens(where: Locator, kind: str) -> list[str]:
    """The texts of one kind in a cell, as they are marked."""
    return [one.inner_text() for one in where.locator(f".loom-token-{kind}").all()]


def button(where: Locator, name: str) -> Locator:
    """A button of ours in the toolbar of a cell."""
    return where.locator(".jp-cell-toolbar").get_by_role("button", name=name, exact=True)


def choose(where: Locator) -> None:
    """Make a cell the active one."""
    where.locator(".cm-content").click()


def test_every_part_of_a_cell_is_told_apart(lab: Lab) -> None:
    lab.write("parts.ipynb", [PROMPT, CONFIG, MIXED, PYTHON])
    with lab.open("parts.ipynb", kernel=False) as opened:
        prompt, config, mixed, python = (cell(opened, place) for place in range(4))
        expect(prompt.locator(".loom-token-expression span").first).to_be_visible()
        assert tokens(prompt, "magic") == ["%%loom"]
        assert tokens(prompt, "option") == ["--arch", "--tools", "--user", "--quiet"]
        assert tokens(prompt, "string") == ["'a, b'"]
        assert "react" in tokens(prompt, "value")
        expect(prompt.locator(".loom-problem")).to_have_text(["--nope"])
        marked = "".join(tokens(prompt, "expression"))
        assert all(text in marked for text in ("{name}", "{len(", "{d['k']:>10}", "{braces}")), marked
        assert tokens(config, "command") == ["config"]
        expect(config.locator(".loom-editor-config")).to_have_count(1)
        assert tokens(mixed, "command") == ["cost"]
        # Python, which comes with the kernel, cuts the mark in pieces, and knows that the rest is text.
        expect(mixed.locator(".loom-problem")).to_have_text(["-", "-", "al"], timeout=60_000)
        expect(python.locator(".loom-editor, [class*='loom-token']")).to_have_count(0)


def test_every_colour_can_be_read_in_every_theme_and_axe_finds_nothing(lab: Lab) -> None:
    lab.write("colours.ipynb", [PROMPT, CONFIG, PYTHON])
    with lab.open("colours.ipynb", kernel=False) as opened:
        page = opened.page
        for theme in THEMES:
            lab._setting("@jupyterlab/apputils-extension:themes", {"theme": theme})
            page.reload()
            expect(page.locator("body")).to_have_attribute("data-jp-theme-name", theme, timeout=60_000)
            prompt = cell(opened, 0)
            expect(prompt.locator(".loom-token-expression span").first).to_be_visible(timeout=60_000)
            expect(page.locator(".loom-spend-button")).to_be_visible(timeout=60_000)
            choose(prompt)
            prompt.locator(".loom-problem").hover()
            expect(page.locator(".loom-remedy")).to_be_visible()
            assert faint(page, ".loom-editor, .loom-remedy, .loom-spend") == [], theme
            assert violations(page, ".loom-spend") == [], theme
            page.keyboard.press("Alt+Shift+C")
            expect(page.get_by_role("dialog")).to_be_visible()
            assert faint(page, ".loom-compare") == [], theme
            assert violations(page, ".loom-compare") == [], theme


def test_a_wrong_option_says_its_remedy_under_the_mouse_and_at_the_cursor(work: OpenNotebook) -> None:
    scratch = cell(work, len(WORK) - 1)
    choose(scratch)
    page = work.page
    page.keyboard.insert_text("%%loom --arhc react\nhello")
    problem = scratch.locator(".loom-problem")
    expect(problem).to_have_text("--arhc")
    remedy = page.locator(".loom-remedy")
    expect(remedy).to_have_count(0)
    problem.hover()
    expect(remedy).to_contain_text("unknown option '--arhc' of %%loom: did you mean '--arch'?")
    page.mouse.move(0, 0)
    page.keyboard.press("Control+Home")
    expect(remedy).to_have_count(0)
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    expect(remedy).to_contain_text("did you mean '--arch'?")
    expect(remedy).to_have_attribute("role", "status")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(scratch.locator(".loom-editor")).to_have_count(0)


def test_a_cell_becomes_ours_while_it_is_typed_and_completes(work: OpenNotebook) -> None:
    scratch = cell(work, len(WORK) - 1)
    choose(scratch)
    page = work.page
    expect(button(scratch, "Compare…")).to_be_hidden()
    page.keyboard.type("%%loom")
    expect(scratch.locator(".loom-editor-prompt")).to_have_count(1)
    expect(button(scratch, "Compare…")).to_be_visible()
    page.keyboard.type(" --arch ")
    page.keyboard.press("Tab")
    items = page.locator(".jp-Completer-item")
    expect(items).to_have_count(len(ARCHITECTURES) + len(TEAMS))
    assert [one.inner_text() for one in items.locator(".jp-Completer-match").all()] == [*ARCHITECTURES, *TEAMS]
    expect(items.first.locator(".jp-Completer-icon")).to_have_count(1)
    expect(items.first.locator(".jp-Completer-typeExtended")).to_have_text("architecture")
    page.keyboard.press("Enter")
    expect(scratch.locator(".loom-token-value")).to_have_text("react")
    page.keyboard.type(" --agent ")
    page.keyboard.press("Tab")
    expect(items.filter(has_text="priced")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")


def test_the_buttons_are_there_for_cells_of_ours_only(work: OpenNotebook) -> None:
    ours, python = cell_of(work, "How many"), cell_of(work, "for one in range")
    choose(ours)
    for name in ("Run this cell", "Stop this run", "Compare…"):
        expect(button(ours, name)).to_be_visible()
    expect(button(ours, "Stop this run")).to_be_disabled()
    choose(python)
    expect(python.locator(".jp-cell-toolbar")).to_be_visible()
    for name in ("Run this cell", "Stop this run", "Compare…"):
        expect(button(python, name)).to_be_hidden()


def test_run_runs_the_cell_and_the_status_bar_says_what_it_cost(work: OpenNotebook) -> None:
    ours = cell_of(work, "--agent priced")
    spent = work.page.locator(".loom-spend-button")
    choose(ours)
    button(ours, "Run this cell").click()
    expect(ours.locator(".jp-OutputArea")).to_contain_text("an answer", timeout=30_000)
    expect(spent).to_have_text("$0.00120 · 1 call", timeout=30_000)
    tip = spent.get_attribute("title") or ""
    assert "This notebook: $0.00120 · 1 call, 1,200 tokens in, 34 out" in tip and "Today" in tip
    assert "this notebook $0.00120" in (spent.get_attribute("aria-label") or "")
    expect(ours).to_have_class(re.compile("jp-mod-active"))
    spent.click()
    only = work.page.get_by_role("button", name="This notebook", exact=True)
    expect(only).to_have_attribute("aria-pressed", "true")


def test_stop_stops_a_slow_run(work: OpenNotebook) -> None:
    ours = cell_of(work, "--agent slow").first
    choose(ours)
    button(ours, "Run this cell").click()
    expect(ours.locator(".jp-OutputArea")).to_contain_text("half an answer", timeout=30_000)
    expect(button(ours, "Run this cell")).to_be_disabled()
    button(ours, "Stop this run").click()
    expect(button(ours, "Run this cell")).to_be_enabled(timeout=30_000)
    expect(ours.locator(".jp-OutputArea")).to_contain_text("cancelled")
    expect(ours.locator(".jp-OutputArea")).not_to_contain_text("Traceback")


def test_stop_interrupts_the_kernel_where_nothing_live_is_shown(work: OpenNotebook) -> None:
    ours = cell_of(work, "--agent slow --quiet")
    choose(ours)
    button(ours, "Run this cell").click()
    expect(work.page.locator("#jp-bottom-panel")).to_contain_text("| Busy", timeout=30_000)
    button(ours, "Stop this run").click()
    expect(button(ours, "Run this cell")).to_be_enabled(timeout=30_000)


def test_compare_inserts_the_cell_that_was_chosen(work: OpenNotebook) -> None:
    ours = cell_of(work, "How many, {1 + 1}?")
    choose(ours)
    button(ours, "Compare…").click()
    page = work.page
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("react", exact=True)).to_be_checked()
    expect(dialog.get_by_label("slow", exact=True)).to_have_count(1)
    accept = dialog.get_by_role("button", name="Insert cell")
    dialog.get_by_label("react", exact=True).uncheck()
    expect(dialog.get_by_role("alert")).to_contain_text("two or more")
    expect(accept).to_be_disabled()
    dialog.get_by_label("rewoo", exact=True).check()
    dialog.get_by_label("Dataset").fill("capitals")
    dialog.get_by_label("Cases").fill("2")
    expect(dialog.locator("pre")).to_contain_text("%%loom --ab self-refine,rewoo --on capitals --n 2")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert page.locator(".jp-Notebook .jp-Cell").count() == len(WORK)
    page.keyboard.press("Alt+Shift+C")
    dialog.get_by_label("Run it at once").check()
    accept.click()
    made = cell_of(work, "%%loom --arch react,self-refine")
    expect(made).to_contain_text("How many, {1 + 1}?")
    expect(made.locator(".jp-OutputArea")).to_contain_text("Echo: How many, 2?", timeout=30_000)


def test_without_a_kernel_the_options_complete_all_the_same(lab: Lab) -> None:
    lab.write("bare.ipynb", ["%%loom"])
    with lab.open("bare.ipynb") as opened:
        page = opened.page
        page.locator(".lm-MenuBar-item", has_text="Kernel").first.click()
        page.locator('.lm-Menu-item[data-command="kernelmenu:shutdown"]').click()
        expect(page.locator("#jp-bottom-panel")).to_contain_text("No Kernel")
        choose(cell(opened, 0))
        page.keyboard.press("Control+End")
        page.keyboard.type(" --ar")
        page.keyboard.press("Tab")
        expect(page.locator(".jp-Completer-item")).to_have_text(re.compile("--arch.*option"))
        page.keyboard.press("Enter")
        expect(cell(opened, 0).locator(".cm-content")).to_have_text("%%loom --arch")


def test_the_cost_is_shown_for_notebooks_only(work: OpenNotebook) -> None:
    page = work.page
    spent = page.locator(".loom-spend-button")
    expect(spent).to_be_visible()
    page.keyboard.press("Control+Shift+L")
    expect(page.locator(".jp-Launcher")).to_be_visible()
    expect(spent).to_be_hidden()
    page.locator(".lm-TabBar-tab", has_text="work.ipynb").first.click()
    expect(spent).to_be_visible()
