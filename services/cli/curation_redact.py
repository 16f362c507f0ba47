"""The OpenAI chat shape around a redactor: ``flywheel redact`` on parsed lines, as many at once as have come."""

import copy
import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from services.cli.curation_lines import BadLineError, Refusal, attempted, field_of
from services.cli.redacted_spans import span_of
from services.ingest_redactor.logic.redaction import Redacted, Redactor
from shared.events.calls import Answer, ChatMessage, Request, ToolCall, ToolDefinition

_AT_ONCE = 200
"""Calls that the redactor reads together: more are not read faster."""

_Call = tuple[Request, Answer | None]


def redact_lines(
    redactor: Redactor, values: Sequence[dict[str, Any]], *, explain: bool = False
) -> list[dict[str, Any] | Refusal]:
    """What :func:`redact_line` makes of each, or why it can make nothing of it; together they are read faster."""
    calls = [attempted(_call_of, value) for value in values]
    outcomes = iter(_outcomes(redactor, [call for call in calls if not isinstance(call, Refusal)]))
    found: list[dict[str, Any] | Refusal] = []
    for value, call in zip(values, calls, strict=True):
        outcome = call if isinstance(call, Refusal) else next(outcomes)
        made = (
            outcome
            if isinstance(outcome, Refusal)
            else attempted(partial(_told, outcome=outcome, explain=explain), value)
        )
        found.append(made)
    return found


def redact_line(redactor: Redactor, value: dict[str, Any], *, explain: bool = False) -> dict[str, Any]:
    """``{"text"}`` or ``{"messages", "tools", "response"}`` in the same shape redacted, plus ``spans``.

    A span's path names a string of the line, and its places count in that string as it came; ``explain`` adds the rule.
    """
    return _told(value, redactor.redact(*_call_of(value)), explain)


def _outcomes(redactor: Redactor, calls: Sequence[_Call]) -> list[Redacted | Refusal]:
    found: list[Redacted | Refusal] = []
    for start in range(0, len(calls), _AT_ONCE):
        some = calls[start : start + _AT_ONCE]
        together = attempted(redactor.redact_all, some)
        if isinstance(together, UnicodeEncodeError):  # whose text it was shows when each is alone
            found += [attempted(lambda call: redactor.redact(*call), call) for call in some]
        else:
            assert isinstance(together, list)
            found += together
    return found


def _is_text(value: dict[str, Any]) -> bool:
    return not any(name in value for name in ("messages", "response", "tools"))


def _call_of(value: dict[str, Any]) -> _Call:
    if _is_text(value):
        return Request(), Answer(content=field_of(value, "text"))
    request = Request(
        messages=tuple(_message(message) for message in _list(value.get("messages"), "messages")),
        tools=tuple(_tool(tool) for tool in _list(value.get("tools"), "tools")),
    )
    if value.get("response") is None:
        return request, None
    said = _message(value["response"])
    return request, Answer(content=said.content, tool_calls=said.tool_calls)


def _told(value: dict[str, Any], outcome: Redacted, explain: bool) -> dict[str, Any]:
    """The line as it came with what was redacted put in."""
    result = copy.deepcopy(value)
    if _is_text(value):
        assert outcome.answer is not None
        result["text"] = outcome.answer.content or ""
        result["spans"] = [span_of(span, value, "text", explain) for span in outcome.spans]
        return result
    for target, message in zip(_list(result.get("messages"), "messages"), outcome.request.messages, strict=True):
        _put_message(target, message)
    for target, tool in zip(_list(result.get("tools"), "tools"), outcome.request.tools, strict=True):
        _put_tool(target, tool)
    if outcome.answer is not None:
        answered = ChatMessage(role="assistant", content=outcome.answer.content, tool_calls=outcome.answer.tool_calls)
        _put_message(result["response"], answered)
    result["spans"] = [span_of(span, value, None, explain) for span in outcome.spans]
    return result


def _list(value: Any, name: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadLineError(f"{name!r} is no list")
    return value


def _text_or_none(value: Any, name: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise BadLineError(f"{name!r} is no text")
    return value


def _message(value: Any) -> ChatMessage:
    if not isinstance(value, dict):
        raise BadLineError("a message is no object")
    content = value.get("content")
    parts = json.dumps(content, ensure_ascii=False) if isinstance(content, list) else None
    calls = []
    for call in _list(value.get("tool_calls"), "tool_calls"):
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            raise BadLineError("a tool call has no 'function'")
        arguments = function.get("arguments", "{}")
        text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
        calls.append(ToolCall(id=str(call.get("id", "")), name=field_of(function, "name"), arguments_json=text))
    return ChatMessage(
        role=str(value.get("role", "assistant")),
        content=None if parts is not None else _text_or_none(content, "content"),
        parts_json=parts,
        name=_text_or_none(value.get("name"), "name"),
        tool_calls=tuple(calls),
        tool_call_id=_text_or_none(value.get("tool_call_id"), "tool_call_id"),
    )


def _tool(value: Any) -> ToolDefinition:
    function = value.get("function", value) if isinstance(value, dict) else None
    if not isinstance(function, dict):
        raise BadLineError("a tool is no object")
    parameters = function.get("parameters")
    text = None if parameters is None else json.dumps(parameters, ensure_ascii=False)
    return ToolDefinition(
        name=field_of(function, "name"), description=_text_or_none(function.get("description"), "description"),
        parameters_json=text,
    )  # fmt: skip


def _put_message(target: dict[str, Any], message: ChatMessage) -> None:
    if message.parts_json is not None:
        target["content"] = json.loads(message.parts_json)
    elif "content" in target:
        target["content"] = message.content
    for name, text in (("name", message.name), ("tool_call_id", message.tool_call_id)):
        if name in target:
            target[name] = text
    for call, redacted in zip(target.get("tool_calls") or [], message.tool_calls, strict=True):
        if "id" in call:
            call["id"] = redacted.id
        if "arguments" in call["function"]:
            as_text = isinstance(call["function"]["arguments"], str)
            call["function"]["arguments"] = redacted.arguments_json if as_text else json.loads(redacted.arguments_json)


def _put_tool(target: dict[str, Any], tool: ToolDefinition) -> None:
    function = target.get("function", target)
    if tool.description is not None:
        function["description"] = tool.description
    if tool.parameters_json is not None:
        function["parameters"] = json.loads(tool.parameters_json)
