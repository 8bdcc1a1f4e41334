"""``loomlab doctor``: what is installed, what is missing, and the command that adds it."""

import os
import platform
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, requires, version
from pathlib import Path

from loomlab.core.errors import LoomError
from loomlab.display import format as fmt
from loomlab.model import local_weights
from loomlab.runlog import RunLog, format_of

KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "MISTRAL_API_KEY", "GROQ_API_KEY", "GEMINI_API_KEY", "DEEPSEEK_API_KEY")
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")
_INNER = re.compile(r"loomlab\[([^\]]+)\]", re.IGNORECASE)
_NOT_SHOWN = ("all", "test", "docs")


def run(*, home: Path | None = None) -> int:
    """Print the findings. Always succeeds: a missing part is a finding, not a failure."""
    for line in findings(home):
        print(line)
    return 0


def findings(home: Path | None = None) -> Iterator[str]:
    """One line a finding."""
    yield f"loomlab {version('loomlab')} in {Path(__file__).resolve().parents[1]}"
    yield f"Python {platform.python_version()} at {sys.executable} ({platform.system()} {platform.machine()})"
    yield ""
    yield from _extras()
    yield ""
    yield _local_model()
    yield from _run_log(home)
    yield from _keys()


def packages_of_extras() -> dict[str, list[str]]:
    """The packages of each extra, those of the extras it includes too."""
    listed: dict[str, list[str]] = {}
    for line in requires("loomlab") or ():
        extra = _EXTRA.search(line)
        if extra:
            inner = _INNER.match(line)
            names = [f"[{one.strip()}]" for one in inner[1].split(",")] if inner else [_NAME.match(line)[0]]  # type: ignore[index]  # a requirement starts with a name
            listed.setdefault(extra[1], []).extend(names)

    def flat(extra: str) -> Iterator[str]:
        for name in listed.get(extra, ()):
            if name.startswith("["):
                yield from flat(name.strip("[]"))
            else:
                yield name

    return {extra: list(dict.fromkeys(flat(extra))) for extra in listed if extra not in _NOT_SHOWN}


def _extras() -> Iterator[str]:
    for extra, names in sorted(packages_of_extras().items()):
        missing = [name for name in names if installed(name) is None]
        if missing:
            yield f"✕ {extra:<10} {', '.join(missing)} missing: pip install 'loomlab[{extra}]'"
        else:
            yield f"✓ {extra:<10} {', '.join(f'{name} {installed(name)}' for name in names)}"


def installed(package: str) -> str | None:
    """The version of an installed package, or None."""
    try:
        return distribution(package).version
    except PackageNotFoundError:
        return None


def _local_model() -> str:
    path = local_weights.available()
    if path is None:
        return "✕ local model: its weights are not here yet: loomlab fetch local"
    return f"✓ local model: {path} ({fmt.size(path.stat().st_size)})"


def _run_log(home: Path | None) -> Iterator[str]:
    try:
        path = RunLog.open(home, read_only=True).path
    except LoomError as exc:
        yield f"✕ run log: {exc}"
        return
    for said in format_of(path):
        yield f"  run log: {said}"
    files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else []
    size = fmt.size(sum(file.stat().st_size for file in files))
    yield f"✓ run log: {path} ({size})" if files else f"  run log: {path} (nothing recorded yet)"


def _keys() -> Iterator[str]:
    there = [name for name in KEYS if os.environ.get(name)]
    yield (
        f"✓ keys set: {', '.join(there)}"
        if there
        else f'  no API key is set ({", ".join(KEYS[:3])}, …); none is needed for model="local"'
    )
