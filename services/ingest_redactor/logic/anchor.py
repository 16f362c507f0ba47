"""The date that relative words of a call refer to, and calls whose answer needs one that nobody told."""

import re

from shared.events.calls import Answer, Request
from shared.prompting.renderings import read_date
from shared.tasks import identity

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|[A-Z][a-z]{2,8} \d{1,2}(?:st|nd|rd|th)?,? \d{4}|\d{1,2} [A-Z][a-z]{2,8} \d{4}")
_RELATIVE = re.compile(
    r"(?i)\b(?:today|tonight|tomorrow|yesterday|(?:next|last|this|coming|past) (?:week|month|year|weekend|mon|tues?|wednes"
    r"|thurs?|fri|satur|sun)(?:day)?|in (?:a|an|one|two|three|four|five|six|seven|\d{1,3}) (?:day|week|month|year)s?"
    r"|(?:day|week|month|year)s? (?:ago|from now))\b"
)


def anchor_date(request: Request) -> str | None:
    """The first date that the system messages state, ISO 8601: what ``tomorrow`` refers to."""
    for message in request.messages:
        if message.role not in identity.SYSTEM_ROLES:
            continue
        for match in _DATE.finditer(identity.message_text(message)):
            read = read_date(match.group())
            if read is not None:
                return read[0].isoformat()
    return None


def is_unanchored(request: Request, answer: Answer | None) -> bool:
    """Whether the answer names a date that the request lacks, which says ``tomorrow`` but not what day it is: nothing
    that a specialist could learn to work out."""
    if answer is None:
        return False
    told = " ".join((answer.content or "", *(call.arguments_json for call in answer.tool_calls)))
    wanted = set(_dates(told))
    if not wanted or anchor_date(request) is not None:
        return False
    asked = " ".join(identity.message_text(message) for message in request.messages)
    return not wanted <= set(_dates(asked)) and _RELATIVE.search(asked) is not None


def _dates(text: str) -> list[str]:
    return [read[0].isoformat() for match in _DATE.finditer(text) if (read := read_date(match.group())) is not None]
