"""Cases out of files, folders and DataFrames, and back into JSONL."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from loomlab.core.errors import ConfigError
from loomlab.evals.card import DatasetCard
from loomlab.evals.case import Case
from loomlab.evals.folders import find_dataset
from loomlab.evals.rows import row_reader

Read = tuple[list[Case], str, DatasetCard | None]


def read_cases(source: Any, columns: Mapping[str, str], near: Path | None) -> Read:
    """The cases of any source, the name it goes by, and its card if it has one."""
    if hasattr(source, "to_dict") and hasattr(source, "columns"):
        return _from_frame(source, columns), "frame", None
    if not isinstance(source, (str, Path)):
        raise ConfigError(f"a dataset is loaded from a name, a path or a DataFrame, not from {type(source).__name__}")
    path = find_dataset(source, near)
    if path.is_dir():
        return _from_folder(path, columns)
    if path.suffix == ".jsonl":
        return _from_jsonl(path, columns), path.stem, None
    if path.suffix == ".csv":
        return _from_csv(path, columns), path.stem, None
    raise ConfigError(f"{path} is neither .jsonl nor .csv, nor a folder with a cases.jsonl; those can be loaded")


def write_jsonl(cases: Iterable[Case], path: Path) -> Path:
    """One case a line, UTF-8. Raises ConfigError for a case that JSON cannot hold."""
    lines = []
    for case in cases:
        try:
            lines.append(json.dumps(case.as_row(), ensure_ascii=False, allow_nan=False) + "\n")
        except (TypeError, ValueError) as exc:
            raise ConfigError(f"the case {case.id!r} cannot be written as JSON: {exc}") from exc
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines), encoding="utf-8", newline="\n")
    return path


def _from_folder(folder: Path, columns: Mapping[str, str]) -> Read:
    cases_file, card_file = folder / "cases.jsonl", folder / "card.toml"
    if not cases_file.is_file():
        raise ConfigError(f"{folder} has no cases.jsonl, so it is no dataset")
    card = DatasetCard.read(card_file) if card_file.is_file() else None
    if card is not None:
        card.check(cases_file)
    return _from_jsonl(cases_file, columns), card.name if card else folder.name, card


def _from_jsonl(path: Path, columns: Mapping[str, str]) -> list[Case]:
    read = row_reader(columns)
    cases = []
    # Only \n ends a line of JSONL: splitlines() would also cut at U+2028 inside a string.
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            row = json.loads(line, parse_constant=_no_constant)
            if "\\ud" in line.lower():  # half of a surrogate pair is no text, and nothing could be written with it
                json.dumps(row, ensure_ascii=False).encode()
        except ValueError as exc:
            raise ConfigError(f"{where}: not JSON ({exc})") from exc
        if not isinstance(row, dict):
            raise ConfigError(f"{where}: a case is an object, not {type(row).__name__}")
        cases.append(read(row, where))
    return _some(cases, path)


def _from_csv(path: Path, columns: Mapping[str, str]) -> list[Case]:
    read = row_reader(columns)
    rows = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    cases = []
    try:
        header = next(rows, [])
        for row in rows:
            if not row:
                continue
            where = f"{path}, line {rows.line_num}"
            if len(row) != len(header):
                raise ConfigError(f"{where}: {len(row)} fields, but the header has {len(header)}")
            # An empty field is a missing value; CSV has no other way to say so.
            cases.append(read({key: value for key, value in zip(header, row, strict=True) if value != ""}, where))
    except csv.Error as exc:
        raise ConfigError(f"{path}, line {rows.line_num}: not CSV ({exc})") from exc
    return _some(cases, path)


def _from_frame(frame: Any, columns: Mapping[str, str]) -> list[Case]:
    read = row_reader(columns)
    rows = frame.to_dict("records")
    return [
        read({str(key): _plain(value) for key, value in row.items() if not _missing(value)}, f"row {number}")
        for number, row in enumerate(rows)
    ]


def _plain(value: Any) -> Any:
    to_list = getattr(value, "tolist", None)  # numpy scalars and arrays
    return to_list() if callable(to_list) else value


def _missing(value: Any) -> bool:
    # NaN, NaT and pandas.NA are the values that do not equal themselves; NA's comparison has no truth value.
    try:
        return value is None or bool(value != value)
    except (TypeError, ValueError):
        return type(value).__name__ == "NAType"


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path} is not UTF-8 (byte {exc.start}); save it as UTF-8") from exc
    except OSError as exc:
        raise ConfigError(f"{path} cannot be read: {exc.strerror or exc}") from exc


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not allowed")


def _some(cases: list[Case], path: Path) -> list[Case]:
    if not cases:
        raise ConfigError(f"{path} holds no case")
    return cases
