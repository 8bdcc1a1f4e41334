"""Measure how fast texts are split, beside the splitters of other packages that happen to be installed.

    python evals/chunking_speed.py

Prints megabytes a second and each one's time as a multiple of ours, on the same text, sizes and overlap. Peers that are
not installed are left out: langchain-text-splitters, semchunk, semantic-text-splitter (which is native code).
"""

import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from loomlab.loader import MarkdownChunker, RecursiveChunker, SentenceChunker

SIZE, OVERLAP, ROUNDS = 800, 100, 5
SENTENCE = "The quick brown fox jumps over the lazy dog, and number {n} watches; it rained. "
Split = Callable[[str], Any]


def prose(megabytes: float) -> str:
    """Headings, paragraphs of several lengths, lists and code; the same every time."""
    parts: list[str] = []
    length = 0
    number = 0
    while length < megabytes * 1e6:
        number += 1
        words = "".join(SENTENCE.format(n=number * 7 + at) for at in range(2 + number * 5 % 11))
        part = [words, f"## Part {number}", f"- item {number}\n- {words[:90]}", f"```\nx = {number}\n# note\n```"][
            number % 9 % 4
        ]
        parts.append(part)
        length += len(part) + 2
    return "\n\n".join(parts)


def peers() -> dict[str, Split]:
    """Splitters of other packages, as many as there are."""
    found: dict[str, Split] = {}
    try:
        lang = import_module("langchain_text_splitters")
        with_offsets = lang.RecursiveCharacterTextSplitter(
            chunk_size=SIZE, chunk_overlap=OVERLAP, add_start_index=True
        ).create_documents
        found["LangChain recursive"] = _listed(with_offsets)
        found["LangChain recursive, no offsets"] = lang.RecursiveCharacterTextSplitter(
            chunk_size=SIZE, chunk_overlap=OVERLAP
        ).split_text
    except ImportError:
        pass
    try:
        semchunk = import_module("semchunk")
        found["semchunk"] = lambda text: semchunk.chunk(text, SIZE, len, overlap=OVERLAP, offsets=True, memoize=False)
    except ImportError:
        pass
    try:
        native = import_module("semantic_text_splitter")
        found["semantic-text-splitter (Rust)"] = native.TextSplitter(SIZE, overlap=OVERLAP).chunk_indices
        found["semantic-text-splitter Markdown (Rust)"] = native.MarkdownSplitter(SIZE, overlap=OVERLAP).chunk_indices
    except ImportError:
        pass
    return found


def _listed(create: Callable[[list[str]], Any]) -> Split:
    return lambda text: create([text])


def best(split: Split, text: str, rounds: int) -> float:
    """The least seconds of several rounds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        split(text)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    text = prose(1.0)
    ours = {
        "loomlab recursive": RecursiveChunker(SIZE, OVERLAP).split,
        "loomlab Markdown": MarkdownChunker(SIZE, OVERLAP).split,
        "loomlab sentence": SentenceChunker(SIZE, OVERLAP).split,
    }
    base = best(ours["loomlab recursive"], text, ROUNDS)
    print(f"{len(text) / 1e6:.1f} MB, pieces of {SIZE}, overlap {OVERLAP}; best of {ROUNDS}")
    for name, split in {**ours, **peers()}.items():
        seconds = best(split, text, ROUNDS)
        print(
            f"{name:40} {len(text) / 1e6 / seconds:8.2f} MB/s {seconds / base:9.1f} times the time of loomlab recursive"
        )


if __name__ == "__main__":
    main()
