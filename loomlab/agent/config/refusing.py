"""What can't be written down: refused with its name, or left out and told of."""

from typing import Any

from loomlab.agent.config.places import Place
from loomlab.agent.config.problems import place_name
from loomlab.core.errors import ConfigError


class Refusing:
    """Where a writer says that a part has no form in a config."""

    def __init__(self, *, lossy: bool) -> None:
        self.lossy = lossy
        self.left_out: list[str] = []

    def refuse(self, place: Place, what: str, remedy: str) -> Any:
        """Raises ConfigError; where losses are accepted, notes what is left out and gives None."""
        said = f"{place_name(place)}: {what} can't be written in a config"
        if not self.lossy:
            raise ConfigError(f"{said}; {remedy}, or leave it out with lossy=True")
        self.left_out.append(f"left out: {said}")
        return None
