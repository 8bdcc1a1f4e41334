"""The characters of a file whose encoding nobody wrote down."""

import re

from loomlab.loader.problems import DocumentError, warn

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SAMPLE = 65_536
_DECLARED = re.compile(
    rb"""<(?:meta[^>]{0,200}?charset|\?xml[^>]{0,100}?encoding)\s*=\s*["']?\s*([\w-]{2,40})""", re.IGNORECASE
)


def decoded(data: bytes, name: str, *, html: bool = False) -> tuple[str, str]:
    """The text of a file and the encoding it was read with.

    A byte order mark decides; then UTF-8, if all or nearly all of it is; then what an HTML page declares; then the
    best guess. Bytes that fit nothing become U+FFFD with a RuntimeWarning that says where the first is. DocumentError
    for bytes that are no text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _read(data, encoding, name)
    if b"\0" in data[:_SAMPLE]:
        wide = _wide(data[:_SAMPLE])
        if wide is None:
            raise DocumentError(f"{name} is not text: it holds zero bytes, as binary files do")
        return _read(data, wide, name)
    try:
        return _newlines(data.decode("utf-8")), "utf-8"
    except UnicodeDecodeError:
        pass
    if html and (declared := _DECLARED.search(data[:2048])):
        try:
            return _read(data, declared[1].decode("ascii"), name)
        except LookupError:
            pass
    sample = data[: 4 * _SAMPLE].decode("utf-8", "replace")
    foreign = sum(character > "\x7f" for character in sample)
    if sample.count("\ufffd") <= foreign // 3 - 1:  # mostly whole characters of several bytes: UTF-8 with damage
        return _read(data, "utf-8", name)
    return _read(data, _guess(data), name)


def _read(data: bytes, encoding: str, name: str) -> tuple[str, str]:
    try:
        return _newlines(data.decode(encoding)), encoding
    except UnicodeDecodeError as exc:
        text = data.decode(encoding, "replace")
        warn(f"{name}: {text.count(chr(0xFFFD))} characters can't be read as {encoding}, the first at byte {exc.start}")
        return _newlines(text), encoding


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _wide(sample: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of Western text is zero."""
    half = max(len(sample) // 2, 1)
    even, odd = sample[::2].count(0) / half, sample[1::2].count(0) / half
    if odd > 0.7 and even < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > 0.7 and odd < 0.05 else None


def _guess(data: bytes) -> str:
    from charset_normalizer import from_bytes

    foreign = next((at for at, byte in enumerate(data) if byte > 0x7F), 0)
    begin = max(0, foreign - _SAMPLE // 4)
    best = from_bytes(data[begin : begin + _SAMPLE]).best()
    if best is None or "cp1252" in best.could_be_from_charset:  # of several that read the same, the usual one
        return "cp1252"
    return best.encoding
