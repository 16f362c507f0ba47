"""A store's content as a count and a hash: two copies can be compared without showing what they hold."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.state.codec import Codec, encode_value


@dataclass(frozen=True, slots=True)
class StoreDigest:
    """``digest``: SHA-256 over the entries sorted by key, each as length-prefixed key and encoded value."""

    entries: int
    digest: str


def digest_of(codec: Codec, entries: Mapping[str, Any]) -> StoreDigest:
    """Linear in the content: call it off the event loop. Raises what the codec raises."""
    found = hashlib.sha256()
    for key in sorted(entries):
        for part in (key.encode(), encode_value(codec, entries[key])):
            found.update(len(part).to_bytes(8, "big"))
            found.update(part)
    return StoreDigest(len(entries), found.hexdigest())
