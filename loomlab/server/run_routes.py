"""``run``, ``run/align``, ``run/fork``: one run, several side by side, and a cell that takes a run up again."""

from tornado.web import authenticated

from loomlab.core.errors import ConfigError
from loomlab.display import RunTrace, run_html, run_text
from loomlab.display.trajectory import alignment_html, alignment_text
from loomlab.runlog import RunRecord, align
from loomlab.server.fork_cell import fork_cell
from loomlab.server.handler import LoomHandler, Refused, Routes
from loomlab.server.parameters import Several, text
from loomlab.server.runs_routes import run_row
from loomlab.server.shapes import AlignedFace, ForkCell, RunFace

MOST_ALIGNED = 8
"""Runs side by side."""

_ID = text(200)


class RunHandler(LoomHandler):
    """``run``."""

    @authenticated
    async def get(self) -> None:
        """One run as the displays show it, also while it goes on."""
        given = self.query({"run_id": _ID}, needs=("run_id",))
        self.finish_json(await self.work(lambda: self._face(given["run_id"])))

    def _face(self, run_id: str) -> RunFace:
        found = record(self, run_id)
        trace = RunTrace(found.events)
        row = run_row(self, found.info)
        row["prompt"], row["output"] = (row["prompt"] or "")[:200], (row["output"] or "")[:200]
        return {"row": row, "html": run_html(trace), "text": run_text(trace), "live": found.status == "running"}


class AlignHandler(LoomHandler):
    """``run/align``."""

    @authenticated
    async def get(self) -> None:
        """Two runs or more, step by step."""
        takes = {"run_id": Several(_ID, MOST_ALIGNED, least=2)}
        ids = list(dict.fromkeys(self.query(takes, needs=("run_id",))["run_id"]))
        if len(ids) < 2:
            raise Refused(400, "two different runs stand side by side; give a second run_id")
        self.finish_json(await self.work(lambda: self._aligned(ids)))

    def _aligned(self, ids: list[str]) -> AlignedFace:
        alignment = align({run_id: record(self, run_id) for run_id in ids})
        return {"html": alignment_html(alignment), "text": alignment_text(alignment), "ids": ids}


class ForkHandler(LoomHandler):
    """``run/fork``."""

    @authenticated
    async def get(self) -> None:
        """A cell that tries another end of the run, or asks the same again."""
        given = self.query({"run_id": _ID}, needs=("run_id",))
        self.finish_json(await self.work(lambda: self._cell(given["run_id"])))

    def _cell(self, run_id: str) -> ForkCell:
        return fork_cell(record(self, run_id))


def record(handler: LoomHandler, run_id: str) -> RunRecord:
    """The run with exactly this id. 404, naming it, where the log has none."""
    log = handler.desk.log()
    try:
        found = log.run(run_id)
    except ConfigError as error:
        if handler.desk.problem() is not None:
            raise
        raise Refused(404, str(error)) from None
    if found.run_id != run_id:
        raise Refused(404, f"no such run {run_id!r}; did you mean {found.run_id!r}?")
    return found


ROUTES: Routes = [("run", RunHandler), ("run/align", AlignHandler), ("run/fork", ForkHandler)]
