"""A skill is read as its format says, and what can't be read is told with the remedy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from loomlab.skills import Skill, SkillError

Write = Callable[..., Path]


def test_a_folder_and_its_file_are_the_same_skill(write: Write) -> None:
    folder = write("calc", "Arithmetic.", body="# Calc\nAdd.", head="license: MIT\nmetadata: {level: 2}")
    by_folder, by_file = Skill(folder), Skill(str(folder / "SKILL.md"))
    assert by_folder.name == by_file.name == "calc"
    assert by_folder.load_body() == by_file.load_body() == "# Calc\nAdd."
    assert by_folder.metadata.license == "MIT"
    assert by_folder.metadata.extra == {"level": 2}


def test_front_matter_of_other_programs_is_kept_and_a_slip_is_told(write: Write) -> None:
    skill = Skill(write("deploy", head='user-invocable: true\nallowed-tools: "Read, Bash(git: *) Write"'))
    assert skill.metadata.extra == {"user-invocable": True}
    assert skill.metadata.allowed_tools == ("Read", "Bash(git: *)", "Write")
    with pytest.warns(UserWarning, match="did you mean 'license'"):
        Skill(write("slip", head="licence: MIT"))


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "SKILL.md").write_bytes("\ufeff---\r\nname: a\r\ndescription: d\r\n---\r\n# A\r\nB\r\n".encode())
    assert Skill(tmp_path).load_body() == "# A\nB"


def test_a_rule_in_the_text_does_not_end_the_front_matter_twice() -> None:
    skill = Skill.from_text("---\nname: a\ndescription: d\n---\nOne\n\n---\n\nTwo\n")
    assert skill.load_body() == "One\n\n---\n\nTwo"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# no front matter", "no frontmatter"),
        ("---\nname: a\n", "not closed"),
        ("---\n- a\n- b\n---\n", "no mapping"),
        ("---\nname: [a\n---\n", "no YAML"),
        ("---\nname: &x a\ndescription: *x\n---\n", "alias"),
        ("---\ndescription: d\n---\n", "no name"),
        ("---\nname: Not Good\ndescription: d\n---\n", "must match"),
        ("---\nname: my-claude-skill\ndescription: d\n---\n", "reserved word"),
        (f"---\nname: {'a' * 65}\ndescription: d\n---\n", "exceeds 64"),
        (f"---\nname: a\ndescription: {'d' * 1025}\n---\n", "description exceeds"),
        ("---\nname: a\n---\n", "no description"),
        ("---\nname: a\ndescription: yes\n---\n", "quotes"),
        ("---\nname: a\ndescription: d\nmetadata: 3\n---\n", "mapping"),
        ("---\nname: a\ndescription: d\nallowed-tools: {a: b}\n---\n", "list of names"),
        ("---\nname: a\ndescription: d\ntools:\n  t: {script: x.py}\n---\n", "Inline skills"),
        ("---\nname: a\ndescription: d\nlicense: " + "x" * 70_000 + "\n---\n", "at most"),
    ],
)
def test_what_is_wrong_with_a_text_is_told(text: str, told: str) -> None:
    with pytest.raises(SkillError, match=told):
        Skill.from_text(text)


def test_a_missing_skill_and_a_file_that_is_no_text_are_told(tmp_path: Path) -> None:
    with pytest.raises(SkillError, match=r"No SKILL\.md"):
        Skill(tmp_path / "nowhere")
    with pytest.raises(SkillError, match=r"No SKILL\.md"):
        Skill(tmp_path)
    (tmp_path / "SKILL.md").write_bytes(b"---\nname: \xff\n---\n")
    with pytest.raises(SkillError, match="UTF-8"):
        Skill(tmp_path)


def test_the_text_is_the_files_own_at_the_time(write: Write) -> None:
    folder = write("live", body="before")
    skill = Skill(folder)
    write("live", body="after")
    assert skill.load_body() == "after"


def test_only_its_own_files_are_read(write: Write, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("mine", encoding="utf-8")
    folder = write("docs", files={"refs/api.md": "the api", ".hidden": "no"})
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    skill = Skill(folder)
    assert skill.list_files() == [Path("link.txt"), Path("refs/api.md")]
    assert skill.read_file("refs/api.md") == "the api"
    for name in ("../../secret.txt", str(tmp_path / "secret.txt"), ".hidden", "SKILL.md"):
        with pytest.raises(SkillError, match="no file"):
            skill.read_file(name)
    with pytest.raises(SkillError, match="out of its folder"):
        skill.read_file("link.txt")
