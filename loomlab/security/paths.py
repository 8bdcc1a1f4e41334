"""Where paths hide in the arguments of a tool call, and what a value may mean once a program has opened it."""

import json
import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_STRONG = frozenset({
    "path", "paths", "pathname", "file", "files", "filename", "filenames", "filepath", "filepaths", "infile", "outfile",
    "dir", "dirs", "dirname", "directory", "directories", "folder", "folders", "workdir", "cwd", "src", "dst", "dest",
    "destination",
})  # fmt: skip
_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")
_MEDIA = re.compile(r"(?:application|audio|font|image|message|model|multipart|text|video)/[\w.+*-]+")
_FIGURES = re.compile(r"[\d.,:+-]+(?:/[\d.,:+-]+)+")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_DEEPEST = 40


class Found:
    """A text that may be a path: where it stands (``files[0].name``), and whether its place says that it is one."""

    __slots__ = ("named", "text", "where")

    def __init__(self, where: str, text: str, named: bool) -> None:
        self.where, self.text, self.named = where, text, named


def texts_in(value: Any, where: str = "", *, named: bool = False, depth: int = 0) -> Iterator[Found]:
    """Every text in the arguments, however deep, with the name of the place; texts that are JSON are looked into."""
    if depth > _DEEPEST:
        yield Found(where, "\0", True)  # nothing honest is so deep: refused as a text with NUL is
    elif isinstance(value, dict):
        for key, item in value.items():
            name = str(key)
            inside = f"{where}.{name}" if where else name
            if where and not name.isidentifier():
                yield Found(f"{where} (a key)", name, named)
            yield from texts_in(item, inside, named=named or is_path_name(name), depth=depth + 1)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for index, item in enumerate(value):
            yield from texts_in(item, f"{where}[{index}]", named=named, depth=depth + 1)
    elif isinstance(value, (str, bytes, os.PathLike)):
        text = os.fsdecode(value) if not isinstance(value, str) else value
        inner = _as_json(text)
        if inner is not None:
            yield from texts_in(inner, where, named=named, depth=depth + 1)
        # A tool may take the same text as it is: what only looks like JSON is judged as text too where it names a file.
        if inner is None or named:
            yield Found(where, text, named)


def is_path_name(name: str) -> bool:
    """Whether an argument is called as paths are: ``path``, ``src_dir``, ``outputFile``."""
    return any(word.lower() in _STRONG for word in _WORDS.findall(name)) or name.lower() in _STRONG


def looks_like_path(text: str) -> bool:
    """Whether a text could be meant as a path where nothing else says so: it has a slash, or climbs, or is a ``~``."""
    text = unicodedata.normalize("NFKC", text).strip()
    if "\0" in text:
        return True
    if text.startswith(("/", "~", "./", "../", "..\\", "file:")) or text == ".." or _DRIVE.match(text):
        return len(text) < 4096 and "\n" not in text
    if "/" not in text and "\\" not in text:
        return False
    parts = re.split(r"[\\/]", text)
    if ".." in parts:
        return True
    if "/" not in text or len(text) >= 4096 or re.search(r"\s", text):  # prose, or code
        return False
    return not (_URL.match(text) or _MEDIA.fullmatch(text) or _FIGURES.fullmatch(text))


def meanings(text: str) -> set[str]:
    """What a text may be once a program has opened it: without blanks, expanded, decoded, normalised."""
    found = {text, text.strip()}
    for form in ("NFC", "NFD", "NFKC"):
        found |= {unicodedata.normalize(form, one) for one in found}
    for one in tuple(found):
        if one.lower().startswith("file:"):
            parts = urlsplit(one)
            found |= {unquote(parts.path), one[5:], unquote(one[5:])}
        if "%" in one:
            found |= {unquote(one), unquote(unquote(one))}
    for one in tuple(found):
        if one.startswith("~"):
            found.add(os.path.expanduser(one))  # noqa: PTH111 - Path raises for a user that is not there
        if "$" in one:
            found.add(os.path.expandvars(one))
        if "\\" in one and os.sep == "/":
            found.add(one.replace("\\", "/"))
    return found


def is_inside(path: str, base: Path, roots: tuple[Path, ...]) -> bool:
    """Whether ``path``, from ``base`` on, symbolic links followed, is one of ``roots`` or below one."""
    try:
        real = Path(os.path.realpath(base / path))
    except (OSError, ValueError, RuntimeError):  # a loop of links, or a name that no file can have
        return False
    if any(real == root or root in real.parents for root in roots):
        return True
    # The same folder under another spelling: case or composition, on a file system that does not tell them apart.
    folders = {(one.st_dev, one.st_ino) for one in map(_stat, roots) if one is not None}
    return any((one.st_dev, one.st_ino) in folders for one in map(_stat, (real, *real.parents)) if one is not None)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (OSError, ValueError):
        return None


def _as_json(text: str) -> Any:
    if text.lstrip()[:1] not in ("[", "{", '"') or len(text) > 5_000_000:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
