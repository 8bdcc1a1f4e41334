"""How a run happens: the verbs, the gate, the accountant, the streams. Open ``run.py`` first."""

from loomlab.runtime.inproc import InProcRuntime, InProcSession
from loomlab.runtime.offered import Offered, OfferedTool
from loomlab.runtime.reply import Recalled, Reply, RunSettled, RunStopped
from loomlab.runtime.run import Run, current_run
from loomlab.runtime.together import together

__all__ = [
    "InProcRuntime",
    "InProcSession",
    "Offered",
    "OfferedTool",
    "Recalled",
    "Reply",
    "Run",
    "RunSettled",
    "RunStopped",
    "current_run",
    "together",
]
