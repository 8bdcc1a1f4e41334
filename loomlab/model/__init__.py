"""What we can ask: chat models behind one protocol. Open ``resolve.py`` first, then the adapter you need."""

from loomlab.model.anthropic import AnthropicModel
from loomlab.model.cassette import CassetteModel
from loomlab.model.collect import collect, joined, pieces
from loomlab.model.echo import EchoModel
from loomlab.model.litellm import LiteLLMModel
from loomlab.model.openai import OpenAIModel
from loomlab.model.prices import price
from loomlab.model.request import ModelRequest
from loomlab.model.resolve import resolve_model
from loomlab.model.retrying import RetryingModel
from loomlab.model.scripted import ScriptedModel, ScriptedTurn

__all__ = [
    "AnthropicModel",
    "CassetteModel",
    "EchoModel",
    "LiteLLMModel",
    "ModelRequest",
    "OpenAIModel",
    "RetryingModel",
    "ScriptedModel",
    "ScriptedTurn",
    "collect",
    "joined",
    "pieces",
    "price",
    "resolve_model",
]
