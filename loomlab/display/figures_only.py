"""What happened without what was said: events whose texts are left out, for a page that goes to somebody else."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from loomlab.core.events import Event
from loomlab.runlog import Alignment, RunRecord, align

LEFT_OUT = "(left out)"

_NAMES_OF_FIELDS = (
    "kind name agent architecture model role tool tools status ended workflow node branch id call_id run_id session_id "
    "parent_run_id type finish_reason decision by started_at finished_at interruption_reason provider what"
)
_NAMES = frozenset(_NAMES_OF_FIELDS.split())
"""Fields whose text is a name, a state or a time: these stay."""

_SAID = frozenset({"prompt", "output", "text", "message", "content", "input", "error", "reason"})
"""Fields whose text was said: something must stand there still, so that it is seen that there was one."""

_WHOLE_FIELDS = (
    "messages args parsed metadata facts episodes blocks why fact tool_def made_from certified value user_id"
)
_WHOLE = frozenset(_WHOLE_FIELDS.split())
"""Fields that go with all that is in them."""


def figures_only(events: Iterable[Event]) -> list[Event]:
    """The same events: who did what, when, how long and for how much, and not a word of what was asked or answered."""
    return [
        Event(
            one.kind, one.session_id, one.at, _bare(one.payload, 0), run_id=one.run_id, parent_run_id=one.parent_run_id
        )
        for one in events
    ]


def record_without_texts(record: RunRecord) -> RunRecord:
    """A logged run with figures only. It has no result: that is an answer."""
    info = {key: value for key, value in _bare(dict(record.info), 0).items() if key != "user_id"}
    return replace(record, info=info, events=figures_only(record.events), result=None)


def alignment_without_texts(records: Mapping[str, RunRecord]) -> Alignment:
    """Runs side by side by what they did, whatever they said."""
    return align({name: record_without_texts(one) for name, one in records.items()})


def _bare(value: Any, depth: int) -> Any:
    """Figures as they are; a text only where its field is known to hold no content."""
    if isinstance(value, Mapping):
        return {key: _field(str(key), one, depth) for key, one in value.items() if depth < 8}
    if isinstance(value, (list, tuple)):
        return [_bare(one, depth + 1) for one in value]
    return value if value is None or isinstance(value, (bool, int, float)) else ""


def _field(name: str, value: Any, depth: int) -> Any:
    if name in _WHOLE:
        return [] if isinstance(value, (list, tuple)) else {} if isinstance(value, Mapping) else None
    if name in _SAID:
        return None if value is None else LEFT_OUT
    if isinstance(value, str) or (isinstance(value, list) and name == "tools"):
        # What a strategy tells in nested data is its own: a name there may be a sentence.
        known = name in _NAMES and (depth == 0 or name not in ("name", "what"))
        return value if known else ""
    return _bare(value, depth + 1)
