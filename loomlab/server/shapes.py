"""The JSON that the routes of runs answer with; the extension's types are generated from these."""

from typing import Literal, NotRequired, TypedDict


class LogInfo(TypedDict):
    """Which run log is read: the folder's name, and whether anything was ever written there."""

    name: str
    exists: bool


class About(TypedDict):
    """``about``. ``problem``: why the log can't be read, in one sentence."""

    version: str
    api: int
    schema_version: int
    log: LogInfo
    memories: list[str]
    problem: str | None


class RunRow(TypedDict):
    """One run in a list. ``notebook`` is relative to the server's root folder; null: none, or one outside of it."""

    run_id: str
    parent_run_id: str | None
    started_at: str | None
    user_id: str | None
    session_id: str | None
    agent: str | None
    architecture: str | None
    model: str | None
    status: str
    ended: str | None
    prompt: str
    output: str
    turns: int | None
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float | None
    duration_ms: float | None
    notebook: str | None
    error_type: str | None


class RunPage(TypedDict):
    """``runs``. ``empty``: what to type next, where the log holds no run at all."""

    total: int
    offset: int
    rows: list[RunRow]
    took_ms: float
    empty: NotRequired[str]


class FacetValue(TypedDict):
    """One value to filter by, and how many outermost runs have it. null: none was given; filter by an empty text."""

    value: str | None
    count: int


class Facets(TypedDict):
    """``runs/facets``: the most frequent values of each, at most 200."""

    users: list[FacetValue]
    architectures: list[FacetValue]
    models: list[FacetValue]
    outcomes: list[FacetValue]
    notebooks: list[FacetValue]


class Spent(TypedDict):
    """Model calls and what they cost. ``cost_usd`` is the known part; ``calls_unpriced`` have no known price."""

    cost_usd: float
    calls: int
    calls_unpriced: int
    calls_cached: int
    tokens_in: int
    tokens_out: int


class Spend(TypedDict):
    """``runs/spend``: today on the server's clock, and one notebook over all days."""

    today: Spent
    notebook: Spent | None


class RunFace(TypedDict):
    """``run``: one run as the displays show it. ``live``: it goes on."""

    row: RunRow
    html: str
    text: str
    live: bool


class AlignedFace(TypedDict):
    """``run/align``: runs side by side."""

    html: str
    text: str
    ids: list[str]


class ForkCell(TypedDict):
    """``run/fork``: a code cell. ``kind``: another end of the run from its journal, or the same question again."""

    source: str
    kind: Literal["fork", "again"]


class Changed(TypedDict):
    """The data of ``event: changed`` in ``events``: how many there are now, and the newest outermost run."""

    runs: int
    evaluations: int
    latest: str | None


class Refusal(TypedDict):
    """Every error: one sentence with the remedy."""

    message: str
