"""``loomlab completion SHELL``: the script that a shell reads to complete our commands."""

from loomlab.core.errors import ConfigError
from loomlab.core.nearest import did_you_mean

SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")


def run(shell: str) -> int:
    """Print the script of one shell."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined]  # it is there, and meant for this

    if shell not in SHELLS:
        raise ConfigError(f"there is no completion for the shell {shell!r}; {did_you_mean(shell, SHELLS)}")
    print(get_completion_script(prog_name="loomlab", complete_var="_LOOMLAB_COMPLETE", shell=shell))
    return 0
