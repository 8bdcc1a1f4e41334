"""How a run happens: the verbs, the gate, the accountant, the streams. Open ``run.py`` first."""

from loomlab.runtime.inproc import InProcRuntime, InProcSession
from loomlab.runtime.reply import Recalled, Reply, RunStopped
from loomlab.runtime.run import Run, current_run

__all__ = ["InProcRuntime", "InProcSession", "Recalled", "Reply", "Run", "RunStopped", "current_run"]
