"""``events``: what has changed, told as it happens (server-sent events), for as long as the client listens."""

import json
from datetime import timedelta

from tornado.iostream import StreamClosedError
from tornado.queues import Queue
from tornado.util import TimeoutError as TookTooLong
from tornado.web import authenticated

from loomlab.server.handler import LoomHandler, Refused, Routes
from loomlab.server.shapes import Changed
from loomlab.server.watcher import put

QUIET_S = 15
"""After so long without news a comment goes out, so that nobody between takes the connection for dead."""

MOST_LISTENERS = 64
"""Clients that listen at the same time."""


class EventsHandler(LoomHandler):
    """``events``."""

    _news: "Queue[Changed | None] | None" = None
    _track_activity = False  # a page that only listens must not keep an idle server from being culled

    @authenticated
    async def get(self) -> None:
        """Stay, and tell."""
        self.query({})
        watcher = self.desk.watcher
        if watcher.listeners >= MOST_LISTENERS:
            raise Refused(503, f"{MOST_LISTENERS} pages listen already; close one, then reload this one")
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Accel-Buffering", "no")
        news = self._news = watcher.join()
        try:
            self.write("retry: 3000\n\n")
            await self.flush()
            while not self._gone:
                try:
                    told = await news.get(timeout=timedelta(seconds=QUIET_S))
                except TookTooLong:
                    self.write(": still here\n\n")
                else:
                    if told is None:
                        break
                    self.write(f"event: changed\ndata: {json.dumps(told)}\n\n")
                await self.flush()
        except StreamClosedError:
            pass
        finally:
            watcher.leave(news)

    def on_connection_close(self) -> None:
        """The client has gone: wake up, and stop."""
        super().on_connection_close()
        if self._news is not None:
            put(self._news, None)


ROUTES: Routes = [("events", EventsHandler)]
