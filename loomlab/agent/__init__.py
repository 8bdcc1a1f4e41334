"""The composition root: where the parts meet in an ``Agent``. Open ``agent.py`` first, then ``drive.py``."""

from loomlab.agent.agent import Agent

__all__ = ["Agent"]
