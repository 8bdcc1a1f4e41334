"""What ``%loom audit`` gives: the entries of a log, what a check of it found, and their faces."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from loomlab.agent import Agent
from loomlab.core.protocols import AuditLog
from loomlab.core.records import AuditEntry
from loomlab.display.audit import Shown, audit_html, audit_text, did_text
from loomlab.notebook.face import Face
from loomlab.notebook.names import Namespace
from loomlab.security import AuditReport

if TYPE_CHECKING:
    import pandas as pd


class AuditView:
    """Entries of an audit log, oldest first; ``report`` None where the log can't check itself."""

    def __init__(
        self,
        entries: list[AuditEntry],
        total: int,
        report: AuditReport | None,
        *,
        user: str | None,
        everybody: bool,
        times: bool,
    ) -> None:
        self.entries = entries
        self.report = report
        self._shown = Shown(
            entries,
            total,
            user,
            everybody,
            report is not None,
            [(one.sentence, one.severe) for one in report.problems] if report is not None else [],
            report.bad if report is not None else frozenset(),
            times,
        )

    @property
    def face(self) -> Face:
        """HTML and text."""
        return Face(audit_html(self._shown), audit_text(self._shown))

    def frame(self) -> "pd.DataFrame":
        """One row an entry."""
        import pandas as pd

        names = ("seq", "timestamp", "user_id", "session_id", "actor", "action")
        rows = [{**{name: getattr(one, name) for name in names}, "what": did_text(one)} for one in self.entries]
        return pd.DataFrame(rows, columns=[*names, "what"])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return self.face.bundle

    def __repr__(self) -> str:
        return self.face.text


async def look(log: AuditLog, user: str | None, *, everybody: bool, times: bool) -> AuditView:
    """One user's entries, or everybody's, and whether the log is whole."""
    every = list(await log.query())
    entries = every if everybody else [one for one in every if one.user_id == user]
    verify = getattr(log, "verify", None)
    report = await verify() if callable(verify) else None
    return AuditView(
        entries,
        len(every),
        report if isinstance(report, AuditReport) else None,
        user=user,
        everybody=everybody,
        times=times,
    )


def is_log(value: Any) -> bool:
    """An audit log, or an agent that has one."""
    return log_of(value) is not None


def log_of(value: Any) -> AuditLog | None:
    """The audit log that a variable is, or has."""
    if isinstance(value, type):
        return None
    if isinstance(value, Agent):
        return value.audit_log
    return value if isinstance(value, AuditLog) and hasattr(value, "query") else None


def logs_in(space: Namespace) -> dict[str, AuditLog]:
    """The different logs of a notebook, by the first name that leads to each."""
    found: dict[int, tuple[str, AuditLog]] = {}
    for name in sorted(_names(space)):
        log = log_of(space[name])
        if log is not None:
            found.setdefault(id(log), (name, log))
    return dict(found.values())


def _names(space: Namespace) -> Iterable[str]:
    return (name for name in space if not name.startswith("_"))
