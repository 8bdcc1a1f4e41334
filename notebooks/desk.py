"""The support desk of notebook 07: orders, tools, and a clerk who stands in for a model.

``python desk.py FOLDER PROMPT`` answers one prompt of alice in a process of its own, with its journal in the folder.
"""

import json
import os
import re
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio

from loomlab import Agent, Role, ToolCall, Usage, get_run_context, tool
from loomlab.core import CertifiedValue, ModelChunk
from loomlab.core.steps import idempotency_key
from loomlab.runtime import SqliteRuntime

ORDERS = {
    1042: {"of": "alice", "item": "desk lamp", "euros": 39},
    1043: {"of": "alice", "item": "walnut table", "euros": 480},
    2001: {"of": "bob", "item": "bookcase", "euros": 120},
}
BOOKS = Path(os.environ.get("SHOP_BOOKS", "books.txt"))
"""Where tools write what they did in the world; a file, so that it is still known when the process is gone."""


def enter(line: str) -> None:
    """Write one line into the books."""
    with BOOKS.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


@tool
def find_order(number: int) -> dict:
    """Look up an order of the customer who asks."""
    order = ORDERS.get(number)
    if order is None or order["of"] != get_run_context().user_id:
        raise ValueError(f"you have no order {number}")
    return {"number": number, **order}


@tool(destructive=True)
def refund(order: int, euros: int) -> str:
    """Pay money back for an order."""
    enter(f"refunded {euros} € for order {order}")
    return f"{euros} € paid back for order {order}"


@tool
def voucher(order: int, euros: int) -> str:
    """Give a voucher for an order."""
    enter(f"voucher of {euros} € for order {order}")
    return f"a voucher of {euros} € for order {order}"


@tool
def send_mail(to: str, text: str) -> str:
    """Send a mail to a customer."""
    enter(f"mail to {to}: begun   (key {idempotency_key()[-6:]})")
    if os.environ.get("SHOP_SLOW"):
        time.sleep(600)  # the mail server does not answer
    enter(f"mail to {to}: {text}")
    return f"mail sent to {to}"


@tool
def read_note(path: str) -> str:
    """Read a note of the desk."""
    return Path(os.environ["SHOP_NOTES"], path).read_text(encoding="utf-8")


@tool
def export_orders(megabytes: int) -> str:
    """Export all orders."""
    return "order;item;euros\n" * (megabytes * 62_500)


@tool
def environment() -> list[str]:
    """Names of the shop's environment variables."""
    return sorted(name for name in os.environ if name.startswith("SHOP_"))


AGE = {"list": timedelta(minutes=5)}
"""How long ago the prices were fetched."""


@tool
def price(item: str) -> CertifiedValue:
    """The price of an item in euros, with its source."""
    euros = {"desk lamp": 39, "bookcase": 120}[item]
    return CertifiedValue(value=euros, source="price-list", fetched_at=datetime.now(UTC) - AGE["list"])


class Clerk:
    """A model that does what it is asked, to the letter: rules in place of a neural network."""

    name = "clerk"
    network = False

    async def complete(self, messages, *, tools=None, **_):
        """The next tool call, or the answer."""
        asked = [one.content for one in messages if one.role is Role.USER][-1]
        step = think(asked, [one.content for one in messages if one.role is Role.TOOL])
        usage = Usage(input_tokens=sum(len(one.content.split()) for one in messages), output_tokens=12)
        if isinstance(step, ToolCall):
            return "", [step], usage, "tool_use"
        return step, [], usage, "stop"

    async def stream(self, messages, *, tools=None, **_):
        """The same as one piece."""
        text, calls, usage, finish = await self.complete(messages)
        if text:
            yield ModelChunk(kind="text", text=text)
        for one in calls:
            yield ModelChunk(kind="tool_call", tool_call=one)
        yield ModelChunk(kind="finish", finish_reason=finish, usage=usage)


def think(asked: str, seen: list[str]) -> ToolCall | str:
    """What to do next, after the tools have said what is ``seen``."""
    if seen and seen[-1].startswith(("DENIED", "ERROR")):
        return f"I could not do that. {seen[-1].split(': /')[0]}"
    if found := re.search(r"refund order (\d+)", asked, re.IGNORECASE):
        if not seen:
            return ToolCall(tool="find_order", args={"number": int(found[1])})
        order = json.loads(seen[0])
        if len(seen) == 1:
            return ToolCall(tool="refund", args={"order": order["number"], "euros": order["euros"]})
        if len(seen) == 2 and "mail" in asked:
            return ToolCall(tool="send_mail", args={"to": order["of"], "text": seen[1]})
        return f"Done: {seen[1]}."
    if "voucher instead" in asked:
        order = json.loads(seen[0])
        if len(seen) == 1:
            return ToolCall(tool="voucher", args={"order": order["number"], "euros": order["euros"] + 5})
        return f"Done: {seen[1]}."
    for pattern, name, arg, kind in SIMPLE:
        if found := re.search(pattern, asked, re.IGNORECASE):
            return ToolCall(tool=name, args={arg: kind(found[1])} if arg else {}) if not seen else _short(seen[0])
    return "I look up orders, refund them, and tell prices."


SIMPLE = (
    (r"where is order (\d+)", "find_order", "number", int),
    (r"read (\S+)", "read_note", "path", str),
    (r"export (\d+) megabytes", "export_orders", "megabytes", int),
    (r"variables", "environment", None, str),
    (r"what does the (.+) cost", "price", "item", str),
)


def _short(text: str) -> str:
    """What a tool said, as an answer."""
    if text.startswith("{"):
        said = json.loads(text)
        return f"{said['value']} €." if "value" in said else f"Your {said['item']}, {said['euros']} €."
    return text if len(text) < 200 else f"Here are {len(text) / 1e6:.0f} million characters."


clerk = Clerk()


def desk(model=clerk, **layers) -> Agent:
    """The agent of the desk, with whatever layers are put around it."""
    tools = [find_order, refund, voucher, send_mail, price]
    given = {"tools": tools, "name": "desk", **layers}
    return Agent("You are the support desk of a furniture shop.", model=model, **given)


async def answer(folder: str, prompt: str) -> None:
    """Answer one prompt of alice, step by step into the journal."""
    agent = desk(runtime=SqliteRuntime(Path(folder, "journal.db")))
    async for event in agent.stream(prompt, user_id="alice", session_id="returns"):
        if event.kind == "completed":
            sys.stdout.write(f"{event.payload['result']['output']}\n")


if __name__ == "__main__":
    anyio.run(answer, *sys.argv[1:])
