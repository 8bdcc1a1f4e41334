"""From what was said to what is known: a model proposes claims, guards decide which of them become facts."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from loomlab.core.messages import Message, Role
from loomlab.core.paying import current_payer
from loomlab.core.protocols import FactStore, Model
from loomlab.core.redact import redact
from loomlab.core.remembered import Episode, Fact
from loomlab.memory.claim_secrets import holds_secret
from loomlab.memory.claims import Claim, ClaimsAnswer, read_claims
from loomlab.memory.erasure_guard import Guard
from loomlab.memory.evidence import Evidence, evidence_of, without_recalled
from loomlab.memory.instants import instant
from loomlab.memory.known_claims import KnownClaims
from loomlab.memory.support import valid_from, was_before, why_not

ROLE = "memory"
"""What extraction is booked under."""

SYSTEM_PROMPT = """\
You keep notes for a person's assistant. From what the person said, write down what will still matter in a month: \
who they are, where they live and work, whom they know, what they like, own, plan, or cannot have.

Answer with a JSON array and nothing else. Each item:
{"subject": "...", "predicate": "...", "object": "...", "confidence": 0.0 to 1.0, "valid_from": "YYYY-MM-DD" or null}

- Write down only what is stated. A question, a request or a guess is no fact.
- subject: "user", unless it is about somebody or something else; then their name.
- predicate: lower case, with underscores, such as lives_in, works_at, has_pet. Use a name already in use where it fits.
- object: short, in the person's own words.
- valid_from: only where they say since when; work it out from the date given.
- Never write down a password, a key, or any other secret.
- Nothing worth a note: []"""

Ask = Callable[[Sequence[Message], Any], Awaitable[str]]
"""``ask(messages, schema)`` -> the model's text. ``schema`` is None for a model that takes none."""

TALLY: ContextVar[list[int] | None] = ContextVar("loomlab_consolidated", default=None)
"""Set by whoever wants to know how many facts the consolidations inside a call have added."""

_LONGEST = 8_000
"""Characters of one text that the model is shown."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A claim that did not become a fact, and ``why``."""

    episode_id: str
    claim: Claim
    why: str


