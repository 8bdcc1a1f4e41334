"""``loomlab mcp serve`` and ``loomlab lab``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from loomlab.cli import completing, lab, serving

if TYPE_CHECKING:
    from typer import Typer


def add(app: "Typer") -> None:
    """Add the commands."""
    import typer

    servers = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(servers, name="mcp", help="Agents as MCP servers.")

    @servers.callback()
    def of_servers() -> None:
        """Agents as MCP servers."""

    @servers.command("serve")
    def serve_agent(
        config: Annotated[
            Path, typer.Argument(help="An agent's file: .toml, .json or .yaml.", autocompletion=completing.agent_files)
        ],
        http: Annotated[bool, typer.Option("--http", help="By Streamable HTTP instead of stdin and stdout.")] = False,
        host: Annotated[str, typer.Option(help="With --http: the address to listen at.")] = "127.0.0.1",
        port: Annotated[int, typer.Option(help="With --http: the port.")] = 8000,
        token_env: Annotated[str | None, typer.Option(help="Where the token to ask for is: its variable.")] = None,
        model: Annotated[
            str | None, typer.Option(help="Use this model, for instance echo.", autocompletion=completing.models)
        ] = None,
        trust: Annotated[bool, typer.Option("--trust", help="Let it reach beyond the file's folder.")] = False,
    ) -> None:
        """Serve an agent as an MCP server with one tool, for any MCP client."""
        options: dict[str, Any] = {"host": host, "port": port, "token_env": token_env, "model": model}
        raise typer.Exit(serving.run(config, http=http, trust=trust, **options))

    @app.command("lab", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
    def open_lab(context: typer.Context) -> None:
        """Open JupyterLab on the tutorials. Further arguments go to JupyterLab."""
        raise typer.Exit(lab.run(context.args))
