"""The files of a new project, as texts."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from loomlab.agent import config
from loomlab.cli.project.notebook import notebook_text

TEMPLATES = Path(__file__).parent
_ORDERS = {"1042": "parcel", "2077": "letter", "3118": "crate", "4260": "parcel", "5391": "letter", "6604": "crate"}


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user chose: ``other`` is the architecture that the suite compares ``architecture`` with."""

    name: str
    model: str
    architecture: str

    @property
    def other(self) -> str:
        """A second way to think, for the suite."""
        return "self-refine" if self.architecture == "react" else "react"


def project_files(chosen: Choices) -> Mapping[str, str]:
    """Each file's path inside the project, with ``/``, and its text."""
    cases = _cases()
    values = {
        "name": _one_line(chosen.name),
        "quoted": config.to_toml({"name": chosen.name}).partition("=")[2].strip(),
        "quoted_model": config.to_toml({"model": chosen.model}).partition("=")[2].strip(),
        "model": _one_line(chosen.model),
        "architecture": chosen.architecture,
        "other": chosen.other,
        "other_options": "options = { max_rounds = 1 }\n" if chosen.other == "self-refine" else "",
        "sha256": hashlib.sha256(cases.encode()).hexdigest(),
    }

    def filled(template: str) -> str:
        return Template((TEMPLATES / f"{template}.tmpl").read_text(encoding="utf-8")).substitute(values)

    return {
        "README.md": filled("README.md"),
        ".gitignore": filled("gitignore"),
        "agent.toml": _agent(chosen),
        "desk_tools.py": filled("desk_tools.py"),
        "first_look.ipynb": notebook_text(chosen.name, chosen.architecture),
        "evals/suite.toml": filled("suite.toml"),
        "datasets/letters/cases.jsonl": cases,
        "datasets/letters/card.toml": filled("card.toml"),
        "tests/test_agent.py": filled("test_agent.py"),
    }


def _agent(chosen: Choices) -> str:
    data: dict[str, Any] = {
        "name": chosen.name,
        "instructions": "You answer letters about orders. Look an order up before you say where it is. Be brief.",
        "model": chosen.model,
        "max_turns": 8,
        "tools": ["desk_tools:order_status"],
        "memory": "sqlite:./memory.db",
        "run_log": "./.loomlab",
    }
    if chosen.architecture != "react":
        data["architecture"] = chosen.architecture
    comments = ("An agent as data. What else may stand here: loomlab run --schema",)
    text = config.to_toml(data, comments=comments)
    config.load_text(text, where="agent.toml")
    return text


def _cases() -> str:
    rows = [
        {
            "id": f"letter-{number}",
            "input": f"Which order is this letter about? Answer with its number. «Dear all, my {thing} has not come, "
            f"and the invoice says order {number}. Where is it?»",
            "target": number,
        }
        for number, thing in _ORDERS.items()
    ]
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def _one_line(text: str) -> str:
    return " ".join(text.split())
