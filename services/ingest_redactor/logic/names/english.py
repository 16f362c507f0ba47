"""English words: what is one of them, in lower case, is hardly a name, and what is written with a capital and names no
person hardly one alone.

``data/words.txt`` was made once: the words of SCOWL's "small" list (as Debian's wamerican-small 2020.12.07 prints it) that
are written in lower case, without those that a plain ending makes of another, and the words that the prompts of
``bfcl-eval`` (Apache 2.0) use in lower case more than once.

``data/things.txt`` holds capitalised words, in lower case: those of SCOWL 2020.12.07 up to size 50 (peoples, languages,
countries, towns, feasts, gods, the famous dead) with which neither its lists of proper names nor ours nor Faker's name
people, without some that people of today are called, and about two hundred brands.

SCOWL is Copyright 2000-2011 by Kevin Atkinson. Permission to use, copy, modify, distribute and sell these word lists, the
associated scripts, the output created from the scripts, and its documentation for any purpose is hereby granted without
fee, provided that the above copyright notice appears in all copies and that both that copyright notice and this permission
notice appear in supporting documentation. Kevin Atkinson makes no representations about the suitability of this array for
any purpose. It is provided "as is" without express or implied warranty.
"""

from functools import cache, lru_cache
from importlib.resources import files

from services.ingest_redactor.logic.names.nonames import NEVER, NO_NAME, NOBODY, SIGHTS, TAKEN, THINGS
from services.ingest_redactor.logic.names.token_roles import PARTICLES, TITLES
from shared.tasks.names import ambiguous_first_names

_ENDINGS = ("s", "es", "ed", "d", "ing", "ly", "er", "ers", "ings", "r", "'s")
_OF_Y = ("ies", "ied")
_DOUBLING = ("ing", "ed", "er")
_LEAST_STEM = 3
_LONGEST_SLIP = 14
_SLIPPED_ENDINGS = ("s", "ed", "ing")
_VOWELS = frozenset("aeiou")
_MISSPELLED = 7
"""In a word of so many letters a vowel for another is no typing slip, but as common: ``seperate``."""
_TALK_TEXT = """
pls plz thx ty lol omg btw asap idk imo tbh ur u r im ive dont cant wont didnt doesnt isnt arent wasnt gonna wanna gotta
lemme yeah yep nope hmm ok okay hey yo sup bro dude guys mom mum dad bf gf bff fam tmrw tmr yesterday noone someone anyone
appt acct fname lname firstname lastname dob mrn tel mob mbr msg txt info refund signup login logout signin username wifi
ebook webpage dashboard backend frontend webhook kafka
redis chatgpt claude gemini copilot alexa siri cortana kubectl terraform ansible jira confluence zendesk hubspot salesforce
stripe shopify slack notion trello asana teams zoom figma airtable twilio sendgrid snowflake databricks datadog grafana
sentry pagerduty opsgenie okta postgres mysql mongo mongodb sqlite nginx ubuntu debian pytest numpy pandas django fastapi
nodejs npm yarn async await boolean nullable timezone utc gmt est pst cet gbp eur usd inr
covid copd afib mrsa mri ecg ekg icu nicu etoh htn dm cad chf bmi
"""
_TALK = frozenset(_TALK_TEXT.split())


@cache
def _words() -> frozenset[str]:
    text = files("services.ingest_redactor.logic").joinpath("data/words.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


@cache
def _things() -> frozenset[str]:
    text = files("services.ingest_redactor.logic").joinpath("data/things.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def names_a_thing(stem: str) -> bool:
    """Whether a capitalised word, in lower case, is known as no person's: ``french``, ``toyota``."""
    return stem in _things()


def is_word(word: str) -> bool:
    """Whether a word in lower case is one of the language, of talk or of tools, or a name that is also a word."""
    return (
        is_of_the_language(word)
        or word in NEVER
        or word in NO_NAME
        or word in THINGS
        or word in NOBODY
        or word in SIGHTS
        or word in TAKEN
        or word in TITLES
        or word in PARTICLES
        or word in ambiguous_first_names()
        or word in _TALK
    )


@lru_cache(maxsize=1 << 14)
def is_of_the_language(word: str) -> bool:
    """Whether a word in lower case is in the list of English words, as it stands or by a plain ending."""
    words = _words()
    if word in words:
        return True
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_STEM and word[: -len(ending)] in words:
            return True
    if word.endswith(_OF_Y) and f"{word[:-3]}y" in words:
        return True
    for ending in _DOUBLING:
        stem = word.removesuffix(ending)
        if (
            stem != word
            and len(stem) >= _LEAST_STEM
            and (f"{stem}e" in words or (stem[-1] == stem[-2] and stem[:-1] in words))
        ):
            return True
    return False


@cache
def _masked() -> dict[str, str]:
    """Every word with one letter, but not the first, hidden, and which letters it may be."""
    masked: dict[str, str] = {}
    for word in _words():
        for at in range(1, len(word)):
            key = f"{word[:at]}*{word[at + 1 :]}"
            masked[key] = masked.get(key, "") + word[at]
    return masked


@cache
def _beside() -> dict[str, frozenset[str]]:
    """Letters whose keys touch each letter's on a QWERTY keyboard, where every row stands half a key to the right."""
    rows = enumerate(("qwertyuiop", "asdfghjkl", "zxcvbnm"))
    places = {letter: (column + row / 2, row) for row, letters in rows for column, letter in enumerate(letters)}
    return {
        one: frozenset(other for other, (x, y) in places.items() if abs(x - at) <= 1 and abs(y - row) <= 1)
        for one, (at, row) in places.items()
    }


@lru_cache(maxsize=4096)
def is_slip(word: str) -> bool:
    """Whether one slip of the finger makes a word of it: a letter left out, doubled, turned round with the next or, but for
    the first, hit beside its key. A word of many letters is none."""
    if len(word) > _LONGEST_SLIP:
        return False
    stems = [word, *(word.removesuffix(ending) for ending in _SLIPPED_ENDINGS if word.endswith(ending))]
    return any(_is_slip(stem) or _is_slip(f"{stem}e") for stem in stems if len(stem) >= _LEAST_STEM)


def _is_slip(word: str) -> bool:
    words, masked = _words(), _masked()
    vowels = _VOWELS if len(word) >= _MISSPELLED else frozenset()
    for at in range(1, len(word)):
        head, tail = word[:at], word[at:]
        beside = _beside().get(tail[0], frozenset()) | (vowels if tail[0] in vowels else frozenset())
        if f"{head}*{tail}" in masked or not beside.isdisjoint(masked.get(f"{head}*{tail[1:]}", "")):
            return True
        if (tail[0] == head[-1] and head + tail[1:] in words) or head[:-1] + tail[0] + head[-1] + tail[1:] in words:
            return True
    return f"{word}*" in masked
