"""What we can ask: chat models behind one protocol. Open ``resolve.py`` first, then the adapter you need."""

from loomlab.model.echo import EchoModel
from loomlab.model.request import ModelRequest
from loomlab.model.scripted import ScriptedModel, ScriptedTurn

__all__ = ["EchoModel", "ModelRequest", "ScriptedModel", "ScriptedTurn"]
