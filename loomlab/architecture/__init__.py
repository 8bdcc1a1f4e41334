"""Ways to think, one file each, behind one kwarg. Open ``react.py`` first; ``resolve.py`` maps names to them."""

from loomlab.architecture.react import ReAct
from loomlab.architecture.resolve import resolve_architecture
from loomlab.architecture.self_refine import SelfRefine
from loomlab.core.protocols import Architecture
from loomlab.core.session import AgentSession
from loomlab.runtime import Run as Dependencies

__all__ = ["AgentSession", "Architecture", "Dependencies", "ReAct", "SelfRefine", "resolve_architecture"]
