"""A small house's papers in seven formats, and forty questions that each one passage answers."""

from pathlib import Path
from typing import Any

from converters import handbook_papers
from converters.write import Made

LICENCE = """CC0 1.0 Universal

The authors of loomlab, who wrote the documents and questions of this folder for this purpose, have dedicated them to
the public domain by waiving all of their rights to the works worldwide under copyright law, including all related and
neighbouring rights, to the extent allowed by law. You can copy, modify, distribute and perform them, even for
commercial purposes, all without asking permission.

The full legal text of CC0 1.0 Universal is published by Creative Commons under the address
https://creativecommons.org/publicdomain/zero/1.0/legalcode
"""


def generate(_source: Path | None, _scratch: Path) -> Made:
    cases: list[dict[str, Any]] = []
    for number, (file, place, passage, question, *answers) in enumerate(handbook_papers.QUESTIONS, 1):
        cases.append(
            {
                "id": f"handbook-{number:02d}",
                "input": question,
                "target": answers,
                "cluster": file,
                "metadata": {"source": file, "passage": passage, **place},
            }
        )
    documents = {f"files/{name}": content for name, content in handbook_papers.files().items()}
    card = {
        "name": "handbook",
        "description": "Questions over a folder of PDF, Word, Excel, HTML, Markdown, CSV and text files.",
        "source": "written for this purpose; the organisation and all facts are invented",
        "package": "datasets/converters/handbook.py of this repository",
        "files": [
            "datasets/converters/handbook.py",
            "datasets/converters/handbook_papers.py",
            "datasets/converters/papers.py",
        ],
        "licence": "CC0-1.0",
        "licence_stated": "LICENSE of this folder",
        "retrieved": "2026-11-22",
        "language": "en",
        "scorer": "includes",
        "changed": ["nothing: it is made here"],
        "columns": {
            "input": "the question",
            "target": "the ways in which the answer may be written",
            "cluster": "the file that answers it",
            "metadata.source": "the same, a name in files/",
            "metadata.passage": "the words of the loaded file that answer it: a chunk that holds them is a hit",
            "metadata.page": "for PDF files, the page",
            "metadata.sheet": "for workbooks, the sheet",
        },
    }
    faults = [
        "The files are small and clean, made by a script and not by the usual programs: real ones are harder to read.",
        "Every question has its answer in one passage; none needs two files, and none has no answer.",
        "The questions use words of their passages more often than people's questions would.",
        "Answers are short, so that a text which holds the right word by chance counts as right.",
    ]
    return Made(cases, card, LICENCE, faults, documents=documents)
