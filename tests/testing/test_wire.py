"""The servers that stand in for providers."""

import threading

import httpx
import pytest

from loomlab.testing.wire import AnthropicWire, Failure, OpenAIWire, Reply, WireServer

ASKED = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


@pytest.mark.parametrize("wire", [OpenAIWire, AnthropicWire])
def test_steps_are_played_in_order_and_then_the_server_says_that_it_is_done(wire: type[WireServer]) -> None:
    with wire(["one", Failure(418, "a teapot", headers={"x-kind": "pot"})]) as server:
        first, second, third = (httpx.post(f"{server.url}/anything", json=ASKED) for _ in range(3))
    assert "one" in first.text
    assert (second.status_code, second.headers["x-kind"]) == (418, "pot")
    assert "a teapot" in second.text
    assert third.status_code == 500
    assert "used up" in third.text
    assert [request.body for request in server.requests] == [ASKED] * 3


def test_a_stream_is_cut_where_the_script_says() -> None:
    with OpenAIWire([Reply("many pieces of text", piece=4, drop_after=2)]) as server:
        heard = b""
        with (
            pytest.raises(httpx.RemoteProtocolError),
            httpx.stream("POST", f"{server.base_url}/chat/completions", json={**ASKED, "stream": True}) as reply,
        ):
            for piece in reply.iter_bytes():
                heard += piece
    assert b"many" in heard
    assert b"text" not in heard


def test_many_clients_at_once_get_a_step_each() -> None:
    heard: list[str] = []
    with OpenAIWire([f"<{number}>" for number in range(12)]) as server:

        def ask() -> None:
            reply = httpx.post(f"{server.base_url}/chat/completions", json=ASKED)
            heard.append(reply.json()["choices"][0]["message"]["content"])

        threads = [threading.Thread(target=ask) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(heard) == sorted(f"<{number}>" for number in range(12))


def test_outside_its_block_a_server_has_no_address() -> None:
    with pytest.raises(RuntimeError, match="with block"):
        _ = OpenAIWire().url
