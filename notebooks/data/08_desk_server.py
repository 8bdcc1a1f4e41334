"""The front desk of the tool library as an MCP server: a program of its own, written with the official SDK."""

from mcp.server.mcpserver import MCPServer  # noqa: TID253  (a program of its own)

desk = MCPServer("desk")
HOURS = {"wednesday": "14:00", "friday": "14:00", "saturday": "09:00"}


@desk.tool()
def opening_time(day: str) -> str:
    """When the house opens on a day of the week, in local time."""
    opens = HOURS.get(day.strip().lower())
    return f"{opens} Atlantic/Reykjavik" if opens else f"closed on {day}; open on {', '.join(HOURS)}"


@desk.tool()
def reserve(item: str, name: str) -> str:
    """Put an item aside for a member."""
    return f"{item} is put aside for {name} for 3 days"


if __name__ == "__main__":
    desk.run()
