"""Which embedder a name means, and which one there is without a name."""

from pathlib import Path
from typing import Any

import pytest

from loomlab.core.errors import ConfigError
from loomlab.memory import (
    CohereEmbedder,
    HashEmbedder,
    LocalEmbedder,
    OpenAIEmbedder,
    VoyageEmbedder,
    default_embedder,
    embedder_files,
    embedders,
    resolve_embedder,
)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the local embedder's files, empty."""
    monkeypatch.delenv("LOOMLAB_EMBEDDER", raising=False)
    monkeypatch.setenv("LOOMLAB_CACHE", str(tmp_path))
    folder = embedder_files.folder()
    folder.mkdir(parents=True)
    return folder


def put(folder: Path) -> None:
    for one in embedder_files.FILES:
        with (folder / one.name).open("wb") as file:
            file.truncate(one.size)


def test_with_a_key_it_is_openai(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(files)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    assert isinstance(default_embedder(), OpenAIEmbedder)
    assert default_embedder().name == "text-embedding-3-small"


def test_with_a_key_but_without_the_sdk_it_is_what_is_here(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setattr(embedders, "find_spec", lambda name: None)
    assert isinstance(default_embedder(), HashEmbedder)


def test_without_a_key_it_is_the_local_one_where_its_files_are(files: Path) -> None:
    assert isinstance(default_embedder(), HashEmbedder)
    put(files)
    assert isinstance(default_embedder(), LocalEmbedder)


@pytest.mark.parametrize(
    ("name", "kind", "model"),
    [
        ("hash", HashEmbedder, "hash-embedder-384"),
        ("local", LocalEmbedder, "all-MiniLM-L6-v2-int8"),
        ("openai", OpenAIEmbedder, "text-embedding-3-small"),
        (" OpenAI-Small ", OpenAIEmbedder, "text-embedding-3-small"),
        ("openai-large", OpenAIEmbedder, "text-embedding-3-large"),
        ("voyage", VoyageEmbedder, "voyage-3"),
        ("cohere", CohereEmbedder, "embed-english-v3.0"),
    ],
)
def test_a_name_means_an_embedder(name: str, kind: type, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("OPENAI_API_KEY", "VOYAGE_API_KEY", "COHERE_API_KEY"):
        monkeypatch.setenv(key, "k")
    found = resolve_embedder(name)
    assert isinstance(found, kind)
    assert found.name == model


def test_an_object_is_used_as_it_is(files: Path) -> None:
    own = HashEmbedder(8)
    assert resolve_embedder(own) is own
    assert isinstance(resolve_embedder(), HashEmbedder)
    assert isinstance(resolve_embedder("default"), HashEmbedder)


@pytest.mark.parametrize("spec", ["hsah", "", 7, object()])
def test_anything_else_is_one_sentence(spec: Any) -> None:
    with pytest.raises(ConfigError, match=r"embedder spec .* not recognised"):
        resolve_embedder(spec)


def test_a_name_nearly_right_is_told_which_is_meant() -> None:
    with pytest.raises(ConfigError, match="openai-large"):
        resolve_embedder("openai-larg")
