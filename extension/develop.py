"""Put the extension of this clone into the Python that runs this: ``python extension/develop.py [--only-link]``.

Builds where a source is newer than what was built (node needed), then links the built extension and the server's
configuration into ``sys.prefix``, so that JupyterLab there shows them. Several may do it at a time.
"""

import os
import shutil
import sys
from pathlib import Path

from building import DIST, SERVER_CONFIG, CannotBuild, build, built


def develop(*, only_link: bool = False) -> None:
    """Build if anything changed, and link."""
    if not only_link:
        build(strict=False)
    if not built():
        raise CannotBuild("the JupyterLab extension is not built yet: run python extension/develop.py")
    link(DIST, Path(sys.prefix) / "share" / "jupyter" / "labextensions" / "loomlab")
    link(SERVER_CONFIG, Path(sys.prefix) / "etc" / "jupyter" / "jupyter_server_config.d" / "loomlab.json")


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
        develop(only_link="--only-link" in sys.argv[1:])
    except CannotBuild as fault:
        sys.exit(f"loomlab: {fault}")
    print(f"the JupyterLab of {sys.prefix} shows {os.path.relpath(DIST)}")
