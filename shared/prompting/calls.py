"""Tool calls as values: parsed from a specialist's text, checked against their schemas, compared with others."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, SchemaError

from shared.events.calls import ToolCall, ToolDefinition
from shared.ids import content_hash
from shared.prompting.template import DEFER

# Spellings of type names seen in published tool lists, in JSON Schema's own words.
_TYPE_NAMES = {"dict": "object", "float": "number", "tuple": "array", "double": "number", "int": "integer"}
_ANY_TYPE = {"any", ""}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A specialist's answer, understood. Exactly one of: calls, ``deferred``, or ``problem`` (a code)."""

    calls: tuple[ToolCall, ...] = ()
    deferred: bool = False
    problem: str | None = None


def parse_calls(text: str, tools: Sequence[ToolDefinition], call_scope: str) -> Parsed:
    """Parses and checks. Call ids are hashes of ``call_scope`` (a decision id) and position: a replay repeats them."""
    text = text.strip()
    if text == DEFER:
        return Parsed(deferred=True)
    try:
        document = json.loads(text)
    except ValueError:
        return Parsed(problem="not_json")
    items = document if isinstance(document, list) else [document]
    if not items or not all(isinstance(item, dict) and set(item) == {"name", "arguments"} for item in items):
        return Parsed(problem="not_calls")
    if not all(isinstance(item["name"], str) and isinstance(item["arguments"], dict) for item in items):
        return Parsed(problem="not_calls")
    calls = tuple(
        ToolCall(
            id=f"call_{content_hash(call_scope, str(index))[:24]}",
            name=item["name"],
            arguments_json=json.dumps(item["arguments"], ensure_ascii=False, separators=(",", ":")),
        )
        for index, item in enumerate(items)
    )
    problem = check_calls(calls, tools)
    return Parsed(problem=problem) if problem else Parsed(calls=calls)


def check_calls(calls: Iterable[ToolCall], tools: Sequence[ToolDefinition]) -> str | None:
    """The first problem as a code, or ``None``: unknown tool, arguments that are no object, unknown or missing
    arguments, wrong types, values outside an enum."""
    offered = {tool.name: tool for tool in tools}
    for call in calls:
        tool = offered.get(call.name)
        if tool is None:
            return "unknown_tool"
        try:
            arguments = json.loads(call.arguments_json)
        except ValueError:
            return "arguments_not_json"
        if not isinstance(arguments, dict):
            return "arguments_not_object"
        schema, validator = _schema(tool.parameters_json or "{}")
        known = schema.get("properties", {})
        if known and set(arguments) - set(known):
            return "unknown_argument"
        error = next(iter(validator.iter_errors(arguments)), None)
        if error is not None:
            return {"required": "missing_argument", "type": "wrong_type", "enum": "outside_enum"}.get(
                str(error.validator), "schema_mismatch"
            )
    return None


@dataclass(frozen=True, slots=True)
class Parity:
    """Agreement of two answers. ``equal`` is the gate; precision and recall count calls and their arguments."""

    equal: bool
    precision: float
    recall: float


def compare_calls(
    ours: Sequence[ToolCall],
    theirs: Sequence[ToolCall],
    tools: Sequence[ToolDefinition],
    free_arguments: Iterable[str] = (),
) -> Parity:
    """Same multiset of calls after defaults, type coercion, and case and space folding.

    ``free_arguments`` (``tool.argument``) are left out: they were fixed by a written rule before shadow started.
    """
    left = [canonical_call(call, tools, free_arguments) for call in ours]
    right = [canonical_call(call, tools, free_arguments) for call in theirs]
    equal = Counter(map(_freeze, left)) == Counter(map(_freeze, right))
    left_parts, right_parts = Counter(_parts(left)), Counter(_parts(right))
    shared = sum((left_parts & right_parts).values())
    return Parity(
        equal,
        precision=shared / left_parts.total() if left_parts else float(not right_parts),
        recall=shared / right_parts.total() if right_parts else float(not left_parts),
    )


