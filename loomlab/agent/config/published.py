"""The schema for everybody: JSON Schema, kept beside this file so that editors can complete a config."""

import json
from pathlib import Path
from typing import Any

from loomlab.agent.config.schema import AgentTable
from loomlab.agent.config.schema.base import TAG

FILE = Path(__file__).with_name("agent.schema.json")


def config_schema() -> dict[str, Any]:
    """The JSON Schema of a config."""
    schema = AgentTable.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "loomlab agent"
    found: dict[str, Any] = json.loads(json.dumps(schema).replace(json.dumps(TAG)[1:-1], ""))
    return found


def schema_text() -> str:
    """The same as the text of the file."""
    return json.dumps(config_schema(), indent=1, ensure_ascii=False) + "\n"
