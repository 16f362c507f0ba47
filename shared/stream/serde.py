"""The seam between the engine and the contracts: bytes of a topic to events and back."""

from typing import Protocol


class Serde(Protocol):
    """Implemented by ``shared.schema``."""

    def encode(self, topic: str, event: object) -> bytes:
        """Raises ``ValueError`` or ``TypeError`` for an event that the topic's schema cannot hold."""
        ...

    def decode(self, topic: str, payload: bytes) -> object:
        """Raises :class:`shared.errors.PoisonError` for bytes that are no event of ``topic``."""
        ...
