"""One user's vectors in one matrix, so that finding the nearest is one multiplication."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from heapq import nsmallest
from math import isfinite, sqrt
from operator import mul
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
DIGITS = 6
"""Cosines are rounded to this many digits: beyond them a result depends on the order of additions."""
_ROOM = 64


def pack(vector: Sequence[float]) -> array[float] | None:
    """A vector as 32-bit floats; None for one that has no direction (empty, all zeros, or not finite)."""
    packed = vector if isinstance(vector, array) and vector.typecode == "f" else array("f", vector)
    square = _square(packed)
    return packed if square > 0 and isfinite(square) else None


def _square(vector: array[float]) -> float:
    """The square of a vector's length, to 64 bits."""
    numpy = _numpy()
    if numpy is None:
        return float(sum(map(mul, vector, vector)))
    row = numpy.frombuffer(vector, numpy.float32).astype(numpy.float64)
    return float(row.dot(row))


class VectorIndex:
    """Vectors by id, of any dimensions; each question is answered among those of its own dimensions.

    Uses numpy where it is installed, and plain Python where it is not.
    """

    def __init__(self) -> None:
        self._tables: dict[int, _Table | _PlainTable] = {}
        self._dimensions: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._dimensions)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._dimensions

    def put(self, id_: str, vector: Sequence[float], at: datetime, seq: int) -> None:
        """Keep a vector instead of the one this id had; of equally near ones the newest by ``(at, seq)`` is first."""
        self.remove([id_])
        packed = pack(vector)
        if packed is None:
            return
        self._dimensions[id_] = len(packed)
        table = self._tables.get(len(packed))
        if table is None:
            table = self._tables[len(packed)] = _PlainTable() if _numpy() is None else _Table(_numpy(), len(packed))
        table.put(id_, packed, (at - _EPOCH) // _MICROSECOND, seq)

    def remove(self, ids: Iterable[str]) -> None:
        """Drop these; ids that are not here are passed over."""
        for id_ in ids:
            dimensions = self._dimensions.pop(id_, None)
            if dimensions is not None:
                self._tables[dimensions].remove(id_)

    def vector(self, id_: str) -> array[float] | None:
        """The vector of an id, as it was given up to 32 bits."""
        dimensions = self._dimensions.get(id_)
        return None if dimensions is None else self._tables[dimensions].vector(id_)

    def nearest(
        self, vector: Sequence[float], limit: int, *, among: Iterable[str] | None = None
    ) -> list[tuple[str, float]]:
        """``(id, cosine)`` of the ``limit`` nearest, best first, exact; ``among`` names the only ids to look at."""
        packed = pack(vector)
        table = self._tables.get(len(vector)) if packed is not None else None
        if packed is None or table is None or limit <= 0:
            return []
        return table.nearest(packed, limit, among)


@cache
def _numpy() -> Any:
    try:
        import numpy
    except ImportError:
        return None
    return numpy


class _Table:
    """Rows of a matrix that doubles when it is full; a removed row is filled with the last one."""

    def __init__(self, numpy: Any, dimensions: int) -> None:
        self._np = numpy
        self._matrix = numpy.empty((_ROOM, dimensions), numpy.float32)
        self._scale = numpy.empty(_ROOM, numpy.float32)  # one over each row's length
        self._newness = numpy.empty((2, _ROOM), numpy.int64)
        self._ids: list[str] = []
        self._rows: dict[str, int] = {}

    def put(self, id_: str, vector: array[float], at: int, seq: int) -> None:
        row = len(self._ids)
        if row == len(self._matrix):
            self._grow(2 * row)
        self._matrix[row] = vector
        self._scale[row] = 1.0 / sqrt(_square(vector))
        self._newness[:, row] = at, seq
        self._ids.append(id_)
        self._rows[id_] = row

    def remove(self, id_: str) -> None:
        row, last = self._rows.pop(id_), len(self._ids) - 1
        moved = self._ids.pop()
        if row != last:
            self._ids[row] = moved
            self._rows[moved] = row
            for values in (self._matrix, self._scale):
                values[row] = values[last]
            self._newness[:, row] = self._newness[:, last]
        self._matrix[last] = 0  # what was erased must not stay readable in the process

    def vector(self, id_: str) -> array[float]:
        return array("f", self._matrix[self._rows[id_]].tobytes())

    def nearest(self, vector: array[float], limit: int, among: Iterable[str] | None) -> list[tuple[str, float]]:
        np = self._np
        wanted = np.array(vector, np.float32)
        wanted /= np.linalg.norm(wanted)
        count = len(self._ids)
        rows = None
        if among is None:
            cosines = self._matrix[:count] @ wanted
            cosines *= self._scale[:count]
        else:
            rows = np.array([self._rows[id_] for id_ in dict.fromkeys(among) if id_ in self._rows], np.intp)
            cosines = (self._matrix[rows] @ wanted) * self._scale[rows]
            count = len(rows)
        if count > limit:
            # Ties at the edge are decided by newness, so whatever is as near as the last one is a candidate.
            edge = np.partition(cosines, count - limit)[count - limit] - 10.0**-DIGITS
            best = np.flatnonzero(cosines >= edge)
        else:
            best = np.arange(count)
        rounded = np.round(cosines[best].astype(np.float64), DIGITS)
        at, seq = self._newness[:, best if rows is None else rows[best]]
        order = np.lexsort((-seq, -at, -rounded))[:limit]
        ids = self._ids
        found = (best if rows is None else rows[best])[order].tolist()
        return [(ids[row], cosine) for row, cosine in zip(found, rounded[order].tolist(), strict=True)]

    def _grow(self, room: int) -> None:
        np, count = self._np, len(self._ids)
        for name in ("_matrix", "_scale"):
            old = getattr(self, name)
            new = np.empty((room, *old.shape[1:]), old.dtype)
            new[:count] = old
            setattr(self, name, new)
        newness = np.empty((2, room), np.int64)
        newness[:, :count] = self._newness
        self._newness = newness


class _PlainTable:
    """The same without numpy."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[array[float], float, int, int]] = {}

    def put(self, id_: str, vector: array[float], at: int, seq: int) -> None:
        self._rows[id_] = (vector, sqrt(sum(map(mul, vector, vector))), at, seq)

    def remove(self, id_: str) -> None:
        del self._rows[id_]

    def vector(self, id_: str) -> array[float]:
        return self._rows[id_][0]

    def nearest(self, vector: array[float], limit: int, among: Iterable[str] | None) -> list[tuple[str, float]]:
        length = sqrt(sum(map(mul, vector, vector)))
        ids = self._rows if among is None else [id_ for id_ in dict.fromkeys(among) if id_ in self._rows]
        ranked: list[tuple[float, int, int, str]] = []
        for id_ in ids:
            row, own, at, seq = self._rows[id_]
            ranked.append((-round(sum(map(mul, vector, row)) / (length * own), DIGITS), -at, -seq, id_))
        return [(id_, -cosine) for cosine, _, _, id_ in nsmallest(limit, ranked)]
