"""What a durable run says when it cannot go on by itself."""

from loomlab.core.errors import RuntimeJournalError


class UnknownOutcome(RuntimeJournalError):
    """A step was begun before the process ended, and nobody knows whether it took effect.

    Attributes: ``session_id``, ``step`` (its name in the journal), ``what`` (the tool, say), ``user_id``.
    """

    def __init__(self, *, session_id: str, step: str, what: str, user_id: str | None) -> None:
        super().__init__(
            f"{what} was begun as step {step!r} of session {session_id!r} and did not come to its end before the run "
            "was cut off, so it may have taken effect or not. Look, then either let it run again: "
            f'agent.resume({session_id!r}, prompt, on_unknown="retry"), or enter what came of it: '
            f"runtime.settle({session_id!r}, {step!r}, result), and resume"
        )
        self.session_id = session_id
        self.step = step
        self.what = what
        self.user_id = user_id
