"""The two packages that asking needs and writing does not."""

from typing import Any

from loomlab.core.errors import ConfigError

_INSTALL = "pip install 'loomlab[log]'"


def duckdb_module() -> Any:
    """DuckDB. ConfigError with the install command where it is missing."""
    try:
        import duckdb
    except ImportError:
        raise ConfigError(f"asking the run log needs the package duckdb: {_INSTALL}") from None
    return duckdb


def pandas_module() -> Any:
    """Pandas. ConfigError with the install command where it is missing."""
    try:
        import pandas
    except ImportError:
        raise ConfigError(f"the run log answers in data frames, which need the package pandas: {_INSTALL}") from None
    return pandas
