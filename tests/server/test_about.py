"""Which loomlab answers, and what it reads."""

from importlib.metadata import version

import anyio
from served import Server

from loomlab.core.remembered import Episode
from loomlab.memory import SqliteMemory


def test_about_names_versions_and_the_log(server: Server) -> None:
    about = server.get("about").json
    assert about["version"] == version("loomlab")
    assert about["api"] == 1
    assert about["log"] == {"name": "log", "exists": False}
    assert about["problem"] is None


def test_an_address_that_there_is_not_is_named_with_the_nearest_one(server: Server) -> None:
    reply = server.get("abuot")
    assert reply.status == 404
    assert reply.message == "there is no address 'abuot' here; did you mean 'about'?"


def test_a_parameter_that_there_is_not_is_refused_by_name(server: Server) -> None:
    reply = server.get("about", colour="red")
    assert reply.status == 400
    assert reply.message.startswith("there is no parameter 'colour' here")


def test_a_memory_file_below_the_root_folder_is_named(server: Server) -> None:
    async def remember() -> None:
        memory = SqliteMemory(server.root / "bot.db")
        await memory.remember(Episode(session_id="s", user_id="alice", input="I live in Lyon.", output="Noted."))
        await memory.aclose()

    assert server.get("about").json["memories"] == []
    anyio.run(remember)
    assert server.get("about").json["memories"] == ["bot.db"]
