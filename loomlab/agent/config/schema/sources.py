"""Where tools come from: functions, MCP servers, skills."""

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from loomlab.agent.config.schema.base import DOTTED, Table, TextOrReference, forms, is_table, is_text, spelled

Builtin = Literal["read", "write", "edit", "ls", "glob", "grep", "bash", "python", "filesystem"]


class BuiltinTable(Table):
    """A built-in tool, or all of those for files (``filesystem``), and the folder it works in."""

    builtin: Builtin = Field(description="which tool")
    workdir: Annotated[str, Field(min_length=1)] | None = Field(
        None, description="the folder; else a temporary one that goes with the process"
    )
    timeout: Annotated[float, Field(gt=0)] | None = Field(None, description="bash, python: seconds a call may take")

    @model_validator(mode="after")
    def _runs_something(self) -> Self:
        if self.timeout is not None and self.builtin not in ("bash", "python"):
            raise PydanticCustomError("one_of", "{say}", {"say": "has timeout, which goes with bash and python"})
        return self


_BUILTIN_TEXT = rf"^builtin:({'|'.join(get_args(Builtin))})$"
ToolForm = forms(
    (
        "text",
        is_text,
        spelled(
            f"{_BUILTIN_TEXT}|^(?!builtin:){DOTTED[1:]}",
            takes="the dotted path of a function, package.module:name, or a built-in tool: "
            + ", ".join(f"builtin:{name}" for name in get_args(Builtin)),
        ),
    ),
    ("table", is_table, BuiltinTable),
    takes="a dotted path, 'builtin:read' and its like, or a table with builtin",
)


class MCPTable(Table):
    """An MCP server: one that is started (``command``), or one that runs somewhere (``url``)."""

    name: Annotated[str, Field(min_length=1)] = Field(description="what the server is called")
    command: str | None = Field(None, description="the program to start")
    args: list[str] | None = Field(None, description="its arguments")
    env: dict[str, TextOrReference] | None = Field(None, description="its environment variables; secrets by reference")
    url: TextOrReference | None = Field(None, description="the server's address")
    headers: dict[str, TextOrReference] | None = Field(None, description="sent with each request; secrets by reference")
    description: str | None = Field(None, description="what it is for")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.command is None) == (self.url is None):
            raise PydanticCustomError("one_of", "{say}", {"say": "takes either command (a program) or url (a server)"})
        for key, needs in (("args", "command"), ("env", "command"), ("headers", "url")):
            if getattr(self, key) is not None and getattr(self, needs) is None:
                raise PydanticCustomError("one_of", "{say}", {"say": f"has {key}, which goes with {needs}"})
        return self


class SkillTable(Table):
    """A skill, or a folder of some."""

    path: Annotated[str, Field(min_length=1)] = Field(description="its folder")
    label: str | None = Field(None, description="shown beside its name")


SkillForm = forms(
    ("text", is_text, Annotated[str, Field(min_length=1)]),
    ("table", is_table, SkillTable),
    takes="the folder of a skill, or a table with path and label",
)
