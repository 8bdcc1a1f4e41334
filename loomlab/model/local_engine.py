"""The loaded local model: one per process, on a thread of its own, one request at a time.

The thread never touches an event loop: it puts pieces into a queue, and callers take them out in worker threads.
"""

import atexit
import json
import os
import queue
import secrets
import shutil
import tempfile
import threading
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from anyio.lowlevel import RunVar

from loomlab.core.errors import ConfigError, InvalidRequestError, ModelError, TransientModelError
from loomlab.model.local_weights import available, fetch

PROVIDER = "local"
_PROMPT_BLOCK = 128
"""Prompt tokens read between two looks at whether the caller has gone."""


@dataclass(frozen=True, slots=True)
class EngineKey:
    """What makes two engines different: the weights, the context size in tokens, the threads."""

    weights: Path
    n_ctx: int
    threads: int


@dataclass(slots=True)
class _Job:
    request: Mapping[str, Any]
    pieces: "queue.SimpleQueue[Mapping[str, Any] | BaseException | None]" = field(default_factory=queue.SimpleQueue)
    stopped: threading.Event = field(default_factory=threading.Event)

    def take(self) -> list[Mapping[str, Any] | BaseException | None]:
        """Wait for the next piece, and take those that are there already."""
        taken = [self.pieces.get()]
        while not self.pieces.empty():
            taken.append(self.pieces.get())
        return taken


class Engine:
    """One loaded model. Made by ``engine``; loads on the first request."""

    def __init__(self, key: EngineKey) -> None:
        self._key = key
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._current: _Job | None = None
        self._folder: str | None = None
        self._closed = False
        self._door = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="loomlab-local", daemon=True)
        self._thread.start()

    async def chat(self, request: Mapping[str, Any]) -> AsyncGenerator[Mapping[str, Any], None]:
        """The pieces of one reply, as the server makes them. Leaving early stops the generation.

        Raises ``InvalidRequestError`` for a prompt longer than the context or a schema that can't be enforced.
        """
        turn = _turn()
        await turn.acquire()
        job = _Job({**request, "stream": True, "return_progress": True, "stream_options": {"include_usage": True}})
        try:
            with self._door:
                if self._closed:
                    raise TransientModelError("the local model was closed meanwhile; ask again", provider=PROVIDER)
                self._jobs.put(job)
            while True:
                for piece in await anyio.to_thread.run_sync(job.take, abandon_on_cancel=True, limiter=_limiter()):
                    if piece is None:
                        return
                    if isinstance(piece, BaseException):
                        raise piece
                    yield piece
        finally:
            job.stopped.set()
            turn.release()

    def close(self) -> None:
        """Stop what runs, free the model."""
        with self._door:
            self._closed = True
            self._jobs.put(None)
        if (running := self._current) is not None:
            running.stopped.set()
        self._thread.join(timeout=10)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _work(self) -> None:
        server: Any = None
        while (job := self._jobs.get()) is not None:
            if job.stopped.is_set():
                job.pieces.put(None)
                continue
            self._current = job
            try:
                if server is None:
                    server = self._load()
                self._answer(server, job)
                job.pieces.put(None)
            except BaseException as exc:  # whatever it is, it is the caller's to see
                job.pieces.put(exc)
            finally:
                self._current = None

    def _load(self) -> Any:
        try:
            import xllamacpp
        except ImportError as exc:
            raise missing() from exc
        path = self._key.weights if self._key.weights == available() else fetch()
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx = self._key.n_ctx
        params.n_batch = _PROMPT_BLOCK
        params.n_parallel = 1
        params.verbosity = -1
        params.ui = False
        params.cache_ram_mib = 0
        for cpu in (params.cpuparams, params.cpuparams_batch):
            cpu.n_threads = self._key.threads
            cpu.poll = 0  # waiting threads sleep: spinning ones starve each other on a busy machine
        # The library opens a server for whoever can reach it: a socket in a private folder where there are such, and a
        # key that nobody learns.
        params.api_keys = [secrets.token_urlsafe(32)]
        if os.name == "posix":
            self._folder = tempfile.mkdtemp(prefix="loomlab-local-")
            params.hostnames = [f"{self._folder}/local.sock"]
        try:
            return xllamacpp.Server(params)
        except RuntimeError as exc:
            raise ConfigError(
                f"{path} could not be loaded as a GGUF model; delete it to fetch it anew ({exc})"
            ) from exc

    @staticmethod
    def _answer(server: Any, job: _Job) -> None:
        def on_piece(piece: Any) -> bool:
            if job.stopped.is_set():
                return True
            if isinstance(piece, (str, bytes)):
                piece = json.loads(piece)
            if "error" in piece:
                job.pieces.put(error_of(piece["error"]))
                return True
            job.pieces.put(piece)
            return False

        try:
            server.handle_chat_completions(dict(job.request), on_piece)
        except ValueError as exc:
            raise InvalidRequestError(
                f"the local model can't do this request: {exc}", provider=PROVIDER, cause=exc
            ) from exc


def error_of(error: Mapping[str, Any]) -> ModelError:
    """The server's own error as ours."""
    code, message = int(error.get("code", 500)), str(error.get("message", error))
    if error.get("type") == "exceed_context_size_error":
        used, size = error.get("n_prompt_tokens", "more"), error.get("n_ctx", "fewer")
        message = (
            f"the prompt has {used} tokens, the local model's context holds {size}: shorten the prompt or start a new "
            "session, or use LocalModel(n_ctx=8192)"
        )
        return InvalidRequestError(message, provider=PROVIDER, status=code)
    kind = TransientModelError if code >= 500 else InvalidRequestError
    return kind(f"the local model: {message}", provider=PROVIDER, status=code)


def missing() -> ImportError:
    """What to install."""
    return ImportError("the local model needs the package xllamacpp: pip install 'loomlab[local]'")


_engines: dict[EngineKey, Engine] = {}
_lock = threading.Lock()
_turns: RunVar[anyio.Semaphore] = RunVar("loomlab_local_turn")
_limiters: RunVar[anyio.CapacityLimiter] = RunVar("loomlab_local_limiter")


def default_threads() -> int:
    """Half the cores this process may use, one to four: with more, a busy machine gets slower, not faster."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(4, cores // 2))


def engine(key: EngineKey) -> Engine:
    """The process's engine for these settings."""
    with _lock:
        if key not in _engines:
            if not _engines:
                atexit.register(close_all)
            _engines[key] = Engine(key)
        return _engines[key]


def close_all() -> None:
    """Free every loaded model; the next request loads anew."""
    with _lock:
        loaded = list(_engines.values())
        _engines.clear()
    for one in loaded:
        one.close()


def _turn() -> anyio.Semaphore:
    """Whose turn it is among the callers of this event loop, first come first served."""
    try:
        return _turns.get()
    except LookupError:
        _turns.set(turn := anyio.Semaphore(1))
        return turn


def _limiter() -> anyio.CapacityLimiter:
    """Worker threads apart from those of sync tools, which a slow generation must not hold up."""
    try:
        return _limiters.get()
    except LookupError:
        _limiters.set(limiter := anyio.CapacityLimiter(8))
        return limiter


def _after_fork() -> None:
    # A forked child has neither the thread nor a usable model, and the lock may be held by a thread that is not there.
    global _lock
    _lock = threading.Lock()
    _engines.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
