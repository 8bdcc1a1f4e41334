"""Cases under one name, with ids that stay and a digest that tells whether two datasets are the same."""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.ids import deterministic_hash
from loomlab.core.nearest import did_you_mean
from loomlab.evals.card import DatasetCard
from loomlab.evals.case import Case
from loomlab.evals.sources import read_cases, write_jsonl


class Dataset:
    """An ordered set of cases with unique ids. Immutable: ``shuffle``, ``sample`` and the like return a new one.

    Raises ConfigError when two cases share an id.
    """

    def __init__(self, cases: Iterable[Case], *, name: str = "dataset", card: DatasetCard | None = None) -> None:
        self.cases: tuple[Case, ...] = tuple(cases)
        self.name = name
        self.card = card
        self._by_id: dict[str, Case] = {case.id: case for case in self.cases}
        if len(self._by_id) != len(self.cases):
            seen: set[str] = set()
            twice = next(case.id for case in self.cases if case.id in seen or seen.add(case.id))  # type: ignore[func-returns-value]  # add() returns None on purpose
            raise ConfigError(f"the dataset {name!r} has two cases with the id {twice!r}; ids must be unique")

    @classmethod
    def load(
        cls, source: Any, *, name: str | None = None, columns: Mapping[str, str] | None = None, near: Path | None = None
    ) -> "Dataset":
        """A dataset from a name, a path or a DataFrame.

        ``source`` is the name of a folder of ``datasets/`` (looked for beside ``near``, in the working directory and
        those above it, in ``$LOOMLAB_DATASETS``, and beside the installed package), a path to such a folder, to a
        ``.jsonl`` or a ``.csv`` file, or a DataFrame. ``columns`` maps our names to the source's, as in
        ``{"input": "question", "target": "answer"}``; columns that are not ours become metadata. A row without an id
        gets one from its content. Raises ConfigError, naming file and line, for what cannot be read.
        """
        cases, found_name, card = read_cases(source, columns or {}, near)
        return cls(cases, name=name or found_name, card=card)

    def save(self, path: str | Path) -> Path:
        """Write the cases as JSONL, one case a line; ``load`` reads it back unchanged."""
        return write_jsonl(self.cases, Path(path))

    @cached_property
    def digest(self) -> str:
        """SHA-256 over ids and contents, whatever the order: the same digest means the same questions."""
        return deterministic_hash([case.as_row() for case in sorted(self.cases, key=lambda case: case.id)])

    def shuffle(self, seed: int = 0) -> "Dataset":
        """The same cases in an order that depends on the seed and the ids, not on the present order."""
        return self._with(self._drawn(seed))

    def sample(self, n: int, seed: int = 0) -> "Dataset":
        """``n`` cases drawn without replacement, in dataset order; all of them when there are fewer.

        The same seed draws the same cases whatever the order, and a larger sample contains the smaller one.
        """
        if n < 1:
            raise ConfigError(f"a sample needs at least one case, not {n}")
        chosen = {case.id for case in self._drawn(seed)[:n]}
        return self._with(case for case in self.cases if case.id in chosen)

    def filter(self, keep: Callable[[Case], bool]) -> "Dataset":
        """The cases for which ``keep`` is true."""
        return self._with(case for case in self.cases if keep(case))

    def select(self, ids: Iterable[str]) -> "Dataset":
        """The cases with these ids, in that order. Raises ConfigError for an unknown id."""
        return self._with(self[one] for one in ids)

    def __len__(self) -> int:
        return len(self.cases)

    def __iter__(self) -> Iterator[Case]:
        return iter(self.cases)

    def __contains__(self, item: object) -> bool:
        return item in self._by_id if isinstance(item, str) else item in self.cases

    def __getitem__(self, key: str | int) -> Case:
        if isinstance(key, int):
            return self.cases[key]
        if key not in self._by_id:
            raise ConfigError(f"the dataset {self.name!r} has no case {key!r}; {did_you_mean(key, self._by_id)}")
        return self._by_id[key]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dataset) and self.cases == other.cases

    __hash__ = None  # type: ignore[assignment]  # cases hold dicts

    def __repr__(self) -> str:
        return f"Dataset({self.name!r}, {len(self)} cases)"

    def _with(self, cases: Iterable[Case]) -> "Dataset":
        return Dataset(cases, name=self.name, card=self.card)

    def _drawn(self, seed: int) -> list[Case]:
        drawn = sorted(self.cases, key=lambda case: case.id)
        random.Random(seed).shuffle(drawn)
        return drawn
