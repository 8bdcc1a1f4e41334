"""From what a person writes after ``memory=`` to an object that remembers."""

from collections.abc import Mapping
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.core.protocols import Embedder
from loomlab.memory.hash_embedder import HashEmbedder
from loomlab.memory.inmemory import InMemoryMemory

_HERE = "this version remembers in the process: memory=None, 'inmemory', or an object of your own with Memory's methods"
_ELSEWHERE = ("sqlite", "chroma", "postgres", "postgresql", "redis", "rediss")
_KEYS = {"backend", "type", "embedder", "with_facts", "max_users", "user_idle_ttl_seconds"}


def resolve_memory(spec: Any = None) -> Any:
    """The memory that ``spec`` means.

    None and ``"inmemory"`` are a new ``InMemoryMemory``; a mapping with ``backend`` (or ``type``) ``"inmemory"`` may
    also set ``embedder`` (``"hash"`` or an instance; facts are then found by cosine), ``max_users`` and
    ``user_idle_ttl_seconds``; any other object is returned unchanged. ``ConfigError`` says what is wrong with a spec.
    """
    if spec is None:
        return InMemoryMemory()
    if isinstance(spec, str):
        text = spec.strip()
        if not text:
            raise ConfigError("memory is an empty string; leave it out for a memory in this process")
        if text.lower() == "inmemory":
            return InMemoryMemory()
        scheme, rest = text.partition(":")[::2]
        # What follows a scheme may hold a password.
        raise _unknown(scheme.lower(), f"unrecognised string spec for memory: {scheme + ':…' if rest else text!r}")
    if isinstance(spec, Mapping):
        return _from_mapping(spec)
    return spec


def _from_mapping(spec: Mapping[str, Any]) -> InMemoryMemory:
    backend = spec.get("backend", spec.get("type"))
    if not backend:
        raise ConfigError("a memory mapping must include 'backend', for example {'backend': 'inmemory'}")
    if str(backend).strip().lower() != "inmemory":
        raise _unknown(str(backend).strip().lower(), f"memory backend {backend!r} is not recognised")
    for key in spec:
        if key not in _KEYS:
            raise ConfigError(f"the memory mapping has an unknown key {key!r}; {did_you_mean(str(key), _KEYS)}")
    if spec.get("with_facts", True) is not True:
        raise ConfigError("memory in this process always keeps facts: leave 'with_facts' out, or give it True")
    settings = {key: spec[key] for key in ("max_users", "user_idle_ttl_seconds") if key in spec}
    if spec.get("embedder") is not None:
        settings["embedder"] = _embedder(spec["embedder"])
    return InMemoryMemory(**settings)


def _embedder(spec: Any) -> Embedder:
    if not isinstance(spec, str):
        if hasattr(spec, "embed") and hasattr(spec, "embed_batch"):
            embedder: Embedder = spec
            return embedder
    elif spec.strip().lower() == "hash":
        return HashEmbedder()
    raise ConfigError(f"embedder spec {spec!r} is not recognised: give 'hash' or an object with embed and embed_batch")


def _unknown(name: str, what: str) -> ConfigError:
    if name in _ELSEWHERE:
        return ConfigError(f"memory {name!r} is not in this version; {_HERE}")
    return ConfigError(f"{what}; {did_you_mean(name, ['inmemory'])}; {_HERE}")
