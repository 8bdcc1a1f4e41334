"""The face of a memory: what is true, what was corrected, where it was said; small, steady, readable without colour."""

import dataclasses
import re

import pytest
from remembered import ACME, LABS, LYON, NOW, PARIS, Considered, Explanation, Receipt, alice, claim, crowd, day, extras
from safe import words

from loomlab.core import MemoryExport, MemoryProfile
from loomlab.display.memory import MemoryExtras, memory_html, memory_text
from loomlab.display.memory_erased import Plan, plan_html, receipt_text
from loomlab.display.memory_live import LIVE_CAP, known_stops, live_parts, sentence, true_stops
from loomlab.display.memory_plane import plane_svg
from loomlab.display.memory_timeline import axis_of, timeline_svg
from loomlab.display.memory_values import explained_text, export_text, profile_text
from loomlab.display.memory_view import MemoryView, state_of
from loomlab.display.theme import HTML_CAP


@pytest.mark.parametrize(
    ("fact", "at", "state"),
    [
        (LYON, day(3, 1), "true"),
        (LYON, day(2, 28), "later"),
        (PARIS, day(2, 28), "true"),
        (PARIS, day(3, 1), "ended"),
        (ACME, day(2, 1), "corrected"),
        (ACME, day(1, 1), "corrected"),
    ],
)
def test_a_fact_is_true_from_its_beginning_up_to_its_end(fact, at, state) -> None:
    assert state_of(fact, at) == state


def test_the_face_says_what_is_true_what_ended_and_what_never_was() -> None:
    text = words(memory_html(alice(), extras()))
    assert "alice · 4 conversations · 3 facts now true · 1 ended · 1 corrected · 1 block · last seen 2 Jul 2026" in text
    assert "Paris · ended" in text
    assert "Acme · corrected 2 Jul, never true" in text
    assert "learned 9 Apr, from conversation 3" in text
    assert "Lyon · from conversation 3" in text
    assert "user: I moved to Lyon in March." in text
    assert "90 % sure" in text


def test_a_correction_and_a_change_never_look_the_same() -> None:
    html = memory_html(alice(), extras())
    assert '<span class="no">✎ corrected</span>' in html
    assert "<del>Acme</del> <strong>Acme Labs</strong>" in html
    assert "→ moved on" in html
    assert "Paris → <strong>Lyon</strong>" in html
    bars = {one.split('"')[1]: "stroke-dasharray" in one for one in re.findall(r"<rect class=[^>]*>", html)}
    assert bars == {"bm": False, "bp": False, "bx": True}, "told apart by outline too"


def test_the_picture_says_the_same_in_words() -> None:
    label = re.search(r'<svg [^>]*aria-label="([^"]*)"', timeline_svg(alice()))
    assert label is not None
    said = label[1]
    assert "alice lives_in: Paris from 1 Jan 2026 until 1 Mar 2026, Lyon from 1 Mar 2026" in said
    assert "Acme never true, corrected" in said


def test_what_was_known_then_is_a_row_of_its_own_and_the_one_that_was_believed_is_marked() -> None:
    view = dataclasses.replace(alice(), known_at=day(4, 1), true_at=day(6, 20))
    svg = plane_svg(view, view.beliefs["alice", "lives_in"], axis_of(view, 14))
    assert "▸ known 3 Jan 2026" in svg
    assert ">known 9 Apr 2026" in svg
    assert "true at 20 Jun 2026" in svg
    assert "known 9 Apr 2026: Paris from 1 Jan 2026 until 1 Mar 2026, Lyon from 1 Mar 2026" in svg


def test_the_text_is_the_twin_of_the_picture() -> None:
    text = memory_text(alice(), extras())
    assert text.splitlines()[0].startswith("memory of alice · 4 conversations · 3 facts now true")
    assert re.search(r"✓ true +alice lives_in Lyon +1 Mar 2026 +9 Apr 2026 +conversation 3", text)
    assert re.search(r"✕ corrected +alice works_at Acme ", text)
    assert "✎ corrected: alice works_at Acme → Acme Labs" in text
    assert "an API key" not in text, "one line of health is enough here"


def test_no_id_stands_in_a_face_and_the_same_memory_gives_the_same_bytes() -> None:
    for make in (memory_html, memory_text):
        face = make(alice(), extras())
        assert "fact_" not in face
        assert "ep_" not in face
        assert "sess_" not in face
        assert face == make(alice(now=day(9, 11)), extras()), "when it was made does not matter"


def test_what_is_of_this_session_has_no_clock_time() -> None:
    def face(hour: int) -> str:
        start = day(9, 10).replace(hour=hour)
        fresh = claim("drinks", "tea", start.replace(minute=5), start.replace(minute=6, second=hour))
        view = alice(facts=[PARIS, LYON, fresh], fresh=start, now=start.replace(minute=30))
        return memory_html(view) + memory_text(view)

    assert face(8) == face(15)
    assert "this session" in face(8)
    assert "10 Sep" not in face(8)


