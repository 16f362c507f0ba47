"""Identifiers: hashes of what they name, never positions in a list and never random where a replay must agree."""

import hashlib
import hmac

HEX_CHARS = 32


def content_hash(*parts: bytes | str) -> str:
    """128-bit BLAKE2b over length-prefixed parts, hex. Equal parts give equal ids, on every machine and for ever."""
    digest = hashlib.blake2b(digest_size=HEX_CHARS // 2)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


def keyed_hash(key: bytes, *parts: bytes | str) -> str:
    """128-bit keyed BLAKE2b over length-prefixed parts, hex: joins equal values without telling what they are."""
    digest = hashlib.blake2b(digest_size=HEX_CHARS // 2, key=hashlib.sha256(key).digest())
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


def unit_interval(*parts: bytes | str) -> float:
    """A number in [0, 1) that depends on the parts alone, for deterministic sampling and splits."""
    return int(content_hash(*parts)[:13], 16) / float(16**13)


def same_secret(left: str, right: str) -> bool:
    """Constant-time comparison."""
    return hmac.compare_digest(left.encode(), right.encode())
