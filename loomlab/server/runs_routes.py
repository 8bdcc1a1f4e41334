"""``runs``, ``runs/facets``, ``runs/spend``: the list of runs, what to filter it by, what was spent."""

import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, cast

from tornado.web import authenticated

from loomlab.server.handler import LoomHandler, Routes
from loomlab.server.notebooks import relative
from loomlab.server.parameters import figure, flag, text, whole
from loomlab.server.shapes import Facets, RunPage, RunRow, Spend

EMPTY = "%load_ext loomlab\n\n%%loom\nWhat is 17 × 23?"
"""Two cells to type where nothing was ever run."""

_FILTERS = ("user", "architecture", "model", "outcome", "session")
_FACETS = {
    "users": "user",
    "architectures": "architecture",
    "models": "model",
    "outcomes": "outcome",
    "notebooks": "notebook",
}


class RunsHandler(LoomHandler):
    """``runs``."""

    @authenticated
    async def get(self) -> None:
        """One page of the runs that fit, the newest first."""
        takes = {"offset": whole(0, 10**9), "limit": whole(1, 200), "text": text(400), "notebook": text(4_096)}
        takes |= {"min_cost": figure(), "max_cost": figure(), "top": flag} | dict.fromkeys(_FILTERS, text())
        given = self.query(takes)
        if "notebook" in given:
            given["notebook"] = self.notebook(given["notebook"])
        self.finish_json(await self.work(lambda: self._page(given)))

    def _page(self, given: dict[str, Any]) -> RunPage:
        began = time.perf_counter()
        log, offset = self.desk.log(), given.get("offset", 0)
        page = log.page(
            limit=given.get("limit", 50),
            offset=offset,
            text=given.get("text", ""),
            outermost=given.get("top", True),
            min_cost=given.get("min_cost"),
            max_cost=given.get("max_cost"),
            **{name: given[name] for name in (*_FILTERS, "notebook") if name in given},
        )
        rows = [run_row(self, row) for row in page.rows]
        took = round((time.perf_counter() - began) * 1000, 1)
        answer: RunPage = {"total": page.total, "offset": offset, "rows": rows, "took_ms": took}
        if not page.total and not log.extent().runs:
            answer["empty"] = EMPTY
        return answer


class FacetsHandler(LoomHandler):
    """``runs/facets``."""

    @authenticated
    async def get(self) -> None:
        """The most frequent values of each filter."""
        self.query({})
        self.finish_json(await self.work(self._facets))

    def _facets(self) -> Facets:
        found = self.desk.log().facets(*_FACETS.values())
        below = [(relative(self.desk.root, path), count) for path, count in found["notebook"]]
        found["notebook"] = [(path, count) for path, count in below if path is not None]
        made = {name: [{"value": value, "count": n} for value, n in found[of]] for name, of in _FACETS.items()}
        return cast(Facets, made)


class SpendHandler(LoomHandler):
    """``runs/spend``."""

    @authenticated
    async def get(self) -> None:
        """What today cost, and what one notebook did."""
        given = self.query({"notebook": text(4_096)})
        notebook = self.notebook(given["notebook"]) if given.get("notebook") else None
        self.finish_json(await self.work(lambda: self._spend(notebook)))

    def _spend(self, notebook: str | None) -> Spend:
        log, midnight = self.desk.log(), datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        today = asdict(log.spent(since=midnight))
        own = None if notebook is None else asdict(log.spent(notebook=notebook))
        return cast(Spend, {"today": today, "notebook": own})


def run_row(handler: LoomHandler, row: Mapping[str, Any]) -> RunRow:
    """A row of the log as the client gets it."""
    names = RunRow.__required_keys__
    made = {name: row[name] for name in row if name in names}
    started = row["started_at"]
    made["started_at"] = None if started is None else started.isoformat()
    made["notebook"] = relative(handler.desk.root, row["notebook"])
    return cast(RunRow, made)


ROUTES: Routes = [("runs", RunsHandler), ("runs/facets", FacetsHandler), ("runs/spend", SpendHandler)]
