"""``evaluations`` and ``evaluation``: what was compared, how far it is, what came of it."""

from collections.abc import Callable
from typing import Any, TypeVar

from tornado.web import authenticated

from loomlab.server.evaluation_list import evaluation_list
from loomlab.server.handler import LoomHandler, Refused, Routes
from loomlab.server.parameters import text

T = TypeVar("T")
_ID = text(300)


class EvaluationHandler(LoomHandler):
    """Base of the handlers of this file."""

    async def with_packages(self, job: Callable[[], T]) -> T:
        """The work, where the packages that it needs are there; else 503 with the command that installs them."""
        try:
            return await self.work(job)
        except ImportError as error:
            raise Refused(503, str(error)) from None


class ListHandler(EvaluationHandler):
    """``evaluations``."""

    @authenticated
    async def get(self) -> None:
        """Every evaluation with its progress."""
        self.query({})
        self.finish_json(await self.with_packages(lambda: evaluation_list(self.desk.log())))


class FaceHandler(EvaluationHandler):
    """``evaluation``."""

    @authenticated
    async def get(self) -> None:
        """Tables, decision cards, pictures and trials of one."""
        wanted = self.query({"evaluation_id": _ID}, needs=("evaluation_id",))["evaluation_id"]
        found: Any = await self.with_packages(lambda: self.desk.evaluations.face(self.desk.log(), wanted))
        if found is None:
            raise Refused(404, "the run log has no such evaluation (any more); look again at which there are")
        self.finish_json(found)


ROUTES: Routes = [("evaluations", ListHandler), ("evaluation", FaceHandler)]
