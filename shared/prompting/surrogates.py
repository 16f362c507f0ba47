"""Surrogates: other values in the place of placeholders, so that a model learns and is judged on text like real text.

The inverse of redaction. A surrogate depends on (pool, event id, type, number) alone: the same in prompt, history, tool
results and answer of one event, another one in every event, each in the form and JSON type that its placeholder asks
for. The pools ``training`` and ``shadow`` share no value of the types that have many.
"""

import hashlib
import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import cache, cached_property
from typing import Literal

from shared.events.calls import Answer, ChatMessage, Request, ToolCall
from shared.prompting import renderings
from shared.prompting.placeholders import PATTERN, Placeholder, parse
from shared.tasks.names import first_names, last_names

Pool = Literal["training", "shadow"]
POOLS: tuple[Pool, ...] = ("training", "shadow")

_QUOTED_NUMBER = re.compile(r'(\\*")(⟦[A-Z][A-Z_]{1,15}_[1-9]\d{0,5}:(?:[A-Za-z0-9+_-]+\.)*int⟧)\1')
_STREETS = "Maple Oak Cedar Elm Birch Walnut Chestnut Juniper Hawthorn Sycamore Linden Poplar Spruce Willow".split()  # noqa: SIM905
_STREET_KINDS = "Street Avenue Road Lane Boulevard Drive".split()  # noqa: SIM905
_PLACES = "Ashby Brentwood Clearwater Dunmore Eastfield Fairhaven Glenmore Hillcrest Kingsford Lakewood".split()  # noqa: SIM905
_MAIL_NAMES_TEXT = """
adam alice amy andrew anna anthony barbara ben brian carol charles chris claire daniel david diana donna edward emily
emma eric ethan frank george grace hannah harry helen henry jack james jane jason jennifer jessica john julia karen
kate kevin laura lily linda lisa lucas lucy maria mark martin mary matthew michael nancy nina oliver oscar paul peter
rachel richard robert ruth sam sarah simon sophie steven susan thomas tina victor walter william
"""
_MAIL_NAMES = _MAIL_NAMES_TEXT.split()
_MAIL_WORDS_TEXT = """
apple autumn beach berry bird blue book bread bridge bright brook candle castle cherry cloud coffee copper coral
corner cotton daisy dance dawn deer diamond dream eagle earth east ember falcon field fire flower forest fox garden
glass gold green harbor hazel hill honey island ivory jade lake lemon light lion maple meadow mint moon morning
mountain music night north ocean olive orange paper pearl pine planet plum pond quiet rain river robin rose sand
shadow silver sky snow spring star stone storm summer sun tiger tree valley violet water west willow wind winter wolf
wood
"""
_MAIL_WORDS = _MAIL_WORDS_TEXT.split()
_ANCHOR_YEAR: dict[Pool, int] = {"training": 2006, "shadow": 2016}
_ANCHOR_DAYS = 8 * 365
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@cache
def _pool_names(kind: Literal["first", "last"], pool: Pool) -> tuple[str, ...]:
    words = first_names() if kind == "first" else last_names() - first_names()
    side = POOLS.index(pool)
    return tuple(sorted(w for w in words if w.isascii() and len(w) >= 4 and zlib.crc32(w.encode()) % 2 == side))


def _side(options: list[str], pool: Pool) -> list[str]:
    """Every other word: the pools share none."""
    return options[POOLS.index(pool) :: len(POOLS)]


class _Draw:
    """Deterministic draws for one entity."""

    def __init__(self, *parts: str) -> None:
        seed = "\x1f".join(parts).encode()
        self._stream = hashlib.shake_256(seed).digest(256)
        self._position = 0

    def below(self, limit: int) -> int:
        chunk = self._stream[self._position : self._position + 4]
        self._position += 4
        return int.from_bytes(chunk, "big") % limit

    def pick(self, options: tuple[str, ...] | list[str] | str) -> str:
        return options[self.below(len(options))]

    def digits(self, count: int) -> str:
        """No zeros: a number may stand as a JSON number and must not lose a leading one."""
        return "".join(str(1 + self.below(9)) for _ in range(count))


