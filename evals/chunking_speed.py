"""Measure how fast texts are split, beside the splitters of other packages that happen to be installed.

    python evals/chunking_speed.py

Prints megabytes a second and each one's time as a multiple of ours for the same strategy, on the same text, sizes and
overlap. Peers that are not installed are left out: langchain-text-splitters, semchunk, semantic-text-splitter
(native code). For sentences, LangChain is told to cut after every full stop, so also after "Dr.".
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


def peers() -> dict[str, dict[str, Split]]:
    """Splitters of other packages, as many as there are, by the strategy of ours that they are to be compared with."""
    found: dict[str, dict[str, Split]] = {"recursive": {}, "Markdown": {}, "sentence": {}}
    try:
        lang = import_module("langchain_text_splitters")
        sizes = {"chunk_size": SIZE, "chunk_overlap": OVERLAP}
        recursive = lang.RecursiveCharacterTextSplitter
        found["recursive"] |= {
            "LangChain recursive": _listed(recursive(**sizes, add_start_index=True).create_documents),
            "LangChain recursive, no offsets": recursive(**sizes).split_text,
        }
        headers = lang.MarkdownHeaderTextSplitter([("#" * rank, f"h{rank}") for rank in range(1, 7)])
        within = recursive(**sizes)
        found["Markdown"] |= {
            "LangChain headers, then recursive": lambda text: within.split_documents(headers.split_text(text)),
            "LangChain MarkdownTextSplitter": lang.MarkdownTextSplitter(**sizes).split_text,
        }
        ends = r"(?<=[.!?])\s+"
        plain = {"is_separator_regex": True, "add_start_index": True, **sizes}
        by_one = lang.CharacterTextSplitter(separator=ends, **plain)
        by_ranks = recursive(separators=["\\n\\n", ends, " ", ""], **plain)
        found["sentence"] |= {
            "LangChain characters": _listed(by_one.create_documents),
            "LangChain characters, no offsets": by_one.split_text,
            "LangChain recursive": _listed(by_ranks.create_documents),
            "LangChain recursive, no offsets": by_ranks.split_text,
        }
    except ImportError:
        pass
    try:
        semchunk = import_module("semchunk")
        for offsets in (True, False):

            def by_meaning(text: str, offsets: bool = offsets) -> Any:
                return semchunk.chunk(text, SIZE, len, overlap=OVERLAP, offsets=offsets, memoize=False)

            label = "semchunk" if offsets else "semchunk, no offsets"
            found["recursive"][label] = found["sentence"][label] = by_meaning
    except ImportError:
        pass
    try:
        native = import_module("semantic_text_splitter")
        text = native.TextSplitter(SIZE, overlap=OVERLAP).chunk_indices
        found["recursive"]["semantic-text-splitter (Rust)"] = text
        found["sentence"]["semantic-text-splitter (Rust)"] = text
        found["Markdown"]["semantic-text-splitter (Rust)"] = native.MarkdownSplitter(
            SIZE, overlap=OVERLAP
        ).chunk_indices
    except ImportError:
        pass
    return found


def _listed(create: Callable[[list[str]], Any]) -> Split:
    return lambda text: create([text])


def raced(splits: dict[str, Split], text: str, rounds: int) -> dict[str, float]:
    """The least seconds of several rounds for each; by turns, so that a busy machine is unkind to all alike."""
    least = dict.fromkeys(splits, float("inf"))
    for _ in range(rounds):
        for name, split in splits.items():
            start = time.perf_counter()
            split(text)
            least[name] = min(least[name], time.perf_counter() - start)
    return least


def main() -> None:
    text = prose(1.0)
    ours = {
        "recursive": RecursiveChunker(SIZE, OVERLAP).split,
        "Markdown": MarkdownChunker(SIZE, OVERLAP).split,
        "sentence": SentenceChunker(SIZE, OVERLAP).split,
    }
    print(f"{len(text) / 1e6:.1f} MB, pieces of {SIZE}, overlap {OVERLAP}; best of {ROUNDS}")
    for strategy, others in peers().items():
        times = raced({f"loomlab {strategy}": ours[strategy], **others}, text, ROUNDS)
        for name, seconds in times.items():
            times_ours = seconds / times[f"loomlab {strategy}"]
            print(f"{name:42} {len(text) / 1e6 / seconds:8.2f} MB/s {times_ours:9.2f} times the time of ours")
        print()


if __name__ == "__main__":
    main()
