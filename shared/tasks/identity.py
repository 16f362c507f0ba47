"""Identity of a call, from the request alone: which task, which step, which episode.

Unkeyed hashes (``template_id``, ``tool_signature``) cover folded text and schemas; whatever covers a customer's words is a
keyed hash. All are 128 bits, hex. Equal requests give equal ids in every process.
"""

import json
from collections.abc import Callable

from shared.events.calls import Answer, ChatMessage, Request, ToolDefinition
from shared.ids import content_hash, keyed_hash
from shared.tasks.jsontext import canonical
from shared.tasks.words import fold

_CACHE_ENTRIES = 4096
_cache: dict[str, str] = {}

SYSTEM_ROLES = ("system", "developer")


def message_text(message: ChatMessage) -> str:
    """The text of a turn: its content, or the text parts of multi-part content, one a line."""
    if message.parts_json is None:
        return message.content or ""
    try:
        parts = json.loads(message.parts_json)
    except (ValueError, RecursionError):
        return message.parts_json
    if not isinstance(parts, list):
        return message.parts_json
    return "\n".join(str(part["text"]) for part in parts if isinstance(part, dict) and "text" in part)


def _memoised(digest: str, compute: Callable[[], str]) -> str:
    """Folding a long system message costs milliseconds and every call of an agent repeats it. Keyed by hash, never text."""
    known = _cache.get(digest)
    if known is None:
        if len(_cache) >= _CACHE_ENTRIES:
            _cache.clear()
        known = _cache[digest] = compute()
    return known


def template_id(request: Request) -> str:
    """Hash of the folded system and developer messages and of the roles up to the first user turn.

    Roles after it would give every step of a conversation another template.
    """
    roles: list[str] = []
    texts: list[str] = []
    for message in request.messages:
        if message.role in SYSTEM_ROLES:
            texts.append(message_text(message))
        elif "user" in roles:
            continue
        if "user" not in roles:
            roles.append(message.role)
    digest = content_hash("template", *texts)
    folded = _memoised(digest, lambda: content_hash(*(fold(text) for text in texts)))
    return content_hash("template", folded, *roles)


def _canonical_tool(tool: ToolDefinition) -> str:
    return content_hash(tool.name, fold(tool.description or ""), canonical(tool.parameters_json or "{}"))


def tool_signature(request: Request) -> str:
    """Hash of the canonical tool definitions, whatever their order; descriptions count folded."""
    tools = request.tools
    parts = [part for tool in tools for part in (tool.name, tool.description or "", tool.parameters_json or "{}")]
    digest = content_hash("tools", *parts)
    return _memoised(digest, lambda: content_hash("tools", *sorted(_canonical_tool(tool) for tool in tools)))


def task_key(request: Request, tenant: str, hash_key: bytes) -> str:
    """Keyed hash of tenant, tool signature, template id, tool choice and response format. Only ever from raw requests."""
    return keyed_hash(
        hash_key,
        "task",
        tenant,
        tool_signature(request),
        template_id(request),
        canonical(request.tool_choice_json or ""),
        canonical(request.response_format_json or ""),
    )


def sub_key(request: Request) -> str:
    """Role of the last message and the last tool called in the history, ``user:-`` for a first question."""
    role = request.messages[-1].role if request.messages else "-"
    for message in reversed(request.messages):
        if message.tool_calls:
            return f"{role}:{message.tool_calls[-1].name}"
    return f"{role}:-"


def step_number(request: Request) -> int:
    """Assistant turns before this call."""
    return sum(message.role == "assistant" for message in request.messages)


def _message_parts(message: ChatMessage) -> list[str]:
    """What a message says; ids of calls are random per run and say nothing."""
    parts = [message.role, message.content or "", message.parts_json or "", message.name or ""]
    for call in message.tool_calls:
        parts += ["call", call.name, canonical(call.arguments_json)]
    return parts


def episode_id(request: Request, tenant: str, hash_key: bytes, given: str | None) -> str:
    """The conversation that a call belongs to.

    A given id is hashed too, as clients put names and addresses into it; without one, the hash of the first system and
    user messages.
    """
    if given:
        return keyed_hash(hash_key, "episode", tenant, "given", given)
    parts: list[str] = []
    for message in request.messages:
        if message.role in (*SYSTEM_ROLES, "user"):
            parts += _message_parts(message)
        if message.role == "user":
            break
    return keyed_hash(hash_key, "episode", tenant, "opening", *parts)


def prompt_hash(request: Request, hash_key: bytes) -> str:
    """Keyed hash of the whole conversation and its tools."""
    parts = [part for message in request.messages for part in _message_parts(message)]
    return keyed_hash(hash_key, "prompt", tool_signature(request), *parts)


def newest_step(request: Request) -> tuple[ChatMessage, ...]:
    """The newest user turn and what came after it; the last message where no user speaks."""
    messages = request.messages
    for index in range(len(messages) - 1, -1, -1):
        if messages[index].role == "user":
            return messages[index:]
    return messages[-1:]


def step_hash(request: Request, hash_key: bytes) -> str:
    """Keyed hash of the newest user turn and the calls and results since, values kept."""
    parts = [part for message in newest_step(request) for part in _message_parts(message)]
    return keyed_hash(hash_key, "step", *parts)


def answer_hash(answer: Answer | None, hash_key: bytes) -> str:
    """Keyed hash of an answer's text and calls, values kept, ids of calls left out."""
    if answer is None:
        return keyed_hash(hash_key, "answer", "none")
    parts = [answer.content or ""]
    for call in answer.tool_calls:
        parts += ["call", call.name, canonical(call.arguments_json)]
    return keyed_hash(hash_key, "answer", *parts)
