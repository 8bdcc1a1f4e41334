"""Teams in one call each: builders that return an ``Agent`` which thinks as a team. Open ``builders.py`` first.

``Team.supervisor(workers={…}, model=…)`` is ``Agent("", model=…, architecture=Supervisor(workers={…}))``. What an
``Agent`` accepts, every builder accepts (``options.py``). ``run_architecture`` tries a strategy by itself.
"""

from loomlab.architecture.handoff import Handoff
from loomlab.architecture.router import RouterRoute
from loomlab.team.alone import run_architecture
from loomlab.team.builders import Team
from loomlab.team.options import AgentOptions

__all__ = ["AgentOptions", "Handoff", "RouterRoute", "Team", "run_architecture"]
