"""``loomlab runs`` and ``loomlab audit``: what was done."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from loomlab.cli import auditing, completing, otlp, runs
from loomlab.cli.groups.asking import HOME

if TYPE_CHECKING:
    from typer import Typer


def add(app: "Typer") -> None:
    """Add the commands."""
    _add_runs(app)
    _add_audit(app)


def _add_runs(app: "Typer") -> None:
    import typer

    home = typer.Option("--home", help=HOME)
    user = typer.Option(help="Only the runs for this user.", autocompletion=completing.users)
    logged = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
    app.add_typer(logged, name="runs", help="List the runs in the log, or export one.")

    @logged.callback()
    def list_runs(
        context: typer.Context,
        user: Annotated[str | None, user] = None,
        limit: Annotated[int, typer.Option(min=1, help="At most this many, newest first.")] = 20,
        home: Annotated[Path | None, home] = None,
    ) -> None:
        """List the runs in the log, or export one."""
        if context.invoked_subcommand is None:
            raise typer.Exit(runs.run(user=user, limit=limit, home=home))

    @logged.command("otlp", context_settings={"ignore_unknown_options": True})
    def export_run(
        run: Annotated[
            str,
            typer.Argument(
                help="Its id, the beginning or end of it, last, or -2 and so on.", autocompletion=completing.runs
            ),
        ] = "last",
        user: Annotated[str | None, user] = None,
        content: Annotated[bool, typer.Option("--content", help="With what was asked and answered.")] = False,
        home: Annotated[Path | None, home] = None,
    ) -> None:
        """Print a run as OTLP JSON, which trace viewers open."""
        raise typer.Exit(otlp.run(run, user=user, content=content, home=home))


def _add_audit(app: "Typer") -> None:
    import typer

    audit = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(audit, name="audit", help="Check a signed audit log, or show it.")
    key = typer.Option("--key-env", help="The environment variable that holds its key (default: LOOMLAB_AUDIT_KEY).")
    log = typer.Argument(help="The log, for instance audit.jsonl.", autocompletion=completing.audit_logs)

    @audit.command("verify")
    def verify_audit(
        file: Annotated[Path, log],
        key_env: Annotated[str | None, key] = None,
        head: Annotated[str | None, typer.Option(help="An end printed before; it must be there still.")] = None,
    ) -> None:
        """Check that no entry was edited, moved, added or taken away.

        The exit code is 0 when the log is whole, 1 when it is not, and 2 when there is nothing to check.
        """
        raise typer.Exit(auditing.verify(file, key_env=key_env, head=head))

    @audit.command("show")
    def show_audit(
        file: Annotated[Path, log],
        user: Annotated[str | None, typer.Option(help="Only what was done for this user.")] = None,
        key_env: Annotated[str | None, key] = None,
    ) -> None:
        """Show the newest entries of a log, and whether it is whole; exit codes as of verify."""
        raise typer.Exit(auditing.show(file, user=user, key_env=key_env))
