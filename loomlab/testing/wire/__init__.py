"""Local HTTP servers that speak the providers' wire protocols, for tests of adapters through the real SDKs.

Open ``script.py`` first: what a server can be told to do. Then ``openai.py``,
``anthropic.py`` and ``embeddings.py``. ``prepared.py`` answers from a file, for documentation that runs.
"""

from loomlab.testing.wire.anthropic import AnthropicWire
from loomlab.testing.wire.embeddings import EmbeddingsWire
from loomlab.testing.wire.openai import OpenAIWire
from loomlab.testing.wire.prepared import PreparedWire, stand_in
from loomlab.testing.wire.script import Failure, Reply, WireCall
from loomlab.testing.wire.server import WireRequest, WireServer

__all__ = [
    "AnthropicWire",
    "EmbeddingsWire",
    "Failure",
    "OpenAIWire",
    "PreparedWire",
    "Reply",
    "WireCall",
    "WireRequest",
    "WireServer",
    "stand_in",
]
