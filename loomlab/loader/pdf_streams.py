"""How much the streams of a PDF unpack to, found without keeping any of it: PDFium unpacks a page whole."""

import mmap
import re
import zlib
from pathlib import Path

from loomlab.loader.problems import MAX_RATIO, MEGABYTE, DocumentError, breathe

_STREAM = re.compile(rb"(?<!end)stream[ \t]*(?:\r\n|\n|\r)")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_FLATE = re.compile(rb"/(?:FlateDecode|Fl)(?![A-Za-z])")
_IMAGE = re.compile(rb"/Subtype\s*/Image(?![A-Za-z])")
_DICTIONARY = 4096
"""Bytes before a stream in which what it says of itself stands."""
_STEP = 65_536
_PIECE = MEGABYTE
_SUSPICIOUS = 8 * MEGABYTE
"""What unpacks to more than this is looked at for its ratio."""
_FREE, _TIMES = 48 * MEGABYTE, 20
"""What a file may unpack to, pictures left out: so much, and so many times its size."""
_DEEPEST = 3


def check_streams(path: Path, limit: int) -> None:
    """DocumentError if the Flate streams of a PDF unpack to more than its pages can need.

    Pictures are left out: nobody unpacks them to read text. ``limit`` is the most in bytes, however large the file.
    """
    size = path.stat().st_size
    if not size:
        return
    allowed = min(limit, _FREE + _TIMES * size)
    total = 0
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = 0
        while found := _STREAM.search(data, at):
            at = found.end()
            said = data[max(0, found.start() - _DICTIONARY) : found.start()]
            said = _ESCAPED.sub(lambda one: bytes([int(one[1], 16)]), said[said.rfind(b" obj") + 1 :])
            layers = len(_FLATE.findall(said))
            if not layers or _IMAGE.search(said):
                continue
            if layers > _DEEPEST:
                raise DocumentError(f"{path.name} has a stream that is packed {layers} times over, as a bomb is")
            unpacked, packed = _unpacked(data, at, layers, allowed - total)
            at += packed
            total += unpacked
            if unpacked > _SUSPICIOUS and unpacked > MAX_RATIO * packed:
                raise DocumentError(
                    f"{path.name} has a stream that would unpack to over {MAX_RATIO} times its size, as a bomb does"
                )
            if total > allowed:
                raise DocumentError(
                    f"{path.name} would unpack to more than {allowed / MEGABYTE:,.0f} MB besides its pictures, too much"
                    f" for a file of {size / MEGABYTE:,.1f} MB: split it, or print it again as PDF"
                )


def _unpacked(data: mmap.mmap, start: int, layers: int, room: int) -> tuple[int, int]:
    """Bytes that a stream unpacks to in its last layer, and bytes it takes in the file; stops where ``room`` ends."""
    chain = [zlib.decompressobj() for _ in range(layers)]
    total = 0
    at = start
    while at < len(data) and not chain[0].eof:
        breathe()
        try:
            total += _fed(chain, data[at : at + _STEP], room - total)
        except zlib.error:  # damaged, encrypted, or in another packing first
            break
        at += _STEP
        if total > room or (total > _SUSPICIOUS and total > MAX_RATIO * (at - start)):
            break
    return total, min(at, len(data)) - start - len(chain[0].unused_data)


def _fed(chain: list["zlib._Decompress"], piece: bytes, room: int) -> int:
    """What comes out of the last decompressor when a piece goes into the first; a little at a time."""
    total = 0
    while piece and not chain[0].eof and total <= room:
        out = chain[0].decompress(piece, _PIECE)
        piece = chain[0].unconsumed_tail
        total += _fed(chain[1:], out, room - total) if len(chain) > 1 else len(out)
        if not out and not piece:
            break
    return total
