"""A real Jupyter server with the extension, and one who asks it over HTTP."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPMessage
from pathlib import Path
from typing import Any

TOKEN = "a-token-for-tests"
START_S = 60


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: HTTPMessage
    text: str

    @property
    def json(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.text)

    @property
    def message(self) -> str:
        """The sentence of an error."""
        return str(self.json["message"])


class Server:
    """A running server: its folder of notebooks, its log, its address."""

    def __init__(self, folder: Path, port: int, pid: int) -> None:
        self.root, self.home, self.pid = folder / "notebooks", folder / "log", pid
        self.origin = f"http://127.0.0.1:{port}"
        self.port = port

    def address(self, path: str, **query: Any) -> str:
        """The whole address of one of our routes. A list stands several times."""
        given = f"?{urllib.parse.urlencode(query, doseq=True)}" if query else ""
        return f"{self.origin}/loomlab/api/{path}{given}"

    def get(self, path: str, **query: Any) -> Reply:
        """Ask, signed in."""
        return self.ask(self.address(path, **query))

    def post(self, path: str, body: Any, *, headers: dict[str, str] | None = None, token: str | None = TOKEN) -> Reply:
        """Send JSON, signed in by token."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        return self.ask(self.address(path), headers=sent, token=token, data=json.dumps(body).encode(), method="POST")

    def ask(
        self,
        url: str,
        *,
        token: str | None = TOKEN,
        headers: dict[str, str] | None = None,
        data: bytes | None = None,
        method: str = "GET",
    ) -> Reply:
        """Any request; ``token=None`` for nobody."""
        sent = dict(headers or {}) | ({"Authorization": f"token {token}"} if token else {})
        request = urllib.request.Request(url, headers=sent, data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Reply(answer.status, answer.headers, answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.headers, error.read().decode())


@contextmanager
def running_server(folder: Path, *options: str, environment: dict[str, str] | None = None) -> Iterator[Server]:
    """Jupyter Server on ``folder / "notebooks"``, its log in ``folder / "log"``, with settings of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for name in ("notebooks", "jupyter"):
        (folder / name).mkdir(exist_ok=True)
    names = {f"JUPYTER_{name}_DIR": str(folder / "jupyter" / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    around = {**os.environ, **names, "JUPYTER_PLATFORM_DIRS": "1", "LOOMLAB_HOME": str(folder / "log")}
    around |= environment or {}
    around = {name: value for name, value in around.items() if value}
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += [f"--port={port}", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder / 'notebooks'}"]
    command += ["--ServerApp.jpserver_extensions={'loomlab.server': True}", *options]
    said = folder / "server.log"
    with said.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(command, env=around, stdout=log, stderr=subprocess.STDOUT, cwd=folder / "notebooks")
        try:
            server = Server(folder, port, process.pid)
            _wait_for(server, process, said)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(server: Server, process: "subprocess.Popen[bytes]", said: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if server.get("about").status == 200:
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
            continue
        break
    raise RuntimeError(f"the server did not start:\n{said.read_text(encoding='utf-8')[-3000:]}")
