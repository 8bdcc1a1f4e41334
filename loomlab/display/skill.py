"""A skill: what stands in every prompt and what that costs, and, folded, what the model reads when it needs it."""

import math
from collections.abc import Sequence

from loomlab.core.redact import redact
from loomlab.display import format as fmt
from loomlab.display.clean import preformatted
from loomlab.display.grid import RIGHT, column, grid
from loomlab.display.table import table_text
from loomlab.display.text import clip, escape, preview
from loomlab.display.theme import fitting
from loomlab.display.tools import arguments_of
from loomlab.skills import Skill, SkillError, SkillRegistry

ROWS = 30
_FILES = 50


def skill_html(skill: Skill) -> str:
    """The skill as a whole output."""
    return fitting(_body(skill, room) for room in (12_000, 3_000, 600))


def skill_text(skill: Skill) -> str:
    """The same as text, without the instructions."""
    lines = [_title(skill), f"in every prompt: {_line(skill)}", _cost(skill)]
    lines += [f"tool {one}" for one in _tools(skill)]
    files = _files(skill)
    if files:
        lines.append(f"files: {preview(', '.join(files), 200)}")
    return "\n".join(lines)


def skills_html(registry: SkillRegistry) -> str:
    """All skills of an agent as a whole output: one line each, and what they cost together."""
    skills = list(registry)
    lines = "".join(
        f'<tr><th scope="row">{escape(preview(one.name, 64))}</th>'
        f"<td>{escape(preview(redact(one.description), 240))}</td>"
        f"<td{RIGHT}>{_tokens(one.metadata.to_catalog_line())}</td><td{RIGHT}>{_tokens(_said(one))}</td>"
        f"<td{RIGHT}>{len(one.pending_tools)}</td><td>{_read(registry, one)}</td></tr>"
        for one in skills[:ROWS]
    )
    head = "".join(column(name, right=name in _RIGHT) for name in _COLUMNS)
    left = f'<p class="s">{fmt.plural(len(skills) - ROWS, "more skill")} not shown</p>' if len(skills) > ROWS else ""
    return fitting([f"<p>{escape(_rest(registry, skills))}</p>{grid(head, lines)}{left}"])


def skills_text(registry: SkillRegistry) -> str:
    """The same as text."""
    skills = list(registry)
    rows = [
        [
            one.name,
            redact(one.description),
            _tokens(one.metadata.to_catalog_line()),
            _tokens(_said(one)),
            len(one.pending_tools),
            _read(registry, one),
        ]
        for one in skills
    ]
    return table_text(_COLUMNS, rows, title=_rest(registry, skills), limit=ROWS)


_COLUMNS = ("skill", "what it is for", "at rest", "when read", "tools", "read")
_RIGHT = ("at rest", "when read", "tools")


def _body(skill: Skill, room: int) -> str:
    said = _said(skill)
    facts = f'<p class="facts">{escape(_cost(skill))}</p>'
    above = f"<p><strong>{escape(_title(skill))}</strong></p><p>{escape(clip(redact(skill.description), 1_100))}</p>"
    at_rest = f"<details><summary>In every prompt</summary>{preformatted(_line(skill))}</details>"
    body = f"<details><summary>What the model reads</summary>{preformatted(clip(said, room))}</details>"
    tools, files = _tools(skill), _files(skill)
    brought = "".join(f"<li><code>{escape(one)}</code></li>" for one in tools)
    listed = "".join(f"<li>{escape(one)}</li>" for one in files[:_FILES])
    return "".join(
        (
            above,
            facts,
            at_rest,
            body,
            f"<details><summary>{fmt.plural(len(tools), 'tool')}</summary><ul>{brought}</ul></details>"
            if tools
            else "",
            f"<details><summary>{fmt.plural(len(files), 'file')}</summary><ul>{listed}</ul></details>" if files else "",
        )
    )


def _title(skill: Skill) -> str:
    label = skill.metadata.source_label
    licence = skill.metadata.license
    parts = [f"skill {skill.name}", *([f"of {label}"] if label else []), *([licence] if licence else [])]
    return preview(redact(" · ".join(parts)), 160)


def _line(skill: Skill) -> str:
    return redact(skill.metadata.to_catalog_line().strip())


def _cost(skill: Skill) -> str:
    allowed = skill.metadata.allowed_tools
    works = f" · works with {preview(', '.join(allowed), 100)}" if allowed else ""
    rest, read = _tokens(skill.metadata.to_catalog_line()), _tokens(_said(skill))
    return f"about {rest} tokens at rest, about {read} more when it is read{works}"


def _tokens(text: str) -> int:
    """About as many as a model counts: four characters to a token, as words of most languages come to."""
    return math.ceil(len(text) / 4)


def _said(skill: Skill) -> str:
    try:
        return redact(skill.load_body())
    except SkillError as exc:  # its file may be gone by now
        return f"It can't be read any more: {exc}"


def _tools(skill: Skill) -> list[str]:
    return [preview(f"{one.name}({arguments_of(one.input_schema)})", 200) for one in skill.pending_tools]


def _files(skill: Skill) -> list[str]:
    return [preview(str(one), 120) for one in skill.list_files()]


def _read(registry: SkillRegistry, skill: Skill) -> str:
    return "✓" if registry.is_loaded(skill.name) else ""


def _rest(registry: SkillRegistry, skills: Sequence[Skill]) -> str:
    whole = _tokens(registry.catalog_section()) if skills else 0
    return f"{fmt.plural(len(skills), 'skill')} · about {whole} tokens in every prompt"
