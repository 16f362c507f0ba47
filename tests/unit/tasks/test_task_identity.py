"""Identity of a call: what it depends on, and what it must not depend on."""

from dataclasses import replace

import pytest

from shared.events.calls import Answer, ChatMessage, Request, ToolCall, ToolDefinition
from shared.tasks import identity
from shared.tasks.words import content_words, fold

KEY = b"test"
TOOLS = (
    ToolDefinition(
        name="book_table", description="Books a table", parameters_json='{"type": "object", "required": []}'
    ),
    ToolDefinition(name="cancel", parameters_json="{}"),
)


def request(
    user: str = "Book a table", system: str = "You book tables. Today is 2026-03-02.", **more: object
) -> Request:
    messages = (ChatMessage(role="system", content=system), ChatMessage(role="user", content=user))
    return replace(Request(messages=messages, tools=TOOLS), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "system",
    [
        "You book tables. Today is 2027-11-30.",
        "You book tables. Today is Monday, March 3rd.",
        "You book tables. Today is ⟦DATE_1⟧.",
    ],
)
def test_task_key_does_not_depend_on_values_in_the_system_message(system: str) -> None:
    assert identity.task_key(request(system=system), "t", KEY) == identity.task_key(request(), "t", KEY)


def test_task_key_folds_names_quotes_and_identifiers_of_the_system_message() -> None:
    one = request(system='Help Maria Garcia (maria@example.com, account 12-99) with "Oak St". Be brief.')
    two = request(system='Help John Smith (js@example.org, account 7) with "Elm Rd". Be brief.')
    assert identity.task_key(one, "t", KEY) == identity.task_key(two, "t", KEY)


def test_task_key_depends_on_tenant_tools_template_choice_format_and_key_but_not_on_the_user() -> None:
    base = identity.task_key(request(), "t", KEY)
    assert identity.task_key(request(user="Something else entirely"), "t", KEY) == base
    assert identity.task_key(request(tools=tuple(reversed(TOOLS))), "t", KEY) == base
    others = {
        identity.task_key(request(), "u", KEY),
        identity.task_key(request(), "t", b"other"),
        identity.task_key(request(tools=TOOLS[:1]), "t", KEY),
        identity.task_key(request(tools=(replace(TOOLS[0], parameters_json='{"type": "array"}'), TOOLS[1])), "t", KEY),
        identity.task_key(request(system="You cancel tables."), "t", KEY),
        identity.task_key(request(tool_choice_json='"required"'), "t", KEY),
        identity.task_key(request(response_format_json='{"type":"json_object"}'), "t", KEY),
    }
    assert base not in others
    assert len(others) == 7


def test_template_is_the_same_in_every_step_of_a_conversation() -> None:
    first = request()
    later = replace(first, messages=(*first.messages, *tool_step(), ChatMessage(role="user", content="And now?")))
    assert identity.template_id(first) == identity.template_id(later)


def tool_step(call_id: str = "c1") -> tuple[ChatMessage, ...]:
    call = ToolCall(id=call_id, name="book_table", arguments_json='{"b": 1, "a": 2}')
    return (
        ChatMessage(role="assistant", tool_calls=(call,)),
        ChatMessage(role="tool", content='{"ok": true}', tool_call_id=call_id),
    )


def test_sub_key_and_step_tell_the_steps_of_an_episode_apart() -> None:
    first = request()
    second = replace(first, messages=first.messages + tool_step())
    assert identity.sub_key(first) == "user:-"
    assert identity.sub_key(second) == "tool:book_table"
    assert identity.sub_key(Request()) == "-:-"
    assert (identity.step_number(first), identity.step_number(second)) == (0, 1)
    assert identity.step_hash(first, KEY) != identity.step_hash(second, KEY)


def test_episode_is_given_or_derived_from_the_opening() -> None:
    first = request()
    second = replace(first, messages=first.messages + tool_step())
    assert identity.episode_id(first, "t", KEY, None) == identity.episode_id(second, "t", KEY, None)
    assert identity.episode_id(first, "t", KEY, None) != identity.episode_id(request(user="x"), "t", KEY, None)
    assert "ann@example.com" not in identity.episode_id(first, "t", KEY, "ann@example.com")
    assert identity.episode_id(first, "t", KEY, "a") != identity.episode_id(first, "u", KEY, "a")


def test_step_and_answer_hashes_see_values_but_not_call_ids_or_json_spelling() -> None:
    base = request().messages
    one = replace(request(), messages=base + tool_step("c1"))
    two = replace(request(), messages=base + tool_step("zz"))
    assert identity.step_hash(one, KEY) == identity.step_hash(two, KEY)
    assert identity.step_hash(request(user="table for 2"), KEY) != identity.step_hash(request(user="table for 3"), KEY)
    call = ToolCall(id="1", name="f", arguments_json='{"a": 1, "b": 2}')
    spelled = ToolCall(id="2", name="f", arguments_json='{"b":2,"a":1}')
    assert identity.answer_hash(Answer(tool_calls=(call,)), KEY) == identity.answer_hash(
        Answer(tool_calls=(spelled,)), KEY
    )
    assert identity.answer_hash(None, KEY) != identity.answer_hash(Answer(content=""), KEY)
    assert identity.prompt_hash(one, KEY) != identity.prompt_hash(request(), KEY)


def test_multi_part_content_counts_by_its_text() -> None:
    plain = ChatMessage(role="system", content="Be kind.")
    parts = ChatMessage(role="system", parts_json='[{"type": "text", "text": "Be kind."}]')
    assert identity.template_id(Request(messages=(plain,))) == identity.template_id(Request(messages=(parts,)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Book a table for 4 at 7:30 PM under Maria Garcia", ["book", "a", "table", "for", "at", "under"]),
        ("book a table for maria garcia", ["book", "a", "table", "for"]),
        ("⟦NAME_1⟧ wants a refund for ⟦ACCOUNT_2:d6⟧", ["wants", "a", "refund", "for"]),
        ("NEVER answer twice. Grace is needed.", ["never", "answer", "twice", "grace", "is", "needed"]),
        ('Search "red shoes" at https://shop.example/x?y=1', ["search", "at"]),
        ("I'd like what I've ordered", ["i'd", "like", "what", "i've", "ordered"]),
        ("", []),
    ],
)
def test_words_that_are_left(text: str, words: list[str]) -> None:
    assert content_words(text) == words


def test_runs_of_values_fold_to_one_mark() -> None:
    assert fold("Call Maria Garcia, +1 415 555 2671, on Monday") == "call # on #"
