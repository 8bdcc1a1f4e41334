import pytest

from loomlab.runtime.faults import ending


@pytest.mark.parametrize(
    ("reason", "ended"),
    [
        (None, "answered"),
        ("max_turns_exceeded", "turn_cap"),
        ("budget:max_tokens", "budget"),
        ("cancelled", "cancelled"),
        ("specialist:ana:max_turns_exceeded", "turn_cap"),
        ("specialist:ana:specialist:bo:budget:per_user_max_cost_usd", "budget"),
        ("specialist:budget:max_turns_exceeded", "turn_cap"),
        ("swarm:budget:cycle_detected", "stopped"),
        ("specialist:cancelled:budget:max_tokens", "budget"),
        ("swarm:ana:max_handoffs", "stopped"),
    ],
)
def test_the_end_of_a_reason_tells_why_a_run_ended_whatever_its_workers_are_called(reason, ended) -> None:
    assert ending(reason) == ended
