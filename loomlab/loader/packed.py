"""Office files are ZIP archives of XML: opened with limits, so that a small file can't unpack to a huge one."""

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from loomlab.loader.problems import MAX_RATIO, MAX_UNPACKED, MEGABYTE, DocumentError, regular_file

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SMALL = MEGABYTE
"""Parts up to this size are never a bomb, whatever their ratio."""
_XML = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}


class Package:
    """An open Office file; ``part`` gives its parts within the limits."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._archive, self.name = archive, name
        self.names = frozenset(archive.namelist())
        self.main = ""

    @contextmanager
    def part(self, name: str) -> Iterator[IO[bytes]]:
        """One part, for reading."""
        try:
            with self._archive.open(name) as stream:
                yield stream
        except (zipfile.BadZipFile, EOFError, OSError, zipfile.LargeZipFile) as exc:
            raise DocumentError(f"{self.name} is damaged: its part {name} can't be unpacked ({exc})") from exc
        except KeyError:
            raise DocumentError(f"{self.name} is damaged: it has no part {name}") from None
        except (RuntimeError, zipfile.error) as exc:
            raise DocumentError(f"{self.name} can't be read: {exc}") from exc

    def elements(
        self, name: str, *, starts: bool = False, tags: tuple[str, ...] | None = None
    ) -> Iterator[tuple[str, Any]]:
        """The XML elements of a part as they end (and begin, with ``starts``); the caller clears what it has read."""
        from lxml import etree

        with self.part(name) as stream:
            head = stream.read(1024)
            if any(sign in head for sign in (b"<!DOCTYPE", b"<\0!\0D\0")):
                raise self._refused(name)
        with self.part(name) as stream:
            first = True
            events = ("start", "end") if starts else ("end",)
            try:
                for event, element in etree.iterparse(stream, events=events, tag=tags, **_XML):
                    if first and element.getroottree().docinfo.internalDTD is not None:
                        raise self._refused(name)
                    first = False
                    yield event, element
            except etree.XMLSyntaxError as exc:
                raise DocumentError(f"{self.name} is damaged: its part {name} is no whole XML ({exc})") from exc

    def _refused(self, part: str) -> DocumentError:
        return DocumentError(f"{self.name} is refused: its part {part} declares entities, which no Office program does")

    def tree(self, name: str) -> Any:
        """A small part whole; None if there is none."""
        if name not in self.names:
            return None
        last = None
        for _event, element in self.elements(name):
            last = element
        return last


@contextmanager
def opened(path: str | Path, *, kind: str, main: str, max_unpacked: int = MAX_UNPACKED) -> Iterator[Package]:
    """An Office file, checked before anything is unpacked. ``main`` is the pattern of its main part."""
    path = regular_file(path)
    with path.open("rb") as stream:
        head = stream.read(8)
        if head == _OLE:
            raise DocumentError(
                f"{path.name} is encrypted, or of the old binary format: open it in its program and save it as {kind}"
                " without a password"
            )
        if not head.startswith(b"PK"):
            raise DocumentError(f"{path.name} is no {kind} file: it does not begin as one")
        stream.seek(0)
        try:
            archive = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, OSError, ValueError) as exc:
            raise DocumentError(f"{path.name} is damaged or cut short: {exc}") from exc
        with archive:
            _check(archive, path.name, max_unpacked)
            package = Package(archive, path.name)
            package.main = next((one for one in sorted(package.names) if re.fullmatch(main, one)), "")
            if not package.main:
                raise DocumentError(f"{path.name} is no {kind} file: it is an archive with something else in it")
            yield package


def _check(archive: zipfile.ZipFile, name: str, limit: int) -> None:
    parts = archive.infolist()
    total = sum(one.file_size for one in parts)
    if total > limit:
        raise DocumentError(
            f"{name} is refused: it would unpack to {total / MEGABYTE:,.0f} MB, over the limit of"
            f" {limit / MEGABYTE:,.0f} MB"
        )
    for one in parts:
        ratio = one.file_size // max(one.compress_size, 1)
        if one.file_size > _SMALL and ratio > MAX_RATIO:
            raise DocumentError(
                f"{name} is refused: its part {one.filename} would unpack to {ratio} times its size, as a ZIP bomb does"
            )
        if one.flag_bits & 1:
            raise DocumentError(f"{name} is encrypted: save it without a password")
