"""The commands and their options."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from loomlab.cli import auditing, doctor, evaluating, fetching, lab, otlp, running, runs, serving
from loomlab.cli.say import complain
from loomlab.core.errors import LoomError

if TYPE_CHECKING:
    from typer import Typer

MISSING = "the command line needs the packages typer and rich: pip install 'loomlab[cli]'"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code. ``argv`` leaves the program's name out (default: ``sys.argv[1:]``)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments == ["--version"]:
        return _version()
    try:
        app = build_app()
    except ImportError:
        return complain(MISSING)
    try:
        app(args=arguments, prog_name="loomlab")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except (LoomError, ImportError) as exc:
        return complain(str(exc))
    except KeyboardInterrupt:
        return 130
    except OSError as exc:
        return complain(f"{exc.filename}: {exc.strerror}" if exc.filename else str(exc), code=1)
    return 0


def build_app() -> "Typer":
    """The commands as a typer application. Raises ImportError where typer is missing."""
    import typer

    app = typer.Typer(
        help="Run agents, evaluate them, look at their runs, open the tutorials.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )

    def finish(code: int) -> None:
        raise typer.Exit(code)

    home = typer.Option("--home", help="Folder of the run log (default: $LOOMLAB_HOME, else .loomlab).")

    @app.callback(invoke_without_command=True)
    def start(
        version: Annotated[bool, typer.Option("--version", help="Show the version and exit.", is_eager=True)] = False,
    ) -> None:
        if version:
            finish(_version())

    @app.command("eval")
    def evaluate(
        suite: Annotated[Path, typer.Argument(help="A suite file, for instance evals/quickstart.toml.")],
        sample: Annotated[int | None, typer.Option(min=1, help="Evaluate this many cases only.")] = None,
        epochs: Annotated[int | None, typer.Option(min=1, help="Ask every case this often.")] = None,
        seed: Annotated[int | None, typer.Option(help="Draw the sample with this seed.")] = None,
        model: Annotated[str | None, typer.Option(help="Use this model in every arm, for instance echo.")] = None,
        concurrency: Annotated[int | None, typer.Option(min=1, help="Run this many cases at a time.")] = None,
        only: Annotated[str | None, typer.Option(help="Evaluate on this dataset of the suite only.")] = None,
        resume: Annotated[bool | None, typer.Option(help="Go on with the last run, if it was cut off.")] = None,
        save: Annotated[Path | None, typer.Option(help="Keep the results as files in this folder.")] = None,
        home: Annotated[Path | None, home] = None,
    ) -> None:
        """Evaluate the arms of a suite on its datasets; shows tables, decision cards, and writes reports.

        The exit code is 0 when all that is expected was met, 1 when something was not, 2 for a mistake in the suite,
        and 130 when it was interrupted.
        """
        changes: dict[str, Any] = {"sample": sample, "epochs": epochs, "seed": seed, "model": model}
        changes["max_concurrency"] = concurrency
        finish(evaluating.run(suite, home=home, only=only, resume=resume, save=save, **changes))

    @app.command("run")
    def run_agent(
        config: Annotated[Path | None, typer.Argument(help="An agent's file: .toml, .json or .yaml.")] = None,
        prompt: Annotated[str | None, typer.Argument(help="What to ask; - reads it from standard input.")] = None,
        user: Annotated[str | None, typer.Option(help="For whom the run is.")] = None,
        session: Annotated[str | None, typer.Option(help="In which conversation.")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print the whole result as JSON.")] = False,
        model: Annotated[str | None, typer.Option(help="Use this model, for instance echo.")] = None,
        trust: Annotated[bool, typer.Option("--trust", help="Let it reach beyond the file's folder.")] = False,
        schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of such a file.")] = False,
        home: Annotated[Path | None, typer.Option("--home", help="Record the run in this run log.")] = None,
    ) -> None:
        """Ask an agent that is described in a file."""
        options: dict[str, Any] = {"user": user, "session": session, "model": model, "home": home}
        finish(running.run(config, prompt, as_json=as_json, trust=trust, schema=schema, **options))

    logged = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
    app.add_typer(logged, name="runs", help="List the runs in the log, or export one.")

    @logged.callback()
    def list_runs(
        context: typer.Context,
        user: Annotated[str | None, typer.Option(help="Only the runs for this user.")] = None,
        limit: Annotated[int, typer.Option(min=1, help="At most this many, newest first.")] = 20,
        home: Annotated[Path | None, home] = None,
    ) -> None:
        """List the runs in the log, or export one."""
        if context.invoked_subcommand is None:
            finish(runs.run(user=user, limit=limit, home=home))

    @logged.command("otlp", context_settings={"ignore_unknown_options": True})
    def export_run(
        run: Annotated[str, typer.Argument(help="Its id, the beginning or end of it, last, or -2 and so on.")] = "last",
        user: Annotated[str | None, typer.Option(help="Only the runs for this user.")] = None,
        content: Annotated[bool, typer.Option("--content", help="With what was asked and answered.")] = False,
        home: Annotated[Path | None, home] = None,
    ) -> None:
        """Print a run as OTLP JSON, which trace viewers open."""
        finish(otlp.run(run, user=user, content=content, home=home))

    servers = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(servers, name="mcp", help="Agents as MCP servers.")

    @servers.callback()
    def of_servers() -> None:
        """Agents as MCP servers."""

    @servers.command("serve")
    def serve_agent(
        config: Annotated[Path, typer.Argument(help="An agent's file: .toml, .json or .yaml.")],
        http: Annotated[bool, typer.Option("--http", help="By Streamable HTTP instead of stdin and stdout.")] = False,
        host: Annotated[str, typer.Option(help="With --http: the address to listen at.")] = "127.0.0.1",
        port: Annotated[int, typer.Option(help="With --http: the port.")] = 8000,
        token_env: Annotated[str | None, typer.Option(help="Where the token to ask for is: its variable.")] = None,
        model: Annotated[str | None, typer.Option(help="Use this model, for instance echo.")] = None,
        trust: Annotated[bool, typer.Option("--trust", help="Let it reach beyond the file's folder.")] = False,
    ) -> None:
        """Serve an agent as an MCP server with one tool, for any MCP client."""
        options: dict[str, Any] = {"host": host, "port": port, "token_env": token_env, "model": model}
        finish(serving.run(config, http=http, trust=trust, **options))

    audit = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(audit, name="audit", help="Check a signed audit log, or show it.")
    key = typer.Option("--key-env", help="The environment variable that holds its key (default: LOOMLAB_AUDIT_KEY).")

    @audit.command("verify")
    def verify_audit(
        file: Annotated[Path, typer.Argument(help="The log, for instance audit.jsonl.")],
        key_env: Annotated[str | None, key] = None,
        head: Annotated[str | None, typer.Option(help="An end printed before; it must be there still.")] = None,
    ) -> None:
        """Check that no entry was edited, moved, added or taken away.

        The exit code is 0 when the log is whole, 1 when it is not, and 2 when there is nothing to check.
        """
        finish(auditing.verify(file, key_env=key_env, head=head))

    @audit.command("show")
    def show_audit(
        file: Annotated[Path, typer.Argument(help="The log, for instance audit.jsonl.")],
        user: Annotated[str | None, typer.Option(help="Only what was done for this user.")] = None,
        key_env: Annotated[str | None, key] = None,
    ) -> None:
        """Show the newest entries of a log, and whether it is whole; exit codes as of verify."""
        finish(auditing.show(file, user=user, key_env=key_env))

    @app.command("lab", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
    def open_lab(context: typer.Context) -> None:
        """Open JupyterLab on the tutorials. Further arguments go to JupyterLab."""
        finish(lab.run(context.args))

    @app.command("doctor")
    def examine(home: Annotated[Path | None, home] = None) -> None:
        """Say what is installed, what is missing, and the command that adds it."""
        finish(doctor.run(home=home))

    @app.command("fetch")
    def fetch(what: Annotated[str, typer.Argument(help="local (the model) or embedder (MiniLM)")]) -> None:
        """Fetch what is too big to install."""
        finish(fetching.run(what))

    return app


def _version() -> int:
    from importlib.metadata import version

    print(f"loomlab {version('loomlab')}")
    return 0
