"""Notebooks as JupyterLab names them (relative to the server's root folder) and as the run log does (absolute)."""

import os
import re
from pathlib import Path

_DRIVE = re.compile(r"[A-Za-z]:")


def absolute(root: Path, name: str) -> str:
    """The notebook's path as its kernel was told it; nothing is opened. ValueError where that is not below ``root``."""
    parts = name.split("/")
    if not name or name.startswith("/") or "\\" in name or "\0" in name or _DRIVE.match(name):
        raise ValueError("takes the path of a notebook below the server's root folder, as work/first.ipynb")
    if any(part in ("", ".", "..") for part in parts):
        raise ValueError("takes a path without '..', '.' and double slashes, below the server's root folder")
    return os.path.join(root, *parts)  # noqa: PTH118 - a text to compare with, as Jupyter makes it


def relative(root: Path, path: str | None) -> str | None:
    """What JupyterLab calls the notebook; None for one outside of ``root``, which this server can't open."""
    start = str(root).rstrip(os.sep) + os.sep
    if not path or not path.startswith(start) or ".." in Path(path).parts:
        return None
    return path[len(start) :].replace(os.sep, "/")
