"""The part of a wire server that is the same for every provider: HTTP, the script, and what was asked."""

import contextlib
import json
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from loomlab.testing.wire.script import Failure, Reply, Step

_PACE = 0.001  # seconds between the pieces of an endless reply: a model is no flood


@dataclass
class WireRequest:
    """One request that a server got. ``left`` is set when the client goes away before the reply is over."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    left: threading.Event = field(default_factory=threading.Event)


class WireServer(ABC):
    """Answers requests on a free loopback port by a script, one step a request, inside a ``with`` block.

    ``requests`` keeps what came in. A request after the last step gets HTTP 500.
    """

    def __init__(self, steps: Iterable[Step | str] = ()) -> None:
        self.steps: list[Step] = [Reply(step) if isinstance(step, str) else step for step in steps]
        self.requests: list[WireRequest] = []
        self._lock = threading.Lock()
        self._http: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """The server's address, without a path."""
        if self._http is None:
            raise RuntimeError("the server runs inside its with block only")
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self._http = _Http(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    def take(self, request: WireRequest) -> Step:
        """Keep the request; the step that answers it."""
        with self._lock:
            self.requests.append(request)
            return self.steps.pop(0) if self.steps else Failure(500, "the script of this server is used up")

    @abstractmethod
    def whole(self, reply: Reply, body: Mapping[str, Any]) -> dict[str, Any]:
        """The reply as one JSON body."""

    @abstractmethod
    def events(self, reply: Reply, body: Mapping[str, Any]) -> Iterator[tuple[bool, str]]:
        """The reply as server-sent events: whether it counts as a piece, and its text."""

    @abstractmethod
    def failure(self, failure: Failure) -> dict[str, Any]:
        """The body of an HTTP error."""

    @abstractmethod
    def error_event(self) -> str:
        """The event by which the provider tells of an error inside a stream."""


class _Http(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news; anything else is told as always."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler(server: WireServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: the test's output is the test's."""

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length", 0)))
            request = WireRequest(
                self.path, {key.lower(): value for key, value in self.headers.items()}, json.loads(raw or b"{}")
            )
            step = server.take(request)
            try:
                if isinstance(step, Failure):
                    self._body(step.status, json.dumps(server.failure(step)), step.headers)
                elif step.raw is not None:
                    self._body(200, step.raw, {})
                elif request.body.get("stream"):
                    self._stream(step, request)
                else:
                    time.sleep(step.first_token_s)
                    self._body(200, json.dumps(server.whole(step, request.body)), {})
            except OSError:
                request.left.set()
                self.close_connection = True

        def _body(self, status: int, text: str, headers: Mapping[str, str]) -> None:
            data = text.encode()
            self.send_response(status)
            for name, value in {"content-type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _stream(self, reply: Reply, request: WireRequest) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            time.sleep(reply.first_token_s)
            sent = 0
            for counts, event in server.events(reply, request.body):
                if counts and reply.drop_after is not None and sent >= reply.drop_after:
                    self._drop(reply)
                    return
                if event:
                    self._event(event)
                if reply.endless:
                    time.sleep(_PACE)
                sent += counts
            self.wfile.write(b"0\r\n\r\n")

        def _drop(self, reply: Reply) -> None:
            if reply.drop == "error":
                self._event(server.error_event())
            if reply.drop == "cut":
                self.wfile.flush()
                with contextlib.suppress(OSError):
                    self.connection.shutdown(2)
                self.close_connection = True
            else:
                self.wfile.write(b"0\r\n\r\n")

        def _event(self, event: str) -> None:
            data = event.encode()
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()

    return Handler
