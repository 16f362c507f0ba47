"""Avro schemas from event dataclasses.

``int`` is a long, ``float`` a double, ``X | None`` a union with null first, ``tuple[X, ...]`` an array,
``dict[str, X]`` a map, a ``StrEnum`` an enum whose default is its first symbol. A field's doc is its annotation.
"""

import dataclasses
import types
import typing
from enum import StrEnum
from typing import Annotated, Any, get_args, get_origin, get_type_hints

NAMESPACE = "flywheel"
PRIMITIVES: dict[type, str] = {str: "string", int: "long", float: "double", bool: "boolean", bytes: "bytes"}

Schema = dict[str, Any] | list[Any] | str


def schema_of(event: type) -> dict[str, Any]:
    """The Avro record schema of an event class. Named types are defined where they first occur, then referred to."""
    record = _record(event, set())
    assert isinstance(record, dict)
    return record


def _record(cls: type, seen: set[str]) -> Schema:
    if cls.__name__ in seen:
        return f"{NAMESPACE}.{cls.__name__}"
    seen.add(cls.__name__)
    hints = get_type_hints(cls, include_extras=True)
    return {
        "type": "record",
        "name": cls.__name__,
        "namespace": NAMESPACE,
        "doc": " ".join((cls.__doc__ or "").split()),
        "fields": [_field(field, hints[field.name], seen) for field in dataclasses.fields(cls)],
    }


def _field(field: "dataclasses.Field[Any]", hint: Any, seen: set[str]) -> dict[str, Any]:
    if get_origin(hint) is not Annotated:
        raise TypeError(f"field {field.name} has no doc: annotate it as Annotated[type, 'doc']")
    inner, doc = get_args(hint)[:2]
    result: dict[str, Any] = {"name": field.name, "type": _type(inner, seen), "doc": doc}
    if field.default is not dataclasses.MISSING:
        result["default"] = _default(field.default)
    return result


def _default(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, tuple):
        if value:
            raise TypeError("only the empty tuple can be a default")
        return []
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"a {type(value).__name__} cannot be a default")


def _type(hint: Any, seen: set[str]) -> Schema:
    origin = get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        arms = [arm for arm in get_args(hint) if arm is not type(None)]
        if len(arms) != 1:
            raise TypeError(f"only X | None is allowed, not {hint}")
        return ["null", _type(arms[0], seen)]
    if origin is tuple:
        return {"type": "array", "items": _type(get_args(hint)[0], seen)}
    if origin is dict:
        return {"type": "map", "values": _type(get_args(hint)[1], seen)}
    if hint in PRIMITIVES:
        return PRIMITIVES[hint]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _enum(hint, seen)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _record(hint, seen)
    raise TypeError(f"no Avro type for {hint}")


def _enum(cls: type[StrEnum], seen: set[str]) -> Schema:
    if cls.__name__ in seen:
        return f"{NAMESPACE}.{cls.__name__}"
    seen.add(cls.__name__)
    symbols = [str(member) for member in cls]
    return {
        "type": "enum",
        "name": cls.__name__,
        "namespace": NAMESPACE,
        "doc": " ".join((cls.__doc__ or cls.__name__).split()),
        "symbols": symbols,
        "default": symbols[0],
    }
