"""From a name to an embedder, and which one is used where none is named."""

import os
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.core.protocols import Embedder
from loomlab.memory import embedder_files
from loomlab.memory.cohere_embedder import CohereEmbedder
from loomlab.memory.hash_embedder import HashEmbedder
from loomlab.memory.local_embedder import LocalEmbedder
from loomlab.memory.openai_embedder import OpenAIEmbedder
from loomlab.memory.voyage_embedder import VoyageEmbedder

_LOCAL = ("numpy", "onnxruntime", "tokenizers")

_MAKE: Mapping[str, Callable[[], Embedder]] = {
    "hash": HashEmbedder,
    "local": LocalEmbedder,
    "openai": OpenAIEmbedder,
    "openai-small": OpenAIEmbedder,
    "openai-large": lambda: OpenAIEmbedder("text-embedding-3-large"),
    "voyage": VoyageEmbedder,
    "cohere": CohereEmbedder,
}


def default_embedder() -> Embedder:
    """The best embedder that this machine can use at once, without a download.

    OpenAI's where ``OPENAI_API_KEY`` is set and the package openai is installed; else MiniLM on this machine where the
    extra ``local`` is installed and its files were fetched (``loomlab fetch embedder``); else vectors of words.
    """
    if os.environ.get("OPENAI_API_KEY") and find_spec("openai") is not None:
        return OpenAIEmbedder()
    if all(find_spec(name) is not None for name in _LOCAL) and embedder_files.available() is not None:
        return LocalEmbedder()
    return HashEmbedder()


def resolve_embedder(spec: Any = None) -> Embedder:
    """The embedder that ``spec`` means: a name, an object with ``embed`` and ``embed_batch``, or None for the default.

    ``ConfigError`` lists the names.
    """
    if spec is None:
        return default_embedder()
    if isinstance(spec, str):
        name = spec.strip().lower()
        if name == "default":
            return default_embedder()
        if name in _MAKE:
            return _MAKE[name]()
        raise ConfigError(f"embedder spec {spec!r} is not recognised; {did_you_mean(name, [*_MAKE, 'default'])}")
    if hasattr(spec, "embed") and hasattr(spec, "embed_batch"):
        embedder: Embedder = spec
        return embedder
    raise ConfigError(
        f"embedder spec {spec!r} is not recognised: give one of {', '.join(_MAKE)}, "
        "or an object with embed and embed_batch"
    )
