"""Descriptions of parameters from docstrings, in the three ways people write them."""

from collections.abc import Callable
from typing import Any

import pytest

from loomlab.tools import tool


def google(city: str, days: int = 1, unit: str = "c") -> None:
    """Look up the weather.

    Further words.

    Args:
        city: Where it is,
            spelled out.
        days (int, optional): How many days: one or more.

        unit: Which unit.

    Returns:
        unit: not this.
    """


def numpy(city: str, days: int = 1, unit: str = "c") -> None:
    """Look up the weather.

    Parameters
    ----------
    city : str
        Where it is,
        spelled out.
    days: int, optional
        How many days: one or more.
    unit
        Which unit.

    Returns
    -------
    unit : str
        Not this.
    """


def sphinx(city: str, days: int = 1, unit: str = "c") -> None:
    """Look up the weather.

    :param city: Where it is,
        spelled out.
    :param int days: How many days: one or more.
    :param unit: Which unit.
    :returns: not this
    """


@pytest.mark.parametrize("fn", [google, numpy, sphinx])
def test_parameters_are_described(fn: Callable[..., Any]) -> None:
    made = tool(fn)
    assert made.description == "Look up the weather."
    assert {name: one["description"] for name, one in made.input_schema["properties"].items()} == {
        "city": "Where it is, spelled out.",
        "days": "How many days: one or more.",
        "unit": "Which unit.",
    }


def test_a_first_sentence_over_two_lines_is_kept_whole_and_the_rest_left_out() -> None:
    def f() -> None:
        """Look up the weather of a city
        in the archive. And more.
        Even more.
        """

    assert tool(f).description == "Look up the weather of a city in the archive. And more."


def test_a_summary_ends_where_a_section_begins() -> None:
    def f(a: int) -> None:
        """Weigh
        Args:
            a: how heavy
        """

    made = tool(f)
    assert made.description == "Weigh"
    assert made.input_schema["properties"]["a"]["description"] == "how heavy"


def test_numpy_names_may_share_a_line() -> None:
    def f(x: int, y: int) -> None:
        """Go.

        Parameters
        ----------
        x, y : int
            Where to.
        """

    found = tool(f).input_schema["properties"]
    assert found["x"]["description"] == found["y"]["description"] == "Where to."


def test_no_docstring_is_no_description() -> None:
    def f(a: int) -> None: ...

    made = tool(f)
    assert made.description == ""
    assert made.input_schema["properties"]["a"] == {"type": "integer"}


def test_a_docstring_that_names_no_parameter_describes_none() -> None:
    def f(a: int) -> None:
        """Say: anything.

        Example:
            a: one
        """

    assert tool(f).input_schema["properties"]["a"] == {"type": "integer"}
