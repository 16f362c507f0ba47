"""The record of the comparison: an agent's call of about 1 KB in Avro, framed as every record here is."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Annotated

from shared.events.shaping import replaced
from shared.schema.codec import HEADER, MAGIC, Codec
from shared.schema.derive import schema_of
from shared.schema.registry import Released, SchemaRegistry, schema_sha256
from shared.stream.broker import OutRecord

SCHEMA_ID = 1
ID_DIGITS = 16
KEYS = 5_000
WORDS = ["account", "agent", "airport", "amount", "answer", "balance", "booking", "branch", "card", "change", "charge", "city", "client", "code", "contract", "customer", "date", "delivery", "detail", "email", "flight", "forecast", "invoice", "item", "letter", "limit", "line", "link", "list", "message", "month", "name", "number", "order", "page", "parcel", "payment", "phone", "plan", "price", "product", "profile", "refund", "report", "request", "return", "route", "schedule", "service", "shipment", "status", "ticket", "time", "total", "transfer", "update", "user", "weather", "week", "window"]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """One tool call."""

    id: Annotated[str, "call id"]
    name: Annotated[str, "tool"]
    arguments_json: Annotated[str, "arguments as JSON"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An agent's call. The first two fields have a fixed place in the bytes, so that checking an output is cheap."""

    event_id: Annotated[str, "running number, sixteen digits"]
    step: Annotated[int, "the field that the transform changes: 0 before, 1 after"]
    tenant: Annotated[str, "tenant"]
    episode: Annotated[str, "episode"]
    occurred_at_ms: Annotated[int, "epoch milliseconds"]
    model: Annotated[str, "model asked"]
    prompt: Annotated[str, "newest user turn"]
    content: Annotated[str | None, "text of the answer"] = None
    tool_calls: Annotated[tuple[Called, ...], "calls of the answer"] = ()
    latency_ms: Annotated[float, "complete answer"] = 0.0
    cost_usd: Annotated[float, "of the call"] = 0.0
    prompt_tokens: Annotated[int, "read"] = 0
    completion_tokens: Annotated[int, "written"] = 0
    successful: Annotated[bool, "ended well"] = True


def changed(call: Call) -> Call:
    """The transform."""
    return replaced(call, step=call.step + 1)


def codec_for(*topics: str) -> Codec:
    """The service's own codec over topics of this event, as if its schema had been released for each of them."""
    schema = schema_of(Call)
    digest = schema_sha256(schema)
    released = [Released(topic, 1, SCHEMA_ID + number, digest, schema) for number, topic in enumerate(topics)]
    return Codec(SchemaRegistry(released), dict.fromkeys(topics, Call))


def calls(count: int, seed: int) -> list[tuple[str, Call]]:
    """``count`` calls numbered from 0, each with its key; about 1 KB each when encoded."""
    rng = Random(seed)
    texts = [" ".join(rng.choices(WORDS, k=75)) for _ in range(200)]
    made = []
    for number in range(count):
        key = f"episode-{rng.randrange(KEYS):06d}"
        arguments = f'{{"order_id": {rng.randrange(10**9)}, "note": "{texts[rng.randrange(200)][:240]}"}}'
        call = Call(
            event_id=f"{number:0{ID_DIGITS}d}",
            step=0,
            tenant="bench",
            episode=key,
            occurred_at_ms=1_700_000_000_000 + number,
            model="frontier-large",
            prompt=texts[rng.randrange(200)],
            tool_calls=(Called(id=f"call_{number}", name="get_order_status", arguments_json=arguments),),
            latency_ms=rng.random() * 1000,
            cost_usd=rng.random() / 100,
            prompt_tokens=rng.randrange(2000),
            completion_tokens=rng.randrange(200),
        )
        made.append((key, call))
    return made


def records(count: int, seed: int, topic: str) -> list[OutRecord]:
    """:func:`calls`, encoded for ``topic``."""
    codec = codec_for(topic)
    return [OutRecord(topic, key.encode(), codec.encode(topic, call)) for key, call in calls(count, seed)]


def number_and_step(payload: bytes) -> tuple[int, int]:
    """The first two fields, read without decoding the rest. Raises ``ValueError`` for other bytes."""
    start = HEADER.size + 1
    if payload[0] != MAGIC or payload[HEADER.size] != 2 * ID_DIGITS or payload[start + ID_DIGITS] & 0x81:
        raise ValueError("no call of this benchmark")
    return int(payload[start : start + ID_DIGITS]), payload[start + ID_DIGITS] >> 1


def check_exact(payloads: Sequence[bytes], count: int) -> None:
    """A fast contender that loses, doubles or does not change records is none. Raises ``ValueError`` with the counts."""
    seen = [number_and_step(payload) for payload in payloads]
    numbers = {number for number, _ in seen}
    unchanged = sum(step != 1 for _, step in seen)
    if len(seen) != count or len(numbers) != count or unchanged:
        raise ValueError(
            f"{count - len(numbers)} of {count} records lost, {len(seen) - len(numbers)} doubled, {unchanged} unchanged"
        )
