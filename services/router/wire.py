"""OpenAI's chat JSON ↔ events. Unknown fields are kept as options and passed on; malformed ones are named."""

import json
from typing import Any

from shared.errors import FlywheelError
from shared.events.calls import Answer, ChatMessage, Request, ToolCall, ToolDefinition

ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
STRUCTURAL = frozenset({"model", "messages", "tools", "tool_choice", "response_format", "stream", "stream_options"})
# Options that change what an answer is, or that a specialist does not have: such calls stay with the frontier model.
BEYOND_SPECIALISTS = ("logprobs", "top_logprobs", "logit_bias", "functions", "function_call", "audio", "modalities")


class BadRequestError(FlywheelError):
    """``param`` is the path of the field at fault."""

    def __init__(self, message: str, param: str) -> None:
        super().__init__(message)
        self.param = param


def parse_request(body: Any) -> Request:
    """Raises :class:`BadRequestError` that names the field."""
    if not isinstance(body, dict):
        raise BadRequestError("the body must be a JSON object", "body")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise BadRequestError("messages must be a non-empty array", "messages")
    tools = [] if body.get("tools") is None else body["tools"]
    if not isinstance(tools, list):
        raise BadRequestError("tools must be an array", "tools")
    model = body.get("model", "auto")
    if not isinstance(model, str) or not model:
        raise BadRequestError("model must be a non-empty string", "model")
    return Request(
        model=model,
        messages=tuple(_message(message, f"messages.{index}") for index, message in enumerate(messages)),
        tools=tuple(_tool(tool, f"tools.{index}") for index, tool in enumerate(tools)),
        tool_choice_json=_canonical(body.get("tool_choice")),
        response_format_json=_canonical(body.get("response_format")),
        options_json=_canonical({key: value for key, value in body.items() if key not in STRUCTURAL}) or "{}",
    )


def fits_specialists(request: Request) -> bool:
    """Whether a specialist may answer at all: tools offered, one answer asked, no option beyond it, text only."""
    options = json.loads(request.options_json)
    return (
        bool(request.tools)
        and options.get("n", 1) in (1, None)
        and not any(options.get(name) for name in BEYOND_SPECIALISTS)
        and request.tool_choice_json in (None, '"auto"', '"required"')
        and request.response_format_json in (None, '{"type":"text"}')
        and all(message.parts_json is None for message in request.messages)
    )


def parse_answer(message: Any, finish_reason: Any) -> Answer:
    """An assistant message of a non-streaming response. Tolerant: what is missing is absent."""
    message = message if isinstance(message, dict) else {}
    content = message.get("content")
    return Answer(
        content=content if isinstance(content, str) else None,
        tool_calls=tuple(_call(call) for call in message.get("tool_calls") or () if isinstance(call, dict)),
        finish_reason=finish_reason if isinstance(finish_reason, str) else None,
    )


class AnswerBuilder:
    """Collects the deltas of a stream into the answer they add up to."""

    def __init__(self) -> None:
        self._content: list[str] = []
        self._calls: dict[int, dict[str, str]] = {}
        self.finish_reason: str | None = None

    def add(self, choice: Any) -> None:
        if not isinstance(choice, dict):
            return
        delta = choice.get("delta")
        delta = delta if isinstance(delta, dict) else {}
        if isinstance(delta.get("content"), str):
            self._content.append(delta["content"])
        for part in delta.get("tool_calls") or ():
            call = self._calls.setdefault(int(part.get("index") or 0), {"id": "", "name": "", "arguments": ""})
            function = part.get("function") or {}
            call["id"] = part.get("id") or call["id"]
            call["name"] += function.get("name") or ""
            call["arguments"] += function.get("arguments") or ""
        self.finish_reason = choice.get("finish_reason") or self.finish_reason

    def answer(self) -> Answer:
        calls = [self._calls[index] for index in sorted(self._calls)]
        return Answer(
            content="".join(self._content) or None,
            tool_calls=tuple(ToolCall(id=c["id"], name=c["name"], arguments_json=c["arguments"]) for c in calls),
            finish_reason=self.finish_reason,
        )


def message_json(answer: Answer) -> dict[str, Any]:
    """The answer as an assistant message."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.content}
    if answer.tool_calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments_json}}
            for call in answer.tool_calls
        ]
    return message


def _message(message: Any, path: str) -> ChatMessage:
    if not isinstance(message, dict):
        raise BadRequestError(f"{path} must be an object", path)
    role = message.get("role")
    if role not in ROLES:
        raise BadRequestError(f"{path}.role must be one of {', '.join(sorted(ROLES))}", f"{path}.role")
    content = message.get("content")
    if content is not None and not isinstance(content, str | list):
        raise BadRequestError(f"{path}.content must be a string, an array of parts or null", f"{path}.content")
    text, parts = _content(content)
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list) or not all(isinstance(call, dict) for call in calls):
        raise BadRequestError(f"{path}.tool_calls must be an array of objects", f"{path}.tool_calls")
    return ChatMessage(
        role=role,
        content=text,
        parts_json=parts,
        name=_text_or_none(message.get("name")),
        tool_calls=tuple(_call(call) for call in calls),
        tool_call_id=_text_or_none(message.get("tool_call_id")),
    )


def _content(content: Any) -> tuple[str | None, str | None]:
    """Text, or parts. An array of text parts alone is text."""
    if content is None or isinstance(content, str):
        return content, None
    if all(
        isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str) for part in content
    ):
        return "\n".join(part["text"] for part in content), None
    return None, _canonical(content)


def _call(call: dict[str, Any]) -> ToolCall:
    function = call.get("function")
    function = function if isinstance(function, dict) else {}
    arguments = function.get("arguments")
    return ToolCall(
        id=str(call.get("id") or ""),
        name=str(function.get("name") or ""),
        arguments_json=arguments if isinstance(arguments, str) else _canonical(arguments) or "{}",
    )


def _tool(tool: Any, path: str) -> ToolDefinition:
    function = tool.get("function") if isinstance(tool, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise BadRequestError(f"{path}.function.name is missing", f"{path}.function")
    return ToolDefinition(
        name=function["name"],
        description=_text_or_none(function.get("description")),
        parameters_json=_canonical(function.get("parameters")),
    )


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _canonical(value: Any) -> str | None:
    if value is None:
        return None
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
