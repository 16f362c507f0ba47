"""Dataclass ↔ plain values, by converters composed once per class and then called per record."""

import dataclasses
import types
import typing
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from shared.events.shaping import assembler, disassembler

Converter = Callable[[Any], Any]


@cache
def to_plain(cls: type) -> Callable[[Any], dict[str, Any]]:
    """A function from an instance of ``cls`` to a dict of plain values that Avro can write."""
    nested = tuple((name, step) for name, hint in _fields(cls) if (step := _plain(hint)) is not None)
    take = disassembler(cls)
    if not nested:
        return take

    def convert(event: Any) -> dict[str, Any]:
        plain = take(event)
        for name, step in nested:
            value = plain[name]
            if value is not None:
                plain[name] = step(value)
        return plain

    return convert


@cache
def from_plain(cls: type) -> Callable[[dict[str, Any]], Any]:
    """A function from a dict of plain values to an instance of ``cls``. Consumes the dict. What Avro reads has every
    field; what another reader left out gets its default."""
    nested = tuple((name, step) for name, hint in _fields(cls) if (step := _rich(hint)) is not None)
    assemble, width = assembler(cls), len(dataclasses.fields(cls))

    def convert(plain: dict[str, Any]) -> Any:
        for name, step in nested:
            value = plain[name]
            if value is not None:
                plain[name] = step(value)
        return assemble(plain) if len(plain) == width else cls(**plain)

    return convert


def _fields(cls: type) -> list[tuple[str, Any]]:
    hints = get_type_hints(cls, include_extras=True)
    return [(field.name, _bare(hints[field.name])) for field in dataclasses.fields(cls)]


def _bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _optional(hint: Any) -> Any | None:
    if get_origin(hint) in (typing.Union, types.UnionType):
        return next(arm for arm in get_args(hint) if arm is not type(None))
    return None


def _plain(hint: Any) -> Converter | None:
    """Converter to plain values, or None where the value is plain already."""
    if (inner := _optional(hint)) is not None:
        return _or_none(_plain(inner))
    if get_origin(hint) is tuple:
        item = _plain(get_args(hint)[0])
        return list if item is None else lambda values: [item(value) for value in values]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return str
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return to_plain(hint)
    return None


def _rich(hint: Any) -> Converter | None:
    """Converter from plain values, or None where they can stay as they are."""
    if (inner := _optional(hint)) is not None:
        return _or_none(_rich(inner))
    if get_origin(hint) is tuple:
        item = _rich(get_args(hint)[0])
        return tuple if item is None else lambda values: tuple([item(value) for value in values])
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {str(member): member for member in hint}.__getitem__
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return from_plain(hint)
    return None


def _or_none(step: Converter | None) -> Converter | None:
    if step is None:
        return None
    return lambda value: None if value is None else step(value)
