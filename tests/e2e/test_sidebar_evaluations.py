"""The section Evaluations in a real JupyterLab: progress as it happens, one evaluation, label and promote."""

import threading
from collections.abc import Iterator

import anyio
import pytest
from filled import CASES, elsewhere, logged_evaluation
from lab import Lab
from panels import SIDEBAR, panel, photograph, sidebar
from playwright.sync_api import expect

from loomlab.evals import Dataset, evaluate, scorers
from loomlab.runlog import RunLog

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def log(lab: Lab) -> Iterator[RunLog]:
    """The log that JupyterLab's server reads."""
    yield RunLog.open(lab.folder.parent / "log")


def test_without_an_evaluation_the_section_says_what_to_type(lab: Lab) -> None:
    with sidebar(lab, "evaluations") as page:
        section = page.locator("#loomlab-section-evaluations")
        expect(section).to_contain_text("No evaluations yet.")
        expect(section.locator("pre")).to_contain_text("%%loom --ab")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_an_evaluation_is_opened_and_its_trials_lead_to_their_runs(lab: Lab, log: RunLog, dark: bool) -> None:
    logged_evaluation(log, "sums dark" if dark else "sums")
    with sidebar(lab, "evaluations", dark=dark) as page:
        options = page.locator(f'{SIDEBAR} [role="option"]:visible')
        expect(options.first).to_contain_text("right, echo")
        expect(options.first).to_contain_text("12 trials")
        page.locator(f'{SIDEBAR} [role="listbox"]:visible').focus()
        page.keyboard.press("Enter")
        expect(panel(page)).to_contain_text("right is better than echo, by 1.000")
        expect(panel(page).locator("svg.pv").first).to_be_visible()
        photograph(page, f"evaluation-{'dark' if dark else 'light'}")
        trials = panel(page).get_by_role("listbox")
        expect(trials.get_by_role("option")).to_have_count(12)
        panel(page).get_by_label("Show").select_option(label="those that are not right")
        expect(trials.get_by_role("option")).to_have_count(6)
        trials.focus()
        page.keyboard.press("ArrowDown")
        photograph(page, f"evaluation-trials-{'dark' if dark else 'light'}")
        page.keyboard.press("Enter")
        expect(panel(page)).to_contain_text("Echo: What is")


def test_a_trial_is_promoted_once_and_labelled(lab: Lab, log: RunLog) -> None:
    logged_evaluation(log, "promoted")
    with sidebar(lab, "evaluations") as page:
        page.locator(f'{SIDEBAR} [role="option"]:visible').first.click()
        trials = panel(page).get_by_role("listbox")
        trials.get_by_role("option").first.click()
        promote, dialog = panel(page).get_by_role("button", name="Promote to a case…"), page.locator(".jp-Dialog")
        promote.click()
        dialog.get_by_label("The right answer").fill("2")
        photograph(page, "evaluation-promote")
        dialog.get_by_role("button", name="Promote").click()
        expect(page.get_by_text("The run is a case of regressions now.")).to_be_visible()
        file = lab.folder / "datasets" / "regressions.jsonl"
        [case] = elsewhere(Dataset.load, file)
        assert (case.input, case.target) == ("What is 1 + 1?", "2")
        promote.click()
        dialog.get_by_role("button", name="Promote").click()
        expect(dialog.get_by_role("alert")).to_contain_text("already has the case")
        dialog.get_by_label("Dataset").fill("../escaped")
        dialog.get_by_role("button", name="Promote").click()
        expect(dialog.get_by_role("alert")).to_contain_text("is no name of a dataset")
        dialog.get_by_role("button", name="Cancel").click()
        assert len(elsewhere(Dataset.load, file)) == 1
        panel(page).get_by_role("button", name="Label…").click()
        dialog.get_by_label("bad: wrong").check()
        dialog.get_by_label("Why").fill("not a sum")
        photograph(page, "evaluation-label")
        dialog.get_by_role("button", name="Label").click()
        expect(page.get_by_text("The run is labelled bad.")).to_be_visible()
    [row] = elsewhere(lambda: log.labels(run_id=case.id).to_dict("records"))
    assert (row["choice"], row["reason"]) == ("bad", "not a sum")


def test_an_evaluation_that_runs_shows_its_progress_live(lab: Lab, log: RunLog) -> None:
    may_go = threading.Semaphore(2)

    def careful(question: str) -> str:
        assert may_go.acquire(timeout=120)
        return "2"

    def run() -> None:
        data, judges = Dataset(CASES, name="slow"), [scorers.exact()]
        anyio.run(
            lambda: evaluate(
                data, {"careful": careful}, scorers=judges, run_log=log, name="slow sums", max_concurrency=1
            )
        )

    with sidebar(lab, "evaluations") as page:
        thread = threading.Thread(target=run)
        thread.start()
        try:
            row = page.locator(f'{SIDEBAR} [role="option"]:visible', has_text="careful")
            expect(row).to_contain_text("2 of 6 trials · running", timeout=20_000)
            row.click()
            bar = panel(page).get_by_role("progressbar")
            expect(bar).to_have_attribute("aria-valuenow", "2")
            photograph(page, "evaluation-running")
            may_go.release(2)
            expect(bar).to_have_attribute("aria-valuenow", "4", timeout=20_000)
            expect(row).to_contain_text("4 of 6 trials")
        finally:
            may_go.release(10)
            thread.join(60)
        expect(bar).to_be_hidden(timeout=20_000)
        expect(row).to_contain_text("6 trials")
        expect(row).not_to_contain_text("running")
