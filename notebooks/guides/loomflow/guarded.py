import asyncio

from loomflow import (
    Agent,
    BudgetConfig,
    InMemoryAuditLog,
    Mode,
    PermissionDecision,
    StandardBudget,
    StandardPermissions,
    get_run_context,
    tool,
)
from loomflow.security import PerUserPermissions


@tool
async def refund(order: int, euros: int) -> str:
    """Pay money back."""
    return f"{euros} € paid back for order {order} to {get_run_context().user_id}"


async def main() -> None:
    audit = InMemoryAuditLog(secret="a secret of the shop")
    budget = StandardBudget(BudgetConfig(per_user_max_tokens=100_000))
    agent = Agent(
        "You are the desk of a furniture shop.",
        model="gpt-4.1-mini",
        tools=[refund],
        permissions=PerUserPermissions(
            policies={"alice": StandardPermissions(mode=Mode.BYPASS)},
            default=StandardPermissions(denied_tools=["refund"]),
        ),
        budget=budget,
        audit_log=audit,
        auto_extract=False,
    )

    @agent.before_tool
    async def no_fortunes(call):
        if call.args.get("euros", 0) > 1000:
            return PermissionDecision.deny_("too much")
        return None

    for user in ("alice", "bob"):
        result = await agent.run("Refund order 1042, please.", user_id=user)
        print(f"{user}: {result.output}")
        print([entry.action for entry in await audit.query(user_id=user)][-1])
    print(budget.usage_for("alice")["tokens_in"] > 0, budget.usage_for("bob")["tokens_in"] > 0)


asyncio.run(main())
