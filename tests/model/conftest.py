"""The three network adapters, each against its provider's protocol on a loopback port."""

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from blockbuster import BlockBuster

from loomlab.model import AnthropicModel, LiteLLMModel, OpenAIModel
from loomlab.testing.wire import AnthropicWire, OpenAIWire, WireServer

KEY = "the-secret-key-of-this-test"


@pytest.fixture(scope="session", autouse=True)
def _litellm_reads_files(blocking_calls: BlockBuster) -> None:
    """litellm looks for certificates on disk when it opens a client; that is its own affair."""
    for function in blocking_calls.functions.values():
        function.can_block_in("litellm/llms/custom_httpx/http_handler.py", {"get_ssl_verify", "get_ssl_configuration"})


@pytest.fixture
def openai_wire() -> Iterator[OpenAIWire]:
    with OpenAIWire() as wire:
        yield wire


@pytest.fixture
def anthropic_wire() -> Iterator[AnthropicWire]:
    with AnthropicWire() as wire:
        yield wire


@pytest.fixture
async def openai_model(openai_wire: OpenAIWire) -> AsyncIterator[Callable[..., OpenAIModel]]:
    made: list[OpenAIModel] = []

    def make(name: str = "gpt-4o") -> OpenAIModel:
        made.append(OpenAIModel(name, api_key=KEY, base_url=openai_wire.base_url))
        return made[-1]

    yield make
    for model in made:
        await model.aclose()


@pytest.fixture
async def anthropic_model(anthropic_wire: AnthropicWire) -> AsyncIterator[Callable[..., AnthropicModel]]:
    made: list[AnthropicModel] = []

    def make(name: str = "claude-sonnet-4-6", **settings: Any) -> AnthropicModel:
        made.append(AnthropicModel(name, api_key=KEY, base_url=anthropic_wire.url, **settings))
        return made[-1]

    yield make
    for model in made:
        await model.aclose()


@pytest.fixture
async def litellm_model(openai_wire: OpenAIWire) -> AsyncIterator[Callable[..., LiteLLMModel]]:
    def make(name: str = "openai/gpt-4o", **settings: Any) -> LiteLLMModel:
        return LiteLLMModel(name, api_key=KEY, api_base=openai_wire.base_url, **settings)

    yield make
    if "litellm" in sys.modules:
        await sys.modules["litellm"].close_litellm_async_clients()
        sys.modules["litellm"].in_memory_llm_clients_cache.flush_cache()


@pytest.fixture(params=["openai", "anthropic", "litellm"])
async def adapter(
    request: pytest.FixtureRequest,
    openai_wire: OpenAIWire,
    anthropic_wire: AnthropicWire,
    openai_model: Callable[..., OpenAIModel],
    anthropic_model: Callable[..., AnthropicModel],
    litellm_model: Callable[..., LiteLLMModel],
) -> tuple[Any, WireServer]:
    """Each network adapter with the server that it talks to."""
    if request.param == "anthropic":
        return anthropic_model(), anthropic_wire
    return (openai_model if request.param == "openai" else litellm_model)(), openai_wire
