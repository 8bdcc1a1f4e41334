"""A folder with code beside a config."""

from pathlib import Path

import pytest

CODE = '''
from pydantic import BaseModel
from loomlab import NoBudget, tool
from loomlab.security import DictSecrets

def shout(text: str) -> str:
    """Say it loudly."""
    return text.upper()

@tool(name="wipe_all", destructive=True)
def wipe(path: str) -> str:
    """Wipe a file."""
    return path

class Letter(BaseModel):
    to: str

class Note(BaseModel):
    text: str

async def approve(call, user_id):
    return True

def look(call):
    return None

def caps():
    return NoBudget()

def keys():
    return DictSecrets({"AUDIT": "a-secret-of-the-vault"})

def only_last(history, payload):
    return history[-1]
'''


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A folder with code beside the configs; the module has a name of its own for each test."""
    (tmp_path / f"{module(request)}.py").write_text(CODE, encoding="utf-8")
    return tmp_path


def module(request: pytest.FixtureRequest) -> str:
    return "code_" + "".join(one if one.isalnum() else "_" for one in request.node.name)[:60]


@pytest.fixture
def code(request: pytest.FixtureRequest) -> str:
    return module(request)
