"""Capitals of the world, from the game quiz of the Debian package bsdgames."""

import re
from pathlib import Path

from converters.patterns import expand
from converters.write import Made, debian_package

VERSION = "2.17-29+b1"
RETRIEVED = "2026-11-22"
QUIZ = "usr/share/games/bsdgames/quiz"
PLACES = {
    "africa": "{}",
    "america": "{}",
    "asia": "{}",
    "europe": "{}",
    "state": "the US state of {}",
    "province": "the Canadian province or territory of {}",
}
RENAMED = {"Malagasy Republic": "Madagascar", "Rep. Congo": "the Republic of the Congo", "SGSSI": None}
_MARK = "\b"
"""The source writes an accent as letter, backspace, accent; beside each such spelling it has the plain letter."""


def convert(source: Path | None, scratch: Path) -> Made:
    folder = debian_package("bsdgames", VERSION, source, scratch)
    found: dict[str, tuple[str, str, list[str]]] = {}
    left_out = []
    for region, wording in PLACES.items():
        for place, answers in _entries(folder / QUIZ / region):
            asked = wording.format(place)
            if any(_says(place, answer) for answer in answers):
                left_out.append(place)
            elif asked in found:
                kept = found[asked][2]
                kept += [answer for answer in answers if answer not in kept]
            else:
                found[asked] = (region, place, answers)
    cases = [
        {
            "id": f"{region}-{_slug(place)}",
            "input": f"What is the capital of {asked}?",
            "target": answers,
            "metadata": {"region": region},
        }
        for asked, (region, place, answers) in found.items()
    ]
    card = {
        "name": "capitals",
        "description": "Capitals of countries, territories, US states, Canadian provinces: short closed-book answers.",
        "source": "the game quiz of BSD games, as Debian ships it",
        "package": f"bsdgames {VERSION} (Debian)",
        "files": [f"{QUIZ}/{region}" for region in PLACES],
        "licence": "BSD-3-Clause",
        "licence_stated": "usr/share/doc/bsdgames/copyright of the package",
        "retrieved": RETRIEVED,
        "language": "en",
        "changed": [
            "patterns became lists of all spellings they allow, without those that type an accent by a backspace",
            "a place is asked for by its longest plain spelling; 'Malagasy Republic' became 'Madagascar' and "
            "'Rep. Congo' became 'the Republic of the Congo'",
            "places that stand in two regions were merged",
            f"left out, because the answer stands in the question: {', '.join(left_out)}",
        ],
        "columns": {
            "input": "the question",
            "target": "every spelling that counts as right",
            "metadata.region": "source file",
        },
    }
    licence = (folder / "usr/share/doc/bsdgames/copyright").read_text(encoding="utf-8", errors="replace")
    return Made(cases, card, licence[: licence.index('\nThe files "caesar')] + "\n", FAULTS)


FAULTS = [
    "africa-burundi: the key is Bujumbura; since 2019 the political capital is Gitega.",
    "america-netherlands-antilles: dissolved in 2010.",
    "africa-swaziland, europe-macedonia, asia-burma: named Eswatini (2018), North Macedonia (2019) and Myanmar now.",
    "africa-the-gambia: Bathurst, the name until 1973, counts as right.",
    "asia-sri-lanka: only Kotte, the seat of parliament, counts as right, and not Colombo.",
    "asia-israel, europe-kosovo, europe-abkhazia, europe-south-ossetia and others: the status is disputed.",
]


def _entries(path: Path) -> list[tuple[str, list[str]]]:
    entries = []
    for line in path.read_text(encoding="utf-8").replace("\\\n", "").splitlines():
        first, second = line.split(":")[:2]
        places = [one for one in expand(first) if _MARK not in one and RENAMED.get(one, one)]
        place = max(places, key=len)
        answers = [one for one in dict.fromkeys(expand(second)) if _MARK not in one]
        entries.append((RENAMED.get(place) or place, answers))
    return entries


def _says(place: str, answer: str) -> bool:
    return re.search(rf"\b{re.escape(answer)}\b", place, re.IGNORECASE) is not None


def _slug(place: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", place.lower()))
