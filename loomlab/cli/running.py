"""``loomlab run``: an agent from a config, once, its answer on standard output."""

import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

import anyio
from pydantic_core import to_json

from loomlab import security
from loomlab.agent import Agent, config
from loomlab.cli.say import complain, is_live
from loomlab.core.errors import ConfigError, LoomError
from loomlab.core.events import Event, EventKind
from loomlab.core.results import RunResult
from loomlab.display.text import plain, preview
from loomlab.runlog import recording


def run(
    path: Path | None,
    prompt: str | None,
    *,
    user: str | None = None,
    session: str | None = None,
    as_json: bool = False,
    trust: bool = False,
    schema: bool = False,
    model: str | None = None,
    home: Path | None = None,
) -> int:
    """Run the agent. 0: answered; 1: failed, or stopped by a cap; 2: it can't be run so; 130: Ctrl-C."""
    if schema:
        print(config.schema_text(), end="")
        return 0
    if path is None:
        raise ConfigError('name the file of an agent: loomlab run agent.toml "What is a loom?"')
    loaded = trusted(path, trust)
    asked = _prompt(prompt)
    agent = Agent.from_config(loaded, model=model, **_approval(loaded.table.approval_handler))
    watch = _Quiet() if as_json or not is_live(sys.stdout) else _Live()
    with recording(home) if home is not None else contextlib.nullcontext():
        try:
            fault = anyio.run(_follow, agent, asked, {"user_id": user, "session_id": session}, watch)
        except KeyboardInterrupt:
            fault = None
    return _conclude(watch, fault, as_json)


def trusted(path: Path, trust: bool) -> config.Loaded:
    """An agent's file, read but not built. Raises ``ConfigError`` for one that reaches beyond its folder, untrusted."""
    loaded = config.load_file(path)
    wants = config.reaches(loaded)
    if wants and not trust:
        listed = "\n".join(f"  {one}" for one in wants)
        raise ConfigError(f"this reaches beyond the folder of {path}; read it, then add --trust:\n{listed}")
    return loaded


def _prompt(given: str | None) -> str:
    """The prompt; ``-`` or none, where something is piped in: standard input."""
    if given is None and sys.stdin.isatty():
        raise ConfigError('there is no prompt: loomlab run agent.toml "What is a loom?", or pipe one in')
    text = sys.stdin.read() if given in (None, "-") else str(given)
    if not text.strip():
        raise ConfigError("the prompt is empty; write what the agent is to do")
    return text.strip("\n")


def _approval(handler: str | None) -> dict[str, Any]:
    """Where the config names nobody, the person at the terminal is asked; without one, it is denied with the reason."""
    return {"approval_handler": security.terminal_approval()} if handler is None else {}


async def _follow(agent: Agent, prompt: str, scope: dict[str, Any], watch: "_Quiet") -> Exception | None:
    fault: Exception | None = None
    async with anyio.create_task_group() as group:
        # Event loops of Windows have no receiver; there KeyboardInterrupt does.
        if os.name != "nt" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            group.start_soon(_stop_at_ctrl_c, group.cancel_scope)
        try:
            async with contextlib.aclosing(agent.stream(prompt, **scope)) as events:  # type: ignore[type-var]  # it has aclose
                async for event in events:
                    watch.see(event)
        except Exception as exc:
            fault = exc
        group.cancel_scope.cancel()
    return fault


async def _stop_at_ctrl_c(scope: anyio.CancelScope) -> None:
    with anyio.open_signal_receiver(signal.SIGINT) as signals:
        async for _ in signals:
            scope.cancel()


class _Quiet:
    """Sees a run and keeps what it has said so far. The answer alone goes to standard output, at the end."""

    def __init__(self) -> None:
        self.result: RunResult | None = None
        self.partial = ""
        self._turn: tuple[Any, Any] = (None, None)

    def see(self, event: Event) -> None:
        """Take note of one event."""
        if event.kind is EventKind.COMPLETED and event.parent_run_id is None:
            self.result = RunResult.model_validate(event.payload["result"])
        elif event.kind is EventKind.MODEL_CHUNK and (text := event.payload["chunk"].get("text")):
            turn = (event.run_id, event.payload.get("turn"))
            if turn != self._turn:
                self._turn, self.partial = turn, ""
                self.begin()
            self.partial += text
            self.say(text)

    def begin(self) -> None:
        """A model begins to speak."""

    def say(self, text: str) -> None:
        """It says this."""

    def finish(self) -> None:
        """Show the answer, or what there is of it."""
        said = self.partial if self.result is None else self.result.output
        if said:
            print(said, flush=True)


class _Live(_Quiet):
    """Shows a run to a person: words as they come, tool calls on standard error."""

    def __init__(self) -> None:
        super().__init__()
        self._shown = ""

    def see(self, event: Event) -> None:
        """Show one event."""
        super().see(event)
        if event.kind is EventKind.TOOL_CALL:
            call = event.payload["call"]
            self._aside(f"· {call['tool']}({preview(str(call['args'])[1:-1], 80)})")
        elif event.kind is EventKind.TOOL_RESULT and not event.payload["result"].get("ok"):
            result = event.payload["result"]
            self._aside(f"  ✕ {preview(str(result.get('reason') or result.get('error')), 100)}")

    def begin(self) -> None:
        """On a line of its own."""
        self._break()
        self._shown = ""

    def say(self, text: str) -> None:
        """At once."""
        clean = plain(text)
        self._shown += clean
        print(clean, end="", flush=True)

    def finish(self) -> None:
        """The answer, where it is not what was shown last."""
        self._break()
        if self.result is not None and plain(self.result.output).strip() not in ("", self._shown.strip()):
            print(plain(self.result.output), flush=True)

    def _break(self) -> None:
        if self._shown and not self._shown.endswith("\n"):
            print(flush=True)

    def _aside(self, line: str) -> None:
        self._break()
        self._shown = ""
        print(plain(line), file=sys.stderr, flush=True)


def _conclude(watch: _Quiet, fault: Exception | None, as_json: bool) -> int:
    result = watch.result
    if as_json and result is not None:
        print(to_json(result.model_dump(mode="json"), indent=1).decode())
    else:
        watch.finish()
    if fault is not None:
        if not isinstance(fault, (LoomError, ImportError, RuntimeError)):
            raise fault
        return complain(f"{type(fault).__name__}: {fault}", code=2 if isinstance(fault, ConfigError) else 1)
    if result is None:
        return complain("stopped", code=130)
    if result.interrupted:
        return complain(f"the run was stopped: {result.interruption_reason}", code=1)
    return 0
