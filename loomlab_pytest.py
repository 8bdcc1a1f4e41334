"""``pytest --loom``: what pytest loads when it starts. Without the option it does nothing, and imports nothing of ours.

It lies beside the package, for importing a module imports its package, and every start of pytest would pay for that.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

SUITES = ["evals/*.toml", "suite.toml"]
NOTEBOOKS = ["*.ipynb"]
_NEEDS_LOOM = ("loom_model", "loom_sample", "loom_home")


def pytest_addoption(parser: "pytest.Parser") -> None:
    """The options and settings."""
    group = parser.getgroup("loomlab", "evaluations of agents as tests (loomlab)")
    group.addoption(
        "--loom", action="store_true", help="Collect suites (evals/*.toml) and notebooks with %%loom expect as tests."
    )
    group.addoption("--loom-model", metavar="MODEL", help="Use this model in every arm of the suites, as echo.")
    group.addoption("--loom-sample", metavar="N", type=int, help="Evaluate this many cases of a suite only.")
    group.addoption("--loom-home", metavar="DIR", help="Folder of the run log (default: $LOOMLAB_HOME, else .loomlab).")
    parser.addini("loom_suites", "Which files are suites, for --loom.", type="args", default=SUITES)
    parser.addini("loom_notebooks", "Which notebooks are looked through, for --loom.", type="args", default=NOTEBOOKS)


def pytest_configure(config: "pytest.Config") -> None:
    """With ``--loom`` the rest is loaded."""
    if config.getoption("--loom"):
        from loomlab.testing.pytest_plugin import LoomPlugin

        config.pluginmanager.register(LoomPlugin(config), "loomlab-loom")
        return
    for name in _NEEDS_LOOM:
        if config.getoption(name) is not None:
            from pytest import UsageError

            raise UsageError(f"--{name.replace('_', '-')} goes with --loom: pytest --loom --{name.replace('_', '-')} …")
