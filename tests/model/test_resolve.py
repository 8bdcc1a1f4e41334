"""From ``model=`` to a model."""

import subprocess
import sys
from typing import Any

import pytest

from loomlab.core.errors import AuthenticationError, ConfigError
from loomlab.model import AnthropicModel, EchoModel, LiteLLMModel, OpenAIModel, ScriptedModel, resolve_model


class Vault:
    """Secrets for a test."""

    def __init__(self, **values: str) -> None:
        self.values = values

    def lookup_sync(self, ref: str) -> str | None:
        return self.values.get(ref)


ALL = Vault(OPENAI_API_KEY="o", ANTHROPIC_API_KEY="a")


@pytest.mark.parametrize(
    ("spec", "kind", "name"),
    [
        ("echo", EchoModel, "echo"),
        ("gpt-4o", OpenAIModel, "gpt-4o"),
        ("o1", OpenAIModel, "o1"),
        ("o3", OpenAIModel, "o3"),
        ("o1-mini", OpenAIModel, "o1-mini"),
        ("o3-mini", OpenAIModel, "o3-mini"),
        ("o4-mini", OpenAIModel, "o4-mini"),
        (" gpt-5 ", OpenAIModel, "gpt-5"),
        ("openai:my-finetune", OpenAIModel, "my-finetune"),
        ("claude-opus-4-7", AnthropicModel, "claude-opus-4-7"),
        ("anthropic:claude-next", AnthropicModel, "claude-next"),
        ("mistral-large-latest", LiteLLMModel, "mistral-large-latest"),
        ("command-r-plus", LiteLLMModel, "command-r-plus"),
        ("groq/llama-3.1-8b-instant", LiteLLMModel, "groq/llama-3.1-8b-instant"),
        ("ollama/llama3:8b", LiteLLMModel, "ollama/llama3:8b"),
        ("bedrock/anthropic.claude-v2", LiteLLMModel, "bedrock/anthropic.claude-v2"),
        ("litellm/openai/gpt-4o", LiteLLMModel, "openai/gpt-4o"),
        ("litellm:xai/grok-4", LiteLLMModel, "xai/grok-4"),
        ("deepseek-chat", LiteLLMModel, "deepseek/deepseek-chat"),
    ],
)
def test_a_name_finds_its_adapter(spec: str, kind: type, name: str) -> None:
    model = resolve_model(spec, secrets=ALL)  # type: ignore[arg-type]
    assert type(model) is kind
    assert model.name == name


def test_a_model_passes_through() -> None:
    model = ScriptedModel([])
    assert resolve_model(model) is model


def test_no_model_lists_the_choices_and_names_the_argument() -> None:
    with pytest.raises(ConfigError, match="model=") as caught:
        resolve_model(None)
    for choice in ("claude-", "gpt-", "local", "echo", "ollama/"):
        assert choice in str(caught.value)


@pytest.mark.parametrize(
    ("typo", "meant"), [("gpt4o", "gpt-4o"), ("ecco", "echo"), ("clause-opus-4-7", "claude-opus-4-7")]
)
def test_a_mistyped_name_is_answered_with_the_nearest_and_the_list(typo: str, meant: str) -> None:
    with pytest.raises(ConfigError, match=f"did you mean '{meant}'") as caught:
        resolve_model(typo)
    assert "claude-*" in str(caught.value)


@pytest.mark.parametrize("wrong", ["", "ollama/", "openai:", "nobody:gpt-4o", "zzz"])
def test_a_name_of_nothing_is_refused(wrong: str) -> None:
    with pytest.raises(ConfigError, match="unknown model"):
        resolve_model(wrong)


@pytest.mark.parametrize("wrong", [5, object(), ["echo"]])
def test_a_thing_that_is_no_model_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigError, match=type(wrong).__name__):
        resolve_model(wrong)


@pytest.mark.parametrize(("spec", "variable"), [("gpt-4o", "OPENAI_API_KEY"), ("claude-opus-4-7", "ANTHROPIC_API_KEY")])
def test_a_missing_key_is_named_at_once(spec: str, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(variable, raising=False)
    with pytest.raises(AuthenticationError, match=variable):
        resolve_model(spec)


@pytest.mark.parametrize(
    ("spec", "package", "extra"),
    [("gpt-4o", "openai", "openai"), ("claude-x", "anthropic", "anthropic"), ("groq/llama", "litellm", "litellm")],
)
def test_a_missing_package_is_one_sentence_with_its_command(
    spec: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf"pip install 'loomlab\[{extra}\]'"):
        resolve_model(spec)


def test_importing_the_room_loads_no_sdk() -> None:
    code = (
        "import sys, loomlab.model as m; m.resolve_model('echo'); "
        "print([n for n in ('openai', 'anthropic', 'litellm', 'httpx', 'genai_prices', 'numpy') if n in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
