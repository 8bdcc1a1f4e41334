"""``%%loom --ab a,b`` and a prompt: two answers stream beside each other, and a person says which is better."""

import random
from collections.abc import Callable, Mapping
from typing import Any

from loomlab.agent import Agent
from loomlab.core.errors import ConfigError
from loomlab.display import RunTrace, snapshot
from loomlab.display.ab import LETTERS
from loomlab.notebook.arms import arms_of
from loomlab.notebook.ballot import Ballot
from loomlab.notebook.board import Board
from loomlab.notebook.errors import mark_shown
from loomlab.notebook.notebook import Notebook
from loomlab.notebook.pairing import Pairing
from loomlab.notebook.side_by_side import Arm, results_of, run_arms

_HIDDEN: Mapping[str, Any] = {"facts_html": "", "rows": [], "note": ""}


def run_pair_cell(
    notebook: Notebook,
    options: Mapping[str, str],
    make: Callable[[str], Agent],
    prompt: str,
    arguments: Mapping[str, Any],
) -> tuple[Pairing, BaseException | None]:
    """Run both, and ask for a vote; what came of it, and what ended it early."""
    agents = arms_of(notebook, options["ab"], make)
    for name, agent in agents.items():
        if not isinstance(agent, Agent):
            raise ConfigError(f"--ab {name!r} is a {type(agent).__name__}; beside each other stand agents and ways")
    if len(agents) != 2:
        raise ConfigError(
            f"a vote is between two arms, and --ab names {len(agents)}; with --on a dataset it may be more"
        )
    blind, quiet = "blind" in options, "quiet" in options
    order = list(agents)
    if blind:
        # The draw moves on with every vote of the notebook, and is the same when the notebook is run again.
        draw = f"{options.get('seed', '0')}:{len(notebook.seen.outermost)}:{prompt}"
        random.Random(draw).shuffle(order)
    board = Board(notebook.screen, shown=not quiet)
    arms = [
        Arm(
            name,
            agents[name],
            board,
            title=letter if blind else f"{letter} · {name}",
            picture=_unnamed if blind else snapshot,
        )
        for letter, name in zip(LETTERS, order, strict=True)
    ]
    ended = run_arms(notebook, arms, board, lambda one: one.run(prompt, **arguments))
    pairing = Pairing(
        results_of(arms),
        [arm.column for arm in arms],
        prompt=prompt,
        blind=blind,
        log=None if notebook.not_recording is not None else notebook.log,
    )
    place = board.close(pairing.face)
    if ended is not None and not quiet:
        mark_shown(ended)
    if pairing.can_be_voted:
        ballot = Ballot(pairing, notebook.screen, place)
        notebook.ask_for(ballot)
        if not quiet and ended is None:
            ballot.open()
    return pairing, ended


def _unnamed(trace: RunTrace) -> dict[str, Any]:
    """A run by its answer alone: its name, its steps and what it cost could tell which it is."""
    now = "answering" if trace.status == "running" else "done"
    return {**snapshot(trace), **_HIDDEN, "now": now}
