import pytest

from loomlab.core import ConfigError, Fact
from loomlab.memory import HashEmbedder, InMemoryMemory, resolve_memory


@pytest.mark.parametrize("spec", [None, "inmemory", " InMemory ", {"backend": "inmemory"}, {"type": "inmemory"}])
def test_names_of_the_memory_in_this_process(spec: object) -> None:
    assert isinstance(resolve_memory(spec), InMemoryMemory)


def test_each_call_makes_a_memory_of_its_own() -> None:
    assert resolve_memory() is not resolve_memory()


def test_an_object_is_returned_unchanged() -> None:
    mine = object()
    assert resolve_memory(mine) is mine


@pytest.mark.anyio
async def test_a_mapping_sets_bounds_and_embedder() -> None:
    memory = resolve_memory({"backend": "inmemory", "embedder": "hash", "max_users": 1, "user_idle_ttl_seconds": None})
    assert memory.facts.embedder.name == "hash-embedder-384"
    for user in ("alice", "bob"):
        await memory.facts.append(Fact(user_id=user, subject="s", predicate="p", object="o"))
    assert {one.user_id for one in await memory.facts.all_facts()} == {"bob"}
    mine = HashEmbedder(8)
    assert resolve_memory({"backend": "inmemory", "embedder": mine}).facts.embedder is mine


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("  ", "empty string"),
        ("inmemry", "unrecognised string spec.*did you mean 'inmemory'"),
        ("sqlite:notes.db", "'sqlite' is not in this version; this version remembers in the process"),
        ("postgresql://u:hunter22@host/db", "'postgresql' is not in this version"),
        ({"path": "x"}, "must include 'backend'"),
        ({"backend": "mongo"}, "'mongo' is not recognised"),
        ({"backend": "redis", "url": "redis://"}, "'redis' is not in this version"),
        ({"backend": "inmemory", "embeder": "hash"}, "did you mean 'embedder'"),
        ({"backend": "inmemory", "embedder": "hsh"}, "embedder spec 'hsh' is not recognised"),
        ({"backend": "inmemory", "embedder": 3}, "embedder spec 3 is not recognised"),
        ({"backend": "inmemory", "with_facts": False}, "always keeps facts"),
    ],
)
def test_what_is_wrong_with_a_spec_is_said(spec: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        resolve_memory(spec)


def test_an_error_never_repeats_what_may_be_a_password() -> None:
    with pytest.raises(ConfigError) as caught:
        resolve_memory("mysql://root:hunter22@host/db")
    assert "hunter22" not in str(caught.value)
