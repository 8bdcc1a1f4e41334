"""The command line: ``loomlab new | run | eval | runs | lab | doctor``. Open ``app.py`` first, then ``groups/``.

Each command is one file, and a function that returns an exit code: 0 done, 1 failed, 2 asked for something that can't
be, 130 stopped by Ctrl-C. What goes wrong is said in one sentence on standard error.
"""

from loomlab.cli.app import main

__all__ = ["main"]
