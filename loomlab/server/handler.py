"""What all handlers share: who may ask, what they may ask, where the work is done, and how errors are told."""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any, TypeAlias, TypeVar

from jupyter_server.base.handlers import APIHandler
from tornado.ioloop import IOLoop
from tornado.web import HTTPError

from loomlab.core.errors import ConfigError, LoomError
from loomlab.server.desk import Desk
from loomlab.server.notebooks import absolute
from loomlab.server.parameters import Parser, read_body, read_query

DESK = "loomlab_desk"
"""Where the desk lies in the settings of the web application."""

MOST_BODY = 64 * 1024
"""Bytes of a request's body."""

T = TypeVar("T")
_SENTENCES = {
    403: "this Jupyter server does not know you: open it by the address with the token that it printed, or sign in",
    404: "there is nothing here for this page; open JupyterLab by its own address",
    405: "this address does not take that method; see the list of routes in loomlab.server",
}


class Refused(HTTPError):
    """No, and why: ``sentence`` goes to the client as ``{"message": …}``."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(status, "%s", sentence)
        self.sentence = sentence


class LoomHandler(APIHandler):
    """Base of the handlers. A method is decorated with ``tornado.web.authenticated`` and ends in ``self.finish_json``.

    Jupyter's own handler checks the host, the origin, the XSRF cookie of what is not a GET, and whether the asker is
    signed in.
    """

    _gone = False

    @property
    def desk(self) -> Desk:
        """The log and the memories."""
        desk: Desk = self.settings[DESK]
        return desk

    def query(self, takes: Mapping[str, Parser], *, needs: tuple[str, ...] = ()) -> dict[str, Any]:
        """The parameters of the address, checked: what is not given is not in it. 400 for any that is unknown."""
        return self._checked(lambda: read_query(self.request.query_arguments, takes, needs))

    def body(self, takes: Mapping[str, Parser], *, needs: tuple[str, ...] = ()) -> dict[str, Any]:
        """The fields of the JSON object that was sent, checked likewise."""
        kind = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != "application/json":  # what a form of a foreign page can send without asking first is never JSON
            raise Refused(415, "send JSON, with Content-Type: application/json")
        if len(self.request.body) > MOST_BODY:
            raise Refused(413, f"a request takes at most {MOST_BODY // 1024} KB")
        return self._checked(lambda: read_body(self.request.body, takes, needs))

    @property
    def pool(self) -> Executor:
        """Where the work of this handler is done: the one thread that asks the log."""
        return self.desk.pool

    def is_away(self, error: Exception) -> bool:
        """Whether not what was asked is wrong, but the log, or a package is missing."""
        return isinstance(error, ConfigError) and str(error) == self.desk.problem()

    async def work(self, job: Callable[[], T]) -> T:
        """Do what blocks, in the thread for it. Left undone if the client has gone before its turn comes."""

        def wanted() -> T:
            if self._gone:
                raise Refused(503, "whoever asked this has gone")
            try:
                return job()
            except (ConfigError, ImportError) as error:
                if self.is_away(error):
                    raise Refused(503, str(error)) from None
                raise

        return await IOLoop.current().run_in_executor(self.pool, wanted)

    def on_connection_close(self) -> None:
        """The client went away: what it asked need not be begun."""
        self._gone = True
        super().on_connection_close()

    def notebook(self, name: str) -> str:
        """The notebook that JupyterLab calls ``name``, as the run log does. 400 for one outside of the root folder."""
        try:
            return absolute(self.desk.root, name)
        except ValueError as error:
            raise Refused(400, f"notebook {error}") from None

    def finish_json(self, answer: Any) -> None:
        """Send ``answer``."""
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(answer, ensure_ascii=False, allow_nan=False, default=str).encode(errors="replace"))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """An error as one sentence. What a fault of ours says stays in the server's log."""
        error = (kwargs.get("exc_info") or (None, None))[1]
        if isinstance(error, Refused):
            sentence = error.sentence
        elif isinstance(error, LoomError):
            status_code = 400 if isinstance(error, ConfigError) else 503
            self.set_status(status_code)
            sentence = str(error)
        elif isinstance(error, HTTPError) and error.log_message:
            sentence = error.log_message % error.args if error.args else error.log_message.replace("%%", "%")
        elif status_code in _SENTENCES:
            sentence = _SENTENCES[status_code]
        else:
            sentence = f"the loomlab extension failed ({type(error).__name__}); the log of the Jupyter server says more"
        self.finish(json.dumps({"message": sentence}))

    def log_exception(self, *args: Any) -> None:
        """A refusal is an answer, not a fault: nothing of what was asked goes to the server's log."""
        if not isinstance(args[1], (Refused, LoomError)):
            super().log_exception(*args)

    def _checked(self, read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            return read()
        except ValueError as error:
            raise Refused(400, str(error)) from None


Routes: TypeAlias = list[tuple[str, type[LoomHandler]]]
"""Addresses below ``<base_url>loomlab/api/`` and who answers there."""
