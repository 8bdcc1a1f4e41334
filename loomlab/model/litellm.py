"""Every provider that the package litellm reaches: Mistral, Groq, Gemini, Bedrock, Ollama and a hundred more."""

import importlib.util
import os
import sys
from types import SimpleNamespace
from typing import Any

from loomlab.core.messages import Usage
from loomlab.core.protocols import Secrets
from loomlab.model import prices
from loomlab.model.keys import find_key
from loomlab.model.openai import OpenAIModel

_KEY_VARIABLES = {
    "azure": "AZURE_API_KEY",
    "command": "COHERE_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "gemini": "GEMINI_API_KEY",
    "groq": "GROQ_API_KEY",
    "mistral": "MISTRAL_API_KEY",
    "openai": "OPENAI_API_KEY",
    "openrouter": "OPENROUTER_API_KEY",
    "replicate": "REPLICATE_API_KEY",
    "together_ai": "TOGETHERAI_API_KEY",
}
_PRICE_LISTS = {
    "bedrock": "aws",
    "command": "cohere",
    "gemini": "google",
    "together_ai": "together",
    "vertex_ai": "google",
    "xai": "x-ai",
}


class LiteLLMModel(OpenAIModel):
    """A model by its litellm name (``groq/llama-3.1-8b-instant``, ``ollama/llama3`` …).

    Args:
        model: litellm's name of it.
        api_key: the key; else the one in ``secrets``, else litellm finds it in the environment.
        client: anything with ``chat.completions.create``, asked instead of ``litellm.acompletion``.
        secrets: where keys come from.
        **litellm_kwargs: passed to every call of ``litellm.acompletion`` (``api_base=``, ``timeout=`` …).

    Raises:
        ImportError: the package litellm is not installed.
    """

    def __init__(
        self,
        model: str,
        *,
        api_key: str | None = None,
        client: Any = None,
        secrets: Secrets | None = None,
        **litellm_kwargs: Any,
    ) -> None:
        if client is None and not _installed():
            raise ImportError("the LiteLLM adapter needs the package litellm: pip install 'loomlab[litellm]'")
        family = model.split("/")[0] if "/" in model else model.split("-")[0]
        key = api_key
        if key is None and secrets is not None and family in _KEY_VARIABLES:
            key = find_key(_KEY_VARIABLES[family], api_key=None, secrets=secrets)
        self.litellm_kwargs = litellm_kwargs
        own = SimpleNamespace(chat=SimpleNamespace(completions=SimpleNamespace(create=self._acompletion)))
        super().__init__(model, client=own if client is None else client, api_key=key)
        self.native_schema = False  # many of the providers take no schema, so the prompt says it too
        self._family = family
        self.provider = family if "/" in model else "litellm"

    async def _acompletion(self, **request: Any) -> Any:
        settings = {"max_retries": 0, **({"api_key": self._key} if self._key else {}), **self.litellm_kwargs}
        return await _litellm().acompletion(**settings, **request)

    def _price(self, usage: Usage) -> float | None:
        if self._family in ("ollama", "ollama_chat"):
            return 0.0
        name = self.name.removeprefix(f"{self._family}/")
        listed = prices.price(name, usage, provider=_PRICE_LISTS.get(self._family, self._family))
        return listed if listed is not None else _litellm_price(self.name, usage)


def _installed() -> bool:
    if "litellm" in sys.modules:
        return sys.modules["litellm"] is not None
    return importlib.util.find_spec("litellm") is not None


def _litellm() -> Any:
    """The package, imported on first use: it is slow to load, and fetches a price list unless told not to."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    fresh = "litellm" not in sys.modules
    import litellm

    if fresh:
        litellm.suppress_debug_info = True  # else each error prints advertising to standard output
        litellm.telemetry = False
    return litellm


def _litellm_price(model: str, usage: Usage) -> float | None:
    calculate = getattr(sys.modules.get("litellm"), "cost_per_token", None)
    if calculate is None:
        return None
    try:
        into, out = calculate(
            model=model,
            prompt_tokens=usage.input_tokens,
            completion_tokens=usage.output_tokens,
            cache_read_input_tokens=usage.cached_tokens,
        )
        return float(into) + float(out)
    except Exception:  # it raises its own and a bare Exception alike for a model it does not list
        return None
