"""The narrow tasks of the demo: templates × slots, the tools they offer, and the right call for each filling.

Four have two or three arguments copied from the request; ``schedule`` has five and date arithmetic, which a specialist of
this size may well fail: then the gate has to say no.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from infra.demo import values

TODAY = date(2026, 3, 4)  # a fixed Wednesday: the same seed gives the same traffic on any day
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Filling:
    """One request and its right answer. ``planted`` are the identifiers in it that must not leave raw."""

    text: str
    tool: str
    arguments: dict[str, Any]
    planted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NarrowTask:
    name: str
    system: str
    tools: tuple[dict[str, Any], ...]
    fill: Callable[[Random], Filling]


def function(name: str, description: str, properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


TEXT, WHOLE, MONEY = {"type": "string"}, {"type": "integer"}, {"type": "number"}

OPENERS = ("", "", "", "Hi, ", "Hello, ", "Please: ", "Hey, ", "Quick one: ", "Good morning. ", "Hi there, ")
CLOSERS = ("", "", "", " Thanks.", " Thank you!", " Cheers.", " Much appreciated.")


def _worded(rng: Random, bodies: tuple[str, ...], **slots: str) -> str:
    body = rng.choice(bodies).format(**slots)
    opener = rng.choice(OPENERS)
    text = opener + (body[0].lower() + body[1:] if opener.endswith(", ") and not body.startswith("I ") else body)
    return text + rng.choice(CLOSERS)


_FORECAST = (
    "What will the weather be like in {city} over the next {days} days? Use {unit} units.",
    "Give me the {days} day forecast for {city} in {unit} units.",
    "I need a forecast for {city}, {days} days ahead, {unit}.",
    "Show the {unit} weather outlook for {city} for {days} days.",
    "Weather for {city} please, next {days} days, {unit} units.",
    "How does the weather look in {city} for the coming {days} days? {unit} please.",
    "Forecast: {city}, {days} days, {unit}.",
    "Can you pull up {days} days of weather for {city}, {unit} units?",
    "Check the weather in {city} for {days} days using {unit} units.",
    "Tell me the weather forecast of {city} for {days} days in {unit}.",
)


def _forecast(rng: Random) -> Filling:
    city, days, unit = rng.choice(values.CITIES), rng.randrange(2, 22), rng.choice(("metric", "imperial"))
    text = _worded(rng, _FORECAST, city=city, days=str(days), unit=unit)
    return Filling(text, "get_forecast", {"city": city, "days": days, "unit": unit})


_ORDER = (
    "Where is order {order}? The account e-mail is {email}.",
    "Track order {order} for {email}.",
    "Look up the status of order {order}, the customer is {email}.",
    "The customer {email} asks about order {order}.",
    "Check order {order} under {email}.",
    "Could you find out where order {order} is? It was placed by {email}.",
    "Order {order}, e-mail {email}: what is the status?",
    "I would like the delivery status of order {order}; my e-mail is {email}.",
    "Status check for order {order} ({email}).",
    "Has order {order} of {email} been shipped yet?",
)


def _order(rng: Random) -> Filling:
    order, email = f"ORD-{rng.randrange(10000, 99999)}", values.email(rng)
    text, planted = _worded(rng, _ORDER, order=order, email=email), [email]
    if rng.random() < 0.2:
        name = values.full_name(rng)
        text, planted = f"{text} My name is {name}.", [*planted, name]
    return Filling(text, "get_order_status", {"order_id": order, "email": email}, tuple(planted))


_TICKET = (
    "The {product} with tag {tag} is broken, open a {severity} ticket.",
    "Open a {severity} severity ticket for the {product}, asset {tag}.",
    "Log a {severity} ticket: {product} {tag} stopped working.",
    "Please file a ticket for {product} {tag}, severity {severity}.",
    "We have a problem with the {product} ({tag}). Severity is {severity}.",
    "Raise a {severity} incident on {product} {tag}.",
    "Our {product}, tag {tag}, fails again; make it a {severity} ticket.",
    "Create a ticket with severity {severity} for asset {tag}, a {product}.",
    "Ticket needed: {product}, {tag}, {severity}.",
    "Report a fault of the {product} tagged {tag} as {severity}.",
)


def _ticket(rng: Random) -> Filling:
    product, severity = rng.choice(values.PRODUCTS), rng.choice(("low", "medium", "high"))
    tag = f"{rng.choice('ABCDEFGH')}{rng.choice('KLMNPQRS')}-{rng.randrange(100, 1000)}"
    text = _worded(rng, _TICKET, product=product, tag=tag, severity=severity)
    planted: tuple[str, ...] = ()
    if rng.random() < 0.15:
        name = values.full_name(rng)
        text, planted = f"{text} My name is {name}.", (name,)
    return Filling(text, "open_ticket", {"product": product, "asset_tag": tag, "severity": severity}, planted)


_REFUND = (
    "Refund {amount} {currency} on invoice {invoice}.",
    "Please pay back {amount} {currency} for invoice {invoice}.",
    "Invoice {invoice} was overcharged, refund {amount} {currency}.",
    "Issue a refund of {amount} {currency} against invoice {invoice}.",
    "The customer wants {amount} {currency} back on invoice {invoice}.",
    "Send {amount} {currency} back to the payer of invoice {invoice}.",
    "Refund request: invoice {invoice}, amount {amount} {currency}.",
    "Can you reverse {amount} {currency} of invoice {invoice}?",
    "Credit {amount} {currency} to invoice {invoice}.",
    "We owe the client {amount} {currency} on invoice {invoice}, refund it.",
)


def _refund(rng: Random) -> Filling:
    amount, currency = f"{rng.randrange(5, 900)}.{rng.randrange(0, 10)}5", rng.choice(values.CURRENCIES)
    invoice = f"INV-{rng.randrange(10000, 99999)}"
    text = _worded(rng, _REFUND, amount=amount, currency=currency, invoice=invoice)
    planted: tuple[str, ...] = ()
    if rng.random() < 0.2:
        card = values.card_number(rng)
        text, planted = f"{text} The card was {card}.", (card,)
    arguments = {"invoice_id": invoice, "amount": float(amount), "currency": currency}
    return Filling(text, "refund_invoice", arguments, planted)


_SCHEDULE = (
    "Book a {topic} on {day} at {time} for {minutes} minutes in room {room}, invite {email}.",
    "Schedule the {topic} for {day}, {time}, {minutes} minutes, room {room}; guest {email}.",
    "Put a {minutes} minute {topic} into the calendar {day} at {time}, room {room}, with {email}.",
    "Set up a {topic} with {email} {day} {time}, {minutes} min, room {room}.",
    "I want a {topic} {day} at {time} ({minutes} minutes) in {room} together with {email}.",
)


def _spoken(ahead: int, weekday: str) -> str:
    """A date as people say it, ``ahead`` days from today."""
    if ahead == 1:
        return "tomorrow"
    if ahead < 5:
        return f"this {weekday}"
    return f"in {ahead} days"


def _schedule(rng: Random) -> Filling:
    ahead = rng.randrange(1, 20)
    when = TODAY + timedelta(days=ahead)
    weekday = WEEKDAYS[when.weekday()]
    day = _spoken(ahead, weekday)
    topic, email = rng.choice(values.TOPICS), values.email(rng)
    time, minutes = (
        f"{rng.randrange(8, 18):02d}:{rng.choice(('00', '15', '30', '45'))}",
        rng.choice((15, 30, 45, 60, 90)),
    )
    room = f"{rng.choice('NESW')}{rng.randrange(1, 60)}"
    text = _worded(rng, _SCHEDULE, topic=topic, day=day, time=time, minutes=str(minutes), room=room, email=email)
    arguments = {
        "title": topic,
        "starts_at": f"{when.isoformat()}T{time}",
        "duration_minutes": minutes,
        "room": room,
        "attendee": email,
    }
    return Filling(text, "schedule_meeting", arguments, (email,))


TASKS = (
    NarrowTask(
        "forecast",
        f"You are the travel desk of Northwind Tours. Today is {TODAY}. Answer weather questions with the tools given.",
        (
            function(
                "get_forecast",
                "Weather forecast for a city.",
                {"city": TEXT, "days": WHOLE, "unit": {"type": "string", "enum": ["metric", "imperial"]}},
                ["city", "days", "unit"],
            ),
            function("list_alerts", "Weather alerts of a region.", {"region": TEXT}, ["region"]),
        ),
        _forecast,
    ),
    NarrowTask(
        "order-status",
        "You are the shop assistant of Bluebird Supplies. Always look orders up with the tools, never guess.",
        (
            function(
                "get_order_status",
                "Status of an order.",
                {"order_id": TEXT, "email": {"type": "string", "format": "email"}},
                ["order_id", "email"],
            ),
            function("cancel_order", "Cancel an order.", {"order_id": TEXT, "reason": TEXT}, ["order_id"]),
        ),
        _order,
    ),
    NarrowTask(
        "ticket",
        "You are the IT service desk of Harbour Logistics. File what is reported with the tools, one ticket a report.",
        (
            function(
                "open_ticket",
                "Open a ticket for a device.",
                {"product": TEXT, "asset_tag": TEXT, "severity": {"type": "string", "enum": ["low", "medium", "high"]}},
                ["product", "asset_tag", "severity"],
            ),
            function("close_ticket", "Close a ticket.", {"ticket_id": TEXT}, ["ticket_id"]),
        ),
        _ticket,
    ),
    NarrowTask(
        "refund",
        "You work in accounts receivable at Fern and Sons. Refunds go through the tools, exactly as instructed.",
        (
            function(
                "refund_invoice",
                "Refund part of an invoice.",
                {
                    "invoice_id": TEXT,
                    "amount": MONEY,
                    "currency": {"type": "string", "enum": list(values.CURRENCIES)},
                },
                ["invoice_id", "amount", "currency"],
            ),
            function("void_invoice", "Void an invoice.", {"invoice_id": TEXT}, ["invoice_id"]),
        ),
        _refund,
    ),
    NarrowTask(
        "schedule",
        f"You keep the calendar of the Aldgate office. Today is {TODAY}, a {WEEKDAYS[TODAY.weekday()]}. Use the tools.",
        (
            function(
                "schedule_meeting",
                "Put a meeting into the calendar.",
                {
                    "title": TEXT,
                    "starts_at": {"type": "string", "description": "ISO 8601 without zone"},
                    "duration_minutes": WHOLE,
                    "room": TEXT,
                    "attendee": {"type": "string", "format": "email"},
                },
                ["title", "starts_at", "duration_minutes", "room", "attendee"],
            ),
            function("cancel_meeting", "Cancel a meeting.", {"title": TEXT, "date": TEXT}, ["title", "date"]),
        ),
        _schedule,
    ),
)


def call_json(filling: Filling) -> str:
    return json.dumps(filling.arguments)
