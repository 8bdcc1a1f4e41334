"""The memory questions of the Berkeley Function Calling Leaderboard (v4), with the talk they ask about."""

import re
import zipfile
from pathlib import Path
from typing import Any

from converters.bfcl import PACKAGE, RETRIEVED, SHA256, VERSION, read_lines
from converters.write import Made, python_package

SCENARIOS = ("customer", "finance", "healthcare", "notetaker", "student")
_DATA = "bfcl_eval/data"
_FOLDER = f"{_DATA}/memory_prereq_conversation"

FAULTS = [
    "Which turn answers a question is told upstream by a quotation only; where that is in no turn word for word, the "
    "turn that shares most of its words was taken (metadata.evidence_by = 'words').",
    "memory_40-healthcare-10, memory_64-finance-9, memory_125-student-45, memory_128-student-48, "
    "memory_130-notetaker-0, memory_137-notetaker-7: the answer is a time as HH:MM AM/PM, which no turn says that way.",
    "memory_76-finance-21: the answer is a list in alphabetical order, which no turn has.",
    "memory_152-notetaker-22: the answer is a count, which no turn says.",
    "memory_149-notetaker-19: the answer is 'Yes', which is in no turn.",
    "Only the user's turns are known; what the assistant answered is not part of the data.",
    "Five scenarios are five clusters: an interval over them is wide whatever is measured.",
]


def convert(source: Path | None, scratch: Path) -> Made:
    wheel = python_package(PACKAGE, VERSION, SHA256, source, scratch)
    turns: dict[str, list[dict[str, Any]]] = {}
    with zipfile.ZipFile(wheel) as archive:
        asked = read_lines(archive, f"{_DATA}/BFCL_v4_memory.json")
        keys = {row["id"]: row for row in read_lines(archive, f"{_DATA}/possible_answer/BFCL_v4_memory.json")}
        for scenario in SCENARIOS:
            turns[scenario] = _turns(scenario, read_lines(archive, f"{_FOLDER}/memory_{scenario}.json"))
    cases = [_case(row, keys[row["id"]], turns[row["scenario"]]) for row in asked]
    card = {
        "name": "bfcl_memory",
        "description": "Memory: questions about what a person said in earlier conversations.",
        "source": "Berkeley Function Calling Leaderboard v4 (gorilla, UC Berkeley)",
        "package": f"{PACKAGE} {VERSION} (PyPI), wheel sha256 {SHA256}",
        "files": [
            f"{_DATA}/BFCL_v4_memory.json",
            f"{_DATA}/possible_answer/BFCL_v4_memory.json",
            *(f"{_FOLDER}/memory_{scenario}.json" for scenario in SCENARIOS),
        ],
        "licence": "Apache-2.0",
        "licence_stated": "package metadata (License: Apache 2.0) and the front matter of bfcl_eval/data/README.md",
        "retrieved": RETRIEVED,
        "language": "en",
        "changed": [
            "the conversations became one line a turn, in conversations.jsonl",
            "the turns that answer a question were looked up by the quotation that upstream gives",
        ],
        "columns": {
            "input": "the question",
            "target": "every answer that counts as right",
            "cluster": "the scenario: one person, whose conversations all of its questions are about",
            "metadata.evidence": "ids of the turns of conversations.jsonl that say it",
        },
    }
    licence = (
        "The data in this folder stem from the Berkeley Function Calling Leaderboard\n"
        "(gorilla, Sky Computing Lab, UC Berkeley; package bfcl-eval) and were changed as card.toml says.\n\n"
        "Licensed under the Apache License, Version 2.0; its text is the file LICENSE at the root of this repository.\n"
    )
    everything = [turn for scenario in SCENARIOS for turn in turns[scenario]]
    return Made(cases, card, licence, FAULTS, {"conversations.jsonl": everything})


def _turns(scenario: str, conversations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "id": f"{scenario}-{number}-{turn}",
            "scenario": scenario,
            "conversation": f"{scenario}-{number}",
            "topic": conversation["topic"],
            "text": message["content"],
        }
        for number, conversation in enumerate(conversations)
        for turn, (message,) in enumerate(conversation["question"])
    ]


def _case(row: dict[str, Any], key: dict[str, Any], turns: list[dict[str, Any]]) -> dict[str, Any]:
    ((message,),) = row["question"]
    answers = [str(one) for one in key["ground_truth"]]
    evidence, by = _evidence(key["source"], answers, turns)
    return {
        "id": row["id"],
        "input": message["content"],
        "target": answers,
        "cluster": row["scenario"],
        "metadata": {"evidence": evidence, "evidence_by": by, "quotation": key["source"]},
    }


def _evidence(quotation: str, answers: list[str], turns: list[dict[str, Any]]) -> tuple[list[str], str]:
    """The turns that a quotation is from. Upstream shortens with dots, and writes the weekday of a note before it."""
    parts = [_plain(part) for part in re.split(r"\.\.\.|…", quotation)]
    for name, wanted in (("quotation", parts), ("note", [_plain(quotation.partition(": ")[2])])):
        held = {turn["id"]: sum(len(part) for part in wanted if part in _plain(turn["text"])) for turn in turns}
        if most := max(held.values()):
            return [one for one, length in held.items() if length == most], name
    words = set(_plain(quotation).split())
    shared = {turn["id"]: len(words & set(_plain(turn["text"]).split())) for turn in turns}
    best = [turn["id"] for turn in turns if shared[turn["id"]] == max(shared.values())]
    told = {turn["id"]: _plain(turn["text"]) for turn in turns}
    return [one for one in best if any(_plain(answer) in told[one] for answer in answers)] or best, "words"


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
