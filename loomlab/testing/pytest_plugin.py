"""``pytest --loom``: suites and ``%loom expect`` cells as tests. Registered by ``loomlab_pytest`` only with the option.

What is not decided is neither passed nor skipped: it is counted as *undecided*, shown with its card in a section of its
own, and the exit code is that of a failure, as of ``loomlab eval``.
"""

import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from loomlab.core.errors import LoomError
from loomlab.model.resolve import adapter_of
from loomlab.testing.loomed.notebooks import NotebookFile, has_expectations
from loomlab.testing.loomed.settings import Settings
from loomlab.testing.loomed.sharing import shared_folder
from loomlab.testing.loomed.suites import SuiteFile, SuiteItem, is_suite
from loomlab.testing.loomed.unmet import UNDECIDED, Unmet

STATE = "loom_state"


class LoomPlugin:
    """The hooks."""

    def __init__(self, config: pytest.Config) -> None:
        self._suites: list[str] = config.getini("loom_suites")
        self._notebooks: list[str] = config.getini("loom_notebooks")
        self.settings = _settings(config)

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Suites by name or named on the command line, and notebooks that expect something."""
        given = parent.session.isinitpath(file_path)
        if file_path.suffix == ".toml" and (given or _matches(file_path, self._suites)):
            if given or is_suite(file_path):
                return SuiteFile.from_parent(parent, path=file_path, settings=self.settings)
            return None
        wanted = file_path.suffix == ".ipynb" and (given or _matches(file_path, self._notebooks))
        if wanted and has_expectations(file_path):
            return NotebookFile.from_parent(parent, path=file_path, settings=self.settings)
        return None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Only arms that a chosen test looks at are evaluated."""
        for item in session.items:
            if isinstance(item, SuiteItem):
                item.round.want(item.arms)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: "pytest.CallInfo[None]"
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note on the report what is not decided; a report may travel to another process."""
        report = yield
        if call.excinfo is not None and isinstance(call.excinfo.value, Unmet):
            setattr(report, STATE, call.excinfo.value.state)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, Any] | None:
        """Undecided is an outcome of its own."""
        if getattr(report, STATE, None) == UNDECIDED:
            return "undecided", "?", ("UNDECIDED", {"yellow": True})
        return None

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The cards of what is not decided, and one line each, as of failures."""
        reports = terminalreporter.stats.get("undecided", [])
        if not reports:
            return
        terminalreporter.write_sep("=", "UNDECIDED")
        for report in reports:
            terminalreporter.write_sep("_", report.nodeid.rpartition("::")[2], yellow=True)
            terminalreporter.write_line(report.longreprtext)
        terminalreporter.write_sep("=", "not decided: neither met nor missed (exit code 1)", yellow=True)
        for report in reports:
            terminalreporter.write_line(f"UNDECIDED {report.nodeid}")

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """The process that gave the work out removes what its workers shared."""
        folder = shared_folder(config)
        if folder is not None and not hasattr(config, "workerinput"):
            shutil.rmtree(folder, ignore_errors=True)


def _settings(config: pytest.Config) -> Settings:
    model, sample, home = (config.getoption(f"loom_{name}") for name in ("model", "sample", "home"))
    if sample is not None and sample < 1:
        raise pytest.UsageError(f"--loom-sample is a number of cases from 1, not {sample}")
    if model is not None:
        try:
            adapter_of(model)
        except LoomError as exc:
            raise pytest.UsageError(f"--loom-model: {exc}") from None
    return Settings(model, sample, None if home is None else Path(home).absolute(), shared_folder(config))


def _matches(path: Path, patterns: list[str]) -> bool:
    return any(path.match(one) for one in patterns)
