"""What came out of documents and skills: search results, passages, what was indexed, playbooks."""

from collections.abc import Sequence
from typing import Any

from loomlab.core.documents import SearchResult
from loomlab.display.citations import citations_html, citations_text
from loomlab.display.search import search_html, search_text
from loomlab.display.search_index import index_html, index_text
from loomlab.display.skill import skill_html, skill_text, skills_html, skills_text
from loomlab.loader import IndexReport, Passage
from loomlab.notebook.face import Face
from loomlab.skills import Skill, SkillRegistry

SOURCED = (SearchResult, IndexReport, Passage, Skill, SkillRegistry)
"""Types whose values look our way in a notebook."""


def sourced_face(value: Any, query: str = "") -> Face | None:
    """The faces of such a value, or of a list of search results or passages; None for anything else."""
    if isinstance(value, IndexReport):
        return Face(index_html(value), index_text(value))
    if isinstance(value, Skill):
        return Face(skill_html(value), skill_text(value))
    if isinstance(value, SkillRegistry):
        return Face(skills_html(value), skills_text(value))
    if isinstance(value, (SearchResult, Passage)):
        value = [value]
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)) or not value:
        return None
    if all(isinstance(one, SearchResult) for one in value):
        return Face(search_html(value, query), search_text(value, query))
    if all(isinstance(one, Passage) for one in value):
        return Face(citations_html(value, query), citations_text(value, query))
    return None
