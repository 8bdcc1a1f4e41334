"""Secrets are masked whole, and ordinary text is left alone."""

import pytest

from loomlab.core.redact import MASK, redact, redact_data

BODY = "Zq3Xv9Lm2Tn8Kp5Rb7Wd1Yc6"

SECRETS = [
    f"sk-{BODY}",
    f"sk-ant-api03-{BODY}{BODY}",
    f"sk-proj-{BODY}",
    "AKIAIOSFODNN7EXAMPLE",
    f"ghp_{BODY}{BODY}",
    f"github_pat_{BODY}{BODY}",
    f"AIza{BODY}{BODY[:11]}",
    f"xoxb-123456789-{BODY}",
    f"hf_{BODY}{BODY}",
    f"glpat-{BODY}",
    f"sk_live_{BODY}",
    f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{BODY}",
    f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n-----END RSA PRIVATE KEY-----",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_key_shapes_are_masked_whole(secret: str) -> None:
    masked = redact(f"before {secret} after")
    assert masked == f"before {MASK} after"


@pytest.mark.parametrize(
    "text",
    [
        "api_key=hunter22hunter",
        "OPENAI_API_KEY: 'abcdefgh1234'",
        "password=correcthorse",
        '"client_secret": "abcdef123"',
    ],
)
def test_named_values_are_masked(text: str) -> None:
    masked = redact(text)
    assert MASK in masked and not any(word in masked for word in ("hunter22", "abcdef", "correcthorse"))


def test_credentials_in_urls_and_headers_are_masked() -> None:
    assert redact("postgres://bob:s3cretpw@db/x") == f"postgres://bob:{MASK}@db/x"
    assert BODY not in redact(f"Authorization: Bearer {BODY}")


@pytest.mark.parametrize(
    "text",
    [
        "The key to success is patience.",
        "token by token",
        "see https://example.org/a:b",
        "x = skip-this",
        "pass the salt",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert redact(text) == text


def test_data_is_walked_and_masking_twice_changes_nothing() -> None:
    data = {"api_key": "short", "list": [f"sk-{BODY}", 1, None], "nested": {"Authorization": "x", "n": 3}}
    once = redact_data(data)
    assert once == {"api_key": MASK, "list": [MASK, 1, None], "nested": {"Authorization": MASK, "n": 3}}
    assert redact_data(once) == once
