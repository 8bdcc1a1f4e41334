"""Places and how many of each thing lie there."""

from typing import ClassVar

from loomlab.evals.worlds.world import World


class Stockroom(World):
    """State: ``{"places": {"shelf A": {"cups": 4}}}``. A thing of which none is left is not listed."""

    actions: ClassVar[tuple[str, ...]] = ("look", "move", "add", "remove")

    def look(self, place: str) -> dict[str, int]:
        """Count what lies in a place.

        Args:
            place: name of the place
        """
        return dict(self._place(place))

    def move(self, thing: str, count: int, source: str, target: str) -> str:
        """Carry things from one place to another.

        Args:
            thing: what to carry
            count: how many
            source: the place they lie in
            target: the place they go to
        """
        to = self._place(target)
        self._take(thing, count, source)
        to[thing] = to.get(thing, 0) + count
        return f"{count} {thing} moved from {source} to {target}"

    def add(self, thing: str, count: int, place: str) -> str:
        """Put new things into a place.

        Args:
            thing: what to put there
            count: how many
            place: name of the place
        """
        lies = self._place(place)
        lies[thing] = lies.get(thing, 0) + self._counted(count)
        return f"{count} {thing} added to {place}"

    def remove(self, thing: str, count: int, place: str) -> str:
        """Take things out of the stock.

        Args:
            thing: what to take away
            count: how many
            place: the place they lie in
        """
        self._take(thing, count, place)
        return f"{count} {thing} removed from {place}"

    def _place(self, name: str) -> dict[str, int]:
        places: dict[str, dict[str, int]] = self.state["places"]
        if name not in places:
            raise ValueError(f"there is no place {name!r}; there are: {', '.join(sorted(places))}")
        return places[name]

    def _take(self, thing: str, count: int, place: str) -> None:
        lies, wanted = self._place(place), self._counted(count)
        if lies.get(thing, 0) < wanted:
            raise ValueError(f"{place} holds {lies.get(thing, 0)} {thing}, not {count}")
        lies[thing] -= wanted
        if lies[thing] == 0:
            del lies[thing]

    @staticmethod
    def _counted(count: int) -> int:
        if count < 1:
            raise ValueError(f"a count is a whole number from 1, not {count!r}")
        return count
