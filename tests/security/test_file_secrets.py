"""Keys in a file of one's own, and several places as one: nobody else reads them, nothing shows them."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest

from loomlab.core import ConfigError, Secrets
from loomlab.core.redact import redact
from loomlab.security import ChainSecrets, DictSecrets, EnvSecrets, FileSecrets

ALICE, BOB = "alices-own-word-1791", "bobs-own-word-2468"


def store(secrets: Secrets, ref: str, value: str) -> None:
    anyio.run(secrets.store, ref, value)


def resolve(secrets: Secrets, ref: str) -> str:
    return anyio.run(secrets.resolve, ref)


def written(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_what_is_stored_is_there_for_whoever_reopens_the_file_and_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "own" / "secrets"
    secrets = FileSecrets(path)
    assert secrets.lookup_sync("ALICE_KEY") is None
    store(secrets, "ALICE_KEY", ALICE)
    store(secrets, "BOB_KEY", BOB)
    again = FileSecrets(str(path))
    assert (resolve(again, "ALICE_KEY"), again.lookup_sync("BOB_KEY")) == (ALICE, BOB)
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
    with pytest.raises(KeyError, match="CAROL_KEY"):
        resolve(again, "CAROL_KEY")


@pytest.mark.skipif(sys.platform == "win32", reason="no such modes")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_may_read_is_refused_with_the_command_that_mends_it(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path / "secrets", f"ALICE_KEY={ALICE}\n", mode)
    with pytest.raises(ConfigError, match="chmod 600") as raised:
        FileSecrets(path).lookup_sync("ALICE_KEY")
    assert ALICE not in str(raised.value)
    path.chmod(0o600)
    assert FileSecrets(path).lookup_sync("ALICE_KEY") == ALICE


def test_remarks_quotation_marks_and_export_are_read_as_a_shell_would(tmp_path: Path) -> None:
    path = written(
        tmp_path / "s", "# A_KEY=no\n\nexport A_KEY=one=two\nB_KEY = \" b \"\nC_KEY='c'\nnothing here\nD_KEY=\n"
    )
    secrets = FileSecrets(path)
    found = [secrets.lookup_sync(name) for name in ("A_KEY", "B_KEY", "C_KEY", "D_KEY", "# A_KEY", "nothing here")]
    assert found == ["one=two", " b ", "c", "", None, None]


@pytest.mark.parametrize("value", ["plain", " around ", '"quoted"', "'x", "a=b#c", "", "naïve 漢字", "\\n$HOME`id`"])
def test_a_value_comes_back_as_it_was_stored(tmp_path: Path, value: str) -> None:
    store(FileSecrets(tmp_path / "s"), "NAME", value)
    assert FileSecrets(tmp_path / "s").lookup_sync("NAME") == value


@pytest.mark.parametrize("value", ["one\ntwo", "one\u2028two", "one\x85two", "one\x0ctwo", "one\x1etwo"])
def test_a_value_cannot_smuggle_in_a_second_line(tmp_path: Path, value: str) -> None:
    secrets = FileSecrets(tmp_path / "s")
    store(secrets, "BOB_KEY", BOB)
    smuggled = value.replace("two", "BOB_KEY=mallory")
    try:
        store(secrets, "ALICE_KEY", smuggled)
    except ConfigError as refused:
        assert "mallory" not in str(refused)
    else:
        assert FileSecrets(tmp_path / "s").lookup_sync("ALICE_KEY") == smuggled
    assert FileSecrets(tmp_path / "s").lookup_sync("BOB_KEY") == BOB


@pytest.mark.parametrize("name", ["", "A=B", "A\nB", "#A", " A", "A\u2028B", "export A", "A\x00"])
def test_a_name_that_a_line_cannot_hold_is_refused(tmp_path: Path, name: str) -> None:
    secrets = FileSecrets(tmp_path / "s")
    with pytest.raises(ConfigError) as raised:
        store(secrets, name, ALICE)
    assert ALICE not in str(raised.value) and secrets.lookup_sync("A") is None


def test_what_another_changed_is_read_again(tmp_path: Path) -> None:
    one, two = FileSecrets(tmp_path / "s"), FileSecrets(tmp_path / "s")
    store(one, "KEY", "the first word")
    assert two.lookup_sync("KEY") == "the first word"
    store(one, "KEY", "the other one, longer")
    assert two.lookup_sync("KEY") == "the other one, longer"
    (tmp_path / "s").unlink()
    assert two.lookup_sync("KEY") is None


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    def keep(number: int) -> None:
        store(FileSecrets(tmp_path / "s"), f"KEY_{number}", f"value {number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(keep, range(20)))
    assert [FileSecrets(tmp_path / "s").lookup_sync(f"KEY_{n}") for n in range(20)] == [f"value {n}" for n in range(20)]


def test_values_are_masked_and_never_shown(tmp_path: Path) -> None:
    secrets = FileSecrets(written(tmp_path / "s", f"ALICE_KEY={ALICE}\nBOB_KEY=short\n"))
    assert secrets.redact(f"say {ALICE}, then short") == "say [REDACTED], then short"
    assert ALICE not in repr(secrets) and "s'" in repr(secrets)
    secrets.lookup_sync("ALICE_KEY")
    assert ALICE not in redact(f"an error with {ALICE} in it"), "known everywhere in the process from then on"


def test_the_first_place_that_has_it_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = FileSecrets(written(tmp_path / "s", f"SHARED_KEY={ALICE}\nFILE_KEY={ALICE}\n"))
    monkeypatch.setenv("SHARED_KEY", BOB)
    monkeypatch.setenv("ENV_KEY", BOB)
    chain = ChainSecrets(DictSecrets({"OWN_KEY": "explicit one"}), file, EnvSecrets())
    assert [chain.lookup_sync(one) for one in ("OWN_KEY", "SHARED_KEY", "FILE_KEY", "ENV_KEY", "NO_KEY")] == [
        "explicit one", ALICE, ALICE, BOB, None,
    ]  # fmt: skip
    assert resolve(chain, "ENV_KEY") == BOB
    with pytest.raises(KeyError, match="3 places"):
        resolve(chain, "NO_KEY")
    masked = chain.redact(f"{ALICE} and {BOB} and explicit one")
    assert masked == "[REDACTED] and [REDACTED] and [REDACTED]"


def test_the_first_place_that_can_keeps_it(tmp_path: Path) -> None:
    file = FileSecrets(tmp_path / "s")
    store(ChainSecrets(EnvSecrets(), file), "ALICE_KEY", ALICE)
    assert file.lookup_sync("ALICE_KEY") == ALICE and "ALICE_KEY" not in os.environ
    with pytest.raises(ConfigError, match="none of these places"):
        store(ChainSecrets(EnvSecrets()), "ALICE_KEY", ALICE)
    with pytest.raises(ConfigError, match="needs a place"):
        ChainSecrets()


@pytest.mark.anyio
async def test_a_vault_that_answers_only_when_awaited_is_asked_too() -> None:
    class Vault(DictSecrets):
        def lookup_sync(self, ref: str) -> str | None:
            return None

        async def resolve(self, ref: str) -> str:
            return f"from the vault: {ref}"

    assert await ChainSecrets(DictSecrets(), Vault()).resolve("BOB_KEY") == "from the vault: BOB_KEY"
