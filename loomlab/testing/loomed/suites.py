"""Suite files as tests: one for each arm on a dataset (*did it answer?*), one for each expectation."""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from loomlab.core.errors import LoomError
from loomlab.evals import Evaluation, Suite, load_suite
from loomlab.evals.arm_spec import PairSpec
from loomlab.evals.expectation import Expectation
from loomlab.evals.resume import cut_off
from loomlab.model import local_weights
from loomlab.runlog import RunLog, recording
from loomlab.testing.loomed.cards import cards_text
from loomlab.testing.loomed.settings import Settings
from loomlab.testing.loomed.sharing import once
from loomlab.testing.loomed.unmet import NOT_MET, UNDECIDED, Unmet, worded


def is_suite(path: Path) -> bool:
    """Whether a TOML file is a suite, or means to be one: also what can't be read is shown rather than passed over."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return True
    return "suite" in data or "arm" in data


class Round:
    """One evaluation: the chosen arms on one dataset. It happens when the first test asks for it, and once."""

    def __init__(self, part: Suite, settings: Settings) -> None:
        self.part = part
        self._settings = settings
        self._wanted: set[str] = set()
        self._result: Evaluation | None = None
        self._fault: Exception | None = None

    def want(self, arms: frozenset[str]) -> None:
        """These arms are looked at."""
        self._wanted |= arms

    @property
    def home(self) -> Path:
        """The folder of its run log."""
        return RunLog.open(self._settings.home).path

    def evaluation(self) -> Evaluation:
        """The evaluation. What went wrong the first time goes wrong again, and costs nothing then."""
        if self._fault is not None:
            raise self._fault
        if self._result is None:
            try:
                self._result = self._evaluate()
            except Exception as exc:
                self._fault = exc
                raise
        return self._result

    def _evaluate(self) -> Evaluation:
        part = self.part
        if part.sequential is None and self._wanted:
            part = replace(part, arms=tuple(arm for arm in part.arms if arm.name in self._wanted))
        if any(arm.model == "local" for arm in part.arms):
            local_weights.fetch()
        return once(self._settings.shared, repr(part), lambda: self._asked(part))

    def _asked(self, part: Suite) -> Evaluation:
        with recording(self._settings.home) as log:
            earlier = cut_off(log, [part.name]) if part.resume else {}

            async def ask() -> Evaluation:
                return await part.run(run_log=log, resume=earlier.get(part.name, False))

            return anyio.run(ask)


class SuiteFile(pytest.File):
    """A suite."""

    def __init__(self, *, settings: Settings, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._settings = settings

    def collect(self) -> Iterator["PartCollector"]:
        """One collector for each of its datasets."""
        try:
            suite = load_suite(self.path).with_changes(model=self._settings.model, sample=self._settings.sample)
            parts = [(part, part.check_expectations()) for part in suite.parts]
        except LoomError as exc:
            raise self.CollectError(str(exc)) from None
        for part, expected in parts:
            yield PartCollector.from_parent(
                self, name=part.dataset_name, round=Round(part, self._settings), expected=expected
            )


class PartCollector(pytest.Collector):
    """The arms and expectations of a suite on one dataset."""

    def __init__(self, *, round: Round, expected: tuple[Expectation, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._round, self._expected = round, expected

    def collect(self) -> Iterator["SuiteItem"]:
        """Arms first."""
        grouped = self.config.pluginmanager.hasplugin("xdist")
        for arm in self._round.part.arms:
            yield self._marked(
                ArmItem.from_parent(self, name=f"arm[{arm.name}]", round=self._round, arm=arm.name), grouped
            )
        for one in self._expected:
            yield self._marked(
                ExpectItem.from_parent(self, name=f"expect[{one.text}]", round=self._round, expectation=one), grouped
            )

    def _marked(self, item: "SuiteItem", grouped: bool) -> "SuiteItem":
        if grouped:
            item.add_marker(pytest.mark.xdist_group(self.nodeid))
        return item


class SuiteItem(pytest.Item):
    """A test of a suite: ``arms`` are those that it looks at."""

    round: Round
    arms: frozenset[str]

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Words, not a traceback through the library."""
        return worded(excinfo.value, lambda: super(SuiteItem, self).repr_failure(excinfo, style))

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where the test stands."""
        return self.path, None, f"{self.path.name}: {self.name}"

    def _logged(self, evaluation: Evaluation) -> str:
        return f"log: {self.round.home} (evaluation {evaluation.id})"


class ArmItem(SuiteItem):
    """An arm on a dataset: it must have answered what can be scored, at least once."""

    def __init__(self, *, round: Round, arm: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.round, self._arm, self.arms = round, arm, frozenset({arm})

    def runtest(self) -> None:
        """Raises Unmet, with the causes."""
        evaluation = self.round.evaluation()
        (summary,) = (one for one in evaluation.arm_summaries() if one.arm == self._arm)
        if summary.scored:
            return
        why = next((t.detail(evaluation.scorers[0]) for t in evaluation.trials if t.arm == self._arm), None)
        said = f"the arm {self._arm!r} has no score in {summary.n} trials: {why or summary.causes()}"
        raise Unmet(f"{said}\n\n{cards_text(evaluation, ())}\n\n{self._logged(evaluation)}", NOT_MET)


class ExpectItem(SuiteItem):
    """An expectation of a suite."""

    def __init__(self, *, round: Round, expectation: Expectation, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.round, self._expectation = round, expectation
        known = {arm.name for arm in round.part.arms}
        terms = [one for one in (expectation.left, expectation.right) if one is not None]
        named = {one.measure if one.arm is None else one.arm for one in terms}
        self.arms = frozenset(name for name in named if name in known) or frozenset(known)

    def runtest(self) -> None:
        """Raises Unmet, with the decision cards."""
        evaluation = self.round.evaluation()
        found = self._expectation.check(evaluation)
        self.add_report_section("call", "loom", found.sentence)
        if found.ok is True:
            return
        said = f"{self._expectation.text}\n{found.sentence}"
        text = f"{said}\n\n{cards_text(evaluation, self._pairs())}\n\n{self._logged(evaluation)}"
        raise Unmet(text, UNDECIDED if found.ok is None else NOT_MET)

    def _pairs(self) -> tuple[PairSpec, ...]:
        """Those that the suite compares, of the arms it is about; of two arms at least these two."""
        compared = self.round.part.compared
        if len(self.arms) == 2:
            a, b = sorted(self.arms)
            return tuple(one for one in compared if {one.a, one.b} == self.arms) or (PairSpec(a, b),)
        return compared
