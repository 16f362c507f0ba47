"""What logs people in: users at prompts, in notes of code and told by a sign or a digit; credentials of commands."""

import re

from services.ingest_redactor.logic.names.english import is_word
from services.ingest_redactor.logic.names.names_read import read_name
from services.ingest_redactor.logic.names.nonames import NOBODY
from services.ingest_redactor.logic.rules.confirm import Found, is_handle, joins, user_name
from shared.tasks.names import ambiguous_first_names, first_names

CREDENTIALS = (
    r"(?:\s-u|--user)[ =][\"']?(?P<v>[^\s\"':@⟦]{1,40}:[^\s\"'⟦]{3,60})|\bsshpass -p ?[\"']?(?P<w>[^\s\"'⟦]{4,60})"
)
"""``curl -u "reporting:…"``, ``sshpass -p …``"""
WORD_TOLD = (
    r"(?i)\b(?:security|memorable|safe|secret|verification) (?:word|phrase|answer)(?: is| was|:)\s{1,2}[\"']?"
    r"(?P<v>[^\s\"',;.⟦]{4,40})"
)
PROMPT = r"(?:^|\s)(?P<v>[a-z][a-z0-9._-]{1,30})@[A-Za-z0-9.-]{1,40}:[~/][^\s$#]{0,60}[$#]"
"""``mjohnson@bastion:~$``"""
QUOTED = r"\buser(?:name)?:? [\"'`](?P<v>[a-z][a-z0-9._-]{2,30})[\"'`]"
NOTE = r"\b(?:TODO|FIXME|XXX|HACK)\((?P<v>[a-z][\w.-]{2,30})\)"
SIGNED = (
    r"(?i:\b(?:user(?: ?name)?|login|log-in|account|acct|acc|admin|identifiant|usuario|usuário|benutzer(?:name)?|utente"
    r"|gebruiker|gebruikersnaam|utilisateur|sachbearbeiter|operator)"
    r"(?: (?:is|was|est|c'est|ist|es|è))?(?: ?[:=]| →)? [\"'`]?)"
    r"(?P<v>[A-Za-z]{1,25}[0-9._-][A-Za-z0-9._-]{0,40})\b"
)
"""``user mhuang_8842``"""
OPTION = r"\s(?:-u|--user(?:name)?)[ =]"
OF_COMMAND = rf"\blogin\b[^\n]{{0,60}}?{OPTION}[\"']?(?P<v>[A-Za-z][\w.-]{{2,40}})"
"""``docker login -u …``"""
SPEAKING = r"(?m:^)(?P<v>[a-z][a-z0-9]{1,20}(?:[._][a-z0-9]{1,20}|\d{1,4}))  ?\d{1,2}:\d{2} ?[AaPp][Mm](?m:$)"
"""At the head of what somebody wrote in a channel: ``ryan_v  9:02 AM``."""
SPEAKING_AT = r"\[\d[0-9T:Z. -]{3,24}\] <?(?P<v>[a-z][a-z0-9]{1,20}(?:[._]{1,2}[a-z0-9]{1,20}|\d{1,4}))>?:? "
"""``[2026-01-04T09:02:11Z] ryan_v: …``; a part of a program that logs has no name of a person."""
NAME_SPEAKING = r"(?:^|\n)\[\d{1,2}:\d{2}(?::\d{2})?\] (?P<v>[a-z]{3,14}): "
"""``[09:02] hazel: …``"""
OF_SUDO = r"\bsudo(?:\[\d{1,7}\])?: {1,6}(?P<v>[a-z][a-z0-9._-]{2,30}) : (?:TTY|PWD|USER)="
"""``sudo: ywu29 : TTY=pts/0 ;``"""
BESIDE_MAIL = r"@[\w.-]{2,40}\.[a-z]{2,10} ?[/|:] ?(?P<v>[^\s\"'`,;/|⟦]{8,40})"
"""What stands behind a mail address and a stroke."""
OF_SETTING = (
    r"\b[A-Z]{2,20}_USER(?:NAME)?[=:] ?[\"']?(?P<v>[a-z][a-z0-9._-]{3,30})\b"
    r"|\b[Uu]ser(?:name)?: ?[\"']?(?P<x>[a-z][a-z0-9._-]{3,30})[\"']?\n {0,8}[Pp]ass(?:word|wd)?:"
    r"| - `(?P<y>[a-z][a-z0-9._]{3,24})` - "
    r"|\b(?i:pppoe|ppp|vpn|sip|radius) [Uu]ser(?:name)?[=:] ?(?P<w>[A-Za-z][\w.-]{2,30}(?:@[\w.-]{2,30})?)\b"
)
"""``POSTGRES_USER: …``, ``PPPoE user: …@realm``"""
AT_TERMINAL = r"(?:^|\n)(?P<v>[a-z][a-z0-9._-]{2,30}) {1,20}(?:pts/\d|tty\d|:\d |console )"
"""A row of ``last`` and ``who``: ``aburton   pts/1   82.212…``"""
ASKED_FOR = (
    r"(?:\b[Ww]ho(?:'s| is| are)|(?i:\b(?:buyer|seller|player|posted by|handle|gamer|streamer)|# owner)) "
    r"(?P<v>[a-z][a-z0-9._-]{3,30})\b"
)
"""``who is gloria_vill in our tenant?``, ``Posted by lagoon_otter72``"""
ACTING = (
    r"(?:^|[\s:>])(?P<v>[a-z][a-z0-9._]{4,30}) "
    r"(?:has |just )?(?:joined|left|logged (?:in|on|out|off)|signed (?:in|out))\b"
)
"""``System: ywu29 joined``"""
_OF_MAIL = re.compile(r"@[\w.-]{1,40}\.[A-Za-z]{2}")
"""Behind the head of a mail address."""
_NUMBERED = re.compile(r"[a-z]{3,4}\d{2,5}")
_CENTURIES = ("19", "20")
_SIGNS = frozenset("!#$%&*?^@")
_LEAST_PART, _TELLING_DIGITS = 3, 4


