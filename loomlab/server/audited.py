"""Every write of a panel, one line in a signed and chained record beside the run log: who, what, when."""

import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.runlog.home import Home
from loomlab.security import FileAuditLog

FILE = "audit.jsonl"
_KEY = "LOOMLAB_AUDIT_KEY"
_PLACE = "jupyter-server"


class Audit:
    """The record in the folder of the run log, signed with ``$LOOMLAB_AUDIT_KEY`` where that is set."""

    def __init__(self, home: Path, ask: Callable[[Callable[[], Awaitable[Any]]], Any]) -> None:
        self._home = home
        self._ask = ask
        self._log = FileAuditLog(home / FILE, secret=os.environ.get(_KEY, ""))

    def note(self, actor: str, action: str, payload: Mapping[str, Any], user_id: str | None = None) -> None:
        """Write the line, before what it tells is done. ConfigError, and nothing may be done, where that fails."""
        try:
            Home(self._home).create()  # a folder that holds nothing but our record would pass for something else
            self._ask(
                lambda: self._log.append(
                    session_id=_PLACE, actor=actor, action=action, payload=payload, user_id=user_id
                )
            )
        except OSError as error:
            raise ConfigError(
                f"nothing was done: the audit log {FILE} beside the run log can't be written "
                f"({error.strerror or error}); make its folder writable"
            ) from None
