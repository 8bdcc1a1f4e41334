"""From what a user writes as ``model=`` to a model."""

import re
from importlib import import_module
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean
from loomlab.core.protocols import Model, Secrets

_LITELLM_PATHS = ("bedrock", "vertex_ai", "together_ai", "ollama", "gemini", "groq", "replicate", "azure", "deepseek")
_LITELLM_NAMES = ("mistral-", "command-")
_OPENAI = re.compile(r"(?:gpt-|o[134](?:-|$)).*")

_CHOICES = (
    "claude-* (Anthropic)",
    "gpt-*, o1*, o3*, o4* (OpenAI)",
    "deepseek-*, mistral-*, command-* (LiteLLM)",
    f"{', '.join(f'{path}/*' for path in _LITELLM_PATHS)}, litellm/* (LiteLLM)",
    "local (a small model on this machine, no key)",
    "echo (repeats, for trying things out)",
    "provider:model with the provider openai, anthropic or litellm",
)
KNOWN = (
    *("echo", "local", "gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-5", "gpt-5-mini", "o1", "o3", "o3-mini", "o4-mini"),
    *("claude-opus-4-7", "claude-sonnet-4-6", "claude-haiku-4-5", "deepseek-chat", "deepseek-reasoner"),
    *("mistral-large-latest", "command-r-plus"),
)
"""Names to suggest; providers have more."""

_PROVIDERS = {"openai": "OpenAIModel", "anthropic": "AnthropicModel", "litellm": "LiteLLMModel"}
_ADAPTERS = {**_PROVIDERS, "echo": "EchoModel", "local": "LocalModel"}


def resolve_model(spec: Any, *, secrets: Secrets | None = None) -> Model:
    """The model for ``spec``: a model passes through, a text is looked up (``gpt-4o``, ``claude-*``, ``echo`` …).

    Raises:
        ConfigError: ``spec`` is None, no model and no text, or a text that names none; the message lists the choices.
        AuthenticationError: the provider's key is missing.
        ImportError: the provider's package is missing; the message has the install command.
    """
    if spec is None:
        raise ConfigError(f"no model given: pass model=, one of\n{_listed()}")
    if not isinstance(spec, str):
        if callable(getattr(spec, "stream", None)):
            model: Model = spec
            return model
        raise ConfigError(
            f"model= takes a model or its name, not {type(spec).__name__} (a model has a stream method); names:\n"
            f"{_listed()}"
        )
    adapter, name = adapter_of(spec)
    made: Model = load_adapter(adapter)(*([name] if name else []), **({"secrets": secrets} if name else {}))
    return made


def load_adapter(adapter: str) -> Any:
    """The class of an adapter, which is loaded only now that somebody asks for it."""
    return getattr(import_module(f"loomlab.model.{adapter}"), _ADAPTERS[adapter])


def adapter_of(spec: str) -> tuple[str, str]:
    """The adapter for a model's name, and what the model is called there ("" where it has no name); makes nothing.

    Raises ConfigError for a name that means no model; the message lists the choices.
    """
    spec = spec.strip()
    if spec in ("echo", "local"):
        return spec, ""
    if spec.startswith("claude-"):
        return "anthropic", spec
    if _OPENAI.fullmatch(spec):
        return "openai", spec
    if spec.startswith("deepseek-"):
        return "litellm", f"deepseek/{spec}"
    path, slash, rest = spec.partition("/")
    if spec.startswith(_LITELLM_NAMES) or (slash and rest and path in (*_LITELLM_PATHS, "litellm")):
        return "litellm", spec.removeprefix("litellm/")
    provider, colon, name = spec.partition(":")
    if colon and name and provider in _PROVIDERS:
        return provider, name.removeprefix("litellm/")
    raise ConfigError(f"unknown model {spec!r}: {_hint(spec)}one of\n{_listed()}")


def _hint(spec: str) -> str:
    hint = did_you_mean(spec, KNOWN)
    return f"{hint} or " if hint.startswith("did you mean") else ""


def _listed() -> str:
    return "\n".join(f"  {choice}" for choice in _CHOICES)
