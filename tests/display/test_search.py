"""What a search found, passages in their sources, what was indexed, and playbooks: as HTML and as text."""

from typing import Any

import pytest
from hostile import PAYLOADS
from safe import words, wrong

from loomlab.core.documents import Chunk, SearchResult
from loomlab.display.citations import citations_html, citations_text
from loomlab.display.search import ROWS, excerpt, marked, search_html, search_text
from loomlab.display.search_index import index_html, index_text
from loomlab.display.skill import skill_html, skill_text, skills_html, skills_text
from loomlab.display.theme import HTML_CAP
from loomlab.loader import IndexFailure, IndexReport, Passage
from loomlab.skills import Skill, SkillRegistry

TABLE = "| a | b |\n| --- | --- |\n| 1 | 2 |"
FIRE = f"## Page 2\n\n#### Fire\n\nThe assembly point is the car park behind the bakery.\n\n{TABLE}"
SKILL = "---\nname: visit\ndescription: How to offer a visit.\nlicense: MIT\nallowed-tools: ask look\n---\nAsk first.\n"


def result(text: str = FIRE, score: float = 0.5, **metadata: Any) -> SearchResult:
    told = {"source": "/data/safety.pdf", "page": 2, "headers": ["Safety", "Fire"]} | metadata
    return SearchResult(Chunk(text, told), score, "id-never-shown")


def test_a_passage_has_its_rank_its_place_its_score_and_the_words_of_the_question_marked() -> None:
    html = search_html([result(), result(score=0.25, page=3)], "Where is the assembly point?")
    said = words(html)
    assert "2 passages found" in said
    assert "safety.pdf, page 2 · Fire" in said
    assert "<strong>assembly</strong>" in html
    assert "<strong>is</strong>" not in html
    assert "0.500" in said
    assert said.index("page 2") < said.index("page 3")
    assert "id-never-shown" not in html + search_text([result()])


def test_the_text_face_has_no_headings_and_no_table_rules_in_its_excerpts() -> None:
    text = search_text([result()], "assembly point")
    assert "The assembly point is the car park behind the bakery. a · b" in text
    assert "#" not in text
    assert "---" not in text


def test_the_bars_of_scores_without_a_scale_are_shares_of_the_best() -> None:
    text = search_text([result(score=0.016), result(score=0.008)])
    assert text.count("█") == 12 + 6
    assert search_text([result(score=0.5)]).count("█") == 6
    assert "█" not in search_text([result(score=-0.5), result(score=float("nan"))])


def test_an_empty_search_says_so_and_a_long_one_says_how_many_more_there_are() -> None:
    assert "nothing found" in search_text([], "x")
    assert "nothing found" in words(search_html([], "x"))
    many = [result() for _ in range(ROWS + 5)]
    assert "5 more passages not shown" in search_text(many)
    assert "5 more passages not shown" in words(search_html(many))


def test_an_excerpt_begins_where_the_words_of_the_question_are() -> None:
    text = "filler " * 200 + "the heron is the printer in the hall " + "more " * 200
    assert "heron" in excerpt(text, "Where is the heron?")
    assert "heron" not in excerpt(text, "")


def test_marks_are_for_whole_words_of_any_case_and_language() -> None:
    assert marked("Fire fires FIRE", "fire") == "<strong>Fire</strong> fires <strong>FIRE</strong>"
    assert marked("Über <b>", "über b") == "<strong>Über</strong> &lt;<strong>b</strong>&gt;"


def test_a_citation_opens_on_its_source_with_the_passage_set_off() -> None:
    one = Passage("safety.pdf, page 2", "The point is there.", "before it", "after it", changed=False)
    html = citations_html([one], "point")
    assert html.index("before it") < html.index("▶") < html.rindex("<strong>point</strong>") < html.index("◀")
    assert html.index("◀") < html.index("after it")
    assert "has changed" not in words(html)
    changed = Passage("safety.pdf, page 2", "old words", "", "", changed=True)
    assert "has changed" in words(citations_html([changed]))
    assert "has changed" in citations_text([changed])


