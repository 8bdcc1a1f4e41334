"""Every address of the extension. A new panel adds its list to ``ROUTES``."""

import re
from typing import Any

from tornado.web import authenticated

from loomlab.core.nearest import did_you_mean
from loomlab.server.about_route import ROUTES as ABOUT
from loomlab.server.handler import LoomHandler, Refused, Routes

ROUTES: Routes = [*ABOUT]  # one line a panel: *MEMORY, *EVALUATIONS, …
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