class _Entity:
    """The surrogate of one entity; the digit before the last has the parity of its pool."""

    def __init__(self, event_id: str, pool: Pool, type_: str, number: int) -> None:
        self._draw = _Draw(pool, event_id, type_, str(number))
        self._pool = pool
        self.type = type_

    def _with_parity(self, digits: str) -> str:
        odd = self._pool == "training"
        before_last = int(digits[-2])
        if (before_last % 2 == 1) != odd:
            before_last = before_last % 8 + 1
        return f"{digits[:-2]}{before_last}{digits[-1]}"

    @cached_property
    def name(self) -> tuple[str, str, str]:
        first, mid = (self._draw.pick(_pool_names("first", self._pool)).capitalize() for _ in range(2))
        return first, mid, self._draw.pick(_pool_names("last", self._pool)).capitalize()

    @cached_property
    def phone(self) -> str:
        area = f"{2 + self._draw.below(8)}{self._draw.digits(2)}"
        if area[1:] == "11":
            area = f"{area[0]}23"
        return self._with_parity(f"{area}{2 + self._draw.below(8)}{self._draw.digits(6)}")

    @cached_property
    def card(self) -> str:
        payload = self._with_parity("4" + self._draw.digits(14) + "0")[:-1]
        return payload + renderings.luhn_digit(payload)

    @cached_property
    def ssn(self) -> str:
        return self._with_parity(f"{1 + self._draw.below(5)}{self._draw.digits(8)}")

    @cached_property
    def iban(self) -> str:
        account = self._with_parity(self._draw.digits(18))
        check = 98 - int(f"{account}131400") % 97  # D is 13, E is 14
        return f"DE{check:02d}{account}"

    @cached_property
    def identifier(self) -> tuple[str, str]:
        digits = self._with_parity(self._draw.digits(40))
        return digits, "".join(self._draw.pick(_LETTERS) for _ in range(20)) * 2

    @cached_property
    def birth_date(self) -> date:
        day = 13 + self._draw.below(8) * 2 + POOLS.index(self._pool)  # above 12: no taking of days for months
        return date(1941 + self._draw.below(64), 1 + self._draw.below(12), day)

    @cached_property
    def mail(self) -> str:
        """Familiar words alone: a small model copies them letter by letter without a slip."""
        words = [self._draw.pick(_side(options, self._pool)) for options in (_MAIL_NAMES, _MAIL_WORDS)]
        separator = self._draw.pick((".", ".", "_", ""))
        return f"{words[0]}{separator}{words[1]}{10 + self._draw.below(90)}@example.{self._draw.pick(('org', 'com', 'net'))}"

    @cached_property
    def text(self) -> str:
        """Types without forms."""
        first = self.name[0]
        side = POOLS.index(self._pool)
        number = self._draw.below(4500) * 2 + 101 + side
        secret = "".join(self._draw.pick(_LETTERS.lower() + "23456789") for _ in range(24))
        return {
            "EMAIL": self.mail,
            "USER": f"{first}{number}".lower(),
            "IP": f"203.0.113.{self._draw.below(120) * 2 + 1 + side}",
            "ADDRESS": f"{number} {self._draw.pick(_STREETS)} {self._draw.pick(_STREET_KINDS)}",
            "PLACE": self._draw.pick(_PLACES),
            "AGE": str(90 + self._draw.below(10)),
            "URL": f"https://www.example.org/{first}/{number}".lower(),
        }.get(self.type, f"sk-{secret}")


def _name(entity: _Entity, tokens: tuple[str, ...]) -> str:
    first, mid, last = entity.name
    text = f"{first} {last}"
    for token in tokens:
        text = {"first": first, "mid": mid, "last": last}.get(token) or renderings.write_case(text, token)
    return text


def _form(tokens: tuple[str, ...]) -> str:
    return next((part for part in tokens if part != "int"), "")


def _identifier(entity: _Entity, tokens: tuple[str, ...]) -> str:
    digits, letters = entity.identifier
    return renderings.write_identifier(digits, letters, _form(tokens))


def _unit(entity: _Entity, tokens: tuple[str, ...]) -> str:
    """The word before the number, if the form names one, and the number."""
    digits, letters = entity.identifier
    *words, form = tokens or ("d2",)
    return " ".join((*words, renderings.write_identifier(digits, letters, form)))


def _zip_code(entity: _Entity, tokens: tuple[str, ...]) -> str:
    return renderings.write_identifier(entity.identifier[0], entity.identifier[1], _form(tokens) or "d5")


