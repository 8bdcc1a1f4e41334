"""Facts out of conversations: whether an agent extracts them as it goes."""

from loomlab import memory as remembering
from loomlab.core.errors import ConfigError
from loomlab.core.protocols import Memory, Model, Telemetry


def extracting(memory: Memory, model: Model, wanted: bool | None, telemetry: Telemetry | None) -> Memory:
    """``memory``, or one around it that extracts facts with ``model`` after every exchange.

    ``wanted`` None: where the model calls a provider and the memory keeps facts. A memory that extracts already stays.
    Raises ConfigError where extraction is asked for and the memory keeps no facts.
    """
    if not wanted and (wanted is False or not getattr(model, "network", False)):
        return memory
    if isinstance(memory, remembering.AutoExtractMemory):
        return memory
    if getattr(memory, "facts", None) is None:
        if wanted is None:
            return memory
        raise ConfigError(
            f"auto_extract=True needs a memory that keeps facts, and {type(memory).__name__} keeps none: "
            "make it with_facts=True, or leave auto_extract out"
        )
    consolidator = remembering.Consolidator(model=model)
    return remembering.AutoExtractMemory(memory, consolidator, telemetry=telemetry, auto_picked=wanted is None)
