"""The embedders behind a network, each through its provider's own SDK against a server on a loopback port."""

import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from anyio import to_thread

from loomlab.core.errors import (
    AuthenticationError,
    InvalidRequestError,
    ModelError,
    RateLimitError,
    TransientModelError,
)
from loomlab.core.messages import Usage
from loomlab.core.paying import PAYER
from loomlab.memory import CohereEmbedder, OpenAIEmbedder, VoyageEmbedder
from loomlab.memory.remote_embedder import RemoteEmbedder
from loomlab.testing.wire import EmbeddingsWire, Failure, Reply

pytestmark = pytest.mark.anyio
KEY = "the-secret-key-of-this-test"
KINDS = ("openai", "voyage", "cohere")
Make = Callable[..., Any]


class Bill:
    """Who pays, noting down what for."""

    def __init__(self) -> None:
        self.booked: list[tuple[str, str, Usage]] = []

    async def count(self, role: str, model: str, usage: Usage) -> None:
        self.booked.append((role, model, usage))


@pytest.fixture
def wire() -> Iterator[EmbeddingsWire]:
    with EmbeddingsWire() as one:
        yield one


@pytest.fixture
async def make(wire: EmbeddingsWire, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Make]:
    made: list[RemoteEmbedder] = []
    monkeypatch.setattr("loomlab.memory.remote_embedder.RETRIES", 0)

    def one(kind: str, *args: Any, **settings: Any) -> RemoteEmbedder:
        classes: dict[str, Any] = {"openai": OpenAIEmbedder, "voyage": VoyageEmbedder, "cohere": CohereEmbedder}
        address = f"{wire.url}/v1" if kind != "cohere" else wire.url
        made.append(classes[kind](*args, api_key=KEY, base_url=address, **settings))
        return made[-1]

    yield one
    for embedder in made:
        await embedder.aclose()


@pytest.mark.parametrize("kind", KINDS)
async def test_texts_become_vectors_in_their_order(kind: str, make: Make, wire: EmbeddingsWire) -> None:
    embedder = make(kind)
    assert await embedder.embed_batch(["a", "b c", "d e f"]) == [wire.vector(text) for text in ("a", "b c", "d e f")]
    assert await embedder.embed("one") == wire.vector("one")
    assert [len(request.body.get("input") or request.body["texts"]) for request in wire.requests] == [3, 1]
    assert KEY in wire.requests[0].headers["authorization"]
    assert embedder.dimensions == 4


@pytest.mark.parametrize("kind", KINDS)
async def test_an_empty_batch_is_no_call(kind: str, make: Make, wire: EmbeddingsWire) -> None:
    assert await make(kind).embed_batch([]) == []
    assert wire.requests == []


@pytest.mark.parametrize(("kind", "most"), [("openai", 2048), ("voyage", 1000), ("cohere", 96)])
async def test_a_long_list_goes_in_as_few_calls_as_the_provider_allows(
    kind: str, most: int, make: Make, wire: EmbeddingsWire
) -> None:
    texts = [f"t{number}" for number in range(most + 3)]
    assert await make(kind).embed_batch(texts) == [wire.vector(text) for text in texts]
    assert [len(request.body.get("input") or request.body["texts"]) for request in wire.requests] == [most, 3]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_text_without_words_and_one_without_end_are_still_embedded(
    kind: str, make: Make, wire: EmbeddingsWire
) -> None:
    await make(kind).embed_batch(["", "é" * 100_000, "\ud800"])
    sent = wire.requests[0].body.get("input") or wire.requests[0].body["texts"]
    assert sent == [".", "é" * 12_000, "?"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidRequestError),
        (401, AuthenticationError),
        (429, RateLimitError),
        (500, TransientModelError),
    ],
)
async def test_a_refusal_is_our_error_and_names_no_key(
    kind: str, status: int, error: type[ModelError], make: Make, wire: EmbeddingsWire
) -> None:
    wire.steps.append(Failure(status, f"the key {KEY} will not do"))
    with pytest.raises(error) as caught:
        await make(kind).embed("x")
    assert caught.value.status == status
    assert caught.value.provider == kind
    assert KEY not in str(caught.value)
    assert "will not do" in str(caught.value) or status == 500  # Voyage has words of its own for that


@pytest.mark.parametrize("kind", KINDS)
async def test_a_server_that_is_not_there_is_worth_another_try(kind: str, make: Make, wire: EmbeddingsWire) -> None:
    embedder = make(kind)
    await to_thread.run_sync(wire.__exit__)
    with pytest.raises(TransientModelError) as caught:
        await embedder.embed("x")
    assert caught.value.retryable


