"""What we measure in the words of others: the OpenTelemetry GenAI semantic conventions (release 0.1.0).

Live telemetry and the export of logged runs use this one table, so that a run looks the same on both ways.
"""

from collections.abc import Mapping
from typing import Any

OPERATIONS: Mapping[str, str] = {
    "loom.run": "invoke_agent",
    "loom.model.complete": "chat",
    "loom.model.stream": "chat",
    "loom.tool": "execute_tool",
    "loom.memory.recall": "search_memory",
    "loom.memory.remember": "create_memory",
    "loom.workflow": "invoke_workflow",
}
"""Which operation of the conventions each of our spans is. A span that is none of them has no such name there."""

_ALIASES: Mapping[str, str] = {
    "model": "gen_ai.request.model",
    "session_id": "gen_ai.conversation.id",
    "provider": "gen_ai.provider.name",
    "user_id": "user.id",
    "agent": "gen_ai.agent.name",
    "workflow": "gen_ai.agent.name",
    "tool": "gen_ai.tool.name",
    "call_id": "gen_ai.tool.call.id",
    "tokens_in": "gen_ai.usage.input_tokens",
    "tokens_out": "gen_ai.usage.output_tokens",
    "cached_tokens": "gen_ai.usage.cache_read.input_tokens",
    "temperature": "gen_ai.request.temperature",
    "max_tokens": "gen_ai.request.max_tokens",
    "stream": "gen_ai.request.stream",
    "error_type": "error.type",
}
CONTENT = frozenset(
    {
        "gen_ai.system_instructions",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.call.result",
        "gen_ai.retrieval.query.text",
    }
)
"""Attributes that hold what people and models said; they leave the process only where that is asked for."""

_PROVIDERS = (
    (("gpt-", "o1", "o3", "o4", "openai/", "chatgpt"), "openai"),
    (("claude", "anthropic/"), "anthropic"),
    (("gemini", "vertex_ai/"), "gcp.gemini"),
    (("bedrock/",), "aws.bedrock"),
    (("azure/",), "azure.ai.openai"),
    (("mistral",), "mistral_ai"),
    (("command-",), "cohere"),
    (("deepseek",), "deepseek"),
    (("groq/",), "groq"),
)


def provider_of(model: str, known: str | None = None) -> str:
    """Who answers for a model, as the conventions call them; ``loomlab`` for what runs in this process."""
    if known:
        return known
    name = model.casefold()
    return next((provider for starts, provider in _PROVIDERS if name.startswith(starts)), "loomlab")


def conventional(name: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that the conventions want of the span ``name``, made of ours; None stays out."""
    found: dict[str, Any] = {}
    operation = OPERATIONS.get(name)
    if operation is not None:
        found["gen_ai.operation.name"] = operation
    for ours, theirs in _ALIASES.items():
        value = attributes.get(ours)
        if value is not None:
            found[theirs] = value
    if operation == "execute_tool":
        found["gen_ai.tool.type"] = "function"
    if operation in ("chat", "invoke_agent") and "provider" not in attributes:
        found["gen_ai.provider.name"] = provider_of(str(attributes.get("model") or ""))
    if attributes.get("finish_reason") is not None:
        found["gen_ai.response.finish_reasons"] = [str(attributes["finish_reason"])]
    if attributes.get("ttft_ms") is not None:
        found["gen_ai.response.time_to_first_chunk"] = float(attributes["ttft_ms"]) / 1000
    return found
