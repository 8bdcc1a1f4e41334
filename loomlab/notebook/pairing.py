"""Two answers to one prompt, waiting for a person's vote."""

from collections.abc import Iterator, Mapping, Sequence

from loomlab.core.messages import utc_now
from loomlab.core.results import RunResult
from loomlab.display.ab import Pair, pair_html, pair_text, said_html, said_text
from loomlab.display.side_by_side import Column
from loomlab.evals.votes import Vote, checked_choice
from loomlab.notebook.face import Face
from loomlab.runlog import RunLog

_KEPT = "Kept in the run log; %loom votes counts. Changed your mind? Vote again."
_NOT_KEPT = "Not kept: runs are not being recorded here."


class Pairing(Mapping[str, RunResult]):
    """What came of one prompt sent two ways: the results by name, in the order in which they stand. ``vote`` is what
    was said of them, None while nobody has.
    """

    def __init__(
        self,
        results: Mapping[str, RunResult],
        columns: Sequence[Column],
        *,
        prompt: str,
        blind: bool = False,
        log: RunLog | None = None,
    ) -> None:
        self._results = dict(results)
        self._columns = tuple(columns)
        self._log = log
        self.prompt = prompt
        self.blind = blind
        self.vote: Vote | None = None

    def __getitem__(self, name: str) -> RunResult:
        return self._results[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._results)

    def __len__(self) -> int:
        return len(self._results)

    def __repr__(self) -> str:
        hidden = self.blind and self.vote is None
        return f"Pairing({'A, B' if hidden else ', '.join(column.name for column in self._columns)})"

    @property
    def can_be_voted(self) -> bool:
        """Whether both have something to be judged by."""
        return len(self._results) == len(self._columns)

    def cast(self, choice: str, reason: str = "") -> Vote:
        """Say which is better: a, b, tie or bad, and why. It is written to the log; a later vote replaces it.

        Raises ConfigError for any other choice, and where the log can't be written.
        """
        a, b = (column.name for column in self._columns)
        first, second = self._results[a], self._results[b]
        vote = Vote(
            a=a,
            b=b,
            choice=checked_choice(choice),
            run_a=first.run_id,
            run_b=second.run_id,
            reason=reason.strip(),
            prompt=self.prompt,
            blind=self.blind and (self.vote is None or self.vote.blind),
            user_id=first.user_id,
            at=utc_now(),
            answers=(first.output, second.output),
        )
        if self._log is not None:
            self._log.append("labels", [vote.as_row()])
        self.vote = vote
        return vote

    @property
    def said(self) -> Face:
        """What was said of them, in one sentence, for where they themselves stand elsewhere."""
        pair = self._pair
        return Face(said_html(pair), said_text(pair))

    @property
    def face(self) -> Face:
        """How they look beside each other."""
        return Face(pair_html(self._pair), pair_text(self._pair))

    @property
    def _pair(self) -> Pair:
        vote = self.vote
        note = _NOT_KEPT if self._log is None else _KEPT
        return Pair(
            self._columns,
            self.blind,
            vote.choice if vote is not None else "",
            vote.reason if vote is not None else "",
            note,
        )

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return self.face.bundle
