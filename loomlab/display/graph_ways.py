"""Which arrows a run took: events tell what is active, the arrows are found between what was active before and now."""

from collections.abc import Iterable, Iterator

from loomlab.graph import Graph

_PASSED = ("check", "memory")
"""Kinds of boxes that no event need name: a run passes through them."""


class Ways:
    """The arrows of a graph, for one run after the other."""

    def __init__(self, graph: Graph) -> None:
        self._into: dict[str, list[tuple[int, str]]] = {}
        for number, edge in enumerate(graph.edges):
            self._into.setdefault(edge.target, []).append((number, edge.source))
        self._above = {one.id: one.group for one in graph.everything}
        self._passed = {node.id for node in graph.nodes if node.kind in _PASSED}

    def around(self, one: str) -> Iterator[str]:
        """A box and the groups around it, inside out."""
        while one:
            yield one
            one = self._above.get(one, "")

    def leading(self, one: str, seen: Iterable[str]) -> Iterator[tuple[str, str, tuple[int, ...]]]:
        """Where a run can have come from to ``one``: each source, the box or group it leads to, the arrows on the way.

        Boxes that no event names lie on the way, unless ``seen`` says that one did.
        """
        passable = self._passed.difference(seen)
        inside = set(self.around(one))
        for target in self.around(one):
            ways: list[tuple[str, tuple[int, ...]]] = [
                (source, (number,)) for number, source in self._into.get(target, ())
            ]
            passed: set[str] = set()
            while ways:
                source, arrows = ways.pop(0)
                # Only an arrow of its own leads back to where a run is: what it would pass may not have happened yet.
                if source not in inside or (source == one and len(arrows) == 1):
                    yield source, target, arrows
                if source in passable and source not in passed:
                    passed.add(source)
                    ways += [(before, (number, *arrows)) for number, before in self._into.get(source, ())]


class Trail:
    """What was active in one run so far, latest last, and which of it has led on."""

    def __init__(self, ways: Ways, begin: str = "") -> None:
        self._ways = ways
        self._when: dict[str, int] = {}
        self._led_on: set[str] = set()
        self._clock = 0
        self._begin = begin
        if begin:
            self.mark(begin)

    def mark(self, one: str) -> None:
        """``one`` is active now, and so is every group around it."""
        self._clock += 1
        for part in self._ways.around(one):
            self._when[part] = self._clock
            self._led_on.discard(part)

    def step(self, one: str, *, beside: bool = False) -> tuple[int, ...]:
        """Go on to ``one``: the arrows taken. ``beside``: it is active already, and this is one more beside it."""
        found: dict[int, None] = {}
        came = [
            (self._when[source], source, arrows)
            for source, target, arrows in self._ways.leading(one, self._when)
            if source in self._when
            and not (beside and source == one)
            # Into a group that it is in already a run comes only from what was active since.
            and (target == one or self._when[source] > self._when.get(target, 0))
        ]
        if came:
            first = [way for way in came if way[1] == self._begin and len(way[2]) == 1 and one not in self._when]
            latest = max(first or came, key=lambda way: way[0])
            # What ran side by side and has not led on yet meets here.
            meeting = [way for way in came if way[1] not in self._led_on and not beside and not first]
            for _, source, arrows in (latest, *meeting):
                found |= dict.fromkeys(arrows)
                self._led_on.add(source)
        self.mark(one)
        return tuple(found)
