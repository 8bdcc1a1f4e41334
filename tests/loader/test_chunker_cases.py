"""Chunkers case by case: headings, fences, tables, sentences, settings."""

import warnings

import pytest

from loomlab.core.documents import Document
from loomlab.loader import Chunk, MarkdownChunker, RecursiveChunker, SentenceChunker, TokenChunker, chunk

WORDS = "alpha beta gamma delta. epsilon zeta eta theta. "


def test_a_hash_in_a_code_fence_is_no_heading() -> None:
    text = "# Real\n\nwords\n\n```sh\n# a comment\n```\n\n## Inner\n\nmore\n"
    assert [one.metadata["headers"] for one in MarkdownChunker().split(text)] == [["Real"], ["Real", "Inner"]]


@pytest.mark.parametrize("chunker", [RecursiveChunker(120, 20), MarkdownChunker(120, 20), SentenceChunker(120, 20)])
def test_a_fence_that_fits_stays_whole(chunker: RecursiveChunker) -> None:
    fence = "```py\nfirst = 1\n\nsecond = 2\n\n# third\n```"
    text = f"{WORDS * 2}\n\n{fence}\n\n{WORDS * 4}"
    holding = [one.content for one in chunker.split(text) if "second" in one.content]
    assert holding
    assert all(fence in one for one in holding)


def test_a_fence_that_is_too_long_is_cut_between_lines() -> None:
    lines = [f"value_{number} = compute({number})  # note" for number in range(40)]
    text = "```py\n" + "\n".join(lines) + "\n```\n"
    for one in MarkdownChunker(200, 40).split(text):
        assert set(one.content.split("\n")) <= {*lines, "```py", "```", ""}


def test_a_table_that_is_cut_repeats_its_header_and_says_so() -> None:
    header = "| city | people |\n| --- | --- |\n"
    rows = [f"| city number {number} | {number * 1000} |" for number in range(60)]
    text = "# Cities\n\n" + header + "\n".join(rows) + "\n\nThe end.\n"
    chunks = MarkdownChunker(300, 50).split(text)
    assert chunks[0].content.startswith("# Cities\n\n| city")
    continued = [one for one in chunks if one.metadata.get("repeated")]
    assert len(continued) > 3
    for one in continued:
        assert one.content.startswith(header)
        assert one.metadata["repeated"] == len(header)
        assert one.content[len(header) :] == text[one.metadata["start"] : one.metadata["end"]]
        assert one.metadata["headers"] == ["Cities"]
    said = [line for one in chunks for line in one.content.split("\n") if line in rows]
    assert said == rows


def test_a_heading_with_nothing_under_it_goes_with_what_follows() -> None:
    chunks = MarkdownChunker(60, 0).split("# Book\n\n## One\n\nfirst words\n\n## Two\n\nother words\n")
    assert [one.content for one in chunks] == ["# Book\n\n## One\n\nfirst words", "## Two\n\nother words"]
    assert [one.metadata["headers"] for one in chunks] == [["Book", "One"], ["Book", "Two"]]


def test_a_long_section_says_that_it_was_cut() -> None:
    chunks = MarkdownChunker(100, 20).split(f"# One\n\n{WORDS * 10}\n\n# Two\n\nshort\n")
    assert {one.metadata["strategy"] for one in chunks if one.metadata["headers"] == ["One"]} == {"markdown+recursive"}
    assert chunks[-1].metadata["strategy"] == "markdown"


def test_underlined_headings_count_and_front_matter_does_not() -> None:
    text = "---\ntitle: x\n---\n\nMain\n====\n\nwords\n\nPart\n----\n\nmore\n"
    assert [one.metadata["headers"] for one in MarkdownChunker().split(text)] == [[], ["Main"], ["Main", "Part"]]


def test_a_piece_ends_at_a_paragraph_and_repeats_from_a_word() -> None:
    text = "\n\n".join(WORDS.strip() for _ in range(12))
    chunks = RecursiveChunker(120, 30).split(text)
    assert all(one.content.endswith("theta.") for one in chunks)
    for one in chunks[1:]:
        assert text[one.metadata["start"] - 1].isspace()


