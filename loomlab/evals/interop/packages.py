"""The packages of other tools, each with the sentence that says how to get it."""

import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from typing import Any

import anyio

from loomlab.core.errors import ConfigError


def inspect_log_module() -> Any:
    """The module ``inspect_ai.log``. ConfigError with the command that installs it, where it is missing."""
    try:
        return import_module("inspect_ai.log")
    except ImportError:
        raise ConfigError("logs of inspect_ai need the package inspect_ai: pip install 'loomlab[inspect]'") from None


def apart(function: Callable[..., Awaitable[Any]], *args: Any, **options: Any) -> Any:
    """Run ``function`` on an event loop of its own, in another thread: their way would patch the loop of a notebook."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(anyio.run, partial(function, *args, **options)).result()


def mlflow_module() -> Any:
    """The package ``mlflow``. ConfigError with the command that installs it, where it is missing."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # nothing of ours reports to anybody
    try:
        return import_module("mlflow")
    except ImportError:
        raise ConfigError("MLflow needs the package mlflow: pip install 'loomlab[mlflow]'") from None
