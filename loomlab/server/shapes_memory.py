"""The JSON that the routes of memory answer with; the extension's types are generated from these."""

from typing import Literal, NotRequired, TypedDict


class MemoryUser(TypedDict):
    """One whose memory is kept. null: what belongs to nobody named."""

    user_id: str | None
    facts: int
    episodes: int


class MemoryInfo(TypedDict):
    """One memory by its name. ``problem``: why it can't be read, in one sentence. ``more``: users not listed."""

    name: str
    kind: str
    users: list[MemoryUser]
    more: int
    problem: str | None


class MemoryList(TypedDict):
    """``memory``. ``empty``: what to type next, where there is none."""

    memories: list[MemoryInfo]
    empty: NotRequired[str]


class FactRow(TypedDict):
    """One fact as known at the instant that is looked at, with what it is at that instant."""

    id: str
    subject: str
    predicate: str
    object: str
    valid_from: str
    valid_until: str | None
    recorded_at: str
    state: Literal["true", "ended", "later", "corrected"]


class MemoryStop(TypedDict):
    """A place of a slider: an instant at which something changes (null: now), and its name."""

    at: str | None
    name: str


class MemoryTalk(TypedDict):
    """One conversation, the newest first in a list, with how it began."""

    session_id: str
    title: str


class MemoryUserFace(TypedDict):
    """``memory/user``: one user's memory at two instants. ``sentence`` says where we stand and what is true there.

    ``confirm`` is what has to be typed before anything of this user is erased.
    """

    html: str
    text: str
    sentence: str
    empty: bool
    facts: list[FactRow]
    more_facts: int
    true_stops: list[MemoryStop]
    known_stops: list[MemoryStop]
    talks: list[MemoryTalk]
    confirm: str


class MemoryAnswer(TypedDict):
    """``memory/explain``: what would be recalled for a question, and why."""

    html: str
    text: str


class ForgetPlan(TypedDict):
    """``memory/forget`` without ``confirm``: what would go, and what has to be typed. Nothing was erased."""

    would_erase: int
    confirm: str
    html: str
    text: str


class Forgotten(TypedDict):
    """``memory/forget`` with ``confirm``: the receipt. ``logged``: rows of the run log that still hold the words."""

    erased: int
    logged: int
    html: str
    text: str


class Scrubbed(TypedDict):
    """``memory/scrub``: the user's words are out of this many rows of the run log."""

    rows: int
    text: str