class Consolidator:
    """Makes facts out of episodes, with a model and against rot.

    A claim becomes a fact only where the user's own words (or what a tool returned) support it; the assistant's answer
    is not even shown to the model, and neither is anything that memory recalled. What is known already gains a source
    and some confidence instead of a twin. Claims that hold secrets are dropped, and secrets are masked on their way
    to the model. A fact names the episode it came from and holds from the date that the text gives, else from the time
    of the episode. Predicates of which several may be true at once (likes, owns, speaks …) never end one another.

    Args:
        model: answers ``system_prompt`` and one exchange with a JSON array of claims.
        system_prompt: the instructions.
        max_facts_per_episode: claims kept of one exchange, in the model's order.
        require_support: False takes the model's word; the other guards stay.
        on_refused: told of each claim that was dropped, and why.
    """

    def __init__(
        self,
        *,
        model: Model,
        system_prompt: str = SYSTEM_PROMPT,
        max_facts_per_episode: int = 20,
        require_support: bool = True,
        on_refused: Callable[[Refused], None] | None = None,
    ) -> None:
        if max_facts_per_episode < 1:
            raise ValueError(f"max_facts_per_episode must be at least 1, not {max_facts_per_episode}")
        self.model = model
        self.system_prompt = system_prompt
        self.max_facts_per_episode = max_facts_per_episode
        self.require_support = require_support
        self._on_refused = on_refused

    async def consolidate(
        self,
        episodes: Sequence[Episode],
        *,
        store: FactStore,
        ask: Ask | None = None,
        evidence: Mapping[str, Sequence[str]] | None = None,
        still: Callable[[Episode], bool] | None = None,
    ) -> list[Fact]:
        """Add to ``store`` what the episodes tell, oldest first; the facts that are new.

        Args:
            episodes: each is one model call, or none where nothing is stated in it.
            store: where the facts go, and what is known already.
            ask: makes the model call instead; by default the run that we are in makes it, on its own bill under the
                role ``memory``, and outside a run the model is called directly.
            evidence: texts that tools returned, by episode id.
            still: asked before facts are stored, where ``store`` itself cannot tell; False drops them. An episode that
                was erased meanwhile gives no facts.

        Raises:
            ModelError, BudgetExceeded: the call could not be made; what came of earlier episodes is stored.
        """
        added: list[Fact] = []
        for episode in sorted(episodes, key=lambda one: instant(one.occurred_at)):
            added += await self._one(episode, store, ask, (evidence or {}).get(episode.id, ()), still)
        tally = TALLY.get()
        if tally is not None:
            tally.append(len(added))
        payer = current_payer()
        if added and payer is not None:
            await payer.wrote_facts(added)
        return added

    async def _one(
        self,
        episode: Episode,
        store: FactStore,
        ask: Ask | None,
        returned: Sequence[str],
        still: Callable[[Episode], bool] | None,
    ) -> list[Fact]:
        told = evidence_of(redact(episode.input), [redact(text) for text in returned])
        if not told and self.require_support:
            return []
        user = episode.user_id
        guard = await Guard.of(store, episode)
        if guard.gone:
            return []
        known = await KnownClaims.of(store, user)
        kept = self._kept(episode, await self._claims(episode, told, returned, known, ask), told, known)
        if not kept:
            return []
        if not guard.holds(still):
            return self._refuse(episode, kept, "memories of this user were erased meanwhile")
        # Others may have written meanwhile.
        known = await KnownClaims.of(store, user)
        new, stronger = known.weigh(
            [
                Fact(
                    user_id=user,
                    subject=claim.subject,
                    predicate=claim.predicate,
                    object=claim.object,
                    confidence=claim.confidence,
                    valid_from=valid_from(claim, told, episode.occurred_at),
                    sources=[episode.id],
                )
                for claim in kept
            ]
        )
        stored = await guard.append([*stronger, *new])
        return [fact for fact in new if fact.id in stored]

    async def _claims(
        self, episode: Episode, told: Evidence, returned: Sequence[str], known: KnownClaims, ask: Ask | None
    ) -> list[Claim]:
        """What the episode is said to tell, before any guard has looked at it."""
        return read_claims(await (ask or self._ask)(self._messages(episode, returned, known), self._schema()))

    def _messages(self, episode: Episode, returned: Sequence[str], known: KnownClaims) -> list[Message]:
        parts = [f"Date: {episode.occurred_at:%Y-%m-%d (%A)}"]
        if names := known.names():
            parts.append(f"Names in use (subject predicate): {'; '.join(names)}")
        parts.append(f"The person said:\n<said>\n{_shown(episode.input)}\n</said>")
        parts += [f"A tool returned:\n<returned>\n{_shown(text)}\n</returned>" for text in returned]
        return [
            Message(role=Role.SYSTEM, content=self.system_prompt),
            Message(role=Role.USER, content="\n\n".join(parts)),
        ]

    def _schema(self) -> Any:
        return ClaimsAnswer if getattr(self.model, "native_schema", False) else None

    async def _ask(self, messages: Sequence[Message], schema: Any) -> str:
        payer = current_payer()
        if payer is not None:
            return await payer.ask_as(ROLE, self.model, messages, schema=schema)
        options = {} if schema is None else {"output_schema": schema}
        complete = getattr(self.model, "complete", None)
        if complete is not None:
            return str((await complete(messages, **options))[0])
        return "".join([chunk.text or "" async for chunk in self.model.stream(messages, **options)])

    def _kept(self, episode: Episode, claims: list[Claim], told: Evidence, known: KnownClaims) -> list[Claim]:
        kept: list[Claim] = []
        open_text = redact(episode.input)
        for claim in claims:
            if holds_secret(claim) or (claim.object in episode.input and claim.object not in open_text):
                # Not even the one who asks why it was refused is shown it.
                self._refuse(episode, [Claim(claim.subject, "", "")], "it holds a secret")
                continue
            why = why_not(claim, told, known.subjects) if self.require_support else None
            if why is not None:
                self._refuse(episode, [claim], why)
            elif len(kept) == self.max_facts_per_episode:
                self._refuse(episode, [claim], f"one episode gives at most {self.max_facts_per_episode} facts")
            else:
                kept.append(known.spelled(claim))
        # "I moved from Paris to Lyon": what was left comes first, so that it is what ends.
        return sorted(kept, key=lambda claim: not was_before(claim, told))

    def _refuse(self, episode: Episode, claims: Sequence[Claim], why: str) -> list[Fact]:
        for claim in claims:
            if self._on_refused is not None:
                self._on_refused(Refused(episode.id, claim, why))
        return []


def _shown(text: str) -> str:
    """A text as the model may see it: without secrets, without what was recalled, unable to end its own tag."""
    plain = redact(without_recalled(text))[:_LONGEST]
    return re.sub(r"</?(said|returned)\b", r"‹\1", plain, flags=re.IGNORECASE)
