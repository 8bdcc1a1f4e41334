"""What a judge may say, as words or on a scale, and reading it from what a model wrote."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from loomlab.architecture.reading import json_values, read_field

_NAMES = ("grade", "verdict", "score", "winner", "rating")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")


class Grades:
    """The grades of a judge: words, each worth a number from 0 to 1, or a scale from its worst to its best number.

    Raises ``ValueError`` for fewer than two words, or a scale without length.
    """

    def __init__(self, words: Mapping[str, float] | None = None, scale: Sequence[float] | None = None) -> None:
        self.words = {word.strip().casefold(): float(value) for word, value in (words or {}).items()}
        self.scale: tuple[float, float] | None = None
        if scale is not None:
            if len(scale) != 2 or not all(map(math.isfinite, scale)) or scale[0] == scale[1]:
                raise ValueError(f"scale is two different numbers, worst and best, as in [1, 5], not {scale!r}")
            self.scale = (float(scale[0]), float(scale[1]))
        elif len(self.words) < 2 or not all(0 <= value <= 1 for value in self.words.values()):
            raise ValueError('grades are at least two words with numbers from 0 to 1, as in {"good": 1, "bad": 0}')

    @property
    def said(self) -> str:
        """The grades as a prompt lists them."""
        if self.scale is not None:
            return f"a number from {self.scale[0]:g} (worst) to {self.scale[1]:g} (best)"
        return " | ".join(f'"{word}"' for word in self.words)

    @property
    def worst(self) -> float:
        """What the worst grade is worth."""
        return 0.0 if self.scale is not None else min(self.words.values())

    def form(self) -> type[BaseModel]:
        """The form of a verdict, for models that keep to one. The reason comes first, so that it is not an excuse."""
        grade: Any = float
        about: Any = Field()
        if self.scale is None:
            grade = Literal[tuple(self.words)]
        else:
            about = Field(ge=min(self.scale), le=max(self.scale))
        return create_model("Verdict", reason=(str, Field(max_length=600)), grade=(grade, about))

    def read(self, text: str) -> tuple[str, float, str] | None:
        """Grade, what it is worth, and the reason out of a reply; None where it says none, or two different ones.

        A grade is read from JSON, from a line ``grade: …``, or where the reply or its last line is nothing else. A word
        inside a sentence is not taken: "not correct" is no "correct".
        """
        for value in json_values(text):
            if isinstance(value, dict):
                named = {str(key).strip().casefold(): one for key, one in value.items()}
                for name in _NAMES:
                    if name in named and (found := self._grade(named[name])) is not None:
                        return (*found, str(named.get("reason", named.get("reasoning", ""))).strip())
        lines = [line.strip(" \t*_`#>-.\"'") for line in text.splitlines() if line.strip(" \t*_`#>-.\"'")]
        fields = [one for name in _NAMES if (one := read_field(text, name)) is not None]
        graded = {found for one in fields if (found := self._grade(one)) is not None}
        if not graded and lines:
            graded = {found for one in {lines[-1], text.strip()} if (found := self._grade(one)) is not None}
        if len(graded) != 1:
            return None
        grade, worth = next(iter(graded))
        return grade, worth, " ".join(line for line in lines if self._grade(line) is None)[:600]

    def _grade(self, said: Any) -> tuple[str, float] | None:
        if self.scale is None:
            word = str(said).strip(" \t\n*_`.\"'[]()").casefold()
            return (word, self.words[word]) if word in self.words else None
        number = self._number(said)
        if number is None or not min(self.scale) <= number <= max(self.scale):
            return None
        return f"{number:g}", (number - self.scale[0]) / (self.scale[1] - self.scale[0])

    def _number(self, said: Any) -> float | None:
        if isinstance(said, bool):
            return None
        if isinstance(said, (int, float)):
            return float(said) if math.isfinite(said) else None
        text = str(said).strip(" \t\n*_`.\"'[]()")
        number, slash, of = text.partition("/")
        if slash and self.scale is not None and of.strip() != f"{max(self.scale):g}":
            return None
        return float(number) if _NUMBER.fullmatch(number.strip()) else None
