"""Errors in a notebook: cards, tracebacks of the user's own code, and who else handles errors."""

import pytest
from ipython_shell import Shell

from loomlab import Agent
from loomlab.core import RateLimitError
from loomlab.core.errors import ModelError
from loomlab.notebook.errors import card

BROKEN = """
class Broken:
    name = "broken"
    network = False
    async def stream(self, messages, **options):
        raise {error}
        yield
broken = Broken()
"""


def _printed(capsys: pytest.CaptureFixture[str]) -> str:
    caught = capsys.readouterr()
    return caught.out + caught.err


def test_an_error_of_ours_in_plain_code_is_a_card_too(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    cell = shell.run("from loomlab import Agent\nAgent('Help.', model='gtp-4o')")
    assert cell.error is not None
    assert cell.text.startswith("✕ unknown model 'gtp-4o':")
    assert "Traceback" not in _printed(capsys)


def test_tb_shows_the_whole_traceback_afterwards(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run("from loomlab import Agent\nAgent('Help.', model='gtp-4o')")
    _printed(capsys)
    shell.run("%tb")
    assert "resolve_model" in _printed(capsys)


def test_what_a_model_reports_is_told_with_its_remedy_and_once(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.ok("from loomlab.core.errors import RateLimitError" + BROKEN.format(error="RateLimitError('slow down')"))
    shell.ok("%loom model=broken")
    cell = shell.run("%%loom\nhello")
    assert isinstance(cell.error, RateLimitError)
    assert cell.text.count("slow down") == cell.text.count("The run failed.") + cell.text.count("✕ failed — slow down")
    assert len(cell.outputs) == 1
    assert "Wait" in cell.text
    assert "Traceback" not in _printed(capsys)


def test_a_fault_in_the_users_model_shows_the_users_lines_and_none_of_ours(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.ok(BROKEN.format(error="RuntimeError('the wire is cut')"))
    shell.ok("%loom model=broken")
    cell = shell.run("%%loom\nhello")
    printed = _printed(capsys)
    assert isinstance(cell.error, RuntimeError)
    assert "The run failed." in cell.text
    assert (
        "raise RuntimeError" in printed.replace("\x1b[39m", "").replace("\x1b[38;5;28;01m", "") or "Broken" in printed
    )
    assert "loomlab/agent" not in printed
    assert "loomlab/runtime" not in printed
    assert "anyio" not in printed


def test_errors_of_others_keep_their_traceback(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    cell = shell.run("1 / 0")
    assert isinstance(cell.error, ZeroDivisionError)
    assert cell.outputs == []
    assert "ZeroDivisionError" in _printed(capsys)


def test_a_missing_package_of_the_users_own_keeps_its_traceback(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    cell = shell.run("import no_such_package_here")
    assert cell.outputs == []
    assert "no_such_package_here" in _printed(capsys)


def test_a_missing_package_of_ours_is_one_sentence_with_the_command(shell: Shell) -> None:
    face = card(ImportError("the OpenAI adapter needs the package openai: pip install 'loomlab[openai]'"))
    assert face.text == "✕ the OpenAI adapter needs the package openai:\n  pip install 'loomlab[openai]'"


def test_handlers_that_others_set_go_on_working(bare_shell: Shell) -> None:
    seen: list[str] = []

    def handler(shell: object, kind: type, value: BaseException, tb: object, tb_offset: object = None) -> None:
        seen.append(str(value))

    bare_shell.ip.set_custom_exc((ZeroDivisionError,), handler)
    bare_shell.ok("%load_ext loomlab")
    bare_shell.run("1 / 0")
    assert seen == ["division by zero"]
    assert bare_shell.run("%loom nonsense").text.startswith("✕ ")
    bare_shell.ok("%unload_ext loomlab")
    bare_shell.run("1 / 0")
    assert seen == ["division by zero"] * 2


def test_hostile_text_in_an_error_stays_text() -> None:
    face = card(ModelError("<img src=x onerror=alert(1)><script>alert(1)</script>"))
    assert "<img" not in face.html
    assert "<script" not in face.html
    assert "&lt;img" in face.html


def test_a_run_that_fails_before_it_begins_is_a_card(shell: Shell) -> None:
    shell["agent"] = Agent("Help.", model="echo", output_schema=int)
    cell = shell.run("%%loom --agent agent\nhello")
    assert cell.error is not None
    assert cell.text.startswith("✕ ")
    assert len(cell.outputs) == 1
