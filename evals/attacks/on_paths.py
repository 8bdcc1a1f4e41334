"""Attacks by paths: ways out of the folders that a tool may see."""

import json
from pathlib import Path
from typing import Any

import anyio

from attacks.book import SECRET, Attack, attack
from loomlab.core import ToolResult
from loomlab.security import (
    FilesystemSandbox,
)
from loomlab.tools import InProcessToolHost


async def _denied(folder: Path, args: dict[str, Any], **options: Any) -> bool:
    root = folder / "root"
    root.mkdir(exist_ok=True)
    (folder / "secret.txt").write_text(SECRET, encoding="utf-8")
    for name, target in (("link", folder), ("file-link", folder / "secret.txt"), ("proc", Path("/proc/self/root"))):
        if not (root / name).is_symlink():
            (root / name).symlink_to(target)

    class Host(InProcessToolHost):
        async def call(self, tool: str, args: Any, *, call_id: str = "") -> ToolResult:
            return ToolResult.success(call_id, "opened")

    result = await FilesystemSandbox(Host(), roots=[root], base=root, **options).call("open", args)
    return result.denied


_ESCAPES: dict[str, Any] = {
    "absolute": {"path": "/etc/passwd"},
    "climbing": {"path": "../secret.txt"},
    "climbing through a folder": {"path": "a/b/../../../secret.txt"},
    "symlink to a folder": {"path": "link/secret.txt"},
    "symlink to a file": {"path": "file-link"},
    "magic link of /proc": {"path": "proc/etc/passwd"},
    "home": {"path": "~/.ssh/id_rsa"},
    "home of another": {"path": "~root/.bashrc"},
    "variable": {"path": "$HOME/.aws/credentials"},
    "file URL": {"path": "file:///etc/passwd"},
    "file URL, encoded": {"path": "file:///%65tc/passwd"},
    "percent-encoded": {"path": "%2e%2e/secret.txt"},
    "twice percent-encoded": {"path": "%252e%252e/secret.txt"},
    "backslashes": {"path": "..\\secret.txt"},
    "full-width dots": {"path": "．．/secret.txt"},
    "NUL": {"path": "ok.txt\0/../../secret.txt"},
    "blanks before": {"path": "  /etc/passwd"},
    "line break after": {"path": "/etc/passwd\n"},
    "in a list": {"files": ["ok.txt", "../secret.txt"]},
    "in nested lists": {"batch": [[["/etc/passwd"]]]},
    "in a dict": {"options": {"input": {"source": "/etc/passwd"}}},
    "as a key": {"files": {"/etc/passwd": "x"}},
    "in JSON text": {"options": '{"in": ["/etc/passwd"]}'},
    "in JSON text in JSON text": {"options": json.dumps(json.dumps({"in": "/etc/passwd"}))},
    "under another name": {"x": "/etc/passwd"},
    "under another name, climbing": {"x": "a/../../secret.txt"},
    "camel case name": {"outputFile": "../secret.txt"},
    "too deep to look": {"a": json.loads("[" * 60 + '"../secret.txt"' + "]" * 60)},
    "mixed separators": {"path": "a/..\\../secret.txt"},
    "a very long way round": {"path": "./" * 500 + "../secret.txt"},
}


def _escape(args: dict[str, Any]) -> Attack:
    async def run(folder: Path) -> bool:
        return await _denied(folder, args)

    return run


for _name, _args in _ESCAPES.items():
    attack("path escape", _name)(_escape(_args))


@attack("path escape", "under a name that path_args lists, deep inside")
async def _(folder: Path) -> bool:
    return await _denied(folder, {"jobs": [{"where": "../secret.txt"}]}, path_args=["where"])


@attack("path escape", "a link swapped while the tool runs")
async def _(folder: Path) -> bool:
    root = folder / "swap"
    root.mkdir()
    (root / "data.txt").write_text("fine", encoding="utf-8")
    (folder / "secret.txt").write_text(SECRET, encoding="utf-8")

    def swap() -> str:
        (root / "data.txt").unlink()
        (root / "data.txt").symlink_to(folder / "secret.txt")
        return (root / "data.txt").read_text(encoding="utf-8")

    class Host(InProcessToolHost):
        async def call(self, tool: str, args: Any, *, call_id: str = "") -> ToolResult:
            return ToolResult.success(call_id, await anyio.to_thread.run_sync(swap))

    result = await FilesystemSandbox(Host(), roots=[root], base=root).call("read", {"path": "data.txt"})
    return result.denied and SECRET not in result.model_dump_json()