def credentials(value: str, _before: str, _after: str) -> Found | None:
    """``-u 1000:1000`` tells the numbers of a user and a group."""
    return None if value.replace(":", "").isdigit() else Found(value, "")


def first_name_speaking(value: str, _before: str, _after: str) -> Found | None:
    known = value in first_names() or value in ambiguous_first_names()
    return Found(*read_name(value)) if known and value not in NOBODY else None


def beside_mail(value: str, _before: str, _after: str) -> Found | None:
    """``jane@example.org / Winter#1923``: a password has a sign, a letter and a digit."""
    is_mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    return Found(value, "") if is_mixed and not _SIGNS.isdisjoint(value) else None


def word_told(value: str, before: str, _after: str) -> Found | None:
    """``security word was cinnamonbark``; a word of every day only after a colon."""
    return Found(value, "") if before.rstrip(" \"'").endswith(":") or not is_word(value.lower()) else None


def acting(value: str, _before: str, _after: str) -> Found | None:
    """A login made of a name or as people make them up; ``Alice left`` tells no login."""
    of_a_name = any(sign in value for sign in "._") and user_name(value, "", "") is not None
    told = of_a_name or is_handle(value) or _NUMBERED.fullmatch(value) is not None
    return Found(value, "") if told and value not in NOBODY else None


def asked_for(value: str, _before: str, after: str) -> Found | None:
    """A login with a sign or a digit, not of words alone: ``who is gloria_vill``, ``Posted by velvet_mango24``."""
    value = value.rstrip(".")
    parts = [part for part in re.split(r"[._-]|\d+", value) if part]
    odd = any(map(str.isdigit, value)) or any(not is_word(part) for part in parts)
    if value in NOBODY or value.isalpha() or not odd or _OF_MAIL.match(after):
        return None
    return Found(value, "", None, len(value))


def at_a_prompt(value: str, _before: str, after: str) -> Found | None:
    if value in NOBODY or is_word(value) or _OF_MAIL.match(after):
        return None
    return Found(value.lower(), "")


def with_a_sign(value: str, _before: str, after: str) -> Found | None:
    """A login is no word and nobody's, and has a digit or a sign in it: ``account balance_2024`` is none."""
    low = value.lower()
    signed = any(sign in value for sign in "._-") and not value.replace("-", "").isalpha()
    digits = "".join(filter(str.isdigit, value))
    if digits and value.isupper():
        return None  # the number of an account
    if (
        not (signed or digits)
        or (digits[:2] in _CENTURIES and len(digits) == 4)
        or (after and (joins(after[0]) or after[0] in "@(/"))
    ):
        return None
    parts = [part for part in re.split(r"[._-]|\d+", low) if len(part) >= _LEAST_PART]
    if "user" in parts or low.endswith(("_id", "_name")) or not parts:
        return None
    if is_handle(value):
        return Found(low, "")
    if len(digits) < _TELLING_DIGITS and all(part in NOBODY or is_word(part) for part in parts):
        return None
    return Found(low, "")
