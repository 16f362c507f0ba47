"""How a record says that it is a copy of an older one, written again for the one service that had rejected it.

Every other reader has had the original: the engine skips the copy there, so that nothing is counted twice.
"""

from collections.abc import Sequence

from shared.stream.records import Position

REPLAY_OF = "replay_of"
REPLAY_FOR = "replay_for"
EARLIER_ATTEMPTS = "earlier_attempts"

Headers = Sequence[tuple[str, bytes]]


def replay_headers(
    headers: Headers, origin: Position, application: str, attempts: int
) -> tuple[tuple[str, bytes], ...]:
    """``headers`` of a copy of the record at ``origin``, meant for ``application``, which tried ``attempts`` times."""
    own = (REPLAY_OF, REPLAY_FOR, EARLIER_ATTEMPTS)
    kept = tuple(item for item in headers if item[0] not in own)
    place = f"{origin.topic}/{origin.partition}/{origin.offset}"
    return (
        *kept,
        (REPLAY_OF, place.encode()),
        (REPLAY_FOR, application.encode()),
        (EARLIER_ATTEMPTS, str(attempts).encode()),
    )


def is_replay_for_another(headers: Headers, application: str) -> bool:
    """Whether the record is a copy that ``application`` must skip."""
    return any(name == REPLAY_FOR and value != application.encode() for name, value in headers)


def is_replay(headers: Headers) -> bool:
    return any(name == REPLAY_FOR for name, _ in headers)


def earlier_attempts(headers: Headers) -> int:
    """Attempts made on the originals of this record; 0 for an original, or for a number that is none."""
    for name, value in headers:
        if name == EARLIER_ATTEMPTS and value.isdigit():
            return int(value)
    return 0
