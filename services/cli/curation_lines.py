"""JSON Lines in and out for the offline verbs of curation, and the OpenAI chat shape around a redactor.

Nothing of a line's content ever goes to standard error: only its number and what is wrong with its shape.
"""

import copy
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from services.cli.redacted_spans import span_of
from services.ingest_redactor.logic.redaction import Redactor
from shared.errors import PoisonError
from shared.events.calls import Answer, ChatMessage, Request, ToolCall, ToolDefinition


class BadLineError(ValueError):
    """The line has not the shape that the verb asks for. The message names a field, never a value."""


def lines_of(file: Path | None) -> Iterator[bytes]:
    """Lines of a file or of standard input."""
    if file is None or str(file) == "-":
        yield from sys.stdin.buffer
        return
    with file.open("rb") as lines:
        yield from lines


def object_of(line: bytes) -> dict[str, Any] | str:
    """The JSON object of a line, or what is wrong with it. A byte order mark is no part of it."""
    try:
        value = json.loads(line.decode("utf-8-sig"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return "no JSON"
    return value if isinstance(value, dict) else "no JSON object"


def _no_constant(name: str) -> None:
    """NaN and the infinities are no JSON and would stand in the output as they came."""
    raise ValueError(name)


def json_of(value: Any) -> str:
    """One line of JSON; halves of surrogate pairs, which no encoding holds, as the escapes that they came as."""
    text = json.dumps(value, ensure_ascii=False)
    return text if _encodable(text) else json.dumps(value)


def unicode_of(value: dict[str, Any], name: str) -> str:
    """A field that must be text without halves of surrogate pairs. Raises :class:`BadLineError`."""
    text = field_of(value, name)
    if not _encodable(text):
        raise BadLineError(f"{name!r} is no Unicode text")
    return text


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def key_of(value: dict[str, Any]) -> str:
    """The optional field ``key``, text or a number. Raises :class:`BadLineError`."""
    key = value.get("key")
    if not isinstance(key, str | int | float | None):
        raise BadLineError("'key' is no text")
    text = str(key or "")
    if not _encodable(text):
        raise BadLineError("'key' is no Unicode text")
    return text


def field_of(value: dict[str, Any], name: str) -> str:
    """A field that must be text. Raises :class:`BadLineError`."""
    field = value.get(name)
    if not isinstance(field, str):
        raise BadLineError(f"{name!r} is missing or no text")
    return field


class LineRunner:
    """Applies a verb to every line; one line out per line in, bad ones as ``{"error": …}`` and on standard error."""

    def __init__(self, write: Callable[[str], None], complain: Callable[[str], None]) -> None:
        self._write = write
        self._complain = complain
        self.bad_lines = 0

    def results(self, lines: Iterable[bytes], verb: Callable[[dict[str, Any]], Any]) -> Iterator[Any]:
        """What the verb makes of each line; an error object where it can make nothing."""
        for number, line in enumerate(lines, start=1):
            value = object_of(line)
            problem = value if isinstance(value, str) else ""
            result: Any = None
            if isinstance(value, dict):
                try:
                    result = verb(value)
                except BadLineError as error:
                    problem = str(error)
                except UnicodeEncodeError:
                    problem = "no Unicode text"
                except PoisonError as error:
                    problem = f"refused: {error.reason}"
            if problem:
                self.bad_lines += 1
                self._complain(f"line {number}: {problem}")
                result = {"error": problem}
            yield result

    def write(self, result: Any) -> None:
        self._write(json_of(result))


def redact_line(redactor: Redactor, value: dict[str, Any], *, explain: bool = False) -> dict[str, Any]:
    """``{"text"}`` or ``{"messages", "tools", "response"}`` in the same shape redacted, plus ``spans``.

    A span's path names a string of the line, and its places count in that string as it came; ``explain`` adds the rule.
    """
    result = copy.deepcopy(value)
    if "messages" not in value and "response" not in value and "tools" not in value:
        outcome = redactor.redact(Request(), Answer(content=field_of(value, "text")))
        assert outcome.answer is not None
        result["text"] = outcome.answer.content or ""
        result["spans"] = [span_of(span, value, "text", explain) for span in outcome.spans]
        return result
    messages, tools, response = (value.get(name) for name in ("messages", "tools", "response"))
    request = Request(
        messages=tuple(_message(message) for message in _list(messages, "messages")),
        tools=tuple(_tool(tool) for tool in _list(tools, "tools")),
    )
    answer = None
    if response is not None:
        said = _message(response)
        answer = Answer(content=said.content, tool_calls=said.tool_calls)
    outcome = redactor.redact(request, answer)
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
