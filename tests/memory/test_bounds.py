import pytest

from loomlab.memory.bounds import UserBounds


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def bounded(**kwargs: float | None) -> tuple[UserBounds, Clock, list[str]]:
    clock, dropped = Clock(), []
    bounds = UserBounds(**kwargs, clock=clock)
    bounds.on_drop(dropped.append)
    return bounds, clock, dropped


def test_users_idle_for_too_long_go_and_active_ones_stay() -> None:
    bounds, clock, dropped = bounded(idle_ttl_seconds=10)
    bounds.touch("alice")
    bounds.touch("bob")
    clock.now = 8
    bounds.touch("bob")
    clock.now = 11
    bounds.sweep()
    assert dropped == ["alice"]
    assert bounds.named_users == 1
    clock.now = 19
    bounds.touch(None)
    assert dropped == ["alice", "bob"]


def test_the_one_touched_longest_ago_makes_room() -> None:
    bounds, _, dropped = bounded(max_users=2)
    for user in ("alice", "bob", "alice", "carol"):
        bounds.touch(user)
    assert dropped == ["bob"]


def test_without_bounds_nobody_goes() -> None:
    bounds, clock, dropped = bounded()
    for number in range(1000):
        clock.now += 1e6
        bounds.touch(str(number))
    assert not dropped
    assert bounds.named_users == 1000


@pytest.mark.parametrize("wrong", [{"max_users": 0}, {"idle_ttl_seconds": 0}, {"idle_ttl_seconds": -1.0}])
def test_bounds_that_hold_nobody_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="or None"):
        UserBounds(**wrong)
