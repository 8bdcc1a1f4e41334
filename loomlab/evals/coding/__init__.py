"""Running code that a model wrote: in a process of its own, with limits, and killed with all it started.

Open ``contained.py`` first; ``inside.py`` is what that process runs. This holds back mistakes and mischief of ordinary
code (endless loops, floods of output, files and processes outside); it is no wall against code written to break out.
"""

from loomlab.evals.coding.contained import Ran, run_tests
from loomlab.evals.coding.extract import code_in
from loomlab.security.contained import Limits

__all__ = ["Limits", "Ran", "code_in", "run_tests"]
