"""One meaning of a status, whoever answered with it."""

import pytest

from loomlab.core.errors import AuthenticationError, PermanentModelError, RateLimitError, TransientModelError
from loomlab.core.http_status import STATUSES, error_of_status
from loomlab.governance import classify_model_error
from loomlab.memory.embedding_errors import translated


class Refused(Exception):
    """An SDK's error, as most of them are."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status_code = status


@pytest.mark.parametrize("status", [*STATUSES, 402, 418, 499, 500, 503, 529])
def test_a_chat_model_and_an_embedder_agree(status: int) -> None:
    expected = error_of_status(status)
    assert type(translated(Refused(status), provider="P", key=None)) is expected
    import httpx

    request = httpx.Request("POST", "http://localhost")
    error = httpx.HTTPStatusError("x", request=request, response=httpx.Response(status, request=request))
    assert type(classify_model_error(error)) is expected


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (425, TransientModelError),
        (498, AuthenticationError),
        (429, RateLimitError),
        (501, PermanentModelError),
        (502, TransientModelError),
        (402, PermanentModelError),
    ],
)
def test_the_meaning_of_a_status(status: int, kind: type[Exception]) -> None:
    assert error_of_status(status) is kind
