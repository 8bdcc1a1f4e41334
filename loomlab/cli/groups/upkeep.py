"""``loomlab doctor``, ``loomlab fetch`` and ``loomlab completion``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from loomlab.cli import completing, completion, doctor, fetching
from loomlab.cli.groups.asking import HOME

if TYPE_CHECKING:
    from typer import Typer


def add(app: "Typer") -> None:
    """Add the commands."""
    import typer

    @app.command("doctor")
    def examine(home: Annotated[Path | None, typer.Option("--home", help=HOME)] = None) -> None:
        """Say what is installed, what is missing, and the command that adds it."""
        raise typer.Exit(doctor.run(home=home))

    @app.command("fetch")
    def fetch(
        what: Annotated[
            str, typer.Argument(help="local (the model) or embedder (MiniLM)", autocompletion=completing.fetched)
        ],
    ) -> None:
        """Fetch what is too big to install."""
        raise typer.Exit(fetching.run(what))

    @app.command("completion")
    def complete(
        shell: Annotated[str, typer.Argument(help="bash, zsh or fish", autocompletion=completing.shells)],
    ) -> None:
        """Print what makes a shell complete these commands; eval it, or see --install-completion."""
        raise typer.Exit(completion.run(shell))
