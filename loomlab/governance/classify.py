"""Which of our model errors an SDK's exception is."""

from loomlab.core.errors import ModelError


def classify_model_error(exc: BaseException) -> ModelError | None:
    """Our error for an SDK's or HTTP client's exception; None where it is none of theirs."""
    return exc if isinstance(exc, ModelError) else None
