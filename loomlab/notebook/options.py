"""The options of a magic line: read without argparse, so that every mistake is one sentence with the nearest name."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean


@dataclass(frozen=True, slots=True)
class Option:
    """One ``--name``. ``takes`` is what its value is called (None: it takes none); ``kind`` what completes it."""

    name: str
    meaning: str
    takes: str | None = None
    kind: str = ""

    @property
    def usage(self) -> str:
        """As it is typed."""
        return f"--{self.name}" + (f" {self.takes}" if self.takes else "")


CELL_OPTIONS = (
    Option("arch", "the way of thinking, for this cell; several, beside each other: react,rewoo", "NAME", "arch"),
    Option("model", "the model, for this cell", "NAME", "model"),
    Option("tools", "tools or functions of this notebook, separated by commas", "A,B", "tools"),
    Option("out", "also bind the result to this name", "NAME", "name"),
    Option("agent", "run this agent of yours instead of the notebook's", "VARIABLE", "agent"),
    Option("schema", "a pydantic model: the answer is typed, in .parsed", "MODEL", "schema"),
    Option("budget", "what this cell may spend: dollars, or 5000tokens", "AMOUNT", "budget"),
    Option("user", "for whom the run is", "NAME", "user"),
    Option("session", "in which conversation", "NAME", "session"),
    Option("ask", "ask me before a tool that changes things runs"),
    Option("quiet", "show nothing, only bind the result"),
    Option("raw", "braces in the prompt are plain text"),
    Option("new", "begin a new conversation"),
    Option("ab", "two ways or agents beside each other, for your vote; with --on: arms to evaluate", "A,B", "ab"),
    Option("blind", "with --ab: hide which is which until you have voted"),
    Option("on", "evaluate the arms of --ab on this dataset: a name, a file, or a variable", "DATASET", "dataset"),
    Option("n", "how many cases, drawn with --seed; default: all", "NUMBER", "number"),
    Option("epochs", "how often each case is asked", "NUMBER", "number"),
    Option("seed", "draws the cases and their order; default 0", "NUMBER", "number"),
    Option("scorer", "how answers are scored: default, what the dataset wants", "NAME", "scorer"),
    Option("margin", "the difference in score that is too small to matter", "NUMBER", "number"),
    Option("timeout", "seconds that a case may take", "SECONDS", "number"),
    Option("at-once", "how many trials run at the same time; default 4", "NUMBER", "number"),
    Option("resume", "go on with the same evaluation where it was stopped"),
)

EVALUATION_OPTIONS = ("n", "epochs", "scorer", "margin", "timeout", "at-once", "resume")
"""Those that say nothing without ``--on``."""


def split(line: str) -> list[str]:
    """The words of a line; quotation marks keep spaces."""
    try:
        return shlex.split(line)
    except ValueError as exc:
        raise ConfigError(f"this line can't be read, {str(exc).lower()}: {line.strip()}") from None


def parse(words: Sequence[str], options: Sequence[Option], *, of: str) -> dict[str, str]:
    """The options given in ``words``: ``--name value`` or ``--name=value``; an option without value is ``""``.

    ``of`` is the magic, for messages. ConfigError for anything else.
    """
    known = {option.name: option for option in options}
    found: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-") or len(word) < 2:
            raise ConfigError(f"{of} takes options only, and {word!r} is none; lists are written without spaces: a,b")
        name, given, value = word.lstrip("-").partition("=")
        option = _known(name, word, known, of)
        if name in found:
            raise ConfigError(f"--{name} is given twice; {of} takes it once")
        if option.takes is None:
            if given:
                raise ConfigError(f"--{name} takes no value, so not {word!r}")
            found[name] = ""
            continue
        if not given:
            if not rest or rest[0].startswith("--"):
                raise ConfigError(f"--{name} needs a value: {option.usage} ({option.meaning})")
            value = rest.pop(0)
        if not value:
            raise ConfigError(f"--{name} needs a value: {option.usage} ({option.meaning})")
        found[name] = value
    return found


def _known(name: str, word: str, known: Mapping[str, Option], of: str) -> Option:
    if word.startswith("--") and name in known:
        return known[name]
    hint = did_you_mean(f"--{name}", [f"--{one}" for one in known])
    raise ConfigError(f"unknown option {word.partition('=')[0]!r} of {of}: {hint}")
