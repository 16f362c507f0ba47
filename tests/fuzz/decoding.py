"""Hostile bytes through every codec: ``python -m tests.fuzz.decoding [--count 1000000] [--random-state 0]`` (``make fuzz``).

Seeded, so that a find is repeated by its number. Each payload is a valid encoding that was damaged (bits, lengths,
truncation, splices, another schema's id), or plain noise. Anything but an event or :class:`PoisonError` is a crash, and
so are memory and time bombs: a payload of a few kilobytes that takes over a second or makes the process grow. Damage may
make an id that looks like a release still to come; then the codec must refuse to go on (:class:`FatalError`).
"""

import argparse
import dataclasses
import json
import random
import resource
import struct
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, get_args, get_origin, get_type_hints

from shared.errors import FatalError, PoisonError
from shared.events import TOPIC_EVENTS
from shared.schema.codec import AHEAD, HEADER, MAGIC, Codec
from shared.schema.registry import SchemaRegistry
from shared.schema.release import SCHEMAS_DIR

REASONS: Final = frozenset({"empty_value", "unknown_framing", "unknown_schema", "wrong_subject", "bad_avro"})
# Of one payload of at most some 20 kB. A scheduler can take the processor away for a moment, so processor time counts.
SLOWEST_S = 1.0
MOST_GROWTH_MIB = 200
NEWEST_ID = max(SchemaRegistry.from_dir(SCHEMAS_DIR).by_id)
PROGRESS_EVERY = 50_000
LONGEST_STRING = 40


@dataclass(frozen=True, slots=True)
class Find:
    """One crash: repeat it with ``payload_number(random_state, number)``."""

    number: int
    topic: str
    what: str
    payload: bytes


@dataclass(slots=True)
class Tally:
    events: int = 0
    poison: int = 0
    finds: list[Find] = dataclasses.field(default_factory=list)

    @property
    def total(self) -> int:
        return self.events + self.poison + len(self.finds)


def sample(hint: Any, rng: random.Random) -> Any:
    """A random value of a type as the event classes use them."""
    if (metadata := getattr(hint, "__metadata__", None)) is not None and metadata:
        return sample(get_args(hint)[0], rng)
    arms = get_args(hint)
    if type(None) in arms:
        return None if rng.random() < 0.4 else sample(next(arm for arm in arms if arm is not type(None)), rng)
    if get_origin(hint) is tuple:
        return tuple(sample(arms[0], rng) for _ in range(rng.randrange(3)))
    if get_origin(hint) is dict:
        return {sample(str, rng): sample(arms[1], rng) for _ in range(rng.randrange(3))}
    if dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint, include_extras=True)
        return hint(**{f.name: sample(hints[f.name], rng) for f in dataclasses.fields(hint)})  # type: ignore[operator]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return rng.choice(list(hint))
    makers: dict[type, Callable[[], Any]] = {
        bool: lambda: rng.random() < 0.5,
        int: lambda: rng.choice((0, 1, -1, rng.getrandbits(62), -(2**63), 2**63 - 1)),
        float: lambda: rng.choice((0.0, -1.5, 1e300, rng.random())),
        str: lambda: "".join(
            rng.choice("ab 0\u00e9\u27e6\U0001f600\x00") for _ in range(rng.randrange(LONGEST_STRING))
        ),
        bytes: lambda: rng.randbytes(rng.randrange(LONGEST_STRING)),
    }
    return makers[hint]()


def zigzag(number: int) -> bytes:
    """An Avro long."""
    value = (number << 1) ^ (number >> 63)
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


BOMBS: Final = (
    *(zigzag(n) for n in (2**60, 2**31, 2**62, -(2**62), -1, -(2**31), 10**9)),
    b"\xff" * 9 + b"\x01",  # the longest varint
    b"\xff" * 64,  # one that never ends
)


def damaged(valid: bytes, other: bytes, rng: random.Random) -> bytes:
    """``valid`` after one to four kinds of damage."""
    body = bytearray(valid)
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(HEADER.size, len(body)) if len(body) > HEADER.size else 0
        match rng.randrange(8):
            case 0:
                body[at : at + 1] = bytes([body[at] ^ 1 << rng.randrange(8)]) if body else b"\x01"
            case 1:
                del body[at:]
            case 2:
                body[at:at] = rng.choice(BOMBS)
            case 3:
                body[at : at + 1] = rng.choice(BOMBS)
            case 4:
                body[at:at] = rng.randbytes(rng.randrange(1, 16))
            case 5:
                body[at:] = other[rng.randrange(len(other) + 1) :]
            case 6:
                del body[at : at + rng.randrange(1, 8)]
            case _:
                body[at:at] = bytes([rng.choice((0, 2, 1, 0x80, 0xFF))]) * rng.randrange(1, 4_000)
        if not body:
            break
    return bytes(body)


