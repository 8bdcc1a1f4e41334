"""The dictionary that forgets."""

from hypothesis import given
from hypothesis import strategies as st

from loomlab.governance.bounded import BoundedDict
from loomlab.testing.clock import FakeClock


def bounded(max_items: int, idle_s: float, clock: FakeClock) -> "BoundedDict[str, list[int]]":
    return BoundedDict(list, max_items=max_items, idle_s=idle_s, clock=clock)


def test_a_value_is_made_once_and_kept_while_it_is_used() -> None:
    clock = FakeClock()
    made = bounded(3, 10, clock)
    made.use("a").append(1)
    for _ in range(5):
        clock.advance(9)
        assert made.use("a") == [1]
    clock.advance(11)
    assert made.peek("a") is None
    assert made.use("a") == []


def test_looking_is_not_using() -> None:
    clock = FakeClock()
    made = bounded(2, 10, clock)
    made.use("a").append(1)
    made.use("b")
    assert made.peek("a") == [1]
    made.use("c")
    assert made.peek("a") is None
    assert made.peek("missing") is None


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 6))), st.integers(1, 4), st.integers(1, 10))
def test_it_holds_the_last_used_and_no_more_than_it_may(
    steps: list[tuple[str, int]], max_items: int, idle_s: int
) -> None:
    clock = FakeClock()
    made = bounded(max_items, idle_s, clock)
    used: dict[str, float] = {}
    for key, wait in steps:
        clock.advance(wait)
        made.use(key)
        used.pop(key, None)
        used[key] = clock()
        expected = [one for one, at in used.items() if clock() - at <= idle_s][-max_items:]
        assert [one for one in used if made.peek(one) is not None] == expected
        assert len(made) == len(expected)
        used = {one: used[one] for one in expected}
