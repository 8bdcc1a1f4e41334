"""What ``%loom`` lines may say, as TypeScript: for colours, and for a JupyterLab that has no kernel to ask.

``make_types.py`` writes it to ``src/generated/options.ts``, and says when that is not up to date.
"""

import importlib
import json
from collections.abc import Iterable
from typing import Any

from loomlab.architecture.resolve import ARCHITECTURES, TEAMS
from loomlab.evals.scorers.named import names as scorer_names
from loomlab.notebook import arms, complete, side_by_side
from loomlab.notebook.commands import COMMANDS
from loomlab.notebook.options import CELL_OPTIONS, EVALUATION_OPTIONS, Option
from loomlab.notebook.settings import SETTINGS
from loomlab.notebook.trial_cell import _NOT_WITH

_HEAD = """\
export interface IOption {
  readonly name: string;
  readonly meaning: string;
  /** What its value is called; null: it takes none. */
  readonly takes: string | null;
  readonly kind: string;
}

export interface ISetting {
  readonly name: string;
  readonly meaning: string;
  readonly kind: string;
  readonly initial: string | null;
}

export interface ICommand {
  readonly name: string;
  readonly usage: string;
  readonly meaning: string;
  readonly options: readonly IOption[];
  /** What may stand behind its name, where that is one of a few words. */
  readonly words: readonly string[];
}
"""


def _option(option: Option) -> dict[str, Any]:
    return {"name": option.name, "meaning": option.meaning, "takes": option.takes, "kind": option.kind}


def _command(name: str) -> dict[str, Any]:
    command = COMMANDS[name]
    module = importlib.import_module(f"loomlab.notebook.commands.{name}")
    options: Iterable[Option] = getattr(module, "OPTIONS", ())
    words: Iterable[str] = getattr(module, "WORDS", getattr(module, "CHOICES", ()))
    return {
        "name": name,
        "usage": command.usage,
        "meaning": command.meaning,
        "options": [_option(one) for one in options],
        "words": list(words),
    }


def _literal(value: Any) -> str:
    """JSON, with each entry of a list or table on a line of its own."""
    if isinstance(value, list):
        return "[\n" + "".join(f"  {json.dumps(one)},\n" for one in value) + "]"
    if isinstance(value, dict):
        return "{\n" + "".join(f"  {json.dumps(name)}: {json.dumps(one)},\n" for name, one in value.items()) + "}"
    return json.dumps(value)


def source() -> str:
    """The text of the file."""
    cost = importlib.import_module("loomlab.notebook.commands.cost")
    settings = [
        {"name": one.name, "meaning": one.meaning, "kind": one.kind, "initial": one.default}
        for one in SETTINGS.values()
    ]
    tables: list[tuple[str, str, Any]] = [
        ("CELL_OPTIONS", "readonly IOption[]", [_option(one) for one in CELL_OPTIONS]),
        ("EVALUATION_OPTIONS", "readonly string[]", list(EVALUATION_OPTIONS)),
        ("NOT_IN_EVALUATIONS", "readonly string[]", list(_NOT_WITH)),
        ("SETTINGS", "readonly ISetting[]", settings),
        ("COMMANDS", "readonly ICommand[]", [_command(name) for name in COMMANDS]),
        ("ARCHITECTURES", "readonly string[]", list(ARCHITECTURES)),
        ("TEAMS", "Readonly<Record<string, string>>", TEAMS),
        ("MODELS", "readonly string[]", list(complete.MODELS)),
        ("SCORERS", "readonly string[]", scorer_names()),
        ("COST_GROUPS", "readonly string[]", list(cost.GROUPS)),
        ("MOST_BESIDE_EACH_OTHER", "number", side_by_side.MOST),
        ("MOST_ARMS", "number", arms.MOST),
    ]
    parts = [f"export const {name}: {kind} = {_literal(value)};\n" for name, kind, value in tables]
    return "\n".join([_HEAD, *parts])
