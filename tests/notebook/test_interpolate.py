"""Expressions in prompts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomlab import ConfigError
from loomlab.notebook.interpolate import interpolate

SPACE: dict[str, Any] = {
    "city": "Lyon",
    "price": 3.14159,
    "width": 8,
    "d": {"a:b": "colon", "}": "brace"},
    "names": ["x", "y"],
    "s": "it's",
}


def _evaluate(expression: str) -> Any:
    return eval(expression, {}, SPACE)


@pytest.mark.parametrize(
    "text",
    [
        "no braces",
        "{city}",
        "{city!r} and {city!s}",
        "{price:.2f}",
        "{price:{width}.2f}|",
        "{price:>{width}}|",
        "{d['a:b']}",
        "{d['}']}",
        "{len(names)} {names[0]} {', '.join(names)}",
        "{ {1: 2}[1] }",
        "{(lambda x: x + 1)(2)}",
        "{city == 'Lyon'} {3 != 4}",
        "{city=} {price=:.1f} {city = }",
        "{{literal}} {{{city}}}",
        "{'{'}",
        "{s}",
        "{names[0]:>3}",
        "{f'{city}!'}",
    ],
)
def test_a_prompt_is_filled_as_an_f_string_is(text: str) -> None:
    assert interpolate(text, _evaluate) == eval("f" + repr(text) if "\\" in repr(text) else f'f"""{text}"""', {}, SPACE)


@given(st.text(alphabet="ab {}'\"!:=\\\n", max_size=30))
def test_any_text_is_filled_or_refused_in_one_sentence(text: str) -> None:
    try:
        interpolate(text, _evaluate)
    except ConfigError as exc:
        assert "{{" in str(exc) or "nested" in str(exc) or "after '!'" in str(exc)


@given(st.text(max_size=60))
def test_a_text_with_its_braces_doubled_comes_back_as_it_was(text: str) -> None:
    assert interpolate(text.replace("{", "{{").replace("}", "}}"), _evaluate) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello {nobody}", "{nobody} has no value: NameError"),
        ("{1 / 0}", "{1 / 0} has no value: ZeroDivisionError: division by zero"),
        ("{city +}", "{city +} has no value: it is not a Python expression"),
        ("{}", "no expression between the braces"),
        ("{city", "a '{' is not closed in '{city'"),
        ("a } b", "a '}' closes nothing"),
        ("{city:.2f}", "{city:.2f} can't be formatted"),
        ("{city!x}", "after '!' comes r, s or a"),
        ('{"city": 1}', "can't be formatted"),
    ],
)
def test_a_wrong_expression_is_named_and_the_way_to_literal_braces_told(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        interpolate(text, _evaluate)
    assert said in str(caught.value)
    assert "{{" in str(caught.value) or "after '!'" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_value_with_braces_is_not_looked_into() -> None:
    assert interpolate("{x}", lambda _: "{secret}") == "{secret}"
