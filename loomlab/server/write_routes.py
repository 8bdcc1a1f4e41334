"""``run/label`` and ``evaluation/promote``: what a person says of a run. Confirmed, and audited before it is done."""

from typing import Any

from tornado.web import authenticated

from loomlab.server.handler import LoomHandler, Refused, Routes
from loomlab.server.parameters import choice, flag, text
from loomlab.server.writes import LABELS, dataset_names, label_run, promote_run

_RUN, _NOTE = text(200), text(4_000)


class WriteHandler(LoomHandler):
    """Base of the handlers of this file."""

    @property
    def actor(self) -> str:
        """Who is signed in, by the name that Jupyter has."""
        return str(getattr(self.current_user, "username", "") or "unknown")

    def confirmed(self, asked: dict[str, Any], what: str) -> None:
        """Refuse what nobody confirmed."""
        if asked.get("confirm") is not True:
            raise Refused(400, f"nothing was written: {what} takes confirm: true")


class LabelHandler(WriteHandler):
    """``run/label``."""

    @authenticated
    async def post(self) -> None:
        """Say how good a run is; a later label of the same run replaces it."""
        takes = {"run_id": _RUN, "label": choice(*LABELS), "note": _NOTE, "confirm": flag}
        asked = self.body(takes, needs=("run_id", "label"))
        self.confirmed(asked, "a label")
        self.finish_json(
            await self.work(
                lambda: label_run(self.desk, self.actor, asked["run_id"], asked["label"], asked.get("note", ""))
            )
        )


class PromoteHandler(WriteHandler):
    """``evaluation/promote``."""

    @authenticated
    async def post(self) -> None:
        """Make a run a case of a dataset."""
        takes = {"run_id": _RUN, "dataset": text(80), "expected": text(20_000), "confirm": flag}
        asked = self.body(takes, needs=("run_id", "dataset"))
        self.confirmed(asked, "a new case")
        self.finish_json(
            await self.work(
                lambda: promote_run(self.desk, self.actor, asked["run_id"], asked["dataset"], asked.get("expected"))
            )
        )


class DatasetsHandler(WriteHandler):
    """``evaluation/datasets``."""

    @authenticated
    async def get(self) -> None:
        """Which datasets a run can become a case of."""
        self.query({})
        self.finish_json(await self.work(lambda: dataset_names(self.desk)))


ROUTES: Routes = [
    ("run/label", LabelHandler),
    ("evaluation/promote", PromoteHandler),
    ("evaluation/datasets", DatasetsHandler),
]
