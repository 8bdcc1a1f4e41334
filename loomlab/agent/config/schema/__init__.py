"""The schema of a config: one tree of tables. Open ``agent.py`` first; each field says what it is for."""

from loomlab.agent.config.schema.agent import AgentTable

__all__ = ["AgentTable"]
