"""The program: what it does with its arguments, and with what goes wrong. The commands stand in ``groups/``."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from loomlab.cli.groups import EVERY
from loomlab.cli.say import complain, notices_in_words
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
        with notices_in_words():
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
        help="Make agents, run them, evaluate them, look at their runs, open the tutorials.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )

    @app.callback(invoke_without_command=True)
    def start(
        version: Annotated[bool, typer.Option("--version", help="Show the version and exit.", is_eager=True)] = False,
    ) -> None:
        if version:
            raise typer.Exit(_version())

    for add in EVERY:
        add(app)
    return app


def _version() -> int:
    from importlib.metadata import version

    print(f"loomlab {version('loomlab')}")
    return 0
