"""What is litellm's own."""

import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from loomlab.core.messages import Message, Role, Usage
from loomlab.model import LiteLLMModel, OpenAIModel
from loomlab.testing.wire import OpenAIWire, Reply

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore:Accessing the 'model_")]
ASKED = [Message(role=Role.USER, content="hi")]


class Vault:
    def lookup_sync(self, ref: str) -> str | None:
        return {"GROQ_API_KEY": "from the vault"}.get(ref)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a stand-in for the package is asked."""
    seen: list[dict[str, Any]] = []
    message = SimpleNamespace(content="ok", tool_calls=None)
    usage = SimpleNamespace(prompt_tokens=3, completion_tokens=2, prompt_tokens_details=None)
    choices = [SimpleNamespace(message=message, finish_reason="stop")]

    async def acompletion(**request: Any) -> Any:
        seen.append(request)
        return SimpleNamespace(choices=choices, usage=usage)

    monkeypatch.setitem(sys.modules, "litellm", SimpleNamespace(acompletion=acompletion))  # type: ignore[arg-type]
    return seen


async def test_settings_go_into_every_call_and_retries_are_switched_off(asked: list[dict[str, Any]]) -> None:
    model = LiteLLMModel("groq/llama", api_key="k", timeout=5)
    assert isinstance(model, OpenAIModel)
    text, _, usage, _ = await model.complete(ASKED)
    assert (text, usage.input_tokens) == ("ok", 3)
    request = asked[0]
    assert (request["model"], request["api_key"], request["timeout"], request["max_retries"]) == (
        "groq/llama",
        "k",
        5,
        0,
    )
    assert request["messages"] == [{"role": "user", "content": "hi"}]


async def test_a_key_in_the_secrets_is_used(asked: list[dict[str, Any]]) -> None:
    await LiteLLMModel("groq/llama", secrets=Vault()).complete(ASKED)  # type: ignore[arg-type]
    assert asked[0]["api_key"] == "from the vault"


async def test_without_a_key_the_package_looks_for_one_itself(asked: list[dict[str, Any]]) -> None:
    await LiteLLMModel("ollama/llama3").complete(ASKED)
    assert "api_key" not in asked[0]


async def test_a_model_on_this_machine_costs_nothing_and_an_unlisted_one_is_unknown(
    asked: list[dict[str, Any]],
) -> None:
    free = (await LiteLLMModel("ollama/llama3").complete(ASKED))[2]
    unknown = (await LiteLLMModel("groq/no-such-model").complete(ASKED))[2]
    assert (free.cost_usd, unknown.cost_usd) == (0.0, None)


@pytest.mark.parametrize("name", ["groq/llama-3.1-8b-instant", "mistral-large-latest", "gemini/gemini-2.5-flash"])
def test_prices_are_found_under_the_providers_own_name(name: str) -> None:
    cost = LiteLLMModel(name)._price(Usage(input_tokens=1000, output_tokens=1000))
    assert cost is not None
    assert cost > 0


async def test_the_schema_is_left_to_the_prompt(
    litellm_model: Callable[..., LiteLLMModel], openai_wire: OpenAIWire
) -> None:
    openai_wire.steps.append(Reply("{}"))
    model = litellm_model()
    assert not model.native_schema
    await model.complete(ASKED, output_schema=Usage)
    assert "response_format" not in openai_wire.requests[0].body


def test_the_package_is_loaded_at_the_first_call_and_fetches_no_price_list() -> None:
    code = (
        "import sys, os; os.environ.pop('LITELLM_LOCAL_MODEL_COST_MAP', None)\n"
        "from loomlab.model import LiteLLMModel; from loomlab.model.litellm import _litellm\n"
        "LiteLLMModel('groq/llama'); assert 'litellm' not in sys.modules\n"
        "import socket\n"
        "def refuse(*a, **k): raise AssertionError(f'network: {a}')\n"
        "socket.getaddrinfo = socket.socket.connect = refuse\n"
        "assert _litellm().suppress_debug_info; print('quiet')"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert out.stdout.strip() == "quiet", out.stderr
