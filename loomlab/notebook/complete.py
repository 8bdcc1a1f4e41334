"""Tab in ``%loom`` and ``%%loom`` lines: options, their values, commands, settings, names of this notebook."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from loomlab.architecture.resolve import ARCHITECTURES
from loomlab.core.errors import LoomError
from loomlab.evals import Dataset
from loomlab.evals.folders import known_datasets
from loomlab.evals.scorers.named import names as scorer_names
from loomlab.notebook.arms import arm_names
from loomlab.notebook.commands import COMMANDS
from loomlab.notebook.config_cell import WORD
from loomlab.notebook.names import is_agent, is_model, is_schema, is_tool, names_of
from loomlab.notebook.notebook import Notebook
from loomlab.notebook.options import CELL_OPTIONS
from loomlab.notebook.settings import SETTINGS

MODELS = ("local", "echo", "gpt-4.1-mini", "gpt-4.1", "claude-sonnet-4-5", "claude-haiku-4-5", "litellm/", "ollama/")
_LINE = re.compile(r"^\s*(?:[A-Za-z_]\w*\s*=\s*)?(%{1,2})loom\s(.*)$", re.DOTALL)
_FRAGMENT = re.compile(r"[^\s=,|\"']*$")

Matcher = Callable[[CompletionContext], SimpleMatcherResult]


def install(notebook: Notebook) -> None:
    """Let the shell's completer ask us."""

    @context_matcher()  # type: ignore[untyped-decorator]  # IPython gives it no types
    def loom_matcher(context: CompletionContext) -> SimpleMatcherResult:
        return match(notebook, context)

    notebook.shell.Completer.custom_matchers.append(loom_matcher)
    notebook.matcher = loom_matcher


def uninstall(notebook: Notebook) -> None:
    """Be asked no more."""
    matchers = notebook.shell.Completer.custom_matchers
    if notebook.matcher in matchers:
        matchers.remove(notebook.matcher)


def match(notebook: Notebook, context: CompletionContext) -> SimpleMatcherResult:
    """What could be typed at the cursor; nothing outside of our lines."""
    found = _LINE.match(context.text_until_cursor)
    if found is None or (found[1] == "%%" and context.cursor_line != 0):
        return {"completions": []}
    typed = found[2]
    fragment = _FRAGMENT.search(typed)[0]  # type: ignore[index]  # the pattern matches everywhere
    try:
        offered = (_cell if found[1] == "%%" else _line)(notebook, typed, fragment)
    except LoomError:  # a log that can't be read must not break typing
        offered = ()
    fits = [one for one in dict.fromkeys(offered) if one.lower().startswith(fragment.lower())]
    return {
        "completions": [SimpleCompletion(text=one, type="loom") for one in fits],
        "matched_fragment": fragment,
        "suppress": True,
    }


def _cell(notebook: Notebook, typed: str, fragment: str) -> Iterable[str]:
    """After ``%%loom``: the value of the option before the cursor, else the options that are not given yet."""
    words = typed.split()
    word = words[-1] if words and not typed[-1:].isspace() else ""
    before = words[:-1] if word else words
    name, given, _ = word.lstrip("-").partition("=")
    options = {option.name: option for option in CELL_OPTIONS}
    if word.startswith("--") and given and name in options:
        return _values(notebook, options[name].kind)
    last = before[-1].removeprefix("--") if before and before[-1].startswith("--") else ""
    if last in options and options[last].takes:
        return _values(notebook, options[last].kind)
    if before == [WORD]:
        return names_of(notebook.space, is_agent)
    used = {one.lstrip("-").partition("=")[0] for one in before}
    if not before:
        return [*(f"--{name}" for name in options), WORD]
    return [f"--{name}" for name in options if name not in used]


def _line(notebook: Notebook, typed: str, fragment: str) -> Iterable[str]:
    """After ``%loom``: a command's own words, the value of a setting, else commands and settings."""
    words = typed.split()
    before = words if typed[-1:].isspace() or not words else words[:-1]
    if before and before[0] in COMMANDS:
        return COMMANDS[before[0]].complete(notebook, before[1:])
    name, given, _ = (words[-1] if words and not typed[-1:].isspace() else "").partition("=")
    if given:
        return _values(notebook, SETTINGS[name].kind) if name in SETTINGS else ()
    settings = [f"{name}=" for name in SETTINGS]
    return settings if before else [*COMMANDS, *settings]


def _values(notebook: Notebook, kind: str) -> Iterable[str]:
    space = notebook.space
    if kind == "arch":
        return ARCHITECTURES
    if kind == "model":
        return [*MODELS, *names_of(space, is_model)]
    if kind == "ab":
        return arm_names(space)
    if kind == "dataset":
        return [*names_of(space, lambda value: isinstance(value, Dataset)), *known_datasets()]
    if kind == "scorer":
        return scorer_names()
    if kind == "ask":
        return ("on", "off")
    if kind == "loop":
        return ("portal", "kernel")
    fits: dict[str, Callable[[Any], bool]] = {"tools": is_tool, "agent": is_agent, "schema": is_schema}
    return names_of(space, fits[kind]) if kind in fits else ()
