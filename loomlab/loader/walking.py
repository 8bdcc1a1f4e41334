"""The files of folders: in order, each once, never in circles, never out of the folder by a link."""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import translate
from pathlib import Path

from loomlab.loader.index_report import IndexFailure
from loomlab.loader.load import LOADERS


@dataclass(slots=True)
class Found:
    """What a walk found. The keys of ``files``, ``roots`` and ``missing`` are absolute paths."""

    files: dict[str, Path] = field(default_factory=dict)
    roots: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    skipped: list[IndexFailure] = field(default_factory=list)


def walk(folder_or_paths: str | Path | Iterable[str | Path], glob: str | None, follow_links: bool) -> Found:
    """The files of folders and single paths. Names that begin with a dot or ``~$`` are passed over in silence."""
    given = [folder_or_paths] if isinstance(folder_or_paths, (str, Path)) else list(folder_or_paths)
    fits = _pattern(glob) if glob is not None else None
    found = Found()
    for one in given:
        path = Path(one)
        where = path.absolute().as_posix()
        found.roots.append(where)
        if path.is_dir():
            for file in _folder(path, fits, follow_links, found.skipped):
                found.files.setdefault(file.absolute().as_posix(), file)
        elif path.exists():
            found.files.setdefault(where, path)
        else:
            found.missing.append(where)
    return found


def _folder(root: Path, fits: re.Pattern[str] | None, follow: bool, skipped: list[IndexFailure]) -> Iterator[Path]:
    seen: set[tuple[int, int]] = set()
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            state = folder.stat()
            entries = sorted(folder.iterdir())
        except OSError as exc:
            skipped.append(IndexFailure(folder.as_posix(), f"the folder can't be read: {exc.strerror}"))
            continue
        if (state.st_dev, state.st_ino) in seen:  # a link led back here
            continue
        seen.add((state.st_dev, state.st_ino))
        inner = []
        for entry in entries:
            if entry.name.startswith((".", "~$")):
                continue
            reason = _unfit(entry, follow)
            if reason is None and entry.is_dir():
                inner.append(entry)
            elif fits is None or fits.fullmatch(entry.relative_to(root).as_posix()):
                reason = reason or _unknown(entry)
                if reason is None:
                    yield entry
                else:
                    skipped.append(IndexFailure(entry.as_posix(), reason))
        waiting += reversed(inner)


def _unfit(entry: Path, follow: bool) -> str | None:
    try:
        if entry.is_symlink() and not follow:
            return "a link; index(…, follow_links=True) follows it"
        mode = entry.stat().st_mode
    except OSError as exc:
        return f"it can't be read: {exc.strerror or os.strerror(exc.errno or 0)}"
    return None if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else "no regular file"


def _unknown(entry: Path) -> str | None:
    suffix = entry.suffix.lower()
    return None if suffix.lstrip(".") in LOADERS else f"unsupported extension {suffix!r}"


def _pattern(glob: str) -> re.Pattern[str]:
    """A glob over relative paths: without a slash it is about names, ``**/`` is any folders, ``*`` stays in one."""
    if "/" not in glob:
        return re.compile(rf"(?:.*/)?{translate(glob)}")
    parts = [translate(part)[4:-3].replace(".*", "[^/]*") if part != "**" else None for part in glob.split("/")]
    pattern = ""
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        pattern += (".*" if last else "(?:.*/)?") if part is None else part + ("" if last else "/")
    return re.compile(pattern, re.DOTALL)
