"""A request as the text a specialist reads, and an answer as the text it is trained to write.

The prompt holds the values folded out of the system message (today's date, ids), the newest user turn, and the calls
and tool results since: what changes from call to call inside one cluster, and nothing else.
"""

import json
import re
from collections.abc import Sequence

from shared.events.calls import Answer, ChatMessage, Request, ToolCall
from shared.prompting.template import DEFER, Template

_CONTROL = re.compile(r"<\|(?=[A-Za-z_]+\|>)")
_FOLDED = re.compile(
    r"""\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?Z?)?   # ISO dates
      | \b[A-Za-z]+[-_][A-Za-z0-9_-]*\d[A-Za-z0-9_-]*          # identifiers such as acct-42, user_7
      | \b\d[\d.,:/-]*\d\b | \b\d\b                            # numbers, times, other dates
      | "[^"\n]{1,80}" | '[^'\n]{2,80}'                        # quoted values
      | ⟦[A-Z_]+_\d+(?::[^⟧]*)?⟧                               # placeholders
    """,
    re.VERBOSE,
)


def render(request: Request, template: Template) -> str:
    """The prompt, as ``/v1/completions`` gets it. Control tokens inside messages are broken up."""
    lines = []
    if facts := system_values(request):
        lines.append(f"[{'; '.join(facts)}]")
    lines.extend(_line(message) for message in recent(request))
    return template.opening + "\n".join(lines) + template.closing


def render_answer(answer: Answer | None, template: Template) -> str:
    """The completion trained on: the calls as JSON, or ``DEFER`` where the right answer holds no call."""
    calls = answer.tool_calls if answer else ()
    return (render_calls(calls) if calls else DEFER) + template.stop


def render_calls(calls: Sequence[ToolCall]) -> str:
    """One call as an object, several as an array; keys as the model wrote them, no white space."""
    objects = [{"name": call.name, "arguments": _loads(call.arguments_json)} for call in calls]
    return _dumps(objects[0] if len(objects) == 1 else objects)


def recent(request: Request) -> tuple[ChatMessage, ...]:
    """The newest user turn and everything after it."""
    messages = request.messages
    start = max((index for index, message in enumerate(messages) if message.role == "user"), default=0)
    return messages[start:]


def system_values(request: Request) -> list[str]:
    """The values in system and developer messages that differ from call to call, in order, once each."""
    text = "\n".join(message.content or "" for message in request.messages if message.role in ("system", "developer"))
    return list(dict.fromkeys(_break(match.group().strip("\"'")) for match in _FOLDED.finditer(text)))[:12]


def estimate_tokens(text: str) -> int:
    """An upper estimate for where no tokenizer is at hand: a token covers at least 2.5 bytes of ordinary text."""
    return int(len(text.encode()) / 2.5) + 1


def _line(message: ChatMessage) -> str:
    text = _break(message.content or message.parts_json or "")
    if message.role == "assistant":
        called = render_calls(message.tool_calls) if message.tool_calls else ""
        return f"called {_break(called)}" if called else f"said {text}"
    return f"result {text}" if message.role == "tool" else text


def _break(text: str) -> str:
    return _CONTROL.sub("< |", text)


def _loads(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
