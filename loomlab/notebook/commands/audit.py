"""``%loom audit USER``: who did what, and whether the log that says so is whole."""

from collections.abc import Iterable

from loomlab.core.errors import ConfigError
from loomlab.core.protocols import AuditLog
from loomlab.notebook.auditing import AuditView, is_log, log_of, logs_in, look
from loomlab.notebook.bridge import answer, running_loop
from loomlab.notebook.cell import fill
from loomlab.notebook.commands.command import Command
from loomlab.notebook.names import find, names_of
from loomlab.notebook.notebook import Notebook
from loomlab.notebook.options import Option, parse, split

OPTIONS = (
    Option("log", "an audit log, or an agent that has one", "VARIABLE", "log"),
    Option("all", "what was done for everybody, where this notebook has a user"),
    Option("times", "when each thing happened, too"),
)
NONE_YET = (
    "no agent of this notebook writes an audit log; give one to it, as in "
    "Agent(…, audit_log=FileAuditLog('audit.jsonl', secret=…)), or name one: %loom audit USER --log VARIABLE"
)


def _run(notebook: Notebook, rest: str) -> AuditView:
    words = [fill(notebook, word) for word in split(rest)]
    given = words.pop(0) if words and not words[0].startswith("-") else None
    options = parse(words, OPTIONS, of="%loom audit")
    if given is not None and "all" in options:
        raise ConfigError(f"--all shows everybody's entries, so it can't be given with the user {given!r}")
    user = None if "all" in options else given if given is not None else notebook.settings["user"]
    log = _log(notebook, options.get("log"))
    times = "times" in options
    return answer(
        lambda: look(log, user, everybody=user is None, times=times), loop=notebook.loop, kernel_loop=running_loop()
    )


def _log(notebook: Notebook, name: str | None) -> AuditLog:
    if name is not None:
        found = log_of(find(name, notebook.space, is_log, "audit log"))
        assert found is not None
        return found
    logs = logs_in(notebook.space)
    if not logs:
        raise ConfigError(NONE_YET)
    if len(logs) > 1:
        raise ConfigError(
            f"this notebook has several audit logs; say which: {' or '.join(f'--log {one}' for one in logs)}"
        )
    return next(iter(logs.values()))


def _complete(notebook: Notebook, words: list[str]) -> Iterable[str]:
    if words[-1:] == ["--log"]:
        return names_of(notebook.space, is_log)
    options = [f"--{option.name}" for option in OPTIONS if f"--{option.name}" not in words]
    if words:
        return options
    users: dict[str, None] = {}
    for log in logs_in(notebook.space).values():
        entries = answer(log.query, loop=notebook.loop, kernel_loop=running_loop())
        users |= dict.fromkeys(one.user_id for one in entries if one.user_id)
    return [*users, *options]


COMMAND = Command(
    "audit",
    "%loom audit [USER] [--log VAR --all --times]",
    "who did what, from the signed audit log, and whether that log is whole",
    _run,
    _complete,
)
