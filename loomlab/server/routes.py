"""Every address of the extension. A new panel adds its list to ``ROUTES``."""

import re
from typing import Any

from tornado.web import authenticated

from loomlab.core.nearest import did_you_mean
from loomlab.server.about_route import ROUTES as ABOUT
from loomlab.server.evaluation_routes import ROUTES as EVALUATIONS
from loomlab.server.events_route import ROUTES as EVENTS
from loomlab.server.handler import LoomHandler, Refused, Routes
from loomlab.server.memory_routes import ROUTES as MEMORY
from loomlab.server.run_routes import ROUTES as RUN
from loomlab.server.runs_routes import ROUTES as RUNS
from loomlab.server.write_routes import ROUTES as WRITES

ROUTES: Routes = [*ABOUT, *RUNS, *RUN, *EVENTS, *MEMORY, *EVALUATIONS, *WRITES]
"""(what follows ``<base_url>loomlab/api/``, its handler)."""


class UnknownHandler(LoomHandler):
    """An address that there is not."""

    @authenticated
    def get(self) -> None:
        """Refuse, once it is known that the asker may ask at all."""
        name = self.request.path.partition("/loomlab/api/")[2][:100]
        raise Refused(404, f"there is no address {name!r} here; {did_you_mean(name, [one for one, _ in ROUTES])}")

    post = put = delete = patch = head = get


def routes(base_url: str) -> list[Any]:
    """The routes as Tornado takes them. Nothing of ours lies below an address that is not in the list."""
    start = re.escape(base_url.rstrip("/")) + "/loomlab/api/"
    return [*((f"{start}{name}", handler) for name, handler in ROUTES), (f"{start}.*", UnknownHandler)]
