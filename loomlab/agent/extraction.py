"""Facts out of conversations: whether an agent extracts them as it goes."""

from loomlab import memory as remembering
from loomlab.core.errors import ConfigError
from loomlab.core.protocols import Memory, Model, Telemetry


def extracting(memory: Memory, model: Model, wanted: bool | None, telemetry: Telemetry | None) -> Memory:
    """``memory``, or one around it that extracts facts with ``model`` after every exchange.

    ``wanted`` None: where the model calls a provider, or is the small one on this machine, and the memory keeps facts.
    The small one is no help here, so what people plainly say of themselves is read by patterns, without a call of it.
    A memory that extracts already stays. Raises ConfigError where it is asked for and the memory keeps no facts.
    """
    small = bool(getattr(model, "on_device", False))
    if not wanted and (wanted is False or not (small or getattr(model, "network", False))):
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
    consolidator = remembering.PatternConsolidator() if small else remembering.Consolidator(model=model)
    picked = wanted is None and not small
    return remembering.AutoExtractMemory(memory, consolidator, telemetry=telemetry, auto_picked=picked)
