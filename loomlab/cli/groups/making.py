"""``loomlab new``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from loomlab.cli import completing, new

if TYPE_CHECKING:
    from typer import Typer


def add(app: "Typer") -> None:
    """Add the command."""
    import typer

    models, singles = completing.models, completing.architectures

    @app.command("new")
    def make_project(
        name: Annotated[str, typer.Argument(help="What it is called: the name of the new folder.")],
        model: Annotated[
            str | None, typer.Option(help="Its model (default: local if it is here, else echo).", autocompletion=models)
        ] = None,
        architecture: Annotated[str, typer.Option(help="How its agent thinks.", autocompletion=singles)] = "react",
        folder: Annotated[Path | None, typer.Option("--in", help="Make it in this folder, not here.")] = None,
    ) -> None:
        """Make a project folder (agent, tool, suite, data, notebook, test) that runs at once."""
        raise typer.Exit(new.run(name, model=model, architecture=architecture, folder=folder))