def canonical_call(
    call: ToolCall, tools: Sequence[ToolDefinition], free_arguments: Iterable[str] = ()
) -> tuple[str, dict[str, Any]]:
    """Tool name and arguments in one form, so that equal meanings compare equal."""
    tool = next((tool for tool in tools if tool.name == call.name), None)
    schema = _schema(tool.parameters_json or "{}")[0] if tool else {}
    try:
        arguments = json.loads(call.arguments_json)
    except ValueError:
        return call.name, {"": call.arguments_json}
    if not isinstance(arguments, dict):
        return call.name, {"": call.arguments_json}
    properties = schema.get("properties", {})
    for key, prop in properties.items():
        if isinstance(prop, Mapping) and "default" in prop:
            arguments.setdefault(key, prop["default"])
    left_out = {name.partition(".")[2] for name in free_arguments if name.partition(".")[0] == call.name}
    return call.name, {
        key: _fold(value, properties.get(key, {})) for key, value in arguments.items() if key not in left_out
    }


def digest_calls(calls: Sequence[ToolCall], tools: Sequence[ToolDefinition]) -> str:
    """Hash of the canonical calls, in any order: equal answers have equal digests."""
    return content_hash(*sorted(_freeze(canonical_call(call, tools)) for call in calls))


def _parts(calls: Iterable[tuple[str, dict[str, Any]]]) -> Iterable[tuple[str, str, str]]:
    for name, arguments in calls:
        yield (name, "", "")
        for key, value in arguments.items():
            yield (name, key, json.dumps(value, sort_keys=True, ensure_ascii=False))


def _freeze(call: tuple[str, dict[str, Any]]) -> str:
    return json.dumps(call, sort_keys=True, ensure_ascii=False)


def _fold(value: Any, prop: Any) -> Any:
    kind = prop.get("type") if isinstance(prop, Mapping) else None
    if isinstance(value, str):
        coerced = _coerce(value, kind)
        return " ".join(coerced.casefold().split()) if isinstance(coerced, str) else coerced
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        if kind == "string":
            return str(value)
        return int(value) if float(value).is_integer() else value
    if isinstance(value, list):
        items = prop.get("items", {}) if isinstance(prop, Mapping) else {}
        return [_fold(item, items) for item in value]
    inner = prop.get("properties", {}) if isinstance(prop, Mapping) else {}
    return {key: _fold(item, inner.get(key, {})) for key, item in value.items()}


def _coerce(text: str, kind: Any) -> Any:
    """A string where the schema wants a number or a truth value: read as one if it is one."""
    if kind in ("integer", "number"):
        try:
            number = float(text)
        except ValueError:
            return text
        return int(number) if number.is_integer() else number
    if kind == "boolean" and text.casefold() in ("true", "false"):
        return text.casefold() == "true"
    return text


@lru_cache(maxsize=4096)
def _schema(parameters_json: str) -> tuple[dict[str, Any], Draft202012Validator]:
    """A tool's schema in standard words, with its validator. A schema that is none accepts any object."""
    try:
        schema = _standard(json.loads(parameters_json))
        if not isinstance(schema, dict):
            schema = {}
        Draft202012Validator.check_schema(schema)
    except (ValueError, SchemaError):
        schema = {}
    return schema, Draft202012Validator(schema)


def _standard(node: Any) -> Any:
    if isinstance(node, list):
        return [_standard(item) for item in node]
    if not isinstance(node, dict):
        return node
    result = {
        key: {name: _standard(prop) for name, prop in value.items()}
        if key == "properties" and isinstance(value, dict)
        else _standard(value)
        for key, value in node.items()
    }
    kind = result.get("type")
    if isinstance(kind, str):
        if kind.lower() in _ANY_TYPE:
            del result["type"]
        else:
            result["type"] = _TYPE_NAMES.get(kind.lower(), kind.lower())
    if not isinstance(result.get("required", []), list):
        del result["required"]
    return result
