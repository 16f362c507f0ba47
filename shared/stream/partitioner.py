"""Which partition a key belongs to: murmur2 as in Kafka's Java client, so that every client agrees."""

from functools import cache
from typing import Final

_M: Final = 0x5BD1E995
_MASK: Final = 0xFFFFFFFF
_SEED: Final = 0x9747B28C
_REMEMBERED: Final = 65_536


def murmur2(data: bytes) -> int:
    """32-bit MurmurHash2 of ``data`` with Kafka's seed."""
    length = len(data)
    digest = _SEED ^ length
    whole = length & ~3
    for start in range(0, whole, 4):
        word = (int.from_bytes(data[start : start + 4], "little") * _M) & _MASK
        word ^= word >> 24
        digest = ((digest * _M) & _MASK) ^ ((word * _M) & _MASK)
    if length > whole:
        digest = ((digest ^ int.from_bytes(data[whole:], "little")) * _M) & _MASK
    digest = ((digest ^ (digest >> 13)) * _M) & _MASK
    return digest ^ (digest >> 15)


class KeyPartitions(dict[bytes, int]):
    """``partitions[key]`` is the partition of ``key`` among ``count`` (at least one). Answers are remembered, up to a
    bound: the hash is some fifty times as dear as a lookup. Take one from :func:`key_partitions`."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count

    def __missing__(self, key: bytes) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        number = self[key] = (murmur2(key) & 0x7FFFFFFF) % self._count
        return number


@cache
def key_partitions(count: int) -> KeyPartitions:
    """The one :class:`KeyPartitions` of this process for ``count`` partitions."""
    return KeyPartitions(count)


def partition_for(key: bytes, partitions: int) -> int:
    """The partition of ``key`` among ``partitions`` (at least one)."""
    return key_partitions(partitions)[key]