@pytest.mark.parametrize("count", [200, 10_000])
def test_many_facts_do_not_drown_the_page(count: int) -> None:
    view = crowd(count)
    html, text = memory_html(view, extras()), memory_text(view, extras())
    assert len(html.encode()) <= HTML_CAP
    assert len(text.encode()) <= 8 * 1024
    assert "The picture shows the newest" in words(html)
    assert "are not drawn" in words(html)
    assert "not shown; search finds them" in words(html)
    assert f"{count - 20:,} more rows" in text
    assert "all facts" in html
    assert f"All {count:,} facts: ≤ " in html
    assert sum(len(one.encode()) for one in live_parts(view, extras()).values()) <= LIVE_CAP
    assert len(true_stops(view)) <= 401


def test_a_subject_of_which_much_was_said_is_cut_with_a_note() -> None:
    many = [claim("mood", f"mood {n}", day(1, 1 + n), day(1, 1 + n), day(1, 2 + n)) for n in range(20)]
    text = words(memory_html(alice(facts=many)))
    assert "Of 1 of those that are drawn only the last 12 facts fit in." in text


def test_nothing_remembered_says_what_to_type_next() -> None:
    assert "Nothing is remembered of alice yet." in words(memory_html(MemoryView("alice", NOW)))
    assert "%%loom" in memory_text(MemoryView(None, NOW))
    assert "nobody named" in memory_text(MemoryView(None, NOW))


def test_a_message_that_is_gone_is_named() -> None:
    view = alice(episodes=[])
    assert "from a message that is gone" in words(memory_html(view))


def test_a_text_is_never_taken_for_markup_where_it_is_set_off() -> None:
    odd = claim("likes", "<b>x</b>", day(1, 1), day(1, 3), sources=["ep_1"])
    html = memory_html(alice(facts=[odd]))
    assert "<b>" not in html
    assert "&lt;b&gt;" in html


def test_far_off_years_do_not_press_everything_else_into_a_corner() -> None:
    born = claim("born_in", "Oslo", day(5, 1, 1985), day(1, 3))
    axis = axis_of(alice(facts=[PARIS, LYON, LABS, born]), 14)
    assert axis.x(day(1, 1)) == axis.left
    assert axis.x(born.valid_from) == axis.left
    assert "Oslo · since 1 May 1985" in timeline_svg(alice(facts=[PARIS, LYON, LABS, born]))


def test_every_step_of_a_slider_is_an_instant_at_which_something_changes() -> None:
    stops = true_stops(alice())
    assert [stop.name for stop in stops] == ["1 Jan 2026", "3 Jan 2026", "1 Feb 2026", "1 Mar 2026", "now"]
    assert [stop.x for stop in stops] == sorted(stop.x for stop in stops)
    assert [stop.name for stop in known_stops(alice())][-2:] == ["2 Jul 2026", "now"]


def test_a_sentence_says_where_we_stand() -> None:
    view = alice(true_at=day(2, 2), known_at=day(2, 5), facts=[PARIS.model_copy(update={"valid_until": None})])
    assert sentence(view) == "True at 2 Feb 2026, as known at 5 Feb 2026: lives_in Paris."


def test_an_answer_shows_the_parts_that_made_a_difference_and_why_not() -> None:
    candidates = [
        Considered("fact", PARIS, None, False, "it ended on 2026-03-01", 0.5, {"dense": 0.0, "words": 0.9}),
        Considered("fact", LYON, 1, True, "returned: rank 1 of 1", 0.7, {"dense": 0.0, "words": 1.0}),
    ]
    html = memory_html(alice(), MemoryExtras(query="home?", candidates=candidates))
    text = words(html)
    assert "“home?” · 1 of 2 candidates recalled" in text
    assert text.index("✓ 1 alice lives_in Lyon") < text.index("alice lives_in Paris fact · it ended on 2026-03-01")
    assert ">words</th>" in html
    assert ">dense</th>" not in html
    assert "Paris was not" in explained_text(Explanation("home?", candidates, "Paris was not returned"))


def test_before_anything_is_erased_it_is_said_what() -> None:
    plan = Plan("alice", "everything", {"episodes": 4, "facts": 1, "blocks": 0})
    assert "This erases 4 episodes and 1 fact of alice (everything) for good." in words(plan_html(plan))
    assert "nothing to erase" in words(plan_html(Plan("alice", "everything", {"episodes": 0})))


def test_a_receipt_names_the_places_that_may_hold_copies() -> None:
    text = receipt_text(Receipt("alice", {"episodes": 4, "facts": 5, "blocks": 1}, ["the run log: 3 rows"]))
    assert text == "✓ erased 4 episodes, 5 facts and 1 block of alice\n  may remain: the run log: 3 rows"


def test_a_profile_and_an_export_are_shown_in_short() -> None:
    profile = MemoryProfile(user_id="alice", episode_count=4, fact_count=5, last_seen=day(7, 2), sample_facts=[LABS])
    assert profile_text(profile).splitlines()[0] == "alice · 4 episodes · 5 facts · last seen 2026-07-02"
    assert "alice works_at Acme Labs" in profile_text(profile)
    assert export_text(MemoryExport(user_id=None, facts=[LYON])).startswith("nobody named · 0 episodes · 1 fact")
