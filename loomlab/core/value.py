"""What all value types share."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A pydantic model whose validator is built when it is first used, so that importing the package stays quick."""

    model_config = ConfigDict(defer_build=True)
