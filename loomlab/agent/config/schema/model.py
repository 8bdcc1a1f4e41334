"""The model and the memory: a name, or a table with its settings."""

from typing import Annotated, Any, Literal

from pydantic import Field

from loomlab.agent.config.schema.base import (
    CUSTOM,
    Reference,
    Table,
    TextOrReference,
    Whole,
    forms,
    is_table,
    is_text,
    spelled,
)

Name = Annotated[str, Field(min_length=1)]


class ModelTable(Table):
    """A model with its settings."""

    name: Name = Field(description="the model: local, echo, gpt-…, claude-…, litellm/…")
    provider: Literal["openai", "anthropic", "litellm"] | None = Field(
        None, description="the protocol that is spoken, where the name does not say it"
    )
    base_url: str | None = Field(None, description="another server's address")
    api_key: Reference | None = Field(None, description="the key, by reference; left out, it is found by itself")
    temperature: Annotated[float, Field(ge=0, le=2)] | None = Field(None, description="of every call, 0 to 2")
    max_tokens: Whole | None = Field(None, description="the longest reply of a call, in tokens")
    options: dict[str, Any] | None = Field(None, description="further keywords of the model's class")


ModelForm = forms(
    ("text", is_text, Name),
    CUSTOM,
    ("table", is_table, ModelTable),
    takes="the name of a model, or a table with its name",
)

_PATH = r"(:([^/].*|/[^/].*))?"
MEMORY_TEXT = rf"^(inmemory|vector|sqlite{_PATH}|chroma{_PATH}|postgres(ql)?://.+|rediss?://.+)$"
MEMORY_WORDS = (
    "'inmemory', 'vector', 'sqlite:PATH', 'chroma:FOLDER', 'postgres://…', 'redis://…', or a table with 'backend'"
)


class MemoryTable(Table):
    """A memory with its settings."""

    backend: Literal["inmemory", "vector", "sqlite", "chroma", "postgres", "redis"] = Field(
        description="where it is kept"
    )
    path: str | None = Field(None, description="sqlite: the file; chroma: the folder")
    url: TextOrReference | None = Field(
        None, description="postgres, redis: the address; one with a password by reference"
    )
    namespace: str | None = Field(None, description="chroma, postgres: keeps several memories of one store apart")
    key_prefix: str | None = Field(None, description="redis: begins every key")
    index_name: str | None = Field(None, description="redis: name of the search index")
    use_vector_index: bool | None = Field(None, description="redis: whether the server searches by meaning")
    embedder: Name | None = Field(None, description="hash, local, openai, openai-large, voyage, cohere")
    with_facts: bool | None = Field(None, description="whether facts are kept; true unless set")
    max_users: Whole | None = Field(None, description="inmemory: how many users are kept")
    user_idle_ttl_seconds: Annotated[float, Field(gt=0)] | None = Field(
        None, description="inmemory: after how long a user who is idle is dropped"
    )
    max_episodes: Whole | None = Field(None, description="vector: how many exchanges are kept")
    min_size: Annotated[int, Field(ge=0)] | None = Field(None, description="postgres: connections kept open")
    max_size: Whole | None = Field(None, description="postgres: connections at most")


MemoryForm = forms(
    ("text", is_text, spelled(MEMORY_TEXT, takes=MEMORY_WORDS)),
    CUSTOM,
    ("table", is_table, MemoryTable),
    takes=MEMORY_WORDS,
)
