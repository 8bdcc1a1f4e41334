"""Whether a signed record is whole: every line as it was signed, none gone, none moved, none added by another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from loomlab.core import AuditEntry
from loomlab.security.audit import verify_signature

Kind = Literal["edited", "missing", "moved", "truncated", "lost", "unreadable", "head", "unkeyed"]


class Line(NamedTuple):
    """One line of a log: its entry, None where it can't be read; its number, and the file where there are several."""

    entry: AuditEntry | None
    number: int
    file: str = ""


class Head(NamedTuple):
    """The end of a log at one time: its last entry's number and signature. Keep one elsewhere to check against."""

    seq: int
    signature: str


@dataclass(frozen=True, slots=True)
class AuditProblem:
    """One thing that is not as it should be.

    ``kind``: ``edited`` (its signature does not fit), ``missing`` (entries between two are gone), ``moved`` (in another
    order, or twice), ``truncated`` (the end is gone), ``lost`` (the beginning is gone), ``unreadable`` (no entry at
    all), ``head`` (the record of the end was changed or is gone), ``unkeyed`` (signed without a secret).
    ``severe`` False: worth knowing, and no sign of tampering by itself.
    """

    kind: Kind
    sentence: str
    seq: int | None = None
    line: int | None = None
    severe: bool = True


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What came of checking a log. ``head`` is its present end, None for an empty one; ``bad`` numbers of entries."""

    entries: int
    problems: tuple[AuditProblem, ...] = ()
    head: Head | None = None

    @property
    def ok(self) -> bool:
        """Nothing severe was found."""
        return not any(one.severe for one in self.problems)

    @property
    def bad(self) -> frozenset[int]:
        """Numbers of the entries with a severe problem."""
        return frozenset(one.seq for one in self.problems if one.severe and one.seq is not None)

    def __str__(self) -> str:
        state = "whole" if self.ok else "NOT whole"
        lines = [f"{self.entries:,} {'entry' if self.entries == 1 else 'entries'}, the chain is {state}"]
        return "\n".join([*lines, *(f"{'✕' if one.severe else '·'} {one.sentence}" for one in self.problems)])


def examined(
    lines: Sequence[Line], secret: str, *, head: Head | None = None, anchors: Sequence[Head] = ()
) -> AuditReport:
    """Check the lines of a log in their order. ``head``: where it said that it ends; ``anchors``: ends kept elsewhere.

    A log that ends later than its ``head`` says is sound: a process may die between the two writes, and the entries
    after it carry signatures of their own.
    """
    problems: list[AuditProblem] = []
    before: AuditEntry | None = None
    signatures: dict[int, str] = {}
    for line in lines:
        entry, at = line.entry, f"line {line.number}{f' of {line.file}' if line.file else ''}"
        if entry is None:
            sentence = f"{at} can't be read: cut short by a crash, or overwritten"
            problems.append(AuditProblem("unreadable", sentence, None, line.number, severe=False))
            continue
        if not verify_signature(entry, secret):
            sentence = f"entry {entry.seq} ({at}) is not as it was signed: it was edited, or another key signed it"
            problems.append(AuditProblem("edited", sentence, entry.seq, line.number))
        problems += _linked(before, entry, line.number, at)
        signatures.setdefault(entry.seq, entry.signature)
        before = entry
    end = None if before is None else Head(before.seq, before.signature)
    for known, whose in ((head, "the log's own record"), *((one, "the anchor given") for one in anchors)):
        if known is not None and signatures.get(known.seq) != known.signature:
            problems.append(_cut(known, end, whose))
    if not secret and lines:
        sentence = "it is signed without a secret, so whoever can write the file can sign it anew: give secret="
        problems.append(AuditProblem("unkeyed", sentence, severe=False))
    return AuditReport(sum(one.entry is not None for one in lines), tuple(problems), end)


def _linked(before: AuditEntry | None, entry: AuditEntry, line: int, at: str) -> list[AuditProblem]:
    """What is wrong between two neighbours."""
    if before is None:
        if entry.seq == 1 and not entry.previous:
            return []
        gone = f"{entry.seq - 1:,} entries" if entry.seq > 1 else "entries"
        return [
            AuditProblem("lost", f"the log begins with entry {entry.seq}: {gone} before it are gone", entry.seq, line)
        ]
    if entry.previous == before.signature and entry.seq == before.seq + 1:
        return []
    if not entry.previous and not before.previous and entry.seq == before.seq + 1:
        return []  # of a log that was begun before entries were chained
    if entry.seq <= before.seq:
        sentence = f"entry {entry.seq} ({at}) comes after entry {before.seq}: moved, or there twice"
        return [AuditProblem("moved", sentence, entry.seq, line)]
    if entry.seq == before.seq + 1:
        sentence = f"entry {entry.seq} ({at}) does not follow the entry {before.seq} that is there now"
        return [AuditProblem("missing", sentence, entry.seq, line)]
    missing = entry.seq - before.seq - 1
    which = f"entry {before.seq + 1} is" if missing == 1 else f"entries {before.seq + 1} to {entry.seq - 1} are"
    return [AuditProblem("missing", f"{which} gone, before {at}", entry.seq, line)]


def _cut(known: Head, end: Head | None, whose: str) -> AuditProblem:
    if end is None or end.seq < known.seq:
        there = f"ends with entry {end.seq}" if end is not None else "is empty"
        return AuditProblem("truncated", f"the log {there}, but {whose} says that entry {known.seq} was written")
    return AuditProblem("edited", f"entry {known.seq} is another one than {whose} says", known.seq)
