"""What was made from a config, and what it says of it: so that it can be written down again as it was."""

from typing import Any


class Made:
    """The parts of an agent, and of the agents in it, each with the form it had in the config."""

    def __init__(self) -> None:
        self._parts: list[tuple[Any, Any]] = []

    def keep(self, part: Any, form: Any) -> Any:
        """Remember the form of ``part``, and return ``part``."""
        self._parts.append((part, form))
        return part

    def form_of(self, part: Any) -> Any:
        """The form of ``part``; None where it came from elsewhere."""
        return next((form for one, form in self._parts if one is part), None)
