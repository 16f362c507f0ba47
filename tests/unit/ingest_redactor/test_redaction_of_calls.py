"""One entity, one number, everywhere in the call; JSON stays JSON; what cannot be read is refused."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from services.ingest_redactor.logic.mentions import MAX_VALUES
from services.ingest_redactor.logic.redaction import Redacted, Redactor
from services.ingest_redactor.logic.scanner import Scanner
from shared.errors import PoisonError
from shared.events.calls import Answer, ChatMessage, Request, ToolCall, ToolDefinition
from shared.prompting import placeholders
from shared.prompting.surrogates import POOLS, Surrogates

REDACTOR = Redactor(Scanner("pii"))


def redact(*contents: str, answer: Answer | None = None, arguments: str | None = None) -> Redacted:
    messages = tuple(ChatMessage(role="user", content=content) for content in contents)
    if arguments is not None:
        call = ToolCall(id="c1", name="f", arguments_json=arguments)
        messages += (ChatMessage(role="assistant", tool_calls=(call,)),)
    return REDACTOR.redact(Request(messages=messages), answer)


def contents(result: Redacted) -> list[str | None]:
    return [message.content for message in result.request.messages]


def test_a_postal_code_right_after_a_town_is_found_and_a_year_there_is_not() -> None:
    redactor = Redactor(Scanner("hipaa"))
    assert redactor.redact_text("She called from Boston, 99-561.")[0] == "She called from ⟦PLACE_1⟧, ⟦ZIP_1:d2-3⟧."
    assert redactor.redact_text("She called from Boston, 2019.")[0] == "She called from ⟦PLACE_1⟧, 2019."


def test_a_password_is_hidden_whole_though_a_part_of_it_reads_as_a_name() -> None:
    result = redact("login fails, password: Kestrel#7925", "Thanks. Change Kestrel#7925 anywhere else you use it.")
    assert contents(result)[1] == "Thanks. Change ⟦SECRET_1⟧ anywhere else you use it."


def test_a_long_token_is_hidden_to_its_end() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9." + "aB3dE5gH" * 12 + "." + "zY9xW7vU" * 12
    assert contents(redact(f"MAILER_API_KEY={token}\nLOG=info\nAPI_KEY: {token}"))[0] == (
        "MAILER_API_KEY=⟦SECRET_1⟧\nLOG=info\nAPI_KEY: ⟦SECRET_1⟧"
    )


def test_under_a_key_of_things_only_a_whole_known_name_is_a_person_s() -> None:
    result = redact('{"carrier": "Delta Dental", "roomType": "Deluxe King", "item": "for Maria Lopez"}')
    assert contents(result)[0] == '{"carrier": "Delta Dental", "roomType": "Deluxe King", "item": "for ⟦NAME_1⟧"}'


def test_a_short_text_of_json_is_read_by_its_keys_too() -> None:
    redactor = Redactor(Scanner("pii"))
    assert redactor.redact_text('{"first_name": "quorle"}')[0] == '{"first_name": "⟦NAME_1:first.lower⟧"}'


def arguments(result: Redacted) -> str:
    return result.request.messages[-1].tool_calls[0].arguments_json


CALL = Request(
    messages=(
        ChatMessage(role="system", content="You are support. Today is 2026-03-02."),
        ChatMessage(
            role="user",
            content="Hi, I'm Maria. My name is Maria Garcia (maria.garcia@example.com), phone (415) 555-2671. Card 4111 1111"
            " 1111 1111. Account 12345678. I live at 12 Oak Street, Springfield, IL 62704. born 03/12/1985",
        ),
        ChatMessage(
            role="assistant",
            tool_calls=(
                ToolCall(
                    id="c1",
                    name="lookup",
                    arguments_json='{"first_name": "Maria", "last_name": "GARCIA", "phone": "+14155552671", "n": 1.10,'
                    '  "account_id": 12345678, "nested": "{\\"email\\": \\"Maria.Garcia@example.com\\"}", "dob":"1985-03-12"}',
                ),
            ),
        ),
        ChatMessage(
            role="tool",
            content='{"customer": {"name": "Maria Garcia", "address": "12 Oak Street", "city": "Springfield", "zip": "62704"}}',
        ),
        ChatMessage(role="user", content="Send it to the card ending in 1111, Garcia family, 415-555-2671"),
    )
)
ANSWER = Answer(
    tool_calls=(
        ToolCall(
            name="refund",
            arguments_json='{"name": "maria garcia", "email": "maria.garcia@example.com", "card": 4111111111111111, "amount": 20.50}',
        ),
    )
)


def test_every_writing_of_an_entity_gets_its_number_and_its_form() -> None:
    result = REDACTOR.redact(CALL, ANSWER)
    assert contents(result)[1] == (
        "Hi, I'm ⟦NAME_1:first⟧. My name is ⟦NAME_1⟧ (⟦EMAIL_1⟧), phone ⟦PHONE_1:local⟧. Card ⟦CARD_1:spaced⟧. Account"
        " ⟦ACCOUNT_1⟧. I live at ⟦ADDRESS_1⟧, ⟦PLACE_1⟧, IL ⟦ZIP_1:d5⟧. born ⟦DOB_1:mdy⟧"
    )
    assert result.request.messages[2].tool_calls[0].arguments_json == (
        '{"first_name": "⟦NAME_1:first⟧", "last_name": "⟦NAME_1:last.upper⟧", "phone": "⟦PHONE_1:e164⟧", "n": 1.10,'
        '  "account_id": "⟦ACCOUNT_1:int⟧", "nested": "{\\"email\\": \\"⟦EMAIL_1⟧\\"}", "dob":"⟦DOB_1:iso⟧"}'
    )
    assert contents(result)[4] == "Send it to the card ending in ⟦CARD_1:last4⟧, ⟦NAME_1:last⟧ family, ⟦PHONE_1⟧"
    assert result.answer is not None
    assert result.answer.tool_calls[0].arguments_json == (
        '{"name": "⟦NAME_1:lower⟧", "email": "⟦EMAIL_1⟧", "card": "⟦CARD_1:int⟧", "amount": 20.50}'
    )
    assert not result.unlinked
    assert set(result.counts.values()) == {1}


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("event_id", [f"event-{number}" for number in range(25)])
def test_filling_inverts_redaction(pool: str, event_id: str) -> None:
    result = REDACTOR.redact(CALL, ANSWER)
    assert result.answer is not None
    surrogates = Surrogates(event_id, pool)  # type: ignore[arg-type]
    request, answer = surrogates.request(result.request), surrogates.answer(result.answer)
    assert "⟦" not in repr(request) + repr(answer)
    assert "garcia" not in (repr(request) + repr(answer)).lower()
    filled = json.loads(answer.tool_calls[0].arguments_json)
    assert isinstance(filled["card"], int)
    assert filled["email"] in (request.messages[1].content or "")
    again = REDACTOR.redact(request, answer)
    assert (again.request, again.answer) == (result.request, result.answer)


def test_redacting_twice_changes_nothing() -> None:
    once = REDACTOR.redact(CALL, ANSWER)
    twice = REDACTOR.redact(once.request, once.answer)
    assert (twice.request, twice.answer, twice.counts) == (once.request, once.answer, {})


def test_placeholders_in_the_input_keep_their_numbers() -> None:
    result = redact("⟦EMAIL_1⟧ and ann@example.com and ⟦EMAIL_2:lower⟧")
    assert contents(result) == ["⟦EMAIL_1⟧ and ⟦EMAIL_3⟧ and ⟦EMAIL_2:lower⟧"]


def test_names_split_over_fields_are_one_person_in_any_style_of_key() -> None:
    result = redact(
        "Update Zyx Qorbl please", arguments='{"guestDetails": {"First Name": "Zyx", "LAST_NAME": "Qorbl"}}'
    )
    assert contents(result)[0] == "Update ⟦NAME_1⟧ please"
    assert json.loads(arguments(result))["guestDetails"] == {
        "First Name": "⟦NAME_1:first⟧",
        "LAST_NAME": "⟦NAME_1:last⟧",
    }


def test_a_value_under_a_sensitive_key_is_hidden_wherever_it_stands() -> None:
    result = redact(
        "the box 99-1207 is mine", arguments='{"membership_number": "99-1207", "passengers": ["Li Wei", "Al Bo"]}'
    )
    assert contents(result)[0] == "the box ⟦MEMBER_1:d2-4⟧ is mine"
    assert arguments(result) == '{"membership_number": "⟦MEMBER_1:d2-4⟧", "passengers": ["⟦NAME_1⟧", "⟦NAME_2⟧"]}'


def test_places_and_dates_stay_unless_tied_to_an_address_or_a_birth() -> None:
    free = '{"city": "Lisbon", "zip": "62704", "date": "2026-03-02"}'
    assert arguments(redact("x", arguments=free)) == free
    tied = '{"street": "5 Elm Road", "city": "Lisbon", "zip": "62704"}'
    assert (
        arguments(redact("x", arguments=tied)) == '{"street": "⟦ADDRESS_1⟧", "city": "⟦PLACE_1⟧", "zip": "⟦ZIP_1:d5⟧"}'
    )


@pytest.mark.parametrize(
    "text",
    [
        '{"price": 1.10, "big": 123456789012345678901, "a": 1, "a": 2, "exp": 1e400}',
        '{"account": "savings", "name": "get_weather", "card": "visa", "phone": "", "email": null, "token": true}',
        '[{"name": "Pasta Palace Restaurant"}, [], {}]',
        '{"query": "select * from t where id = 123456789"}',
    ],
)
def test_what_is_no_identifier_stays_byte_for_byte(text: str) -> None:
    assert arguments(redact("hello", arguments=text)) == text


def test_an_age_over_89_counts_beside_a_person_and_nowhere_else() -> None:
    def of(row: dict[str, object]) -> dict[str, int]:
        return redact(arguments=json.dumps(row)).counts

    assert of({"patientName": "Zub Quill", "age": 93}) == {"NAME": 1, "AGE": 1}
    assert of({"patientName": "Zub Quill", "age": 89}) == {"NAME": 1}
    assert of({"name": "the old oak", "age": 93}) == {}


def test_an_address_in_one_line_is_linked_to_its_fields() -> None:
    text = "Deliver to 1450 N Lake Shore Dr #12B, Chicago, IL 60610."
    fields = {"street": "1450 N Lake Shore Dr", "unit": "12B", "city": "Chicago", "state": "IL", "zip": "60610"}
    call = ToolCall(id="call", name="deliver", arguments_json=json.dumps(fields))
    outcome = REDACTOR.redact(Request(messages=(ChatMessage(role="user", content=text),)), Answer(tool_calls=(call,)))
    assert outcome.answer is not None and not outcome.unlinked
    assert json.loads(outcome.answer.tool_calls[0].arguments_json) == {
        "street": "⟦ADDRESS_1⟧", "unit": "⟦UNIT_1:p99A⟧", "city": "⟦PLACE_1⟧", "state": "IL", "zip": "⟦ZIP_1:d5⟧",
    }  # fmt: skip
    assert outcome.request.messages[0].content == ("Deliver to ⟦ADDRESS_1⟧ #⟦UNIT_1:p99A⟧, ⟦PLACE_1⟧, IL ⟦ZIP_1:d5⟧.")


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("at 19 Harcourt Road, Leeds LS6 2QT", "at ⟦ADDRESS_1⟧, ⟦PLACE_1⟧ ⟦ZIP_1:pAA9_9AA⟧"),
        ("at 55 rue de Rivoli, 75004 Paris", "at ⟦ADDRESS_1⟧, ⟦ZIP_1:d5⟧ ⟦PLACE_1⟧"),
        ("at 742 Evergreen Terrace, Springfield.", "at ⟦ADDRESS_1⟧, ⟦PLACE_1⟧."),
        ("at 12 Oak Street, Apt 4B, thanks", "at ⟦ADDRESS_1⟧, ⟦UNIT_1:Apt.p9A⟧, thanks"),
        ("at 12 Oak Street. Thanks", "at ⟦ADDRESS_1⟧. Thanks"),
    ],
)
def test_what_stands_around_a_street_is_part_of_the_address(text: str, redacted: str) -> None:
    assert REDACTOR.redact_text(text)[0] == redacted


def test_a_user_id_made_of_a_name_is_one_entity_in_a_text_and_under_its_key() -> None:
    call = ToolCall(id="call", name="details", arguments_json='{"user_id": "sara_doe_496"}')
    request = Request(messages=(ChatMessage(role="user", content="I am sara_doe_496"),))
    outcome = REDACTOR.redact(request, Answer(tool_calls=(call,)))
    assert outcome.answer is not None and outcome.counts == {"USER": 1}
    assert json.loads(outcome.answer.tool_calls[0].arguments_json) == {"user_id": "⟦USER_1⟧"}


def test_a_postal_code_beside_a_name_belongs_to_that_person() -> None:
    alone, beside = (
        REDACTOR.redact_text(json.dumps(fields))[0]
        for fields in ({"zip": "19122", "days": 3}, {"first_name": "Yusuf", "last_name": "Rossi", "zip": "19122"})
    )
    assert "19122" in alone and "19122" not in beside


@pytest.mark.parametrize(
    "fields",
    [
        {"vorname": "Gretl", "nachname": "Meyer", "geburtsdatum": "09.01.1986", "straße": "Lennbaan 10"},
        {"prénom": "Talia", "date_naissance": "1936-03-09"},
        {"passengers": [{"first": "Charles", "last": "Armata"}]},
        {"phone": {"old": "560 697 10", "new": "560 697 11"}},
        {"plate": "MH67 DJG", "groupNumber": "POL-8541474", "taxNumber": "31.207.075-3"},
    ],
)
def test_keys_of_other_languages_and_objects_tell_what_they_hold(fields: dict[str, object]) -> None:
    answer = REDACTOR.redact(Request(), Answer(content=json.dumps(fields, ensure_ascii=False))).answer
    assert answer is not None and (answer.content or "").count("⟦") == sum(
        isinstance(leaf, str) for leaf in _leaves(fields)
    )


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    else:
        yield value


def test_a_town_that_begins_like_a_unit_is_a_town() -> None:
    text = contents(redact("mailed to 249 Paul Islands, Stevenside, MN 21957."))[0]
    assert text == "mailed to ⟦ADDRESS_1⟧, ⟦PLACE_1⟧, MN ⟦ZIP_1:d5⟧."


def test_broken_json_is_read_as_text() -> None:
    assert arguments(redact("x", arguments='{"email": "ann@example.com"')) == '{"email": "⟦EMAIL_1⟧"'


def test_a_value_of_the_answer_that_the_request_lacks_is_unlinked() -> None:
    assert redact("my mail is ann@example.com", answer=Answer(content="Sent to ann@example.com")).unlinked is False
    assert redact("hello", answer=Answer(content="Sent to ann@example.com")).unlinked is True
    assert redact("hello", answer=Answer(content="Done")).unlinked is False


def test_tools_formats_options_and_ids_are_walked_too() -> None:
    tool = ToolDefinition(
        name="mail", description="Ask ann@example.com", parameters_json='{"default": "bob@example.com"}'
    )
    request = Request(
        messages=(
            ChatMessage(role="user", content="hi", name="Maria Garcia"),
            ChatMessage(role="tool", tool_call_id="ann@example.com"),
        ),
        tools=(tool,),
        options_json='{"temperature": 0, "user": "ann@example.com", "stop": ["ann@example.com"]}',
        response_format_json='{"title": "ann@example.com"}',
    )
    result = REDACTOR.redact(request, None).request
    assert "example.com" not in repr(result)
    assert "Maria" not in repr(result)
    assert json.loads(result.options_json).keys() == {"temperature", "stop"}
    assert result.messages[1].tool_call_id == "⟦EMAIL_1⟧"


def test_a_known_value_inside_a_tool_definition_is_found_though_the_definition_alone_is_clean() -> None:
    tool = ToolDefinition(name="f", description="Serves box 99-1207")
    request = Request(messages=(ChatMessage(role="user", content='{"membership_number": "99-1207"}'),), tools=(tool,))
    assert REDACTOR.redact(request, None).request.tools[0].description == "Serves box ⟦MEMBER_1:d2-4⟧"


@pytest.mark.parametrize(
    "parts",
    [
        '[{"type": "image_url", "image_url": {"url": "x"}}]',
        '[{"type": "hologram"}]',
        '{"type": "text"}',
        "no json",
        '["x"]',
    ],
)
def test_content_that_is_not_text_is_refused(parts: str) -> None:
    with pytest.raises(PoisonError):
        REDACTOR.redact(Request(messages=(ChatMessage(role="user", parts_json=parts),)), None)


def test_text_parts_are_redacted_in_place() -> None:
    parts = '[{"type": "text", "text": "I am ann@example.com", "cache_control": {"type": "ephemeral"}}]'
    result = REDACTOR.redact(Request(messages=(ChatMessage(role="user", parts_json=parts),)), None)
    assert result.request.messages[0].parts_json == parts.replace("ann@example.com", "⟦EMAIL_1⟧")


def test_more_entities_than_can_be_followed_are_refused() -> None:
    with pytest.raises(PoisonError):
        redact(" ".join(f"a{number}@example.com" for number in range(1200)))


def test_spans_are_places_of_the_string_that_the_path_names_whatever_json_it_holds() -> None:
    text = "I am Maria Garcia, ann@example.com"
    inner = json.dumps({"note": 'say "hi"\n\u00e9 \U0001f642 to dan@example.com'})
    call = '{"email": "bob@example.com", "x": "a\\tcarl@example.com", "y": ' + json.dumps(inner) + "}"
    result = redact(text, arguments=call)
    originals = {"messages[0].content": text, "messages[1].tool_calls[0].arguments": call}
    marked = [originals[span.path][span.start : span.end] for span in result.spans]
    assert marked == ["Maria Garcia", "ann@example.com", "bob@example.com", "carl@example.com", "dan@example.com"]
    assert [span.type for span in result.spans] == ["NAME", "EMAIL", "EMAIL", "EMAIL", "EMAIL"]


def test_unrelated_words_survive_a_name_that_is_also_a_word() -> None:
    result = redact("My name is Grace Hope. I hope there is grace. Hope it works", arguments='{"note": "hope"}')
    assert contents(result)[0] == "My name is ⟦NAME_1⟧. I hope there is grace. ⟦NAME_1:last⟧ it works"
    assert arguments(result) == '{"note": "hope"}'


def test_placeholders_parse_as_written() -> None:
    result = REDACTOR.redact(CALL, ANSWER)
    for message in result.request.messages:
        for start, end, placeholder in placeholders.find(message.content or ""):
            assert str(placeholder) == (message.content or "")[start:end]
    assert placeholders.parse("⟦CARD_1:last4⟧") == placeholders.Placeholder("CARD", 1, "last4")
    assert placeholders.parse("⟦card_1⟧") is None


def test_an_empty_call_is_a_call() -> None:
    result = REDACTOR.redact(Request(), None)
    assert (result.request, result.answer, result.counts) == (replace(Request(), options_json="{}"), None, {})


@pytest.mark.parametrize("value", ["[1, 2]", '{"a":1}', '"ab cd"', '"[1, 2]"'])
def test_json_of_too_many_values_is_refused_whole(value: str) -> None:
    def text_of(count: int) -> str:
        return json.dumps([json.loads(value)] * count)

    with pytest.raises(PoisonError, match="too_many_values"):
        REDACTOR.redact_text(text_of(MAX_VALUES + 1))
    assert REDACTOR.redact_text(text_of(40)) == (text_of(40), {})


@pytest.mark.parametrize("unit", ["\n", "A, B\n", "=", "a=", "'a': 1, ", '"a": 1, '])
def test_a_text_of_too_many_lines_or_assignments_or_pairs_is_refused_whole(unit: str) -> None:
    with pytest.raises(PoisonError, match="too_many_values"):
        REDACTOR.redact_text(unit * (MAX_VALUES + 1))
    assert REDACTOR.redact_text(unit * 40) == (unit * 40, {})
