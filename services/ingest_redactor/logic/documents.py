"""A call as segments of text: every place that may hold an identifier, in document order, JSON taken apart.

The redactor rewrites segments; a document puts them back, and what was not rewritten keeps its spelling.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, TypeVar

from services.ingest_redactor.logic.layout.columns import Kinds
from services.ingest_redactor.logic.mentions import MAX_VALUES
from services.ingest_redactor.logic.names.english import is_of_the_language
from services.ingest_redactor.logic.names.tagger import places
from shared.errors import PoisonError
from shared.events.calls import Answer, ChatMessage, Request, ToolCall, ToolDefinition
from shared.tasks.jsontext import Leaf, leaves, parse_structure, rewritten
from shared.tasks.names import ambiguous_first_names

MAX_NESTING = 4
"""JSON inside a string inside JSON …: deeper levels are read as text."""
PartT = TypeVar("PartT", Request, Answer, ChatMessage, ToolCall, ToolDefinition)
ItemT = TypeVar("ItemT")
TEXT_PARTS = frozenset(("text", "input_text", "output_text", "refusal"))
IDENTIFYING_OPTIONS = frozenset(("user", "metadata", "safety_identifier", "prompt_cache_key", "store"))


@dataclass(frozen=True, slots=True)
class Source:
    """The token of a leaf, and the JSON text that holds it, perhaps itself a leaf."""

    text: str
    leaf: Leaf
    outer: "Source | None"


_ESCAPED = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL)


def outer_range(source: Source | None, start: int, end: int) -> tuple[int, int]:
    """Places of a leaf's decoded value as places of the outermost string, escapes counted."""
    while source is not None:
        first, last = source.leaf.start, source.leaf.end
        if source.leaf.is_string:
            first, last = first + 1, last - 1
        raw = source.text[first:last]
        if "\\" in raw:
            ends = [0, *(match.end() for match in _ESCAPED.finditer(raw))]
            start, end = ends[start], ends[end]
        start, end, source = first + start, first + end, source.outer
    return start, end


def decoded_length(raw: str) -> int:
    """Characters of a piece of a JSON string once its escapes are read."""
    return len(_ESCAPED.findall(raw)) if "\\" in raw else len(raw)


@dataclass(slots=True)
class Segment:
    """One stretch of text. ``edits`` are replaced ranges of ``original``, in order."""

    original: str
    path: str
    kind: str | None = None
    """What its key says it is."""
    asked: tuple[str, ...] = ()
    """What the text before it asks for."""
    is_number: bool = False
    in_answer: bool = False
    container: object = None
    """Siblings in one JSON object share it."""
    source: "Source | None" = None
    """Where it stands if it is a leaf of JSON; ``path`` then names the string that holds the JSON."""
    edits: list[tuple[int, int, str, str, int]] = field(default_factory=list)
    """Start, end, replacement, type, priority of what found it."""

    @property
    def text(self) -> str:
        """As it stands after the edits so far."""
        if not self.edits:
            return self.original
        pieces: list[str] = []
        position = 0
        for start, end, value, _, _ in self.edits:
            pieces += (self.original[position:start], value)
            position = end
        pieces.append(self.original[position:])
        return "".join(pieces)

    def replace(self, spans: list[tuple[int, int, str, str, int]]) -> None:
        """Adds edits given in places of the current text; none overlaps an earlier one."""
        if not self.edits:
            self.edits = spans if len(spans) == 1 else sorted(spans)
            return
        moved: list[tuple[int, int, str, str, int]] = []
        for start, end, value, type_, priority in spans:
            shift = 0
            for edit_start, edit_end, edit_value, _, _ in self.edits:
                if edit_start - shift >= end:
                    break
                if edit_start - shift + len(edit_value) <= start:
                    shift += (edit_end - edit_start) - len(edit_value)
            moved.append((start + shift, end + shift, value, type_, priority))
        self.edits = sorted(self.edits + moved)


