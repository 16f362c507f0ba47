"""Template traffic with paraphrases, as the clusterer sees it, and a featuriser shared by the session."""

import random
from collections.abc import Callable, Iterator

import pytest

from shared.events.calls import Answer, ChatMessage, Request, ToolCall, ToolDefinition
from shared.events.observations import ObservationUnique, RedactionProof
from shared.ids import content_hash
from shared.tasks.features import Featuriser, load_wordllama

TEMPLATES = {
    "book_table": [
        "Book a table for {n} on {date} at {n}:30 PM under {name}",
        "Please reserve a table for {n} people at {n} PM on {date}, name {name}",
        "Hi, I'd like to make a dinner reservation for {n}, {date}. My name is {name}.",
        "We need a table, party of {n}, {date}. Reservation under {name}, phone {phone}",
    ],
    "refund": [
        "I want a refund for order {order}, it arrived damaged",
        "Please refund ${n}9.95 on order {order}. My email is {email}",
        "The item from order {order} never arrived. Refund me please, {name}",
        "Requesting reimbursement for {order}, it is the wrong size, card {card}",
    ],
    "weather": [
        "What's the weather in {city} on {date}?",
        "Will it rain in {city} on {date}?",
        "Give me the forecast for {city}, {date}",
        "Do I need an umbrella in {city} on {date}?",
    ],
}
TOOLS = tuple(ToolDefinition(name=name, parameters_json="{}") for name in TEMPLATES)
FIRST = "Maria James Oliver Priya Fatima Lukas Emma Noah Sofia Ahmed Julia Carlos Hannah".split()  # noqa: SIM905
LAST = "Garcia Smith Johnson Patel Nguyen Mueller Rossi Lopez Ivanova Schmidt".split()  # noqa: SIM905
CITIES = "Lisbon Berlin Chicago Osaka Nairobi Toronto Madrid Boston Oslo".split()  # noqa: SIM905

Maker = Callable[..., ObservationUnique]


def fill(template: str, rng: random.Random) -> str:
    first, last = rng.choice(FIRST), rng.choice(LAST)
    return template.format(
        name=f"{first} {last}",
        n=rng.randint(2, 9),
        date=f"2026-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}",
        order=f"ORD-{rng.randint(10000, 99999)}",
        email=f"{first}.{last}{rng.randint(1, 99)}@example.com".lower(),
        phone=f"({rng.randint(201, 989)}) {rng.randint(201, 989)}-{rng.randint(1000, 9999)}",
        card="4111 1111 1111 1111",
        city=rng.choice(CITIES),
    )


def stream(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Tool and request text, shuffled."""
    rng = random.Random(seed)
    for _ in range(count):
        tool = rng.choice(sorted(TEMPLATES))
        yield tool, fill(rng.choice(TEMPLATES[tool]), rng)


@pytest.fixture(scope="session")
def traffic() -> Callable[[int, int], list[tuple[str, str]]]:
    return lambda count, seed: list(stream(count, seed))


@pytest.fixture(scope="session")
def featuriser() -> Featuriser:
    return Featuriser(load_wordllama())


@pytest.fixture(scope="session")
def make() -> Maker:
    def build(
        number: int, text: str, tool: str | None, *, task_key: str = "k", request: Request | None = None, **more: object
    ) -> ObservationUnique:
        asked = request or Request(messages=(ChatMessage(role="user", content=text),), tools=TOOLS)
        calls = (ToolCall(name=tool, arguments_json="{}"),) if tool else ()
        values: dict[str, object] = {
            "event_id": f"e{number}",
            "tenant": "t",
            "episode": f"p{number}",
            "occurred_at_ms": 1_700_000_000_000 + number,
            "request": asked,
            "answer": Answer(content=None if tool else "text", tool_calls=calls),
            "proof": RedactionProof(rule_set="r", profile="pii", counts={}, source_partition=0, source_offset=0),
            "task_key": task_key,
            "template_id": "t",
            "tool_signature": "s",
            "step_hash": content_hash(text),
            "answer_hash": "a",
            "fingerprint": content_hash(text),
            "family": f"e{number}",
        }
        return ObservationUnique(**(values | more))  # type: ignore[arg-type]

    return build
