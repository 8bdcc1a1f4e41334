"""Policies over tool calls: which of list, mode and destructiveness decides, and whose policy it is."""

from collections.abc import Mapping
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loomlab.core import ConfigError, PermissionDecision, ToolCall, ToolDef
from loomlab.security import AllowAll, Mode, PerUserPermissions, StandardPermissions

NAMES = ["read", "write", "search"]
names = st.sets(st.sampled_from(NAMES))


def decide(policy: Any, tool: str = "write", *, destructive: bool = False, user_id: str | None = None) -> str:
    call = ToolCall(tool=tool, destructive=destructive)

    async def ask() -> PermissionDecision:
        decision: PermissionDecision = await policy.check(call, context={}, user_id=user_id)
        return decision

    decision = anyio.run(ask)
    assert decision.allow or decision.reason
    return decision.decision


@given(
    tool=st.sampled_from(NAMES),
    destructive=st.booleans(),
    mode=st.sampled_from(Mode),
    allowed=st.none() | names,
    denied=st.none() | names,
)
def test_the_first_that_has_an_opinion_decides(
    tool: str, destructive: bool, mode: Mode, allowed: set[str] | None, denied: set[str] | None
) -> None:
    policy = StandardPermissions(mode=mode, allowed_tools=allowed, denied_tools=denied)
    said = decide(policy, tool, destructive=destructive)
    if tool in (denied or ()) or (allowed is not None and tool not in allowed):
        assert said == "deny"
    elif mode is Mode.DEFAULT and destructive:
        assert said == "ask"
    else:
        assert said == "allow"


@given(mode=st.sampled_from(Mode), denied=names, allowed=names, more=names, destructive=st.booleans())
def test_a_longer_deny_list_never_allows_more(
    mode: Mode, denied: set[str], allowed: set[str], more: set[str], destructive: bool
) -> None:
    strength = {"allow": 0, "ask": 1, "deny": 2}
    loose = StandardPermissions(mode=mode, allowed_tools=allowed, denied_tools=denied)
    tight = StandardPermissions(mode=mode, allowed_tools=allowed - more, denied_tools=denied | more)
    for tool in NAMES:
        before, after = decide(loose, tool, destructive=destructive), decide(tight, tool, destructive=destructive)
        assert strength[after] >= strength[before]


def test_modes_are_texts() -> None:
    assert [str(mode) for mode in Mode] == ["default", "acceptEdits", "bypassPermissions"]
    assert decide(StandardPermissions(mode="acceptEdits"), destructive=True) == "allow"


def test_a_definition_marked_destructive_counts_as_much_as_the_call() -> None:
    definition = ToolDef(name="write", description="", destructive=True)
    call = ToolCall(tool="write", tool_def=definition)
    decision = anyio.run(lambda: StandardPermissions().check(call, context={}))
    assert decision.ask


def test_strict_asks_for_every_destructive_call() -> None:
    policy = StandardPermissions.strict(denied_tools=["search"])
    assert decide(policy, "write", destructive=True) == "ask"
    assert decide(policy, "read") == "allow"
    assert decide(policy, "search") == "deny"


def test_an_empty_allow_list_allows_nothing() -> None:
    assert decide(StandardPermissions(allowed_tools=[])) == "deny"


def test_allow_all_allows() -> None:
    assert decide(AllowAll(), destructive=True) == "allow"


def test_mistakes_are_told() -> None:
    with pytest.raises(ConfigError, match=r"denied_tools=\['write'\]"):
        StandardPermissions(denied_tools="write")
    with pytest.raises(ConfigError, match="unknown permission mode 'yolo'; valid: default, acceptEdits"):
        StandardPermissions(mode="yolo")


def test_each_user_has_their_own_policy_and_the_rest_the_default() -> None:
    policy = PerUserPermissions(
        policies={"alice": StandardPermissions(mode=Mode.BYPASS), "bob": StandardPermissions(denied_tools=["write"])},
        default=StandardPermissions(),
    )
    said = {user: decide(policy, destructive=True, user_id=user) for user in ("alice", "bob", "carol", None)}
    assert said == {"alice": "allow", "bob": "deny", "carol": "ask", None: "ask"}


def test_users_never_share_a_policy_by_accident() -> None:
    class Greedy(dict[str, Any]):
        pass

    policies = Greedy(alice=AllowAll())
    policy = PerUserPermissions(policies=policies, default=StandardPermissions(denied_tools=["write"]))
    policies["bob"] = AllowAll()
    assert decide(policy, user_id="bob") == "deny"


def test_an_older_policy_without_user_id_still_serves_a_user() -> None:
    class Old:
        async def check(self, call: ToolCall, *, context: Mapping[str, Any]) -> PermissionDecision:
            return PermissionDecision.deny_("old")

    policy = PerUserPermissions(policies={"alice": Old()}, default=AllowAll())  # type: ignore[dict-item]
    assert decide(policy, user_id="alice") == "deny"


def test_a_policys_own_type_error_is_not_mistaken_for_an_old_signature() -> None:
    asked: list[str | None] = []

    class Broken:
        async def check(
            self, call: ToolCall, *, context: Mapping[str, Any], user_id: str | None = None
        ) -> PermissionDecision:
            asked.append(user_id)
            raise TypeError("mine")

    policy = PerUserPermissions(policies={"alice": Broken()}, default=AllowAll())
    with pytest.raises(TypeError, match="mine"):
        decide(policy, user_id="alice")
    assert asked == ["alice"]
