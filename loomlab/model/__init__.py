"""What we can ask: chat models behind one protocol. Open ``resolve.py`` first, then the adapter you need.

Names load when they are first used: who asks one provider need not load the adapters of the others.
"""

from typing import TYPE_CHECKING

from loomlab.core.lazy import lazily as _lazily

if TYPE_CHECKING:
    from loomlab.model.anthropic import AnthropicModel
    from loomlab.model.assembled import collect, joined, pieces
    from loomlab.model.cassette import CassetteModel
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

__getattr__ = _lazily(
    __name__,
    {
        "AnthropicModel": "anthropic",
        "CassetteModel": "cassette",
        "EchoModel": "echo",
        "LiteLLMModel": "litellm",
        "ModelRequest": "request",
        "OpenAIModel": "openai",
        "RetryingModel": "retrying",
        "ScriptedModel": "scripted",
        "ScriptedTurn": "scripted",
        "collect": "assembled",
        "joined": "assembled",
        "pieces": "assembled",
        "price": "prices",
        "resolve_model": "resolve",
    },
)


def __dir__() -> list[str]:
    return __all__
