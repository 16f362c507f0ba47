"""Labels in running text that say whose name stands after them, as keys of JSON do: lines, SQL, XML, query strings."""

import re

from services.ingest_redactor.logic.names.nonames import NEVER
from services.ingest_redactor.logic.rules.confirm import Found
from services.ingest_redactor.logic.rules.keys import kind_of, read_value
from services.ingest_redactor.logic.rules.patterns import LETTER, UPPER
from shared.tasks.names import ambiguous_first_names, first_names, last_names

_LABEL = (
    r"(?i:names?|nombre|nome|nom|vorname|nachname|pr[eé]nom|apellidos?|cognome|sobrenome|voornaam|achternaam|imi[eę]|nazwisko"
    r"|f[oö]rnamn|efternamn|surname|forename|lname|fname|patient|customer|client|guest|passenger|employee|manager|caller|payee"
    r"|payer|recipient|sender|receiver|beneficiary|attendees|participants|owner|author|reporter|requester|assignee|contact"
    r"|candidate|claimant|policy_?holder|subscriber|applicant|student|driver|tutor|guardian|attn|_by)"
)
_SIGN = r"[\"'`*]{0,3}\s{0,2}[:=>]{1,2}[ \t]{0,2}[\"'`*]{0,3}"
_NAME_WORD = rf"[{UPPER}](?:[{LETTER}]|[.'’-][{LETTER}])*\.?"
_PARTICLE = r"(?:van|von|der|den|de|del|della|da|dos|la|bin|al|el|dela|ten|ter|een)"
LABELLED_NAME = rf"{_LABEL}{_SIGN}(?P<v>{_NAME_WORD}(?:[ ](?:{_PARTICLE}[ ]){{0,2}}{_NAME_WORD}){{0,3}})"
NAME_LABEL = rf"[A-Za-zę]{_SIGN}[{UPPER}]"
"""Without which there is no :data:`LABELLED_NAME`; the labels themselves would double the states of the triggers."""
_LABEL_BEFORE = re.compile(rf"([{LETTER}]+(?:[ _-][{LETTER}]+){{0,2}}){_SIGN}$")


def labelled_name(value: str, before: str, after: str) -> Found | None:
    """``customer name: Bilkay Seven``. A word that goes on in lower case, ``customer: Asks for …``, must be a known name."""
    label = _LABEL_BEFORE.search(before)
    kind = kind_of(label[1], "") if label else None
    if kind is None or not kind.startswith("NAME"):
        return None
    words = value.lower().split()
    if not NEVER.isdisjoint(words) or after[:1].isalnum():
        return None
    goes_on = after[:1] == " " and after[1:2].islower()
    if goes_on and len(words) == 1 and not any(words[0] in names() for names in _LISTS):
        return None
    read = read_value(kind, value)
    return Found(read[1], read[2]) if read else None


_LISTS = (first_names, ambiguous_first_names, last_names)
