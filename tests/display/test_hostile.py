import re
from typing import Any

import nh3
import pytest
from hostile import EVIL, PAYLOADS, faces, run_events
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safe import words, wrong

from loomlab.display import RunTrace, error_html, markdown_html, run_html, run_text, table_html
from loomlab.display.run import TEXT_CAP
from loomlab.display.theme import HTML_CAP

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)


def test_the_corpus_is_large_enough():
    assert len(PAYLOADS) >= 40


@pytest.mark.parametrize("name", PAYLOADS)
def test_no_face_holds_an_element_or_attribute_outside_the_allow_list(name: str):
    for face, html in faces(PAYLOADS[name]):
        assert wrong(html, page=face.startswith("page")) == [], face
        assert not _UNSEEN.search(html), face


@pytest.mark.parametrize("name", PAYLOADS)
def test_no_face_is_larger_than_its_cap(name: str):
    for face, html in faces(PAYLOADS[name]):
        if face != "markdown" and not face.startswith("page"):  # a part, and files
            assert len(html.encode()) <= 64 * 1024, face


@pytest.mark.parametrize("name", PAYLOADS)
def test_the_text_face_has_no_terminal_escape_and_nothing_that_reorders(name: str):
    text = run_text(RunTrace(run_events(PAYLOADS[name])))
    assert not _UNSEEN.search(text)
    assert len(text.encode()) <= TEXT_CAP


@pytest.mark.parametrize("name", [name for name in PAYLOADS if "markdown image" in name])
def test_an_image_in_an_answer_is_described_and_its_address_shown_as_text(name: str):
    html = markdown_html(PAYLOADS[name])
    assert "<img" not in html
    assert "[image: " in words(html) or "onerror" in words(html)


def test_a_link_shows_where_it_leads():
    assert "https://example.org/a" in words(markdown_html("[docs](https://example.org/a)"))
    assert words(markdown_html("<https://example.org/a>")).count("example.org") == 1


def test_hidden_letters_are_shown():
    assert "⟨U+202E⟩" in words(markdown_html("safe \u202egnp.exe"))
    assert "⟨U+202E⟩" in words(markdown_html("safe &#x202e;gnp.exe"))
    assert "⟨U+E0069… ×16⟩" in words(markdown_html(PAYLOADS["invisible letters"]))


@pytest.mark.parametrize("limits", [{}, {"tags": nh3.ALLOWED_TAGS - {"svg", "math"}}])
def test_a_strict_sanitiser_leaves_the_answer_the_facts_and_the_trace(limits: dict[str, Any]):
    """As a code host or an untrusted notebook does it: no style, no class, no picture."""
    from loomlab.testing.events import sample_run

    html = run_html(RunTrace(sample_run(denied=True, failing=True, nested=True, memory=True, user_id="alice")))
    tags = limits.get("tags", set(nh3.ALLOWED_TAGS)) | {"details", "summary"}
    bare = nh3.clean(html, tags=tags, attributes={"a": {"href"}, "th": {"scope"}})
    assert "class=" not in bare
    assert "style" not in bare
    text = words(bare)
    for part in (
        "take a jacket",
        "✓ answered · react · scripted · 2 turns",
        "400 in",
        "✕ denied",
        "✕ failed",
        "user alice",
    ):
        assert part in text
    for part in ("get_weather(city=", "light rain", "“user lives_in Lyon”", "expert", "84.0 ms", "\u2003tool"):
        assert part.strip() in text


_ANY = st.text(st.characters(codec=None), max_size=300)
_BITS = ["<", ">", "/", '"', "'", "&", "=", "!--", "-->", "script", "img src=x", "onerror=x", "svg", "style", "&#x3c;"]
_BITS += [
    "](",
    "![",
    "[",
    ")",
    "`",
    "```\n",
    "\n",
    "\n\n",
    "|",
    "|---|\n",
    "*",
    "_",
    "#",
    "> ",
    "- ",
    "~~",
    "1. ",
    "[a]: x\n",
]
_BITS += ["javascript:", EVIL, "<http://a.b/>", "\x1b[31m", "\u202e", "\x00", "\ud83d", "$", "\\", " ", "a"]
_MARKUP = st.lists(st.sampled_from(_BITS), max_size=40).map("".join)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(_ANY, _MARKUP))
def test_any_text_at_all_stays_text(text: str):
    for html in (markdown_html(text), error_html(text, text, text), table_html([text], [[text]])):
        assert wrong(html) == []
        html.encode()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(_ANY, _MARKUP))
def test_any_text_in_a_run_stays_text(text: str):
    html = run_html(RunTrace(run_events(text)))
    assert wrong(html) == []
    assert len(html.encode()) <= HTML_CAP


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=60))
def test_visible_characters_survive_escaping(text: str):
    text = " ".join(text.split())
    assert text in words(error_html(text))