def test_sentences_stay_whole_and_short_forms_end_none() -> None:
    text = "Dr. Who met J. Smith at 3.30 p.m. in the yard. They spoke, e.g. of tea! Was it so? 今天很好。我们走吧。"
    found = [one.content for one in SentenceChunker(50, 0).split(text)]
    assert found == [
        "Dr. Who met J. Smith at 3.30 p.m. in the yard.",
        "They spoke, e.g. of tea! Was it so? 今天很好。我们走吧。",
    ]


def test_sentences_repeat_as_whole_sentences() -> None:
    text = " ".join(f"Sentence number {number} is here." for number in range(20))
    for one in SentenceChunker(100, 40).split(text):
        assert one.content.startswith("Sentence")
        assert one.content.endswith("here.")


def test_tokens_are_counted_by_the_encoding() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import bpe_openai

        coder = bpe_openai.get_encoding("cl100k_base")
    for one in TokenChunker(40, 8).split(WORDS * 50 + "数据库系统概论。" * 30):
        assert one.metadata["token_count"] == len(coder.encode_ordinary(one.content)) <= 40
        assert "\ufffd" not in one.content


def test_every_chunk_says_what_made_it() -> None:
    (one,) = RecursiveChunker(50, 5).split("some words", source="a.txt")
    assert one.metadata == {
        "source": "a.txt", "index": 0, "chunk_size": 50, "strategy": "recursive", "start": 0, "end": 10,
    }  # fmt: skip


@pytest.mark.parametrize("strategy", ["recursive", "markdown", "sentence", "token"])
def test_no_words_no_chunks(strategy: str) -> None:
    assert chunk("", strategy=strategy) == []
    assert chunk(" \n\t\n ", strategy=strategy) == []


@pytest.mark.parametrize(("size", "overlap"), [(0, 0), (-1, 0), (10, 10), (10, 11), (10, -1)])
@pytest.mark.parametrize("make", [RecursiveChunker, MarkdownChunker, SentenceChunker, TokenChunker])
def test_sizes_that_mean_nothing_are_refused(make: type[RecursiveChunker], size: int, overlap: int) -> None:
    with pytest.raises(ValueError, match=r"chunk_(size|overlap) must be"):
        make(size, overlap)


def test_unknown_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"did you mean .markdown."):
        chunk("x", strategy="markdwon")
    with pytest.raises(ValueError, match=r"did you mean 'cl100k_base'"):
        chunk("x", strategy="token", encoding="cl100k_bas")
    with pytest.raises(ValueError, match="separators are for"):
        chunk("x", strategy="sentence", separators=["\n"])


def test_a_document_gives_its_chunks_page_and_source() -> None:
    text = "# t\n\n## Page 1\n\nfirst words\n\n## Page 2\n\nsecond words"
    document = Document(text, {"source": "a.pdf", "format": "pdf", "title": "t", "page_count": 2})
    chunks = MarkdownChunker().split(document)
    assert [(one.metadata["page"], one.metadata["source"]) for one in chunks] == [(1, "a.pdf"), (2, "a.pdf")]
    (whole,) = chunk(document)
    assert (whole.metadata["page"], whole.metadata["last_page"]) == (1, 2)


def test_a_chunk_is_a_chunk_of_the_core() -> None:
    assert isinstance(chunk("words")[0], Chunk)
    assert len(chunk("words")[0]) == 5


def test_a_megabyte_without_a_space_is_cut_in_linear_time() -> None:
    chunks = RecursiveChunker(1000, 100).split("x" * 1_000_000)
    assert sum(map(len, chunks)) == 1_000_000
    assert max(map(len, chunks)) == 1000


@pytest.mark.parametrize(
    "nasty",
    [
        *("#" * 200_000, "|" * 100_000 + "\n" + "-" * 100_000, "`" * 100_000, "- " * 100_000, " \n" * 100_000 + "x"),
        *("| a |\n|" + "---|" * 30_000, "\u0301" * 50_000, "🇩🇪" * 300_000, "![" * 50_000, "===\n" * 30_000),
    ],
)
@pytest.mark.timeout(20)
def test_hostile_markdown_takes_no_time(nasty: str) -> None:
    for strategy in ("recursive", "markdown", "sentence"):
        assert all(len(one) <= 800 for one in chunk(nasty, strategy=strategy))
