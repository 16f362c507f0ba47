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
    sources = {name: f"values[{name!r}]" for name in _names(cls)}
    made: Callable[[Mapping[str, Any]], Any] = _constructor(cls, sources, "values", {})
    return made


@cache
def disassembler(cls: type) -> Callable[[Any], dict[str, Any]]:
    """A function from an instance to its fields by name; the values are the instance's own, not copies."""
    items = ", ".join(f"{name!r}: event.{name}" for name in _names(cls))
    made: Callable[[Any], dict[str, Any]] = _compiled(f"def take(event):\n    return {{{items}}}\n", "take", {})
    return made


def replaced(event: T, **changes: Any) -> T:
    """``event`` with other values in some fields, as ``dataclasses.replace``. Raises ``TypeError`` for an unknown field."""
    return advanced(type(event), event, **changes)


def advanced(stage: type[T], event: object, **more: Any) -> T:
    """An instance of ``stage`` with the fields of ``event``, overridden and completed by ``more`` and then by defaults.

    Raises ``TypeError`` if a field is missing or not one of ``stage``.
    """
    cls: type = stage
    before: type = type(event)
    made: T = _carrier(cls, before, tuple(more))(event, more)
    return made


@cache
def _carrier(stage: type, before: type, more: tuple[str, ...]) -> Callable[[object, Mapping[str, Any]], Any]:
    """A function from an instance of ``before`` and the values named ``more`` to one of ``stage``."""
    defaults, carried = _defaults(stage), set(_names(before))
    sources = {
        **{name: f"defaults[{name!r}]" for name in defaults},
        **{name: f"event.{name}" for name in carried},
        **{name: f"more[{name!r}]" for name in more},
    }
    if sources.keys() != set(_names(stage)):
        wrong = sorted(sources.keys() ^ set(_names(stage)))
        raise TypeError(f"fields of {stage.__name__} that are missing or unknown: {wrong}")
    made: Callable[[object, Mapping[str, Any]], Any] = _constructor(
        stage, sources, "event, more", {"defaults": defaults}
    )
    return made


@cache
def _names(cls: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cls))


@cache
def _defaults(cls: type) -> dict[str, Any]:
    return {field.name: field.default for field in dataclasses.fields(cls) if field.default is not dataclasses.MISSING}


def _constructor(cls: type, sources: Mapping[str, str], parameters: str, namespace: Mapping[str, Any]) -> Any:
    """A function of ``parameters`` that makes an instance, each field from the expression in ``sources``."""
    if hasattr(cls, "__post_init__") or not all(hasattr(getattr(cls, name, None), "__set__") for name in sources):
        values = ", ".join(f"{name}={source}" for name, source in sources.items())
        return _compiled(
            f"def construct({parameters}):\n    return cls({values})\n", "construct", {"cls": cls, **namespace}
        )
    setters = {f"set_{name}": getattr(cls, name).__set__ for name in sources}
    lines = "".join(f"    set_{name}(made, {source})\n" for name, source in sources.items())
    source = f"def assemble({parameters}):\n    made = new(cls)\n{lines}    return made\n"
    return _compiled(source, "assemble", {"cls": cls, "new": cls.__new__, **setters, **namespace})


def _compiled(source: str, name: str, namespace: dict[str, Any]) -> Any:
    exec(source, namespace)  # noqa: S102  # the source is made above, of our own field names
    return namespace[name]
