"""IPython without a front end: what its cells show is caught, and what they raise is handed back."""

from dataclasses import dataclass, field
from typing import Any

from IPython.core.interactiveshell import InteractiveShell


@dataclass
class Cell:
    """What one cell did."""

    outputs: list[dict[str, str]] = field(default_factory=list)
    value: Any = None
    error: BaseException | None = None

    @property
    def text(self) -> str:
        """Everything it showed, as text."""
        return "\n\n".join(one.get("text/plain", "") for one in self.outputs)

    @property
    def html(self) -> str:
        """Everything it showed, as HTML."""
        return "".join(one.get("text/html", "") for one in self.outputs)


class Shell:
    """IPython with the extension loaded."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.ip = shell
        self.published: list[dict[str, str]] = []
        publisher: Any = shell.display_pub
        publisher.publish = self._publish

    def _publish(self, data: dict[str, str], metadata: Any = None, **_: Any) -> None:
        self.published.append(data)

    def run(self, code: str) -> Cell:
        """Run a cell; its value, where it has one, is shown too."""
        self.published.clear()
        done = self.ip.run_cell(code)
        cell = Cell(list(self.published), done.result, done.error_before_exec or done.error_in_exec)
        if done.result is not None:
            formatter: Any = self.ip.display_formatter
            cell.outputs.append(formatter.format(done.result)[0])
        return cell

    def ok(self, code: str) -> Cell:
        """Run a cell that must succeed."""
        cell = self.run(code)
        assert cell.error is None, cell.error
        return cell

    def __getitem__(self, name: str) -> Any:
        return self.ip.user_ns[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.ip.user_ns[name] = value
