"""What the examples talk to: local servers that speak the providers' protocols and answer from a script."""

import pytest


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-real-key-000000")
