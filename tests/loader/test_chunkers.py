"""What every chunker promises, over nasty text: sizes, whole words, whole characters, offsets, nothing lost."""

import re
from itertools import pairwise

import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from loomlab.core.documents import Chunk
from loomlab.loader import MarkdownChunker, RecursiveChunker, SentenceChunker, TokenChunker

SNIPPETS = [
    "word",
    "a",
    "Dr. Who",
    "3.14",
    "e.g. this",
    "end.",
    "Really?!",
    "\n",
    "\n\n",
    " ",
    "   ",
    "\t",
    "\r\n",
    "\r\n\r\n",
    "# Title\n",
    "## Part two\n",
    "```\n# code\n\nx = 1\n```\n",
    "~~~py\n```\n# no\n~~~\n",
    "```",
    "| a | b |\n|---|---|\n",
    "| 1 | 2 |\n",
    "- item\n",
    "  - inner\n",
    "1. first\n",
    "今天天气很好。",
    "我们去公园吧，",
    "日本語のテキスト",
    "한국어 문장입니다. ",
    "สวัสดีครับ",
    "नमस्ते क्षत्रिय ",
    "👨‍👩‍👧‍👦",
    "🇩🇪🇫🇷🇯🇵",
    "é",
    "e\u0301\u0323",
    "🏳️‍🌈",
    "👍🏽",
    "\u00a0",
    "\u3000",
    "\u2028",
    "\x0b",
    "\x1c",
    "supercalifragilistic" * 4,
    "x" * 300,
    "https://example.com/a/b?c=d&e=f#g",
    "\u202eabc",
    "\ufeff",
    "Title\n=====\n",
    "; ",
    ", ",
    "…",
    "§",
    "\x00",
    "---\n",
    "\u1112\u1161\u11ab",
]
NASTY = st.one_of(
    st.lists(st.sampled_from(SNIPPETS), max_size=60).map("".join),
    st.lists(st.sampled_from(SNIPPETS), max_size=60).map(" ".join),
    st.text(max_size=400),
    st.text(alphabet="ab .\n#`|-", max_size=400),
)
SIZES = st.integers(1, 120).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1)))
UNSPACED = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\u3000-\u303f\uff01-\uff9f]"
)


def own(one: Chunk) -> str:
    """A chunk without the table header that is said again."""
    return one.content[one.metadata.get("repeated", 0) :]


def _assert_sound(text: str, chunks: list[Chunk], size: int | None) -> None:
    covered = bytearray(len(text))
    ends = {0, *(found.end() for found in regex.finditer(r"\X", text))}
    words = [found.span() for found in re.finditer(r"\S+", text)]
    previous = (-1, -1)
    for number, one in enumerate(chunks):
        start, end = one.metadata["start"], one.metadata["end"]
        assert one.metadata["index"] == number
        assert text[start:end] == own(one)
        assert own(one).strip(), "a chunk of nothing"
        assert previous[0] < start
        assert previous[1] < end
        previous = (start, end)
        if size is not None:
            assert len(one) <= size
        for cut in (start, end):
            _assert_good_cut(text, cut, words, ends, size or 1)
        covered[start:end] = b"\1" * (end - start)
    assert [at for at, character in enumerate(text) if not character.isspace() and not covered[at]] == []


def _assert_good_cut(text: str, cut: int, words: list[tuple[int, int]], ends: set[int], size: int) -> None:
    word = next((one for one in words if one[0] < cut < one[1]), None)
    if word is None:
        return
    around = text[cut - 1 : cut + 1]
    assert word[1] - word[0] > size or UNSPACED.search(around), f"{text[slice(*word)]!r} cut at {around!r}"
    if cut not in ends:  # a character as readers count it is cut only if it is too long by itself
        first = max(one for one in ends if one < cut)
        assert min(one for one in ends if one > cut) - first > size


@given(NASTY, SIZES)
@settings(max_examples=250)
def test_recursive_pieces_are_sound(text: str, sizes: tuple[int, int]) -> None:
    chunks = RecursiveChunker(*sizes).split(text)
    _assert_sound(text, chunks, sizes[0])
    for one, following in pairwise(chunks):
        assert one.metadata["end"] - following.metadata["start"] <= sizes[1]


@given(NASTY, SIZES, st.lists(st.sampled_from(["\n", ". ", "|", " ", "", "ab", "。"]), max_size=4))
@settings(max_examples=150)
def test_own_separators_change_where_but_not_how_well(text: str, sizes: tuple[int, int], separators: list[str]) -> None:
    chunks = RecursiveChunker(*sizes, separators=separators).split(text)
    assert "".join(own(one) for one in chunks) or not text.strip()
    assert all(len(one) <= sizes[0] and text[one.metadata["start"] : one.metadata["end"]] == own(one) for one in chunks)


@given(NASTY, SIZES)
@settings(max_examples=200)
def test_markdown_pieces_are_sound(text: str, sizes: tuple[int, int]) -> None:
    _assert_sound(text, MarkdownChunker(*sizes).split(text), sizes[0])


@given(NASTY, SIZES)
@settings(max_examples=200)
def test_sentence_pieces_are_sound(text: str, sizes: tuple[int, int]) -> None:
    chunks = SentenceChunker(*sizes).split(text)
    _assert_sound(text, chunks, sizes[0])
    for one, following in pairwise(chunks):
        assert one.metadata["end"] - following.metadata["start"] <= sizes[1]


@given(NASTY, SIZES)
@settings(max_examples=60)
def test_token_pieces_are_sound(text: str, sizes: tuple[int, int]) -> None:
    chunker = TokenChunker(*sizes)
    chunks = chunker.split(text)
    for one in chunks:
        assert text[one.metadata["start"] : one.metadata["end"]] == one.content
        assert one.metadata["token_count"] <= sizes[0] or len(regex.findall(r"\X", one.content)) <= 1
