"""``%loom memory USER``: look into what is remembered of a user."""

from collections.abc import Iterable
from datetime import UTC, datetime

from loomlab.core.errors import ConfigError
from loomlab.core.protocols import Memory
from loomlab.inspector import known_users, require_known
from loomlab.notebook.bridge import answer, running_loop
from loomlab.notebook.cell import fill
from loomlab.notebook.commands.command import Command
from loomlab.notebook.memory_desk import MemoryDesk
from loomlab.notebook.names import find, is_agent, names_of
from loomlab.notebook.notebook import Notebook
from loomlab.notebook.options import Option, parse, split

OF = "%loom memory"
OPTIONS = (
    Option("true-at", "what was true then: a date, or a date and time", "WHEN", "time"),
    Option("known-at", "what was known then", "WHEN", "time"),
    Option("search", "what would be recalled for a question, and why", "TEXT", "text"),
    Option("agent", "look into this agent's memory instead of the notebook's", "VARIABLE", "agent"),
)
_USERS = "SELECT DISTINCT user_id FROM runs WHERE user_id IS NOT NULL ORDER BY user_id LIMIT 200"


def _run(notebook: Notebook, rest: str) -> MemoryDesk:
    words = [fill(notebook, word) for word in split(rest)]
    user = words.pop(0) if words and not words[0].startswith("-") else notebook.settings["user"]
    options = parse(words, OPTIONS, of=OF)
    true_at, known_at = _when(options, "true-at"), _when(options, "known-at")
    memory = find(options["agent"], notebook.space, is_agent, "agent").memory if "agent" in options else notebook.memory
    desk = notebook.look_into(memory, user)
    inspector = desk.inspector
    if inspector.is_empty:
        require_known(inspector.base, [*_stored_users(notebook, memory), *_logged_users(notebook)])
    if true_at is not None or known_at is not None:
        inspector.look(true_at, known_at)
    if "search" in options:
        inspector.search(options["search"])
    return desk


def _when(options: dict[str, str], name: str) -> datetime | None:
    """The instant that an option gives; without a time zone it is UTC."""
    text = options.get(name)
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError(
            f"--{name} {text!r} is no date; write it as --{name} 2026-06-20 or --{name} '2026-06-20 14:30'"
        ) from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _stored_users(notebook: Notebook, memory: Memory) -> list[str]:
    return answer(lambda: known_users(memory), loop=notebook.loop, kernel_loop=running_loop())


def _logged_users(notebook: Notebook) -> list[str]:
    try:
        return [str(user) for user in notebook.log.sql(_USERS)["user_id"]]
    except ConfigError:  # a log that can't be read must not keep anybody from looking at a memory
        return []


def _complete(notebook: Notebook, words: list[str]) -> Iterable[str]:
    last = words[-1] if words else ""
    if last == "--agent":
        return names_of(notebook.space, is_agent)
    if last.startswith("--"):
        return ()
    options = [f"--{option.name}" for option in OPTIONS if f"--{option.name}" not in words]
    if words:
        return options
    mine = notebook.settings["user"]
    stored = _stored_users(notebook, notebook.memory)
    return [*dict.fromkeys([*([mine] if mine else []), *stored, *_logged_users(notebook)]), *options]


COMMAND = Command(
    "memory",
    "%loom memory [USER] [--true-at WHEN --known-at WHEN --search TEXT --agent VAR]",
    "look into what is remembered of a user, at any two instants; search, export, forget",
    _run,
    _complete,
)
