"""An SDK's exception as one of ours."""

import importlib
import inspect
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import ModuleType
from typing import Any

import anthropic
import httpx
import openai
import pytest

from loomlab.core import errors as ours
from loomlab.governance.classify import classify_model_error
from loomlab.governance.sdk_errors import ANTHROPIC, HTTPX, LITELLM, OPENAI, Table

REQUEST = httpx.Request("POST", "http://127.0.0.1/v1")


def openai_error(status: int, *, headers: dict[str, str] | None = None, **body: Any) -> openai.APIStatusError:
    kinds = {
        400: openai.BadRequestError,
        401: openai.AuthenticationError,
        403: openai.PermissionDeniedError,
        404: openai.NotFoundError,
        409: openai.ConflictError,
        422: openai.UnprocessableEntityError,
        429: openai.RateLimitError,
    }
    kind = kinds.get(status) or (openai.InternalServerError if status >= 500 else openai.APIStatusError)
    response = httpx.Response(status, headers=headers or {}, request=REQUEST)
    return kind("it failed", response=response, body={"message": "it failed", **body})


@pytest.mark.parametrize(
    ("module", "table"),
    [
        ("openai._exceptions", OPENAI),
        ("anthropic._exceptions", ANTHROPIC),
        ("litellm.exceptions", LITELLM),
        ("httpx._exceptions", HTTPX),
    ],
)
def test_no_exception_of_an_sdk_is_forgotten(module: str, table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    loaded: ModuleType = importlib.import_module(module)
    theirs = {
        name
        for name, thing in vars(loaded).items()
        if inspect.isclass(thing)
        and issubclass(thing, Exception)
        and thing.__module__.partition(".")[0] == module.partition(".")[0]
    }
    assert theirs
    assert theirs - set(table) == set()


@pytest.mark.parametrize(
    ("status", "expected", "retryable"),
    [
        (400, ours.InvalidRequestError, False),
        (401, ours.AuthenticationError, False),
        (402, ours.PermanentModelError, False),
        (403, ours.AuthenticationError, False),
        (404, ours.InvalidRequestError, False),
        (408, ours.TransientModelError, True),
        (409, ours.TransientModelError, True),
        (418, ours.PermanentModelError, False),
        (422, ours.InvalidRequestError, False),
        (429, ours.RateLimitError, True),
        (500, ours.TransientModelError, True),
        (503, ours.TransientModelError, True),
        (529, ours.TransientModelError, True),
    ],
)
def test_a_status_tells_which_error_it_is(status: int, expected: type[ours.ModelError], retryable: bool) -> None:
    exc = openai_error(status)
    error = classify_model_error(exc)
    assert type(error) is expected
    assert error is not None
    assert (error.status, error.provider, error.retryable, error.cause) == (status, "openai", retryable, exc)


def test_anthropic_errors_are_told_alike() -> None:
    http = importlib.import_module(anthropic.APIError.__init__.__annotations__["request"].partition(".")[0])
    request = http.Request("POST", "http://127.0.0.1/v1")
    response = http.Response(529, request=request)
    overloaded = anthropic.InternalServerError("busy", response=response, body=None)
    error = classify_model_error(overloaded)
    assert type(error) is ours.TransientModelError
    assert error.provider == "anthropic"
    assert type(classify_model_error(anthropic.APITimeoutError(request))) is ours.TransientModelError


def test_an_error_event_inside_a_stream_is_told_by_its_kind() -> None:
    body = {"error": {"type": "rate_limit_error", "message": "slow"}}
    exc = openai.APIError("slow", REQUEST, body=body["error"])
    assert type(classify_model_error(exc)) is ours.RateLimitError
    overloaded = openai.APIError("x", REQUEST, body={"type": "server_error", "message": "x"})
    assert type(classify_model_error(overloaded)) is ours.TransientModelError


@pytest.mark.parametrize("body", [{"code": "content_filter"}, {"innererror": {"code": "ResponsibleAIPolicyViolation"}}])
def test_a_filtered_request_is_told_from_a_malformed_one(body: dict[str, Any]) -> None:
    assert type(classify_model_error(openai_error(400, **body))) is ours.ContentFilterError


def test_a_filter_that_only_its_sentence_tells_of_is_recognised() -> None:
    exc = openai.BadRequestError(
        "blocked by the content management policy", response=httpx.Response(400, request=REQUEST), body=None
    )
    assert type(classify_model_error(exc)) is ours.ContentFilterError


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"retry-after": "7"}, 7.0), ({"retry-after-ms": "1500"}, 1.5), ({"retry-after": "soon"}, None), ({}, None)],
)
def test_the_wait_that_a_provider_asks_for_is_read(headers: dict[str, str], seconds: float | None) -> None:
    error = classify_model_error(openai_error(429, headers=headers))
    assert error is not None
    assert error.retry_after == seconds


def test_a_wait_given_as_a_date_is_read() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    error = classify_model_error(openai_error(429, headers={"retry-after": later}))
    assert error is not None
    assert error.retry_after == pytest.approx(3600, abs=30)


def test_an_empty_account_is_a_rate_limit_that_no_retry_cures() -> None:
    error = classify_model_error(openai_error(429, code="insufficient_quota"))
    assert type(error) is ours.RateLimitError
    assert not error.retryable


@pytest.mark.parametrize(
    "exc",
    [
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("down"),
        httpx.RemoteProtocolError("cut"),
        openai.APITimeoutError(REQUEST),
        openai.APIConnectionError(request=REQUEST),
        ConnectionResetError("gone"),
        TimeoutError("slow"),
    ],
)
def test_a_lost_or_slow_connection_is_transient(exc: Exception) -> None:
    assert type(classify_model_error(exc)) is ours.TransientModelError


def test_httpx_statuses_count() -> None:
    exc = httpx.HTTPStatusError("no", request=REQUEST, response=httpx.Response(403, request=REQUEST))
    assert type(classify_model_error(exc)) is ours.AuthenticationError


@pytest.mark.parametrize("exc", [ValueError("x"), KeyError("x"), RuntimeError("x"), httpx.StreamClosed()])
def test_what_is_no_model_error_stays_unclassified(exc: Exception) -> None:
    assert classify_model_error(exc) is None


def test_an_error_of_ours_passes_through() -> None:
    error = ours.RateLimitError("x", retry_after=3)
    assert classify_model_error(error) is error


def test_the_message_is_redacted_and_short() -> None:
    key = "sk-" + "a" * 40
    error = classify_model_error(openai_error(400, message=f"key {key} " + "x" * 5000))
    assert error is not None
    assert key not in str(error)
    assert len(str(error)) < 1200


def test_an_exception_of_the_same_name_from_elsewhere_is_not_mistaken() -> None:
    class RateLimitError(Exception):
        """Somebody else's."""

    assert classify_model_error(RateLimitError("x")) is None


def test_classifying_loads_no_sdk() -> None:
    code = (
        "import sys; from loomlab.governance.classify import classify_model_error as c; "
        "assert c(ValueError()) is None; assert c(TimeoutError()) is not None; "
        "print([m for m in ('openai', 'anthropic', 'litellm', 'httpx') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
