"""Loading into a Jupyter Server."""

from typing import Any

from loomlab.server.desk import Desk
from loomlab.server.handler import DESK
from loomlab.server.routes import routes
from loomlab.server.settings import LoomlabServer


def load(server_app: Any) -> None:
    """Add our routes to a server; from now on its kernels write to the log that it reads.

    Without ``LOOMLAB_HOME`` a kernel would keep a log beside each notebook, and the panels would see only one.
    """
    settings = LoomlabServer(parent=server_app)
    desk = Desk(settings, server_app.root_dir, server_app.log)
    desk.share_home()
    desk.pool.submit(desk.prepare)
    web_app = server_app.web_app
    web_app.settings[DESK] = desk
    web_app.add_handlers(".*$", routes(web_app.settings["base_url"]))
    server_app.log.info("loomlab reads the run log %s", desk.home)