def report() -> IndexReport:
    failed = [IndexFailure("/data/broken.pdf", "it is damaged", kept=True)]
    return IndexReport(["/data/a.md", "/data/b.PDF"], failed=failed, warnings=["page 2 is empty"], chunk_counts=[3, 4])


def test_an_index_report_counts_files_and_names_those_that_failed() -> None:
    for said in (index_text(report()), words(index_html(report()))):
        assert "✕ 1 failed" in said
        assert "2 added" in said
        assert "7 new chunks" in said
        assert "its earlier version stays in the store" in said
        assert "page 2 is empty" in said
        assert "1 md, 1 pdf" in said
        assert "/data/" not in said


def test_counts_of_chunks_stand_at_files_only_where_they_are_known() -> None:
    assert '<td class="n">3</td>' in index_html(report())
    mixed = IndexReport(["/a.md"], changed=["/b.md"], chunk_counts=[3, 4])
    assert '<td class="n">3</td>' not in index_html(mixed)


def test_a_skill_shows_what_stands_in_every_prompt_and_what_that_costs() -> None:
    skill = Skill.from_text(SKILL)
    for said in (skill_text(skill), words(skill_html(skill))):
        assert "visit: How to offer a visit." in said
        assert "about 8 tokens at rest, about 3 more when it is read" in said
        assert "ask, look" in said
        assert "MIT" in said
    assert "Ask first." in skill_html(skill)


def test_skills_say_which_of_them_were_read() -> None:
    registry = SkillRegistry([Skill.from_text(SKILL)])
    assert "✓" not in skills_text(registry)
    registry.load("visit")
    assert "✓" in skills_text(registry)
    assert "✓" in words(skills_html(registry))


def test_a_skill_whose_file_is_gone_says_so(tmp_path: Any) -> None:
    (tmp_path / "SKILL.md").write_text(SKILL, encoding="utf-8")
    skill = Skill(tmp_path)
    (tmp_path / "SKILL.md").unlink()
    assert "can't be read any more" in words(skill_html(skill))


@pytest.mark.parametrize("name", PAYLOADS)
def test_hostile_text_stays_text(name: str) -> None:
    evil = PAYLOADS[name]
    found = result(evil, source=evil, page=evil, headers=[evil], sheet=evil)
    passage = Passage(evil, evil, evil, evil, changed=True)
    indexed = IndexReport(
        [evil], failed=[IndexFailure(evil, evil)], skipped=[IndexFailure(evil, evil)], warnings=[evil]
    )
    html = {
        "search": search_html([found], evil),
        "citations": citations_html([passage], evil),
        "index": index_html(indexed),
    }
    for face, one in html.items():
        assert wrong(one) == [], face


def test_nothing_outgrows_its_cap() -> None:
    long = "<&> word " * 20_000
    many = [result(long, source=long, headers=[long]) for _ in range(50)]
    passages = [Passage(long, long, long, long, changed=True) for _ in range(50)]
    failures = [IndexFailure(long, long) for _ in range(500)]
    indexed = IndexReport([f"{n}.md" for n in range(5_000)], failed=failures, warnings=[long] * 500)
    for html in (search_html(many, long), citations_html(passages, long), index_html(indexed)):
        assert len(html.encode()) <= HTML_CAP
    assert len(search_text(many, long)) < 8_000
    assert len(citations_text(passages, long)) < 8_000
    assert len(index_text(indexed)) < 8_000


def test_a_key_in_a_document_is_not_shown() -> None:
    secret = "the key is sk-abcdefghijklmnop1234567890abcd"
    passage = Passage("a", secret, secret, secret, changed=False)
    for html in (search_html([result(secret)], "key"), citations_html([passage])):
        assert "sk-abcdefghijklmnop" not in html
