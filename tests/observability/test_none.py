"""No telemetry measures nothing, and does not get in the way."""

import pytest

from loomlab.observability import NoTelemetry

pytestmark = pytest.mark.anyio


async def test_a_span_is_given_and_attributes_of_two_spans_stay_apart() -> None:
    telemetry = NoTelemetry()
    async with telemetry.trace("loom.run", user_id="alice") as outer, telemetry.trace("loom.tool") as inner:
        inner.attributes["tool"] = "read"
        assert (outer.name, outer.attributes) == ("loom.run", {"user_id": "alice"})
        assert inner.span_id != outer.span_id
    await telemetry.emit_metric("loom.tokens", 3, model="echo")


async def test_an_error_in_a_span_is_not_swallowed() -> None:
    with pytest.raises(ValueError, match="mine"):
        async with NoTelemetry().trace("loom.run"):
            raise ValueError("mine")
