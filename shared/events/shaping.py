"""Events taken apart, put together and carried on, by functions made once per class: a pipeline does it for every record.

``dataclasses.replace`` and ``cls(**values)`` of a frozen class cost several times as much. The functions' source holds
the field names of our own classes and nothing else, as the source that :mod:`dataclasses` itself makes.
"""

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


@cache
def assembler(cls: type) -> Callable[[Mapping[str, Any]], Any]:
    """A function from the values of *all* fields to an instance, without the class's ``__init__``.

    It raises ``KeyError`` for a missing field and ignores others. Only for dataclasses with slots and nothing to do
    after ``__init__``; any other class gets its own constructor.
    """
    names = _names(cls)
    if hasattr(cls, "__post_init__") or not all(hasattr(getattr(cls, name, None), "__set__") for name in names):
        return lambda values: cls(**{name: values[name] for name in names})
    setters = {f"set_{name}": getattr(cls, name).__set__ for name in names}
    lines = "".join(f"    set_{name}(event, values[{name!r}])\n" for name in names)
    source = f"def assemble(values):\n    event = new(cls)\n{lines}    return event\n"
    namespace = {"cls": cls, "new": cls.__new__, **setters}
    made: Callable[[Mapping[str, Any]], Any] = _compiled(source, "assemble", namespace)
    return made


@cache
def disassembler(cls: type) -> Callable[[Any], dict[str, Any]]:
    """A function from an instance to its fields by name; the values are the instance's own, not copies."""
    items = ", ".join(f"{name!r}: event.{name}" for name in _names(cls))
    made: Callable[[Any], dict[str, Any]] = _compiled(f"def take(event):\n    return {{{items}}}\n", "take", {})
    return made


def replaced(event: T, **changes: Any) -> T:
    """``event`` with other values in some fields, as ``dataclasses.replace``. Raises ``TypeError`` for an unknown field."""
    cls: type = type(event)
    values = disassembler(cls)(event)
    count = len(values)
    values.update(changes)
    if len(values) != count:
        raise TypeError(f"{cls.__name__} has no field {next(name for name in changes if name not in _names(cls))}")
    made: T = assembler(cls)(values)
    return made


def advanced(stage: type[T], event: object, **more: Any) -> T:
    """An instance of ``stage`` with the fields of ``event``, overridden and completed by ``more`` and then by defaults.

    Raises ``TypeError`` if a field is missing or not one of ``stage``.
    """
    cls: type = stage
    before: type = type(event)
    values = {**_defaults(cls), **disassembler(before)(event), **more}
    names = _names(cls)
    if len(values) != len(names):
        raise TypeError(f"fields of {cls.__name__} that are missing or unknown: {sorted(values.keys() ^ set(names))}")
    made: T = assembler(cls)(values)
    return made


@cache
def _names(cls: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cls))


@cache
def _defaults(cls: type) -> dict[str, Any]:
    return {field.name: field.default for field in dataclasses.fields(cls) if field.default is not dataclasses.MISSING}


def _compiled(source: str, name: str, namespace: dict[str, Any]) -> Any:
    exec(source, namespace)  # noqa: S102  # the source is made above, of our own field names
    return namespace[name]
