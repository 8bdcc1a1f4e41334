"""``loomlab run`` and ``loomlab eval``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from loomlab.cli import completing, evaluating, running

if TYPE_CHECKING:
    from typer import Typer

HOME = "Folder of the run log (default: $LOOMLAB_HOME, else .loomlab)."


def add(app: "Typer") -> None:
    """Add the commands."""
    import typer

    home = typer.Option("--home", help=HOME)
    model = typer.Option(help="Use this model, for instance echo.", autocompletion=completing.models)

    @app.command("run")
    def run_agent(
        config: Annotated[
            Path | None,
            typer.Argument(help="An agent's file: .toml, .json or .yaml.", autocompletion=completing.agent_files),
        ] = None,
        prompt: Annotated[str | None, typer.Argument(help="What to ask; - reads it from standard input.")] = None,
        user: Annotated[str | None, typer.Option(help="For whom the run is.", autocompletion=completing.users)] = None,
        session: Annotated[str | None, typer.Option(help="In which conversation.")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print the whole result as JSON.")] = False,
        model: Annotated[str | None, model] = None,
        trust: Annotated[bool, typer.Option("--trust", help="Let it reach beyond the file's folder.")] = False,
        schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of such a file.")] = False,
        home: Annotated[Path | None, typer.Option("--home", help="Record the run in this run log.")] = None,
    ) -> None:
        """Ask an agent that is described in a file."""
        options: dict[str, Any] = {"user": user, "session": session, "model": model, "home": home}
        raise typer.Exit(running.run(config, prompt, as_json=as_json, trust=trust, schema=schema, **options))

    @app.command("eval")
    def evaluate(
        suite: Annotated[
            Path,
            typer.Argument(help="A suite file, for instance evals/quickstart.toml.", autocompletion=completing.suites),
        ],
        sample: Annotated[int | None, typer.Option(min=1, help="Evaluate this many cases only.")] = None,
        epochs: Annotated[int | None, typer.Option(min=1, help="Ask every case this often.")] = None,
        seed: Annotated[int | None, typer.Option(help="Draw the sample with this seed.")] = None,
        model: Annotated[
            str | None,
            typer.Option(help="Use this model in every arm, for instance echo.", autocompletion=completing.models),
        ] = None,
        concurrency: Annotated[int | None, typer.Option(min=1, help="Run this many cases at a time.")] = None,
        only: Annotated[
            str | None,
            typer.Option(help="Evaluate on this dataset of the suite only.", autocompletion=completing.datasets),
        ] = None,
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
        raise typer.Exit(evaluating.run(suite, home=home, only=only, resume=resume, save=save, **changes))
