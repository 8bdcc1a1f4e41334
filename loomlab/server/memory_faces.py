"""One user's memory as JSON: the displays' own faces, and what the panel's controls need beside them."""

from datetime import datetime

from loomlab.display.memory import is_empty
from loomlab.display.memory_live import Stop, known_stops, sentence, true_stops
from loomlab.display.memory_search import explanation_html, explanation_text
from loomlab.display.memory_view import MemoryView
from loomlab.display.text import preview
from loomlab.display.theme import fitting
from loomlab.inspector import Inspector
from loomlab.server.shapes_memory import FactRow, MemoryAnswer, MemoryStop, MemoryTalk, MemoryUserFace

_FACTS, _TALKS = 1_000, 200
_NOBODY, _NO_NAME = "nobody", "empty"


def word_for(user_id: str | None) -> str:
    """What has to be typed before anything of a user is erased: the name; a word where there is none."""
    if user_id is None:
        return _NOBODY
    return user_id.strip() or _NO_NAME


def user_face(inspector: Inspector, true_at: datetime | None, known_at: datetime | None) -> MemoryUserFace:
    """The memory looked at from two instants; None is now."""
    stops = true_stops(inspector.base), known_stops(inspector.base)
    if true_at is not None or known_at is not None:
        inspector.look(true_at, known_at)
    view = inspector.view
    html, text = inspector.faces
    return {
        "html": html,
        "text": text,
        "sentence": sentence(view),
        "empty": is_empty(inspector.base),
        "facts": _facts(view),
        "more_facts": max(0, len(view.facts) - _FACTS),
        "true_stops": [_stop(one) for one in stops[0]],
        "known_stops": [_stop(one) for one in stops[1]],
        "talks": _talks(inspector.base),
        "confirm": word_for(inspector.user_id),
    }


def explained(inspector: Inspector, query: str, true_at: datetime | None) -> MemoryAnswer:
    """Every candidate for a question, at the instant that is looked at."""
    if true_at is not None:
        inspector.look(true_at, None)
    inspector.search(query)
    found = inspector.extras.candidates or ()
    return {
        "html": fitting(explanation_html(query, found, limit=limit) for limit in (25, 10, 3)),
        "text": explanation_text(query, found),
    }


def _facts(view: MemoryView) -> list[FactRow]:
    return [
        {
            "id": fact.id,
            "subject": preview(fact.subject, 200),
            "predicate": preview(fact.predicate, 200),
            "object": preview(fact.object, 400),
            "valid_from": fact.valid_from.isoformat(),
            "valid_until": None if fact.valid_until is None else fact.valid_until.isoformat(),
            "recorded_at": fact.recorded_at.isoformat(),
            "state": view.state(fact),
        }
        for fact in reversed(view.facts[-_FACTS:])
    ]


def _stop(stop: Stop) -> MemoryStop:
    return {"at": None if stop.at is None else stop.at.isoformat(), "name": stop.name}


def _talks(view: MemoryView) -> list[MemoryTalk]:
    began: dict[str, str] = {}
    for one in view.episodes:
        began.setdefault(one.session_id, one.input)
    talks: list[MemoryTalk] = [
        {"session_id": name, "title": f"conversation {number}: {preview(began[name], 80)}"}
        for name, number in view.conversations().items()
    ]
    return talks[::-1][:_TALKS]
