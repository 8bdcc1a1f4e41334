"""Agents as data: a file in, an agent out, and back again. Open ``schema/agent.py`` first: it says what there is."""

from loomlab.agent.config.building import build_agent
from loomlab.agent.config.files import Loaded, load, load_file, load_text
from loomlab.agent.config.toml import to_toml

__all__ = ["Loaded", "build_agent", "load", "load_file", "load_text", "to_toml"]