_WRITERS: dict[str, Callable[[_Entity, tuple[str, ...]], str]] = {
    "NAME": _name,
    "PHONE": lambda entity, tokens: renderings.write_phone(entity.phone, ".".join(t for t in tokens if t != "int")),
    "CARD": lambda entity, tokens: renderings.write_card(entity.card, _form(tokens)),
    "SSN": lambda entity, tokens: renderings.write_ssn(entity.ssn, _form(tokens)),
    "IBAN": lambda entity, tokens: renderings.write_iban(entity.iban, _form(tokens)),
    "DOB": lambda entity, tokens: renderings.write_date(entity.birth_date, _form(tokens)),
    "ZIP": _zip_code,
    "UNIT": _unit,
}
IDENTIFIER_TYPES = (
    *("ACCOUNT", "MEMBER", "RECORD", "POLICY", "LICENCE", "PASSPORT"),
    *("TAX_ID", "NPI", "ID", "VEHICLE", "DEVICE"),
)
_WRITERS.update(dict.fromkeys(IDENTIFIER_TYPES, _identifier))


class Surrogates:
    """Fills the placeholders of one event. Text without placeholders stays as it is; JSON stays valid JSON."""

    def __init__(self, event_id: str, pool: Pool) -> None:
        self._event_id = event_id
        self._pool: Pool = pool
        self._entities: dict[tuple[str, int], _Entity] = {}

    @cached_property
    def _anchor(self) -> date:
        """A day close to the one that the event's first date becomes: all its dates move by the same whole weeks."""
        draw = _Draw(self._pool, self._event_id, "anchor")
        return date(_ANCHOR_YEAR[self._pool], 1, 1) + timedelta(days=draw.below(_ANCHOR_DAYS))

    def _date(self, entity: _Entity, tokens: tuple[str, ...]) -> str:
        day, form = entity.birth_date, ""
        for part in tokens:
            read = renderings.read_from_anchor(part)
            if read is None:
                form = part if part != "int" else form
                continue
            weekday, distance = read
            ahead = (weekday - distance - self._anchor.weekday()) % 7
            try:
                day = self._anchor + timedelta(days=ahead + distance)
            except OverflowError:
                day = self._anchor
        return renderings.write_date(day, form)

    def value(self, placeholder: Placeholder) -> str:
        """The surrogate in the form that the placeholder asks for."""
        key = (placeholder.type, placeholder.number)
        entity = self._entities.get(key)
        if entity is None:
            entity = self._entities[key] = _Entity(self._event_id, self._pool, *key)
        tokens = placeholder.tokens
        if placeholder.type == "DATE":
            return self._date(entity, tokens)
        writer = _WRITERS.get(placeholder.type)
        if writer is None:
            return renderings.write_case(entity.text, _form(tokens))
        return writer(entity, tokens)

    def _filled(self, match: re.Match[str]) -> str:
        return self.value(Placeholder(match.group(1), int(match.group(2)), match.group(3) or ""))

    def text(self, text: str) -> str:
        """Any text, JSON text included: a quoted ``:int`` placeholder becomes a bare number, at any depth of quoting."""
        if "⟦" not in text:
            return text
        return PATTERN.sub(self._filled, _QUOTED_NUMBER.sub(self._bare_number, text))

    def _bare_number(self, match: re.Match[str]) -> str:
        placeholder = parse(match.group(2))
        value = self.value(placeholder) if placeholder else ""
        return value if value.isdecimal() else match.group()

    def _optional(self, text: str | None) -> str | None:
        return None if text is None else self.text(text)

    def _calls(self, calls: tuple[ToolCall, ...]) -> tuple[ToolCall, ...]:
        return tuple(
            replace(call, id=self.text(call.id), arguments_json=self.text(call.arguments_json)) for call in calls
        )

    def _message(self, message: ChatMessage) -> ChatMessage:
        return replace(
            message,
            content=self._optional(message.content),
            parts_json=self._optional(message.parts_json),
            name=self._optional(message.name),
            tool_calls=self._calls(message.tool_calls),
            tool_call_id=self._optional(message.tool_call_id),
        )

    def request(self, request: Request) -> Request:
        """Messages and tools filled."""
        tools = tuple(
            replace(
                tool, description=self._optional(tool.description), parameters_json=self._optional(tool.parameters_json)
            )
            for tool in request.tools
        )
        return replace(request, messages=tuple(self._message(message) for message in request.messages), tools=tools)

    def answer(self, answer: Answer) -> Answer:
        """Text and calls filled."""
        return replace(answer, content=self._optional(answer.content), tool_calls=self._calls(answer.tool_calls))
