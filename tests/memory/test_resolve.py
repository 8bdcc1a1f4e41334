import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from loomlab.core import ConfigError, Episode, Fact
from loomlab.memory import (
    ChromaMemory,
    HashEmbedder,
    InMemoryMemory,
    LazyMemory,
    SqliteMemory,
    VectorMemory,
    resolve_memory,
)


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


@pytest.mark.anyio
@pytest.mark.parametrize(
    "form", ["sqlite:{}", "  SQLite:{}\n", {"backend": "sqlite", "path": "{}", "embedder": "hash"}]
)
async def test_a_file_is_named_by_a_string_or_a_mapping(form: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "deep" / "bot.db")
    spec = form.format(path) if isinstance(form, str) else {**form, "path": path}
    memory = resolve_memory(spec)
    assert isinstance(memory, SqliteMemory)
    assert memory.path == path
    await memory.facts.append(Fact(user_id="u", subject="s", predicate="p", object="o"))
    await memory.aclose()
    assert await anyio.Path(path).is_file()


@pytest.mark.anyio
@pytest.mark.parametrize("spec", ["sqlite", "sqlite::memory:", {"backend": "sqlite"}])
async def test_a_file_without_a_name_is_no_file(spec: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    memory = resolve_memory(spec)
    await memory.remember(Episode(session_id="s", user_id="u", input="tea", output=""))
    assert len(await memory.recall("tea", user_id="u")) == 1
    await memory.aclose()
    assert [one async for one in anyio.Path(tmp_path).iterdir()] == []


@pytest.mark.anyio
async def test_chroma_is_a_folder_or_no_folder(tmp_path: Path) -> None:
    for spec in ({"backend": "chroma", "persist_directory": tmp_path / "c", "collection_name": "mine"}, "chroma"):
        memory = resolve_memory(spec)
        assert isinstance(memory, ChromaMemory)
        await memory.facts.append(Fact(user_id="u", subject="s", predicate="p", object="o"))
        await memory.aclose()
    assert await anyio.Path(tmp_path / "c").is_dir()


def test_the_memory_found_by_meaning_has_a_name() -> None:
    assert isinstance(resolve_memory("vector"), VectorMemory)
    memory = resolve_memory({"backend": "vector", "embedder": HashEmbedder(8), "max_episodes": 3})
    assert memory.embedder.dimensions == 8


@pytest.mark.parametrize(
    "spec",
    [
        "postgres://u:hunter22@nowhere.invalid/db",
        "postgresql://u:hunter22@nowhere.invalid/db",
        "redis://:hunter22@nowhere.invalid:6379/1",
        "rediss://u:hunter22@nowhere.invalid",
        {"backend": "postgresql", "dsn": "postgresql://u:hunter22@nowhere.invalid/db", "namespace": "mine"},
        {"type": "redis", "url": "redis://u:hunter22@nowhere.invalid", "key_prefix": "k:", "use_vector_index": False},
    ],
)
def test_servers_are_not_asked_before_they_are_needed_and_passwords_are_not_shown(spec: Any) -> None:
    memory = resolve_memory(spec)
    assert isinstance(memory, LazyMemory)
    assert not memory.is_ready
    assert "nowhere.invalid" in memory.description
    assert "hunter22" not in memory.description


def test_facts_are_kept_unless_they_are_not_wanted() -> None:
    assert resolve_memory("sqlite").facts is not None
    assert resolve_memory({"backend": "sqlite", "with_facts": False}).facts is None


def test_the_default_embedder_is_the_best_at_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOOMLAB_CACHE", str(tmp_path))
    assert resolve_memory("sqlite").embedder.name == "hash-embedder-384"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    assert resolve_memory("sqlite").embedder.name == "text-embedding-3-small"
    assert resolve_memory({"backend": "sqlite", "embedder": "openai-large"}).embedder.dimensions == 3072


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("  ", "empty string"),
        ("inmemry", "unrecognised string spec.*did you mean 'inmemory'"),
        ("inmemory:x", "unrecognised string spec.*write 'inmemory' alone"),
        ("sqlite:", "no path after the colon"),
        ("sqlite://notes.db", "unrecognised string spec.*write sqlite:PATH"),
        ("chroma://notes", "unrecognised string spec.*write chroma:PATH"),
        ("postgres:db", "unrecognised string spec.*write postgres://"),
        ({"path": "x"}, "must include 'backend'"),
        ({"backend": "mongo"}, "'mongo' is not recognised"),
        ({"backend": "postgres"}, "requires 'url'"),
        ({"backend": "postgres", "url": "a", "dsn": "b"}, "both 'url' and 'dsn'"),
        ({"backend": "redis", "url": "http://x"}, "begins with redis://"),
        ({"backend": "inmemory", "embeder": "hash"}, "did you mean 'embedder'"),
        ({"backend": "sqlite", "url": "x"}, "unknown key 'url'"),
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


@pytest.mark.parametrize(
    ("spec", "package", "extra"),
    [
        ("postgres://h/d", "asyncpg", "postgres"),
        ("redis://h", "redis", "redis"),
        ("chroma", "chromadb", "chroma"),
    ],
)
def test_a_missing_package_is_one_sentence(
    spec: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        f"loomlab.memory.{'chroma_client' if extra == 'chroma' else 'resolve'}.find_spec", lambda _: None
    )
    with pytest.raises(ImportError, match=rf"needs the package {package}: pip install 'loomlab\[{extra}\]'"):
        resolve_memory(spec)


def test_memory_can_be_imported_and_named_without_any_of_its_packages() -> None:
    code = "import sys, loomlab.memory as m; [getattr(m, n) for n in m.__all__]; "
    code += "m.resolve_memory({'backend': 'sqlite', 'embedder': 'hash'}); "
    code += "print([n for n in ('numpy', 'chromadb', 'asyncpg', 'redis', 'openai', 'pandas') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"