@pytest.mark.parametrize("kind", KINDS)
async def test_a_reply_with_too_few_vectors_is_refused(kind: str, make: Make, wire: EmbeddingsWire) -> None:
    body = wire.whole(Reply(), {"texts": ["a"]} if kind == "cohere" else {"input": ["a"], "model": "m"})
    wire.steps.append(Reply(raw=json.dumps(body)))
    with pytest.raises(TransientModelError, match="1 vectors for 2 texts"):
        await make(kind).embed_batch(["a", "b"])


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long embedders waited between tries; none of it really passes."""
    found: list[float] = []

    async def sleep(seconds: float) -> None:
        found.append(seconds)

    monkeypatch.setattr("loomlab.memory.remote_embedder.sleep", sleep)
    return found


@pytest.fixture
def patient(make: Make, pauses: list[float], monkeypatch: pytest.MonkeyPatch) -> Make:
    """Embedders that try three times more, as they do outside these tests."""
    monkeypatch.setattr("loomlab.memory.remote_embedder.RETRIES", 3)
    return make


@pytest.mark.parametrize("kind", KINDS)
async def test_a_provider_that_is_busy_is_asked_again_when_it_said(
    kind: str, patient: Make, wire: EmbeddingsWire, pauses: list[float]
) -> None:
    wire.steps += [Failure(429, "slow down", headers={"retry-after": "7"}), Failure(503, "busy")]
    assert await patient(kind).embed("again") == wire.vector("again")
    assert len(wire.requests) == 3
    assert pauses[0] == 7.0
    assert 0.5 <= pauses[1] <= 1.0


@pytest.mark.parametrize("kind", KINDS)
async def test_it_gives_up_after_three_tries_more(
    kind: str, patient: Make, wire: EmbeddingsWire, pauses: list[float]
) -> None:
    wire.steps += [Failure(429, "slow down") for _ in range(9)]
    with pytest.raises(RateLimitError, match="slow down"):
        await patient(kind).embed("again")
    assert len(wire.requests) == 4
    assert pauses == sorted(pauses)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("status", "wait"), [(400, "1"), (401, "1"), (429, "3600")])
async def test_what_will_not_pass_soon_is_not_tried_again(
    kind: str, status: int, wait: str, patient: Make, wire: EmbeddingsWire, pauses: list[float]
) -> None:
    wire.steps.append(Failure(status, "no", headers={"retry-after": wait}))
    with pytest.raises(ModelError):
        await patient(kind).embed("once")
    assert (len(wire.requests), pauses) == (1, [])


@pytest.mark.parametrize("kind", KINDS)
async def test_only_the_batch_that_failed_is_sent_again(kind: str, patient: Make, wire: EmbeddingsWire) -> None:
    embedder = patient(kind)
    embedder.most_texts = 2
    wire.steps += [Reply(input_tokens=7), Failure(429, "slow down")]
    assert await embedder.embed_batch(["a", "b", "c"]) == [wire.vector(text) for text in "abc"]
    sent = [request.body.get("input") or request.body["texts"] for request in wire.requests]
    assert sent == [["a", "b"], ["c"], ["c"]]


async def test_waiting_can_be_cancelled(make: Make, wire: EmbeddingsWire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loomlab.memory.remote_embedder.RETRIES", 3)
    wire.steps.append(Failure(429, "slow down", headers={"retry-after": "59"}))
    with anyio.move_on_after(0.5) as scope:
        await make("openai").embed("x")
    assert scope.cancelled_caught
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    ("kind", "model", "known"), [("openai", "text-embedding-3-small", True), ("voyage", "voyage-3", True)]
)
async def test_a_call_is_on_the_bill_of_the_run_that_it_serves(kind: str, model: str, known: bool, make: Make) -> None:
    bill = Bill()
    token = PAYER.set(bill)  # type: ignore[arg-type]  # the part of a run that embedders see
    try:
        await make(kind).embed_batch(["a", "b"])
    finally:
        PAYER.reset(token)
    ((role, name, usage),) = bill.booked
    assert (role, name, usage.input_tokens, usage.output_tokens) == ("embedder", model, 7, 0)
    assert (usage.cost_usd or 0) > 0


async def test_a_model_that_no_table_prices_has_an_unknown_price(make: Make) -> None:
    bill = Bill()
    token = PAYER.set(bill)  # type: ignore[arg-type]  # the part of a run that embedders see
    try:
        await make("openai", "nobody-knows-this-model").embed("a")
    finally:
        PAYER.reset(token)
    assert bill.booked[0][2].cost_usd is None


@pytest.mark.parametrize(
    ("embedder", "dimensions"),
    [
        (lambda: OpenAIEmbedder(api_key="k"), 1536),
        (lambda: OpenAIEmbedder("text-embedding-3-large", api_key="k"), 3072),
        (lambda: OpenAIEmbedder("text-embedding-3-large", dimensions=256, api_key="k"), 256),
        (lambda: OpenAIEmbedder("text-embedding-ada-002", api_key="k"), 1536),
        (lambda: VoyageEmbedder(api_key="k"), 1024),
        (lambda: VoyageEmbedder("voyage-3-lite", api_key="k"), 512),
        (lambda: CohereEmbedder(api_key="k"), 1024),
        (lambda: CohereEmbedder("embed-english-light-v3.0", api_key="k"), 384),
    ],
)
def test_the_length_of_the_vectors_is_known_beforehand(embedder: Callable[[], RemoteEmbedder], dimensions: int) -> None:
    assert embedder().dimensions == dimensions


async def test_openai_is_told_dimensions_only_when_they_are_given(make: Make, wire: EmbeddingsWire) -> None:
    await make("openai").embed("x")
    await make("openai", dimensions=4).embed("x")
    assert "dimensions" not in wire.requests[0].body
    assert wire.requests[1].body["dimensions"] == 4


@pytest.mark.parametrize(
    ("kind", "document", "query"), [("voyage", "document", "query"), ("cohere", "search_document", "search_query")]
)
async def test_a_question_is_told_to_be_one(
    kind: str, document: str, query: str, make: Make, wire: EmbeddingsWire
) -> None:
    embedder = make(kind)
    await embedder.embed("a fact")
    await embedder.embed_query("a question?")
    assert [request.body["input_type"] for request in wire.requests] == [document, query]


@pytest.mark.parametrize("cls", [OpenAIEmbedder, VoyageEmbedder, CohereEmbedder])
def test_without_a_key_one_sentence_names_the_variable(cls: type[RemoteEmbedder]) -> None:
    with pytest.raises(AuthenticationError, match=cls.variable):
        cls()  # type: ignore[call-arg]  # every argument of a subclass has a default


def test_a_key_may_come_from_secrets_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets: Any = SimpleNamespace(lookup_sync=lambda ref: "s" if ref == "COHERE_API_KEY" else None)
    assert CohereEmbedder(secrets=secrets).name == "embed-english-v3.0"
    monkeypatch.setenv("VOYAGE_API_KEY", "e")
    assert VoyageEmbedder().name == "voyage-3"


@pytest.mark.parametrize(
    ("cls", "package"), [(OpenAIEmbedder, "openai"), (VoyageEmbedder, "voyageai"), (CohereEmbedder, "cohere")]
)
def test_without_the_package_one_sentence_says_what_to_install(
    cls: Any, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=r"pip install 'loomlab\[\w+\]'"):
        cls(api_key="k")


@pytest.mark.parametrize("asynchronous", [True, False])
async def test_a_client_of_your_own_is_used_as_it_is(asynchronous: bool) -> None:
    asked: list[dict[str, Any]] = []

    def answer(**request: Any) -> Any:
        asked.append(request)
        return SimpleNamespace(embeddings=[[1, 2] for _ in request["texts"]], total_tokens=3)

    async def later(**request: Any) -> Any:
        return answer(**request)

    embedder = VoyageEmbedder(client=SimpleNamespace(embed=later if asynchronous else answer))
    assert await embedder.embed_batch(["a", "b"]) == [[1.0, 2.0], [1.0, 2.0]]
    assert asked == [{"texts": ["a", "b"], "model": "voyage-3", "input_type": "document"}]


async def test_a_mistake_in_a_client_of_your_own_is_shown_as_it_is() -> None:
    def broken(**_: Any) -> Any:
        raise AttributeError("no such thing")

    with pytest.raises(AttributeError, match="no such thing"):
        await VoyageEmbedder(client=SimpleNamespace(embed=broken)).embed("x")


@pytest.mark.parametrize("kind", KINDS)
def test_one_embedder_serves_several_event_loops_one_after_the_other(kind: str, wire: EmbeddingsWire) -> None:
    classes: dict[str, Any] = {"openai": OpenAIEmbedder, "voyage": VoyageEmbedder, "cohere": CohereEmbedder}
    embedder = classes[kind](api_key=KEY, base_url=f"{wire.url}/v1")

    async def once() -> Any:
        found = await embedder.embed("x")
        await embedder.aclose()
        return found

    assert [anyio.run(once) for _ in range(3)] == [wire.vector("x")] * 3
