"""A growing array."""

from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)

_GROWTH = 1.25
_ROOM_AT_FIRST = 64


class Column(Generic[T]):
    """Values, or rows of ``width`` values, appended at the end and dropped from the front."""

    def __init__(self, dtype: type[T], width: int | None = None) -> None:
        self._row = () if width is None else (width,)
        self._values: NDArray[T] = np.zeros((_ROOM_AT_FIRST, *self._row), dtype=dtype)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def values(self) -> NDArray[T]:
        """A view, good until the next change."""
        return self._values[: self._count]

    def extend(self, more: Any) -> None:
        end = self._count + len(more)
        if end > len(self._values):
            grown = np.zeros((max(end, int(len(self._values) * _GROWTH)), *self._row), dtype=self._values.dtype)
            grown[: self._count] = self.values
            self._values = grown
        self._values[self._count : end] = more
        self._count = end

    def drop(self, count: int) -> None:
        self._values = self._values[count : self._count].copy()
        self._count -= count
