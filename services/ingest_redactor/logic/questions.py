"""Answers to questions: ``And your date of birth?`` says what the next text is, whatever it looks like."""

import re

import re2

from services.ingest_redactor.logic.documents import Segment
from services.ingest_redactor.logic.layout.fields import value_in
from services.ingest_redactor.logic.layout.siblings import keyed_mention
from services.ingest_redactor.logic.mentions import Mention, bounded
from services.ingest_redactor.logic.names.english import is_word
from services.ingest_redactor.logic.rules.patterns import DATE
from shared.tasks.names import ambiguous_first_names, first_names, last_names

_MAX_ANSWER_CHARS, _MAX_VALUE_CHARS, _MAX_QUESTION_CHARS = 200, 60, 160
_ASKED_FOR = (
    r"(?i)\b(?:(?P<DOB>date of birth|birth ?date|birthday|dob|(?:were|was) (?:you|he|she|they) born)"
    r"|(?P<ZIP>post ?code|zip ?code|postal code)"
    r"|(?P<PHONE>(?:phone|mobile|cell|callback|contact|telephone)(?: number)?)"
    r"|(?P<NAME>(?:full|first|last|your|legal|maiden) name|name (?:please|on the)|am i (?:speaking|talking) (?:to|with))"
    r"|(?P<ACCOUNT>account (?:number|no|id))"
    r"|(?P<MEMBER>(?:member(?:ship)?|customer|loyalty|insurance|subscriber) (?:number|no|id)"
    r"|number on (?:your|the) (?:insurance )?card)"
    r"|(?P<POLICY>policy (?:number|no))|(?P<SSN>social security(?: number)?|ssn)|(?P<PASSPORT>passport(?: number)?)"
    r"|(?P<CARD>card number)|(?P<ADDRESS>(?:home|street|billing|shipping|mailing|current|delivery|your|the) address))\b"
)
_ASKED = re.compile(_ASKED_FOR)
_DEMAND = re.compile(r"(?i)\b(?:please|may i|can i|could you|can you|provide|tell me|enter|confirm|need)\b")
_MAY_ASK = re2.compile(_ASKED_FOR)
"""Says no in a tenth of the time. Its words begin and end at ASCII letters, so it never says no alone."""
_LEAD = re.compile(
    r"(?i)(?:(?:yes|sure|ok(?:ay)?|of course|certainly|uh|um|er)[,.!]? )?"
    r"(?:it'?s |it is |that'?s |that is |(?:my|the) [a-z ]{2,20} is )?"
)
_SAID = re.compile(r"[>\s]*+(?:\[[^\]\n]{1,20}+\][ ]?)?[^\n:?!.]{1,30}+(?:\([^()\n]{1,20}+\)[ ]?)?:[ ]+")
"""Who speaks, and when."""
_DATE = re.compile(rf"(?i)\b(?:{DATE})\b")
_NAMES = (first_names, ambiguous_first_names, last_names)


def mark_answers(segments: list[Segment]) -> None:
    """Tells short texts what they were asked for. Keys and single words of JSON, such as who speaks, may stand between."""
    before: str | None = None
    for segment in segments:
        text = segment.original
        if segment.source is not None and text.isalpha():
            continue
        if before is not None and len(text) <= _MAX_ANSWER_CHARS and segment.kind is None:
            segment.asked = kinds_asked(before)
        before = text


def answers_in(text: str) -> list[Mention]:
    """Answers in the lines of a written conversation: ``Agent: Your name?``, and what the next one says."""
    found: list[Mention] = []
    question = ""
    start = 0
    for line in text.split("\n"):
        said = _SAID.match(line) if question else None
        if said is not None and len(line) - said.end() <= _MAX_ANSWER_CHARS:
            at = said.end()
            for mention in answers_to(kinds_asked(question), line[at:]):
                found.append(mention.moved(start + at))
                bounded(len(found))
        if line[-2:].rstrip().endswith("?"):
            question = line
        elif line:
            question = ""
        start += len(line) + 1
    return found


def kinds_asked(text: str) -> tuple[str, ...]:
    """What the last sentence of a text asks for, in its order."""
    end = text[-_MAX_QUESTION_CHARS:].rstrip()
    if _MAY_ASK.search(end.encode("utf-8", "surrogatepass")) is None:
        return ()
    if end[-1:] != "?" and _DEMAND.search(end) is None:
        return ()
    return tuple(str(match.lastgroup) for match in _ASKED.finditer(end))


def answers_to(kinds: tuple[str, ...], text: str) -> list[Mention]:
    """The value at the head of a short answer. A birth is also the first date of what tells more."""
    if not kinds:
        return []
    asked = kinds[-2] if kinds[-1] == "ZIP" and len(kinds) > 1 else kinds[-1]  # told in one with what stands before it
    if len(text) <= _MAX_VALUE_CHARS and (value := _value_at_the_head(asked, text)) is not None:
        return [value]
    born = _DATE.search(text) if "DOB" in kinds else None
    told = keyed_mention("DOB", born.group()) if born is not None else None
    return [] if born is None or told is None else [told.moved(born.start())]


def _value_at_the_head(kind: str, text: str) -> Mention | None:
    lead = _LEAD.match(text)
    start = lead.end() if lead is not None else 0
    value = value_in(kind, text[start:].rstrip(" .,!;"))
    if kind == "NAME" and not _reads_as_a_name(value):
        return None
    mention = keyed_mention(kind, value) if value else None
    return None if mention is None else mention.moved(start)


def _reads_as_a_name(value: str) -> bool:
    words = value.split()
    if all(word[0].isupper() for word in words) or any(words[0].lower() in names() for names in _NAMES):
        return True
    return len(words) > 1 and not any(is_word(word.lower()) for word in words)
