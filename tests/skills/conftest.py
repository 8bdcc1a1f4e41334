"""A place to write skills into."""

from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a skill: ``write("calc", "Arithmetic.", body="# Calc", head="license: MIT", files={…}, under="user")``."""

    def make(
        name: str,
        description: str = "Helps.",
        *,
        body: str = "# How",
        head: str = "",
        files: dict[str, str] | None = None,
        under: str = "skills",
    ) -> Path:
        folder = tmp_path / under / name
        for path, text in {
            "SKILL.md": f"---\nname: {name}\ndescription: {description}\n{head}\n---\n{body}\n",
            **(files or {}),
        }.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        return folder

    return make
