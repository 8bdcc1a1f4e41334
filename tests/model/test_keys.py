"""Where a key comes from."""

import pytest

from loomlab.core.errors import AuthenticationError
from loomlab.model.keys import find_key, require_key


class Vault:
    def lookup_sync(self, ref: str) -> str | None:
        return {"A_KEY": "from the vault"}.get(ref)


def test_the_nearest_key_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", "from the environment")
    vault: object = Vault()
    assert find_key("A_KEY", api_key="given", secrets=vault) == "given"  # type: ignore[arg-type]
    assert find_key("A_KEY", api_key=None, secrets=vault) == "from the vault"  # type: ignore[arg-type]
    assert find_key("A_KEY", api_key=None, secrets=None) == "from the environment"
    monkeypatch.setenv("B_KEY", "b")
    assert find_key("B_KEY", api_key=None, secrets=vault) == "b"  # type: ignore[arg-type]


def test_an_empty_variable_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", "")
    with pytest.raises(AuthenticationError, match="A_KEY") as caught:
        require_key("A_KEY", api_key=None, secrets=None, provider="Acme")
    assert caught.value.provider == "Acme"
