"""One user's claims behind indexes: by id, by subject and predicate, by time of recording, by text."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from datetime import datetime

from loomlab.core.remembered import Fact
from loomlab.memory.fact_algebra import claim, fact_text, settle
from loomlab.memory.instants import instant
from loomlab.memory.record import Record
from loomlab.memory.text_index import TextIndex


def _place(record: Record) -> tuple[datetime, int]:
    return record.at, record.seq


def recorded(record: Record) -> tuple[datetime, int]:
    """When a claim became known; the order of writing breaks ties."""
    return instant(claim(record).recorded_at), record.seq


class FactIndex:
    """The claims of one user; what is handed out are facts with their ends."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.texts = TextIndex(lambda record: fact_text(claim(record)), recorded, common=True, parts=False)
        self._timelines: dict[tuple[str, str], list[Record]] = {}
        self._settled: dict[tuple[str, str], dict[str, Fact]] = {}
        self._recorded: list[Record] | None = None  # newest last; made when first asked for

    def __len__(self) -> int:
        return len(self.records)

    def add(self, record: Record) -> None:
        """Keep a claim whose id is not here."""
        self.records[record.id] = record
        key = (record.group, record.label)
        timeline = self._timelines.get(key)
        if timeline is None:
            self._timelines[key] = [record]
        elif _place(timeline[-1]) <= _place(record):
            timeline.append(record)
        else:
            insort(timeline, record, key=_place)
        self._settled.pop(key, None)
        if self._recorded is not None:
            insort(self._recorded, record, key=recorded)
        self.texts.add(record)

    def remove(self, record: Record) -> None:
        """Drop a claim that is here."""
        del self.records[record.id]
        key = (record.group, record.label)
        self._timelines[key] = [other for other in self._timelines[key] if other.id != record.id]
        if not self._timelines[key]:
            del self._timelines[key]
        self._settled.pop(key, None)
        self._recorded = None
        self.texts.remove(record)

    def fact(self, record: Record) -> Fact:
        """A claim with its end."""
        key = (record.group, record.label)
        settled = self._settled.get(key)
        if settled is None:
            timeline = self._timelines[key]
            facts = [claim(record)] if len(timeline) == 1 else settle(timeline)
            settled = self._settled[key] = {fact.id: fact for fact in facts}
        return settled[record.id]

    def all(self) -> list[Fact]:
        """Every claim with its end, by the time from which it holds."""
        return [self.fact(record) for record in sorted(self.records.values(), key=_place)]

    def recency(self, record: Record) -> float:
        """From 0.0 for the claim recorded first to 1.0 for the last."""
        ordered = self._by_recording()
        return round(bisect_left(ordered, recorded(record), key=recorded) / max(len(ordered) - 1, 1), 6)

    def newest_first(self, subject: str | None = None, predicate: str | None = None) -> Iterator[Record]:
        """The claims, newest recorded first; of one timeline where subject and predicate are both given."""
        if subject is not None and predicate is not None:
            timeline: Iterable[Record] = self._timelines.get((subject, predicate), ())
            return iter(sorted(timeline, key=recorded, reverse=True))
        return reversed(self._by_recording())

    def _by_recording(self) -> list[Record]:
        if self._recorded is None:
            self._recorded = sorted(self.records.values(), key=recorded)
        return self._recorded
