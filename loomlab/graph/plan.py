"""A finished layout: boxes, frames and arrows with their coordinates, in pixels from the top left."""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    w: float
    h: float

    def moved(self, dx: float, dy: float) -> "Box":
        """The same elsewhere."""
        return Box(self.x + dx, self.y + dy, self.w, self.h)

    @property
    def middle(self) -> tuple[float, float]:
        """Its centre."""
        return self.x + self.w / 2, self.y + self.h / 2


Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Route:
    """An arrow: its points from source to target, and the middle of its label.

    ``upright`` says that it leaves and arrives vertically. ``anchor`` is how the label stands at its place. ``bow``
    is an arrow from a box to itself; ``back`` is the number of the way back, which is not
    drawn then (a ``twin``): this one points at both ends.
    """

    number: int
    points: tuple[Point, ...]
    label: Point
    upright: bool = False
    anchor: str = "middle"
    bow: bool = False
    back: int | None = None
    twin: bool = False

    def moved(self, dx: float, dy: float) -> "Route":
        """The same elsewhere."""
        points = tuple((x + dx, y + dy) for x, y in self.points)
        return replace(self, points=points, label=(self.label[0] + dx, self.label[1] + dy))


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything in its place. Boxes and frames by id."""

    w: float
    h: float
    boxes: dict[str, Box] = field(default_factory=dict)
    frames: dict[str, Box] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()

    def moved(self, dx: float, dy: float) -> "Plan":
        """The same elsewhere, to be put into another."""
        return Plan(
            self.w,
            self.h,
            {key: box.moved(dx, dy) for key, box in self.boxes.items()},
            {key: box.moved(dx, dy) for key, box in self.frames.items()},
            tuple(route.moved(dx, dy) for route in self.routes),
        )
