"""The dictionary that forgets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomlab.core.bounded import BoundedDict
from loomlab.testing.clock import FakeClock


def bounded(max_items: int | None, idle_s: float | None, clock: FakeClock) -> "BoundedDict[str, list[int]]":
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


def test_without_bounds_nothing_goes() -> None:
    clock = FakeClock()
    made = bounded(None, None, clock)
    for number in range(1000):
        clock.advance(1e6)
        made.use(str(number))
    assert len(made) == 1000


@pytest.mark.parametrize(("max_items", "idle_s"), [(0, None), (None, 0), (None, -1.0)])
def test_bounds_that_hold_nothing_are_refused(max_items: int | None, idle_s: float | None) -> None:
    with pytest.raises(ValueError, match="or None for no bound"):
        bounded(max_items, idle_s, FakeClock())


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 6))),
    st.one_of(st.none(), st.integers(1, 4)),
    st.one_of(st.none(), st.integers(1, 10)),
)
def test_it_holds_the_last_used_and_no_more_than_it_may_and_tells_of_every_key_that_goes(
    steps: list[tuple[str, int]], max_items: int | None, idle_s: int | None
) -> None:
    clock = FakeClock()
    made = bounded(max_items, idle_s, clock)
    gone: list[str] = []
    made.on_drop(gone.append)
    used: dict[str, float] = {}
    expected_gone: list[str] = []
    for key, wait in steps:
        clock.advance(wait)
        late = [one for one, at in used.items() if idle_s is not None and clock() - at > idle_s]
        expected_gone += late
        used = {one: at for one, at in used.items() if one not in late}
        used.pop(key, None)
        used[key] = clock()
        if max_items is not None and len(used) > max_items:
            expected_gone.append(next(iter(used)))
            del used[expected_gone[-1]]
        made.use(key)
        assert gone == expected_gone
        assert len(made) == len(used) and all(one in made for one in used)
