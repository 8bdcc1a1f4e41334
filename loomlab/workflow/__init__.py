"""Workflows: the path is the developer's, drawn before it runs; the steps are functions, agents or workflows.

Open ``workflow.py`` first (what a user builds), then ``flow.py`` (how one run of it happens).
"""

from loomlab.workflow.marking import step
from loomlab.workflow.result import StepTaken, WorkflowResult
from loomlab.workflow.terminal import END, START, Terminal
from loomlab.workflow.workflow import Workflow

__all__ = ["END", "START", "StepTaken", "Terminal", "Workflow", "WorkflowResult", "step"]
