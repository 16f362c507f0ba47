"""Invariants of redaction over generated calls: idempotent, JSON stays JSON, planted values gone, filling inverts."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest_redactor.logic.redaction import Redacted, Redactor
from services.ingest_redactor.logic.scanner import Scanner
from shared.events.calls import Answer, ChatMessage, Request, ToolCall
from shared.prompting import placeholders
from shared.prompting.surrogates import Surrogates

REDACTOR = Redactor(Scanner("pii"))

PLANTED = {
    "email": ["maria.garcia@example.com", "Bob@Example.ORG"],
    "phone": ["(415) 555-2671", "+14155552671", "415-555-2671"],
    "card": ["4111 1111 1111 1111", "5500005555555559"],
    "full_name": ["Maria Garcia", "ROBERT JOHNSON", "Anh Nguyen"],
    "ssn": ["123-45-6789"],
    "account_number": ["99887766", "1234-5678"],
    "date_of_birth": ["1985-03-12", "03/12/1985"],
}
SENTENCES = [
    "write to {email} please", "My name is {full_name}.", "call {phone} today", "card {card} was charged",
    "ssn {ssn}", "account number {account_number} is closed", "born {date_of_birth}", "{full_name}: {email}; {phone}",
]  # fmt: skip
FILLERS = [
    "Book a table for 4 at 7:30 PM",
    "order ORD-12345",
    "in Lisbon on 2026-03-02",
    "⟦EMAIL_1⟧",
    "price 12.50",
    "{",
    '"',
    "🙂",
]

value_of = {key: st.sampled_from(values) for key, values in PLANTED.items()}
values = st.fixed_dictionaries(value_of)
sentences = st.lists(st.sampled_from(SENTENCES + FILLERS), min_size=1, max_size=6)


@st.composite
def calls(draw: st.DrawFn) -> tuple[Request, Answer, dict[str, str]]:
    planted = draw(values)
    text = ". ".join(sentence.format(**planted) if sentence in SENTENCES else sentence for sentence in draw(sentences))
    arguments = {key: planted[key] for key in draw(st.lists(st.sampled_from(sorted(PLANTED)), unique=True))}
    arguments |= {"note": draw(st.sampled_from(FILLERS)), "count": draw(st.integers(0, 99))}  # type: ignore[dict-item]
    call = ToolCall(id="c", name="f", arguments_json=json.dumps(arguments, ensure_ascii=draw(st.booleans())))
    messages = (
        ChatMessage(role="user", content=text),
        ChatMessage(role="assistant", tool_calls=(call,)),
        ChatMessage(role="tool", content=json.dumps({"echo": json.dumps(arguments)}), tool_call_id="c"),
    )
    return Request(messages=messages), Answer(content=text, tool_calls=(call,)), planted


def texts(result: Redacted) -> list[str]:
    assert result.answer is not None
    calls_made = [call for message in result.request.messages for call in message.tool_calls]
    return [
        *(message.content or "" for message in result.request.messages),
        *(call.arguments_json for call in [*calls_made, *result.answer.tool_calls]),
        result.answer.content or "",
    ]


@settings(deadline=None, max_examples=150)
@given(calls())
def test_redaction_is_a_fixed_point_that_keeps_json_and_leaks_nothing(
    call: tuple[Request, Answer, dict[str, str]],
) -> None:
    request, answer, planted = call
    result = REDACTOR.redact(request, answer)
    again = REDACTOR.redact(result.request, result.answer)
    assert (again.request, again.answer, again.counts) == (result.request, result.answer, {})
    assert not result.unlinked
    assert result.answer is not None
    written = json.loads(result.answer.tool_calls[0].arguments_json)
    original = json.loads(answer.tool_calls[0].arguments_json)
    assert written.keys() == original.keys()
    assert (written["count"], written["note"]) == (original["count"], original["note"])
    used = {value for value in planted.values() if value in repr(request)}
    assert not any(value in text for value in used for text in texts(result))


@settings(deadline=None, max_examples=80)
@given(calls(), st.sampled_from(["training", "shadow"]), st.text(max_size=6))
def test_filling_inverts_redaction(call: tuple[Request, Answer, dict[str, str]], pool: str, event_id: str) -> None:
    request, answer, _ = call
    result = REDACTOR.redact(request, answer)
    assert result.answer is not None
    surrogates = Surrogates(event_id, pool)  # type: ignore[arg-type]
    filled = REDACTOR.redact(surrogates.request(result.request), surrogates.answer(result.answer))
    assert not any(list(placeholders.find(text)) for text in (surrogates.text(part) for part in texts(result)))
    assert [kinds(text) for text in texts(filled)] == [kinds(text) for text in texts(result)]


def kinds(text: str) -> list[tuple[str, str]]:
    """Types and forms; numbers may differ where the input bore placeholders of its own."""
    return [(placeholder.type, placeholder.form) for _, _, placeholder in placeholders.find(text)]


@settings(deadline=None, max_examples=200)
@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from([*SENTENCES, "⟦", "⟧", "\u200b", "１", ":", "name", " "])).map("".join)
)
def test_any_text_comes_through(text: str) -> None:
    once, _ = REDACTOR.redact_text(text)
    assert REDACTOR.redact_text(once)[0] == once
