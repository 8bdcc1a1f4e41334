"""``%loom help``: everything that may be typed."""

from collections.abc import Mapping

from loomlab.display import help_html, help_text
from loomlab.notebook.commands.command import Command
from loomlab.notebook.face import Face
from loomlab.notebook.notebook import Notebook
from loomlab.notebook.options import CELL_OPTIONS
from loomlab.notebook.settings import SETTINGS


def command(commands: Mapping[str, Command]) -> Command:
    """The command that lists ``commands`` (itself among them), settings and options."""

    def run(notebook: Notebook, rest: str) -> Face:
        sections = {
            "Ask": [
                ("%%loom [options]", "one run: the cell below this line is the prompt; {expression} inserts a value"),
                *((f"  {option.usage}", option.meaning) for option in CELL_OPTIONS),
            ],
            "Set what all cells start from": [
                ("%loom", "show the settings"),
                ("%loom name=value", "change one or more of them; nothing after = goes back to the default"),
                *((f"  {name}=", setting.meaning) for name, setting in SETTINGS.items()),
            ],
            "Look back": [(one.usage, one.meaning) for one in commands.values()],
            "In Python": [
                ("await show(agent.run(…))", "the same display for an agent of yours"),
                ("async for event in show(agent.stream(…))", "the same, and the events too"),
            ],
        }
        return Face(help_html(sections), help_text(sections))

    return Command("help", "%loom help", "this page", run)