@dataclass(slots=True)
class Document:
    """A field of a call: plain text, or JSON whose leaves are segments or documents again."""

    text: str
    segment: Segment | None = None
    children: list[tuple[Leaf, "Document"]] = field(default_factory=list)

    def segments(self) -> Iterator[Segment]:
        if self.segment is not None:
            yield self.segment
        for _, child in self.children:
            yield from child.segments()

    def result(self) -> str:
        if self.segment is not None:
            return self.segment.text
        changes = [(leaf, child.result()) for leaf, child in self.children]
        return rewritten(self.text, [(leaf, value) for leaf, value in changes if value != leaf.value])


def read(text: str, path: str, *, keyed: bool = True, in_answer: bool = False, kind: str | None = None) -> Document:
    """A field as a document. ``keyed`` off: keys tell nothing (schemas)."""
    return _read(text, path, keyed, in_answer, kind, 0, None)


def _read(
    text: str, path: str, keyed: bool, in_answer: bool, kind: str | None, depth: int, source: Source | None
) -> Document:
    if depth >= MAX_NESTING or kind is not None or text[:1].isalnum():
        return Document(text, Segment(text, path, kind, in_answer=in_answer, source=source))
    if text[:1] in "[{" and 2 * text.count('":') > MAX_VALUES:
        raise _too_many_values()  # told before anything is read
    if parse_structure(text) is None:
        return Document(text, Segment(text, path, kind, in_answer=in_answer, source=source))
    document = Document(text)
    found = _few(leaves(text))
    told = Kinds(text, found) if keyed else None
    for at, leaf in enumerate(found):
        if leaf.is_key and _is_of_words(leaf.value):
            continue
        leaf_kind = told.kinds[at] if told else None
        inner = Source(text, leaf, source)
        if leaf.is_string and not leaf.is_key:
            child = _read(leaf.value, path, keyed, in_answer, leaf_kind, depth + 1, inner)
        else:
            child = Document(leaf.value, Segment(leaf.value, path, leaf_kind, in_answer=in_answer, source=inner))
        if child.segment is not None:
            child.segment.is_number = not leaf.is_string
            row = told.rows.get(at) if told else None
            container = told.joined.get(leaf.container, leaf.container) if told else leaf.container
            child.segment.container = (id(document), container, row)
        document.children.append((leaf, child))
    return document


def _is_of_words(key: str) -> bool:
    """``Postal town``: words that are nobody's name and no town tell what stands under the key, not who."""
    words = key.lower().replace("_", " ").split(" ")
    return all(
        is_of_the_language(word) and word not in ambiguous_first_names() and word not in places() for word in words
    )


def _few(items: Iterator[ItemT]) -> list[ItemT]:
    """All items, if there are not too many for one call."""
    found = list(islice(items, MAX_VALUES + 1))
    if len(found) > MAX_VALUES:
        raise _too_many_values()
    return found


def _too_many_values() -> PoisonError:
    return PoisonError("too_many_values", f"more than {MAX_VALUES} keys and values in one call")


