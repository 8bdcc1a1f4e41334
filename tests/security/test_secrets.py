"""Where keys come from, and that they are masked in what leaves."""

import pytest

from loomlab.core import ConfigError
from loomlab.security import DictSecrets, EnvSecrets

pytestmark = pytest.mark.anyio

KEYS = [
    "sk-" + "a1" * 16,
    "sk-ant-" + "b2" * 16,
    "AKIA" + "ABCDEFGH12345678",
    "ghp_" + "c3" * 18,
]


async def test_the_environment_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOM_TEST_WORD", "open sesame")
    secrets = EnvSecrets()
    assert secrets.lookup_sync("LOOM_TEST_WORD") == "open sesame"
    assert await secrets.resolve("LOOM_TEST_WORD") == "open sesame"
    monkeypatch.delenv("LOOM_TEST_WORD")
    assert secrets.lookup_sync("LOOM_TEST_WORD") is None
    with pytest.raises(KeyError, match="LOOM_TEST_WORD"):
        await secrets.resolve("LOOM_TEST_WORD")


async def test_the_environment_cannot_keep_and_says_what_can() -> None:
    with pytest.raises(ConfigError, match="DictSecrets") as raised:
        await EnvSecrets().store("KEY", "very-secret-value")
    assert "very-secret-value" not in str(raised.value)


async def test_a_dictionary_keeps_each_for_itself() -> None:
    one, two = DictSecrets({"a": "1"}), DictSecrets()
    await two.store("b", "2")
    assert (one.lookup_sync("a"), one.lookup_sync("b")) == ("1", None)
    assert await two.resolve("b") == "2"
    with pytest.raises(KeyError, match="'a'"):
        await two.resolve("a")


async def test_a_dictionary_given_is_not_changed() -> None:
    given = {"a": "1"}
    await DictSecrets(given).store("b", "2")
    assert given == {"a": "1"}


@pytest.mark.parametrize("key", KEYS)
async def test_what_looks_like_a_key_is_masked(key: str) -> None:
    for secrets in (EnvSecrets(), DictSecrets()):
        masked = secrets.redact(f"the key {key} is secret")
        assert key not in masked
        assert key[:8] not in masked
        assert masked == "the key [REDACTED] is secret"


async def test_values_that_are_known_are_masked_wherever_they_occur(monkeypatch: pytest.MonkeyPatch) -> None:
    assert DictSecrets({"a": "open sesame", "b": "open sesame street"}).redact(
        "say: open sesame street, open sesame"
    ) == ("say: [REDACTED], [REDACTED]")
    monkeypatch.setenv("LOOM_TEST_WORD", "open sesame")
    secrets = EnvSecrets()
    assert secrets.redact("open sesame") == "open sesame"
    await secrets.resolve("LOOM_TEST_WORD")
    assert secrets.redact("open sesame") == "[REDACTED]"


async def test_short_values_do_not_eat_the_text() -> None:
    assert DictSecrets({"a": "e", "b": ""}).redact("secret tree") == "secret tree"


async def test_showing_a_store_shows_no_secret() -> None:
    assert "sesame" not in repr(DictSecrets({"word": "open sesame"})) + repr(EnvSecrets())
