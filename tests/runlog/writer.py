"""A process that logs sample runs until it is told to stop or killed: ``python writer.py HOME NAME COUNT``.

After each run that ended it prints the run's id: from then on the run has to be in the log, whatever happens.
"""

import sys

from loomlab.runlog import RunLog
from loomlab.testing.events import sample_run


def main(home: str, name: str, count: int) -> None:
    log = RunLog.open(home)
    for number in range(count):
        run_id = f"run_{name}_{number:06d}"
        for event in sample_run(run_id=run_id, user_id=name, nested=number % 5 == 0, memory=number % 7 == 0):
            log.on_event(event)
        print(run_id, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
