"""What embedding costs is on the bill of the run that asked for it, and in the ledger of the evaluation around it."""

from collections.abc import Iterator

import pytest

from loomlab import Agent, ScriptedModel, ScriptedTurn, ToolCall, tool
from loomlab.core.documents import Chunk
from loomlab.evals import Case, Dataset, evaluate, scorers
from loomlab.evals.ledger import arm_ledger
from loomlab.memory import CachedEmbedder, OpenAIEmbedder
from loomlab.testing.wire import EmbeddingsWire
from loomlab.vectorstore import InMemoryVectorStore

pytestmark = pytest.mark.anyio


@pytest.fixture
def wire() -> Iterator[EmbeddingsWire]:
    with EmbeddingsWire() as one:
        yield one


@pytest.mark.parametrize("cached", [False, True])
async def test_the_bill_and_the_ledger_have_what_embedding_cost(cached: bool, wire: EmbeddingsWire) -> None:
    remote = OpenAIEmbedder(api_key="k", base_url=f"{wire.url}/v1")
    remote.dimensions = wire.dimensions
    store = InMemoryVectorStore(CachedEmbedder(remote) if cached else remote)

    @tool
    async def look_up(question: str) -> str:
        """Find a passage."""
        return (await store.search(question, k=1))[0].chunk.content

    def agent() -> Agent:
        asking = ScriptedTurn(tool_calls=[ToolCall(id="1", tool="look_up", args={"question": "tea?"})])
        return Agent("x", model=ScriptedModel([asking, ScriptedTurn("two minutes")]), tools=[look_up])

    await store.add([Chunk("Tea steeps for two minutes.")])
    result = await agent().run("How long does tea steep?")
    assert (result.tokens_in, (result.cost_usd or 0) > 0) == (7, True)

    async def arm(case: Case) -> str:
        return (await agent().run(case.input)).output

    data = Dataset([Case(id="q", input="How long?", target="two minutes")], name="tea")
    ev = await evaluate(data, {"a": arm}, scorers=scorers.exact())
    found = [one for one in arm_ledger(ev, "a") if one.part == "embedding"]
    if cached:  # the question was embedded in the run above
        assert found == []
        assert len(wire.requests) == 2
    else:
        assert [(one.calls, one.model, one.tokens_in) for one in found] == [(1, "text-embedding-3-small", 7)]
        assert found[0].cost_usd == result.cost_usd
    await remote.aclose()
