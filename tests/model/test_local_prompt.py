from loomlab.core import Message, Role, ToolCall
from loomlab.model.local_prompt import SYSTEM, conversation

SYS, USER, ASSISTANT, TOOL = Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.TOOL


def said(role: Role, text: str, **more: object) -> Message:
    return Message(role=role, content=text, **more)


def called(tool: str, call_id: str, **args: object) -> Message:
    return said(ASSISTANT, "", tool_calls=(ToolCall(id=call_id, tool=tool, args=args),))


def rendered(*messages: Message) -> list[tuple[str, str]]:
    return [(one["role"], one["content"]) for one in conversation(messages).messages()]


def test_a_plain_conversation_stays_as_it_is() -> None:
    assert rendered(said(SYS, "Be brief."), said(USER, "a"), said(ASSISTANT, "b"), said(USER, "c")) == [
        ("system", "Be brief."),
        ("user", "a"),
        ("assistant", "b"),
        ("user", "c"),
    ]


def test_a_missing_system_text_is_filled_and_several_are_joined() -> None:
    assert rendered(said(USER, "a"))[0] == ("system", SYSTEM)
    assert rendered(said(SYS, "a"), said(SYS, "b"), said(USER, "c"))[0] == ("system", "a\n\nb")


def test_the_result_of_a_call_becomes_part_of_the_question() -> None:
    turns = rendered(
        said(USER, "Weather in Paris?"), called("weather", "c1", city="Paris"), said(TOOL, "18 °C", tool_call_id="c1")
    )
    assert [role for role, _ in turns] == ["system", "user"]
    assert turns[1][1].startswith("Weather in Paris?\n\nThe answer is in this text: 18 °C\n")


def test_several_results_are_listed_with_what_they_are_about() -> None:
    turns = rendered(
        said(USER, "Where is it warmer?"),
        called("weather", "c1", city="Rome"),
        said(TOOL, "25 °C", tool_call_id="c1"),
        called("now", "c2"),
        said(TOOL, "noon", tool_call_id="c2"),
    )
    assert "\nRome: 25 °C\nnow: noon\n" in turns[1][1]


def test_a_message_after_results_is_a_turn_of_its_own() -> None:
    talk = conversation(
        [
            said(USER, "q"),
            called("now", "c1"),
            said(TOOL, "noon", tool_call_id="c1"),
            said(ASSISTANT, "x"),
            said(USER, "again"),
        ]
    )
    assert talk.last.question == "again"
    assert not talk.last.calls
    assert [one["role"] for one in talk.messages()] == ["system", "user", "assistant", "user"]


def test_a_request_that_ends_with_the_assistant_still_ends_with_a_users_turn() -> None:
    assert rendered(said(USER, "a"), said(ASSISTANT, "b"))[-1] == ("user", "Go on.")


def test_arguments_may_come_from_the_user_and_from_results_but_not_from_the_system_text() -> None:
    talk = conversation([said(SYS, "memory: Oslo"), said(USER, "Rome"), said(ASSISTANT, "Bern"), said(TOOL, "Paris")])
    assert "Rome" in talk.known
    assert "Paris" in talk.known
    assert "Oslo" not in talk.known
    assert "Bern" not in talk.known


def test_no_messages_at_all_are_no_error() -> None:
    assert rendered() == [("system", SYSTEM), ("user", "")]
