"""The router's edges: JSON in and out, the heuristic classifier, the encrypted spool, settings that refuse to be unsafe."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.router.classify import task_classify
from services.router.settings import RouterOptions, RouterSettings
from services.router.spool import Spool
from services.router.wire import (
    AnswerBuilder,
    BadRequestError,
    fits_specialists,
    message_json,
    parse_answer,
    parse_request,
)

TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
HELLO = {"role": "user", "content": "hello"}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ([], "body"),
        ({}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": ["x"]}, "messages.0"),
        ({"messages": [{"role": "wizard"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages.0.content"),
        ({"messages": [HELLO], "tools": {}}, "tools"),
        ({"messages": [HELLO], "tools": [{}]}, "tools.0.function"),
        ({"messages": [HELLO], "model": 4}, "model"),
        ({"messages": [{"role": "assistant", "tool_calls": "x"}]}, "messages.0.tool_calls"),
    ],
)
def test_bad_bodies_name_the_field(body: object, param: str) -> None:
    with pytest.raises(BadRequestError) as raised:
        parse_request(body)
    assert raised.value.param == param


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@given(JSON, JSON)
def test_any_json_is_parsed_or_refused_by_field(messages: object, tools: object) -> None:
    try:
        parse_request({"messages": messages, "tools": tools})
    except BadRequestError as error:
        assert error.param


@pytest.mark.parametrize(
    ("extra", "fits"),
    [
        ({"tools": [TOOL]}, True),
        ({}, False),
        ({"tools": [TOOL], "n": 2}, False),
        ({"tools": [TOOL], "logprobs": True}, False),
        ({"tools": [TOOL], "tool_choice": "none"}, False),
        ({"tools": [TOOL], "tool_choice": "auto", "temperature": 0}, True),
        ({"tools": [TOOL], "response_format": {"type": "json_object"}}, False),
        ({"tools": [TOOL], "messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, False),
    ],
)
def test_what_a_specialist_may_answer(extra: dict[str, object], fits: bool) -> None:
    assert fits_specialists(parse_request({"messages": [HELLO], **extra})) is fits


def test_text_parts_become_text() -> None:
    request = parse_request({"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]})
    assert request.messages[0].content == "a" and request.messages[0].parts_json is None


def test_stream_deltas_add_up_to_the_message() -> None:
    builder = AnswerBuilder()
    for delta in (
        {"role": "assistant", "content": None},
        {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "f", "arguments": '{"a"'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]},
    ):
        builder.add({"delta": delta})
    builder.add({"delta": {}, "finish_reason": "tool_calls"})
    answer = builder.answer()
    assert parse_answer(message_json(answer), "tool_calls") == answer
    assert answer.tool_calls[0].arguments_json == '{"a":1}'


@pytest.mark.parametrize(
    ("text", "tools", "kind", "rule"),
    [
        ("Translate this to French", [], "translation", "prefix"),
        ("def f(x): fix it", [], "code", "pattern"),
        ("anything", [TOOL], "tool_call", "tools"),
        ("please check my order status", [], "lookup", "keywords"),
        ("hm", [], "general", "none"),
    ],
)
def test_heuristic_classes(text: str, tools: list[object], kind: str, rule: str) -> None:
    task = task_classify(parse_request({"messages": [{"role": "user", "content": text}], "tools": tools}))
    assert (task.task_type, task.rule) == (kind, rule)


def test_given_task_type_wins_and_hints_the_tools() -> None:
    task = task_classify(parse_request({"messages": [HELLO], "tools": [TOOL]}), "refund")
    assert (task.task_type, task.cluster_hint) == ("refund", "refund:f")


def records(count: int) -> list[tuple[str, str, bytes]]:
    return [("observation.raw", f"k{i}", b"secret-canary" + bytes([i % 256])) for i in range(count)]


def test_spool_is_encrypted_private_and_replays_in_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", "secret", 10**6)
    spool.append(records(700))
    segments = list(spool.segments())
    assert len(segments) == 2
    for segment in segments:
        assert b"secret-canary" not in segment.read_bytes()
        assert segment.stat().st_mode & 0o777 == 0o600
    assert [record for segment in segments for record in Spool(tmp_path / "spool", "secret", 10**6).read(segment)] == (
        records(700)
    )
    for segment in segments:
        spool.acknowledge(segment)
    assert list(spool.segments()) == []


def test_spool_keeps_its_bound_by_dropping_the_oldest(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "secret", max_bytes=60_000)
    for _ in range(6):
        spool.append(records(100))
    assert sum(path.stat().st_size for path in spool.segments()) <= 60_000
    assert spool.dropped_records > 0


def test_torn_line_and_foreign_key_lose_nothing_else(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "secret", 10**6)
    spool.append(records(3))
    segment = next(spool.segments())
    segment.write_bytes(segment.read_bytes()[:-20])
    assert spool.read(segment) == records(2) and spool.dropped_records == 1
    assert Spool(tmp_path, "another", 10**6).read(segment) == []


def test_generated_key_is_kept_private(tmp_path: Path) -> None:
    Spool(tmp_path, "", 10**6).append(records(1))
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert Spool(tmp_path, "", 10**6).read(next(Spool(tmp_path, "", 10**6).segments())) == records(1)


def test_open_address_needs_keys() -> None:
    with pytest.raises(ValidationError, match="not loopback"):
        RouterSettings(router=RouterOptions(host="0.0.0.0"))
    assert RouterSettings(router=RouterOptions(host="0.0.0.0", keys={"acme": "k"})).router.keys
    assert RouterSettings(router=RouterOptions(host="::1"))


def test_secrets_do_not_show() -> None:
    settings = RouterSettings(router=RouterOptions(keys={"acme": "sk-canary"}, frontier_api_key="sk-canary"))
    assert "sk-canary" not in repr(settings) and "sk-canary" not in json.dumps(settings.model_dump(mode="json"))
