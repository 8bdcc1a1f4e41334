"""A comparison in words: what the decision card says."""

from collections.abc import Sequence

from loomlab.display import format as fmt
from loomlab.display.decision import ArmFigures, Decision
from loomlab.evals.compare import Comparison, Verdict
from loomlab.evals.ledger import Entry, shares, total
from loomlab.evals.paired import Paired
from loomlab.evals.sequential import Looks


def decision_card(found: Comparison) -> Decision:
    """The card of a comparison."""
    delta, low, high = found.shown
    return Decision(
        verdict=verdict_sentence(found),
        a=_figures(found, found.a),
        b=_figures(found, found.b),
        delta=delta,
        low=low,
        high=high,
        why=_why(found),
        fair=_fair(found),
        facts=_facts(found),
        margin=found.margin,
        confidence=found.score.confidence,
    )


def verdict_sentence(found: Comparison) -> str:
    """The verdict with its figures, in one sentence."""
    delta, below, above = found.shown
    if found.verdict is Verdict.EQUIVALENT:
        return f"No difference that matters: {found.b} and {found.a} lie within {found.margin:g} of each other."
    leader, other, size = (found.b, found.a, delta) if delta > 0 else (found.a, found.b, -delta)
    low, high = (below, above) if delta > 0 else (-above, -below)
    if found.verdict is Verdict.OPEN:
        if delta == 0:
            return f"Not decided yet: {found.a} and {found.b} score the same, and could differ by {fmt.score(high)}."
        return (
            f"Not decided yet: {leader} leads by {fmt.score(size)}, and could be anywhere from "
            f"{_behind(low)} to {fmt.score(high)} ahead."
        )
    return f"{leader} is better than {other}, by {fmt.score(size)} (between {fmt.score(low)} and {fmt.score(high)})."


def _behind(low: float) -> str:
    return f"{fmt.score(-low)} behind" if low < 0 else f"{fmt.score(low)}"


def _why(found: Comparison) -> list[str]:
    score = found.score
    units = f", {fmt.plural(score.units, 'cluster')}" if score.method == "cluster" else ""
    said = [f"{fmt.plural(found.cases, 'case')}{units}, paired."]
    if found.more is not None:
        what = "clusters" if score.method == "cluster" else "cases"
        size = fmt.score(found.worth_seeing)
        said.append(f"To see a difference of {size} at 80 % power you need about {found.more:,} more {what}.")
    if found.cost_usd is not None and found.cost_usd.mean_a:
        said.append(_dearer(found, found.cost_usd))
    if found.left_out:
        said.append(f"{fmt.plural(found.left_out, 'case')} without a score in both arms left out.")
    if found.quarantined:
        said.append(_quarantine(found))
    if found.looks is not None:
        said.append(_looked(found.looks))
    return [one for one in said if one]


_SHORT = {Verdict.EQUIVALENT: "that no difference matters", Verdict.OPEN: "that it is not decided yet"}


def _quarantine(found: Comparison) -> str:
    why = "; ".join(f"{case}: {reason}" for case, reason in found.reasons.items())
    said = f"{fmt.plural(found.quarantined, 'case')} in quarantine{f' ({why})' if why else ''}"
    if found.verdict_with is None:
        return f"{said}."
    if found.verdict_with is found.verdict:
        return f"{said}; with {'it' if found.quarantined == 1 else 'them'} the verdict is the same."
    named = {Verdict.A_BETTER: f"that {found.a} is better", Verdict.B_BETTER: f"that {found.b} is better", **_SHORT}
    return (
        f"{said}; with {'it' if found.quarantined == 1 else 'them'} the verdict would be {named[found.verdict_with]}."
    )


def _looked(looks: Looks) -> str:
    at = (
        f"decided after {fmt.plural(looks.pairs, 'pair')}"
        if looks.decided
        else f"open after {fmt.plural(looks.pairs, 'pair')}"
    )
    saved = f", {fmt.plural(looks.saved, 'trial')} saved" if looks.saved else ""
    return f"Looked at after every pair, {at}{saved}; the interval holds however often one looks."


def _dearer(found: Comparison, cost: Paired) -> str:
    share = cost.mean_b / cost.mean_a - 1
    if abs(share) < 0.005:
        return ""
    return f"{found.b} costs {fmt.percent(abs(share))} {'more' if share > 0 else 'less'}."


def _facts(found: Comparison) -> list[tuple[str, str]]:
    score, facts = found.score, []
    if score.both is not None:
        facts += [
            ("both right", f"{score.both:,}"),
            (f"only {found.a}", f"{score.only_a:,}"),
            (f"only {found.b}", f"{score.only_b:,}"),
            ("both wrong", f"{score.neither:,}"),
        ]
        facts += [("McNemar p", _p(score.mcnemar_p or 0.0))] if found.looks is None else []
    # Where one stopped because of what one saw, a p that knows nothing of it would mislead.
    facts += [("p", _p(score.p_value))] if found.looks is None else []
    if found.family > 1:
        facts.append((f"p after Holm ({found.family} pairs)", _p(found.p_adjusted)))
    facts.append(("min. detectable", fmt.score(score.mde)))
    for arm, rates in found.passes.items():
        k = max(rates, default=1)
        if k > 1:
            facts += [(f"{arm} pass@{k}", fmt.score(rates[k][0])), (f"pass^{k}", fmt.score(rates[k][1]))]
    for arm, (within, between) in found.variance.items():
        if within is not None:
            facts.append((f"{arm} variance within cases", fmt.significant(within, 2)))
            facts += [("between", fmt.significant(between, 2))] if between is not None else []
    return facts + [(f"{arm} spends", shown) for arm, spent in found.spent.items() if (shown := _spending(spent))]


def _spending(entries: Sequence[Entry]) -> str:
    """What an arm's calls were for, as shares of its cost, or of its tokens where they cost nothing or nobody knows.

    Empty where all of it was the agent's own.
    """
    parts, whole = shares(entries), total(entries)
    if set(parts) <= {"agent", "unknown"}:
        return ""
    dear = whole.known_usd > 0 and not whole.unknown
    of = whole.known_usd if dear else whole.tokens_in + whole.tokens_out
    said = []
    for part, one in parts.items():
        share = (one.known_usd if dear else one.tokens_in + one.tokens_out) / of if of else 0.0
        said.append(f"{part} {fmt.percent(share)}" if not one.unknown else f"{part} {fmt.plural(one.calls, 'call')}")
    return f"{' · '.join(said)} of its {'cost' if dear else 'tokens'}"


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def _fair(found: Comparison) -> list[str]:
    said = [f"{arm}: {one.said()}." for arm, one in found.confounds.items() if not one.clean]
    if not found.factors:
        said.append("Nothing that we record differs between the arms.")
    elif len(found.factors) == 1:
        said.append(f"One factor differs: {found.factors[0]}.")
    else:
        named = ", ".join(found.factors)
        said.append(
            f"{len(found.factors)} factors differ ({named}), so the difference can't be laid to any one of them."
        )
    return said


def _figures(found: Comparison, arm: str) -> ArmFigures:
    def mean(pair: Paired | None) -> float | None:
        return None if pair is None else pair.mean_a if arm == found.a else pair.mean_b

    interval = found.intervals[arm]
    return ArmFigures(
        arm,
        mean(found.score),
        interval.low,
        interval.high,
        mean(found.cost_usd),
        mean(found.tokens),
        mean(found.latency_ms),
        found.failures[arm],
    )
