"""One user's episodes: newest first in O(limit), by session in O(limit), by text without reading them one by one."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import datetime

from loomlab.core.remembered import Episode
from loomlab.memory.instants import instant

_PAGE = 64
"""Episodes whose texts are joined, so that one substring test can rule all of them out."""


def _when(episode: Episode) -> datetime:
    return instant(episode.occurred_at)


class EpisodeLog:
    """The episodes of one user, in the order in which they happened; arrival breaks ties."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._episodes: list[Episode] = []
        self._texts: list[str] = []
        self._pages: list[str] = []  # each the joined texts of _PAGE episodes; the unfinished last page is not joined
        self._sessions: dict[str, list[Episode]] = {}
        self._ids: set[str] = set()

    def __len__(self) -> int:
        return len(self._episodes)

    def __contains__(self, episode_id: object) -> bool:
        return episode_id in self._ids

    def __iter__(self) -> Iterator[Episode]:
        return iter(self._episodes)

    def add(self, episode: Episode) -> None:
        """Keep an episode; one with the same id is replaced."""
        if episode.id in self._ids:
            self._keep([other for other in self._episodes if other.id != episode.id])
        at = bisect_right(self._episodes, _when(episode), key=_when)
        self._episodes.insert(at, episode)
        self._texts.insert(at, f"{episode.input}\0{episode.output}".lower())
        del self._pages[at // _PAGE :]
        for page in range(len(self._pages), len(self._episodes) // _PAGE):
            self._pages.append("\0".join(self._texts[page * _PAGE : (page + 1) * _PAGE]))
        session = self._sessions.setdefault(episode.session_id, [])
        session.insert(bisect_right(session, _when(episode), key=_when), episode)
        self._ids.add(episode.id)

    def recent(self, limit: int, time_range: tuple[datetime, datetime] | None = None) -> list[Episode]:
        """The newest, newest first; ``time_range`` includes both its ends."""
        first, end = self._span(time_range)
        return self._episodes[max(first, end - limit) : end][::-1]

    def containing(self, text: str, limit: int, time_range: tuple[datetime, datetime] | None = None) -> list[Episode]:
        """The newest whose input or output contains ``text`` in any case, newest first."""
        needle = text.lower()
        first, at = self._span(time_range)
        found: list[Episode] = []
        while at > first:
            page = (at - 1) // _PAGE
            start = max(first, page * _PAGE)
            if page >= len(self._pages) or needle in self._pages[page]:
                for index in range(at - 1, start - 1, -1):
                    if needle in self._texts[index]:
                        found.append(self._episodes[index])
                        if len(found) == limit:
                            return found
            at = start
        return found

    def of_session(self, session_id: str) -> list[Episode]:
        """The episodes of one conversation, oldest first. Not a copy."""
        return self._sessions.get(session_id, [])

    def sessions(self) -> list[str]:
        """The conversations, the one last heard of first."""
        return sorted(self._sessions, key=lambda name: _when(self._sessions[name][-1]), reverse=True)

    def erase(self, session_id: str | None = None, before: datetime | None = None) -> list[Episode]:
        """Erase the episodes that fit every given filter (all of them without one), and return them."""

        def goes(episode: Episode) -> bool:
            if session_id is not None and episode.session_id != session_id:
                return False
            return before is None or _when(episode) < instant(before)

        gone = [episode for episode in self._episodes if goes(episode)]
        if gone:
            self._keep([episode for episode in self._episodes if not goes(episode)])
        return gone

    def _span(self, time_range: tuple[datetime, datetime] | None) -> tuple[int, int]:
        if time_range is None:
            return 0, len(self._episodes)
        start, end = time_range
        return (
            bisect_left(self._episodes, instant(start), key=_when),
            bisect_right(self._episodes, instant(end), key=_when),
        )

    def _keep(self, episodes: list[Episode]) -> None:
        self._clear()
        for episode in episodes:
            self.add(episode)