def payloads(random_state: int, count: int, codec: Codec) -> Iterator[tuple[int, str, bytes]]:
    """``count`` numbered payloads with the topic they are decoded as, the same for the same ``random_state``."""
    rng = random.Random(random_state)
    topics = sorted(TOPIC_EVENTS)
    valid: dict[str, list[bytes]] = {
        topic: [codec.encode(topic, sample(TOPIC_EVENTS[topic], rng)) for _ in range(20)] for topic in topics
    }
    known_ids = sorted({HEADER.unpack_from(examples[0])[1] for examples in valid.values()})
    for number in range(count):
        topic = topics[number % len(topics)]
        if number % 2_000 < len(topics):  # fresh material now and then
            valid[topic][rng.randrange(20)] = codec.encode(topic, sample(TOPIC_EVENTS[topic], rng))
        own, other = rng.choice(valid[topic]), rng.choice(valid[rng.choice(topics)])
        kind = rng.randrange(20)
        if kind == 0:
            yield number, topic, rng.randbytes(rng.randrange(64))
        elif kind == 1:
            yield number, topic, struct.pack(">BI", MAGIC, rng.choice((*known_ids, 0, 2**32 - 1))) + rng.randbytes(80)
        elif kind == 2:
            yield number, topic, own[: HEADER.size] + other[HEADER.size :]
        elif kind == 3:
            yield number, topic, own[: HEADER.size] + rng.choice(BOMBS) * rng.randrange(1, 200)
        else:
            yield number, topic, damaged(own, other, rng)


def attempt(codec: Codec, topic: str, payload: bytes) -> str | None:
    """What is wrong with how ``payload`` was taken; ``None`` for an event, ``""`` for a rightful refusal."""
    before_mib, started_s = peak_mib(), time.process_time()
    try:
        codec.decode(topic, payload)
        said = None
    except PoisonError as error:
        is_bomb = error.reason == "bad_avro" and error.detail in ("MemoryError", "RecursionError")
        said = "" if error.reason in REASONS and not is_bomb else f"{error.reason}: {error.detail}"
    except FatalError:
        is_ahead = payload[:1] == b"\x00" and NEWEST_ID < HEADER.unpack_from(payload)[1] <= NEWEST_ID + AHEAD
        said = "" if is_ahead else "FatalError"
    except BaseException as error:  # whatever it is, it is what is looked for
        if isinstance(error, KeyboardInterrupt):
            raise
        said = f"{type(error).__name__}"
    took_s, grown_mib = time.process_time() - started_s, peak_mib() - before_mib
    if took_s > SLOWEST_S:
        return f"took {took_s:.1f} s"
    return f"grew by {grown_mib} MiB" if grown_mib > MOST_GROWTH_MIB else said


def peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def fuzz(random_state: int, count: int, on_progress: Callable[[Tally], None] = lambda _tally: None) -> Tally:
    """Decode ``count`` payloads and tell what came out."""
    codec, tally = Codec.from_dir(SCHEMAS_DIR), Tally()
    for number, topic, payload in payloads(random_state, count, codec):
        said = attempt(codec, topic, payload)
        if said is None:
            tally.events += 1
        elif said == "":
            tally.poison += 1
        else:
            tally.finds.append(Find(number, topic, said, payload))
        if tally.total % PROGRESS_EVERY == 0:
            on_progress(tally)
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--random-state", type=int, default=0)
    arguments = parser.parse_args()
    started_s = time.monotonic()

    def progress(tally: Tally) -> None:
        rate = tally.total / (time.monotonic() - started_s)
        left_s = (arguments.count - tally.total) / rate
        sys.stderr.write(f"{tally.total:>9,} of {arguments.count:,}  {rate:,.0f}/s  {left_s:,.0f} s left\n")

    tally = fuzz(arguments.random_state, arguments.count, progress)
    seconds = time.monotonic() - started_s
    document = {
        "random_state": arguments.random_state, "payloads": tally.total, "events": tally.events,
        "poison": tally.poison, "crashes": len(tally.finds), "seconds": round(seconds, 1),
        "per_second": round(tally.total / seconds), "peak_mib": peak_mib(),
    }  # fmt: skip
    for find in tally.finds[:10]:
        sys.stderr.write(f"number {find.number}, {find.topic}: {find.what}: {find.payload[:200].hex()}\n")
    sys.stdout.write(json.dumps(document, indent=1) + "\n")
    return 1 if tally.finds else 0


if __name__ == "__main__":
    sys.exit(main())
