"""``loomlab export`` and ``loomlab import``: other tools' formats."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from loomlab.cli import completing, exporting
from loomlab.cli.groups.asking import HOME

if TYPE_CHECKING:
    from typer import Typer

_RUNS = "Runs (an id, last, -2 …; several: side by side), or an evaluation (its id, or the word evaluation)."
_ONE = "An evaluation (its id, or the word evaluation), or a run (an id, last, -2 …)."
_RUN = "Its id, the beginning or end of it, last, or -2 and so on."
_EVALUATION = "Its id; last is the newest."
_NEGATIVE = {"ignore_unknown_options": True}
"""-2 is a run, not an option."""


def add(app: "Typer") -> None:
    """Add the commands."""
    import typer

    home = typer.Option("--home", help=HOME)
    user = typer.Option(help="Only the runs for this user.", autocompletion=completing.users)
    out = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(out, name="export", help="Runs and evaluations as files for people and other tools.")

    @out.command("html", context_settings=_NEGATIVE)
    def export_html(
        what: Annotated[list[str] | None, typer.Argument(help=_RUNS, autocompletion=completing.runs)] = None,
        output: Annotated[Path | None, typer.Option("--output", "-o", help="The file (default: named by id).")] = None,
        user: Annotated[str | None, user] = None,
        content: Annotated[bool, typer.Option(help="With what was asked and answered.")] = True,
        home: Annotated[Path | None, home] = None,
    ) -> None:
        """Write one HTML page that loads nothing and runs nothing: to mail, to print, to keep."""
        raise typer.Exit(exporting.html(what or (), output=output, user=user, content=content, home=home))

    @out.command("otlp", context_settings=_NEGATIVE)
    def export_otlp(
        run: Annotated[str, typer.Argument(help=_RUN, autocompletion=completing.runs)] = "last",
        output: Annotated[Path | None, typer.Option("--output", "-o", help="The file (default: print it).")] = None,
        user: Annotated[str | None, user] = None,
        content: Annotated[bool, typer.Option("--content", help="With what was asked and answered.")] = False,
        home: Annotated[Path | None, home] = None,
    ) -> None:
        """Write a run as OTLP JSON, which trace viewers open."""
        raise typer.Exit(exporting.otlp(run, output=output, user=user, content=content, home=home))

    @out.command("inspect")
    def export_inspect(
        evaluation: Annotated[str, typer.Argument(help=_EVALUATION)] = "last",
        output: Annotated[Path, typer.Option("--output", "-o", help="The folder for them.")] = Path("inspect-logs"),
        kind: Annotated[str, typer.Option(help="eval or json.")] = "eval",
        home: Annotated[Path | None, home] = None,
    ) -> None:
        """Write an evaluation as logs that inspect view opens, one an arm."""
        raise typer.Exit(exporting.inspect(evaluation, output=output, kind=kind, home=home))

    @out.command("mlflow", context_settings=_NEGATIVE)
    def export_mlflow(
        what: Annotated[str, typer.Argument(help=_ONE, autocompletion=completing.runs)] = "evaluation",
        store: Annotated[str, typer.Option(help="An SQLite file, or a tracking URI of MLflow.")] = "mlflow.db",
        experiment: Annotated[str | None, typer.Option(help="Its name (default: the dataset's, or loomlab).")] = None,
        user: Annotated[str | None, user] = None,
        home: Annotated[Path | None, home] = None,
    ) -> None:
        """Put an evaluation with its runs, or a run as a trace, into an MLflow store."""
        raise typer.Exit(exporting.mlflow(what, store=store, experiment=experiment, user=user, home=home))

    into = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(into, name="import", help="Evaluations of other tools into the run log.")

    @into.callback()
    def of_imports() -> None:
        """Evaluations of other tools into the run log."""

    @into.command("inspect")
    def import_inspect(
        files: Annotated[list[Path], typer.Argument(help="Logs of inspect_ai (.eval, .json), or folders of them.")],
        name: Annotated[str | None, typer.Option(help="Call the evaluation this.")] = None,
        home: Annotated[Path | None, home] = None,
    ) -> None:
        """Read logs of inspect_ai: each becomes an arm of one evaluation, and each sample a run."""
        raise typer.Exit(exporting.read_inspect(files, name=name, home=home))
