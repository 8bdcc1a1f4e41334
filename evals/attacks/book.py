"""What an attack is, and the list of all of them."""

from collections.abc import Awaitable, Callable
from pathlib import Path

SECRET = "SENTINEL-7f3a-not-to-leave"
Attack = Callable[[Path], Awaitable[bool]]

ATTACKS: list[tuple[str, str, Attack]] = []


def attack(family: str, name: str) -> Callable[[Attack], Attack]:
    """Add an attack; it returns True where it was stopped."""

    def add(run: Attack) -> Attack:
        ATTACKS.append((family, name, run))
        return run

    return add
