"""One user's episodes behind indexes: by time, by session, by text."""

from bisect import bisect_left, bisect_right, insort
from datetime import datetime

from loomlab.core.remembered import Episode
from loomlab.memory.instants import instant
from loomlab.memory.record import Record
from loomlab.memory.text_index import TextIndex

TimeRange = tuple[datetime, datetime]


def place(record: Record) -> tuple[datetime, int]:
    """When it happened; the order of writing breaks ties."""
    return record.at, record.seq


def _when(record: Record) -> datetime:
    return record.at


def exchange(record: Record) -> Episode:
    """The episode of a record."""
    assert isinstance(record.item, Episode)
    return record.item


def episode_text(episode: Episode) -> str:
    """What an episode is found by."""
    return f"{episode.input}\n{episode.output}" if episode.output else episode.input


class EpisodeIndex:
    """The episodes of one user, in the order in which they happened."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.texts = TextIndex(lambda record: episode_text(exchange(record)), place, common=False, parts=True)
        self._order: list[Record] = []
        self._sessions: dict[str, list[Record]] = {}

    def __len__(self) -> int:
        return len(self._order)

    def add(self, record: Record) -> None:
        """Keep an episode whose id is not here."""
        self.records[record.id] = record
        for ordered in (self._order, self._sessions.setdefault(record.group, [])):
            if not ordered or place(ordered[-1]) <= place(record):
                ordered.append(record)
            else:
                insort(ordered, record, key=place)
        self.texts.add(record)

    def remove(self, record: Record) -> None:
        """Drop an episode that is here."""
        del self.records[record.id]
        session = self._sessions[record.group]
        for ordered in (self._order, session):
            del ordered[bisect_left(ordered, place(record), key=place)]
        if not session:
            del self._sessions[record.group]
        self.texts.remove(record)

    def recency(self, record: Record) -> float:
        """From 0.0 for the oldest to 1.0 for the newest."""
        if record is self._order[-1]:
            return 1.0
        return round(bisect_left(self._order, place(record), key=place) / max(len(self._order) - 1, 1), 6)

    def oldest(self, count: int) -> list[Record]:
        """The first ``count``, oldest first."""
        return self._order[:count]

    def recent(self, limit: int, time_range: TimeRange | None = None) -> list[Record]:
        """The newest, newest first; ``time_range`` includes both its ends."""
        first, end = 0, len(self._order)
        if time_range is not None:
            first = bisect_left(self._order, instant(time_range[0]), key=_when)
            end = bisect_right(self._order, instant(time_range[1]), key=_when)
        return self._order[max(first, end - limit) : end][::-1]

    def of_session(self, session_id: str, limit: int) -> list[Record]:
        """The last episodes of one conversation, oldest first."""
        return self._sessions.get(session_id, [])[-limit:]

    def sessions(self) -> list[str]:
        """The conversations, the one last heard of first."""
        return sorted(self._sessions, key=lambda name: place(self._sessions[name][-1]), reverse=True)
