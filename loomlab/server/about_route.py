"""``about``: which loomlab answers here, and what it reads."""

from importlib.metadata import version

from tornado.web import authenticated

from loomlab.runlog import SCHEMA_VERSION
from loomlab.server.handler import LoomHandler, Routes
from loomlab.server.shapes import About

API = 1
"""Goes up when an address or a field goes away or changes its meaning."""


class AboutHandler(LoomHandler):
    """``about``."""

    @authenticated
    async def get(self) -> None:
        """Versions, the log, the names of the memories."""
        self.query({})
        self.finish_json(await self.work(self._about))

    def _about(self) -> About:
        desk = self.desk
        return {
            "version": version("loomlab"),
            "api": API,
            "schema_version": SCHEMA_VERSION,
            "log": {"name": desk.home.name, "exists": desk.has_log},
            "memories": sorted(desk.memories.names()),
            "problem": desk.problem(),
        }


ROUTES: Routes = [("about", AboutHandler)]
