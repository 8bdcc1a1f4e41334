"""The defaults of a notebook, ``%loom name=value``: what there is, what it may be, checked when it is set."""

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from loomlab.architecture import resolve_architecture
from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.notebook.names import Namespace, find_tools
from loomlab.notebook.spending import read_amount, shown


@dataclass(frozen=True, slots=True)
class Setting:
    """One default. ``check`` raises ConfigError for a value that can't work; ``kind`` is what completes it."""

    name: str
    meaning: str
    kind: str
    check: Callable[[str, Namespace], object]
    default: str | None = None


def _anything(value: str, space: Namespace) -> None:
    """Every text will do."""


def _architecture(value: str, space: Namespace) -> None:
    resolve_architecture(value)


def _tools(value: str, space: Namespace) -> None:
    find_tools(value, space)


def _amount(value: str, space: Namespace) -> None:
    read_amount(value)


def _loop(value: str, space: Namespace) -> None:
    if value not in ("portal", "kernel"):
        raise ConfigError(f"loop={value!r}: {did_you_mean(value, ('portal', 'kernel'))}")
    if value == "kernel" and importlib.util.find_spec("nest_asyncio2") is None:
        raise ConfigError("loop=kernel needs the package nest_asyncio2: pip install 'loomlab[notebook]'")


def _ask(value: str, space: Namespace) -> None:
    if value not in ("on", "off"):
        raise ConfigError(f"ask={value!r}: {did_you_mean(value, ('on', 'off'))}")


def _tape(value: str, space: Namespace) -> None:
    if not value.endswith(".jsonl"):
        raise ConfigError(f"cassette={value!r}: a cassette is a file that ends in .jsonl")


SETTINGS: Mapping[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting("model", "what answers: local, echo, gpt-…, claude-…, or a variable", "model", _anything),
        Setting(
            "cassette",
            "record the model's replies here once, replay them ever after; begins a new conversation",
            "path",
            _tape,
        ),
        Setting("arch", "the way of thinking", "arch", _architecture, "react"),
        Setting("tools", "tools or functions of this notebook: a,b", "tools", _tools),
        Setting("instructions", "what the agent is told first", "text", _anything, "You are a helpful assistant."),
        Setting("user", "for whom the runs are; each user's memory is apart", "user", _anything),
        Setting("session", "the conversation; unset: this notebook's own", "session", _anything),
        Setting("budget", "what this notebook may spend: dollars, or 5000tokens", "budget", _amount),
        Setting("ask", "ask you in the cell before a tool that changes things runs: on or off", "ask", _ask, "off"),
        Setting("loop", "where runs run: portal, or the kernel's own event loop", "loop", _loop, "portal"),
    )
}


class Settings:
    """The values of one notebook. Changes are checked together, and take hold together or not at all."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(values or {})

    def __getitem__(self, name: str) -> str | None:
        return self._values.get(name, SETTINGS[name].default)

    def changed(self, changes: Mapping[str, str], space: Namespace) -> "Settings":
        """A copy with ``changes``; an empty value goes back to the default. ConfigError where one can't work."""
        values = dict(self._values)
        for name, value in changes.items():
            if name not in SETTINGS:
                raise ConfigError(f"there is no setting {name!r}: {did_you_mean(name, SETTINGS)}")
            if value:
                SETTINGS[name].check(value, space)
                values[name] = value
            else:
                values.pop(name, None)
        return Settings(values)

    def table(self) -> dict[str, Any]:
        """All settings with their values, as they are shown."""
        values: dict[str, Any] = {name: self[name] for name in SETTINGS}
        if values["budget"] is not None:
            values["budget"] = shown(read_amount(values["budget"]))
        return values


def meanings() -> dict[str, str]:
    """What each setting is for."""
    return {name: setting.meaning for name, setting in SETTINGS.items()}


def read_changes(words: list[str]) -> dict[str, str]:
    """``["model=local", "user=alice"]`` as a mapping. ConfigError for a word of another form."""
    changes: dict[str, str] = {}
    for word in words:
        name, found, value = word.partition("=")
        if not found:
            raise ConfigError(f"{word!r} sets nothing; write name=value, with quotation marks around spaces")
        if name in changes:
            raise ConfigError(f"{name} is set twice in one line")
        changes[name] = value
    return changes