class CallDocument:
    """A request and its answer as documents, and back. Raises ``PoisonError`` on content that cannot be read."""

    def __init__(self, request: Request, answer: Answer | None) -> None:
        self._request = request
        self._answer = answer
        self._fields: dict[tuple[object, ...], Document] = {}
        for index, message in enumerate(request.messages):
            self._add_message(index, message)
        if answer is not None:
            self._add("answer", "content", answer.content, "response.content", in_answer=True)
            self._add_calls(("answer",), answer.tool_calls, "response", in_answer=True)
        for index, tool in enumerate(request.tools):
            self._add("tool", index, tool.description, f"tools[{index}].description", keyed=False)
            self._add("schema", index, tool.parameters_json, f"tools[{index}].parameters", keyed=False)
        self._add("format", 0, request.response_format_json, "response_format", keyed=False)
        options = _options(request.options_json)
        if options != "{}":
            self._add("options", 0, options, "options")

    def _add(
        self, group: object, index: object, text: str | None, path: str, *, keyed: bool = True, in_answer: bool = False,
        kind: str | None = None,
    ) -> None:  # fmt: skip
        if text:
            self._fields[group, index] = read(text, path, keyed=keyed, in_answer=in_answer, kind=kind)

    def _add_message(self, index: int, message: ChatMessage) -> None:
        path = f"messages[{index}]"
        self._add("content", index, message.content, f"{path}.content")
        if message.parts_json is not None:
            _check_parts(message.parts_json)
            self._add("parts", index, message.parts_json, f"{path}.content")
        if message.name:
            self._add("name", index, message.name, f"{path}.name", kind="NAME?")
        if message.tool_call_id:
            self._add("call_id", index, message.tool_call_id, f"{path}.tool_call_id")
        if message.tool_calls:
            self._add_calls((index,), message.tool_calls, path)

    def _add_calls(
        self, owner: tuple[object, ...], calls: tuple[ToolCall, ...], path: str, *, in_answer: bool = False
    ) -> None:
        for number, call in enumerate(calls):
            where = f"{path}.tool_calls[{number}]"
            self._add("id", (*owner, number), call.id, f"{where}.id", in_answer=in_answer)
            self._add("arguments", (*owner, number), call.arguments_json, f"{where}.arguments", in_answer=in_answer)

    def segments(self) -> list[Segment]:
        """Messages, answer, tools: in that order."""
        return _few(segment for document in self._fields.values() for segment in document.segments())

    def _text(self, group: object, index: object, text: str | None) -> str | None:
        document = self._fields.get((group, index))
        return text if document is None else document.result()

    def _calls(self, owner: tuple[object, ...], calls: tuple[ToolCall, ...]) -> tuple[ToolCall, ...]:
        return tuple(
            _with(
                call,
                id=self._text("id", (*owner, number), call.id) or "",
                arguments_json=self._text("arguments", (*owner, number), call.arguments_json) or "",
            )
            for number, call in enumerate(calls)
        )

    def request(self) -> Request:
        """The request with every edit applied."""
        request = self._request
        return _with(
            request,
            messages=tuple(self._message(index, message) for index, message in enumerate(request.messages)),
            tools=tuple(self._tool(index, tool) for index, tool in enumerate(request.tools)),
            response_format_json=self._text("format", 0, request.response_format_json),
            options_json=self._text("options", 0, "{}") or "{}",
        )

    def _message(self, index: int, message: ChatMessage) -> ChatMessage:
        return _with(
            message,
            content=self._text("content", index, message.content),
            parts_json=self._text("parts", index, message.parts_json),
            name=self._text("name", index, message.name),
            tool_call_id=self._text("call_id", index, message.tool_call_id),
            tool_calls=self._calls((index,), message.tool_calls),
        )

    def unchanged_request(self) -> Request:
        """The request as it came, but for the options that name an end user."""
        options = self._text("options", 0, "{}") or "{}"
        return self._request if options == self._request.options_json else replace(self._request, options_json=options)

    def _tool(self, index: int, tool: ToolDefinition) -> ToolDefinition:
        return _with(
            tool,
            description=self._text("tool", index, tool.description),
            parameters_json=self._text("schema", index, tool.parameters_json),
        )

    def answer(self) -> Answer | None:
        """The answer with every edit applied."""
        if self._answer is None:
            return None
        content = self._text("answer", "content", self._answer.content)
        return _with(self._answer, content=content, tool_calls=self._calls(("answer",), self._answer.tool_calls))


def _with(part: PartT, **fields: Any) -> PartT:
    """The part with these fields, itself where they are what it has: most parts of a call hold no identifier."""
    changes = {name: value for name, value in fields.items() if getattr(part, name) != value}
    return replace(part, **changes) if changes else part


def _check_parts(text: str) -> None:
    """Only parts of text can be redacted: an image or a recording may show anything."""
    parts = parse_structure(text)
    if not isinstance(parts, list):
        raise PoisonError("bad_content_parts", "content is no list of parts")
    for part in parts:
        if not isinstance(part, dict) or part.get("type") not in TEXT_PARTS:
            raise PoisonError("unknown_content_part", "a part of content is not text")


def _options(text: str) -> str:
    """Options without those that name an end user; unreadable ones are dropped."""
    if text == "{}":
        return text
    options = parse_structure(text)
    if not isinstance(options, dict):
        return "{}"
    if IDENTIFYING_OPTIONS.isdisjoint(options):
        return text
    values = json.loads(text)
    return json.dumps({key: value for key, value in values.items() if key not in IDENTIFYING_OPTIONS}, sort_keys=True)
