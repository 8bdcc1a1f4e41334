"""Records to try a store with: times from few instants, names that look alike, names that try to be something else."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from loomlab.core.remembered import Episode, Fact, MemoryBlock
from loomlab.memory.record import EPISODE, FACT, KINDS, Item, Record, Where, sees

INSTANTS = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(3)]
"""Random times would never meet, and the mistakes are where they do."""

EDGES = [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), INSTANTS[0] + timedelta(microseconds=1)]

ODD_NAMES = [
    "",
    " ",
    "None",
    "-",
    "é",
    "e\u0301",
    "Grüße 🙂 你好",
    "a\nb",
    "a\0b",
    "%",
    "_",
    "*",
    "a,b",
    "a:b",
    "{a}",
    "x" * 10_000,
    "x" * 10_001,
    "anonymous",
    "=a",
    "#a",
]
"""Names that somebody may have. All of them are different users."""

HOSTILE_NAMES = [
    "'; DROP TABLE facts; --",
    '" OR 1=1 --',
    "') OR TRUE --",
    "} => [KNN 1 @v $b]",
    "@owner:{*}",
    "*) | (@kind:{fact}",
    "%' OR owner LIKE '%",
    "$1",
    "?",
    "\\'; DELETE FROM episodes; --",
    '{"$ne": ""}',
    "loomlab:episode:*\r\nFLUSHALL\r\n",
    "a]]>",
]
"""Names that mean something to a database, if it is allowed to read them."""

HALF_A_CHARACTER = "\ud800"
"""No encoding can write it: a store says so in one clear error, or keeps it."""


def record(
    kind: str,
    user_id: str | None,
    name: str,
    seq: int,
    *,
    at: datetime = INSTANTS[0],
    group: str = "",
    label: str = "",
    vector: Sequence[float] | None = None,
    text: str = "",
) -> Record:
    """A record with an item that says who it is."""
    text = text or f"{user_id!a} {seq}"[:200]
    item: Item
    if kind == EPISODE:
        item = Episode(id=name, user_id=user_id, session_id=group, occurred_at=at, input=text, output="…")
    elif kind == FACT:
        item = Fact(
            id=name,
            user_id=user_id,
            subject=group,
            predicate=label,
            object=text,
            valid_from=at,
            recorded_at=INSTANTS[0],
        )
    else:
        item = MemoryBlock(name=name, content=text, updated_at=at)
    return Record(kind, user_id, name, at, seq, item, group, label, vector)


def plain(records: Sequence[Record]) -> list[Record]:
    """The same without vectors, to compare."""
    return [replace(one, vector=None) for one in records]


class DictStore:
    """What a store should hold, as simply as it can be said."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str | None, str], Record] = {}

    def put(self, records: Sequence[Record]) -> None:
        """Write."""
        for one in records:
            self.records[one.kind, one.user_id, one.id] = one

    def get(self, kind: str, user_id: str | None, ids: Sequence[str]) -> list[Record]:
        """Read by name."""
        return [self.records[kind, user_id, one] for one in ids if (kind, user_id, one) in self.records]

    def scan(self, where: Where, limit: int | None = None, newest_first: bool = False) -> list[Record]:
        """Read by question."""
        fit = [one for one in self.records.values() if sees(where, one)]
        fit.sort(key=lambda one: (one.at, one.seq), reverse=newest_first)
        return fit if limit is None else fit[:limit]

    def delete(self, where: Where) -> int:
        """Erase."""
        gone = [name for name, one in self.records.items() if sees(where, one)]
        for name in gone:
            del self.records[name]
        return len(gone)


class RandomRecords:
    """Random records and questions over a small world, so that they meet."""

    users: Sequence[str | None] = (None, "", "a", "A", "a ", "a\0", "=a", "x" * 10_000, HOSTILE_NAMES[0], "%")
    names = ("1", "2", "3", "", "a\0b", "'")
    groups = ("", "s", "s'", "é" * 3_000)
    labels = ("", "p", "p\0")
    times = (*INSTANTS, *EDGES)

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._seq = 0

    def record(self) -> Record:
        """A record with a number of its own."""
        self._seq += 1
        pick = self.random.choice
        vector = pick([None, [1.0, 0.0, 0.0, 0.0], [1.0, 0.0], [0.0] * 4, [self.random.random() for _ in range(4)]])
        return record(
            pick(KINDS),
            pick(self.users),
            pick(self.names),
            self._seq,
            at=pick(self.times),
            group=pick(self.groups),
            label=pick(self.labels),
            vector=vector,
        )

    def where(self) -> Where:
        """A question, most of whose fields are open."""
        pick = self.random.choice
        question = Where(user_id=pick(self.users), all_users=self.random.random() < 0.1)
        fields: dict[str, Sequence[Any]] = {"kind": KINDS, "group": self.groups, "label": self.labels}
        fields |= dict.fromkeys(("since", "until", "before"), self.times)
        for name, values in fields.items():
            if self.random.random() < 0.25:
                question = replace(question, **{name: pick(values)})
        if self.random.random() < 0.25:
            question = replace(question, ids=tuple(self.random.sample(self.names, self.random.randint(0, 3))))
        if self.random.random() < 0.25:
            question = replace(question, after_seq=self.random.randint(0, self._seq + 1))
        return question
