"""A ``RunResult`` without its trace: the answer and the line of facts."""

import json

from loomlab.core.events import Event
from loomlab.core.results import RunResult
from loomlab.display.clean import preformatted
from loomlab.display.facts import Facts, facts_html, facts_text
from loomlab.display.markdown import markdown_html
from loomlab.display.nodes import RunStatus
from loomlab.display.notice import error_body, error_text
from loomlab.display.remedy import interruption
from loomlab.display.text import clip, plain
from loomlab.display.theme import face

_HTML_ANSWER, _TEXT_ANSWER = 6_000, 4_000


def result_html(result: RunResult) -> str:
    """The static HTML face."""
    typed = _typed(result)
    answer = preformatted(clip(typed, _HTML_ANSWER)) if typed else markdown_html(result.output, limit=_HTML_ANSWER)
    empty = "" if result.interrupted else '<p class="s">(an empty answer)</p>'
    body = f'<div class="answer" dir="auto">{answer}</div>' if answer else empty
    if result.interrupted:
        why = interruption(result.interruption_reason or "")
        body += error_body(why.what, why.why, why.remedy, mark=why.mark)
    return face(body + facts_html(_facts(result)))


def result_text(result: RunResult) -> str:
    """The text face."""
    parts = [clip(plain(_typed(result) or result.output).strip(), _TEXT_ANSWER)]
    if not parts[0]:
        parts = [] if result.interrupted else ["(an empty answer)"]
    if result.interrupted:
        why = interruption(result.interruption_reason or "")
        parts.append(error_text(why.what, why.why, why.remedy, mark=why.mark))
    return "\n\n".join([*parts, facts_text(_facts(result))])


def _status(result: RunResult) -> RunStatus:
    if not result.interrupted:
        return "answered"
    return "cancelled" if (result.interruption_reason or "").rpartition(":")[2] == "cancelled" else "interrupted"


def _typed(result: RunResult) -> str:
    if result.parsed is None:
        return ""
    data = Event.completed(result.session_id, result).payload["result"]["parsed"]  # as every watcher of the run sees it
    return json.dumps(data, ensure_ascii=False, indent=2, default=str)


def _facts(result: RunResult) -> Facts:
    return Facts(
        _status(result),
        result.architecture,
        result.agent,
        result.model,
        result.turns,
        result.tokens_in,
        result.tokens_out,
        result.cost_usd,
        result.duration_ms,
        result.user_id,
        ended=result.ended,
    )
