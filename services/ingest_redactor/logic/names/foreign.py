"""Words of other languages: where their language is spoken they are nobody's name, with a capital or without.

``data/foreign_words.txt`` was made once, one language a line: the 3,000 most frequent words of each of twenty
languages by ``wordfreq`` 3.1 (Robyn Speer; its data and so this file are CC BY-SA 4.0), without those beyond the
500th that our lists of names or Faker's hold in any language, and without names among the first 500; ``sandi``
(Indonesian: a password) was added by hand.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from services.ingest_redactor.logic.names.english import is_of_the_language

_AROUND = 12
"""So many tokens on both sides tell the language."""
_CLEARLY = 4
"""By so many words more it is English, whatever stands further off."""
_LANGUAGES = 20
_NOUNS_HAVE_CAPITALS = 1
"""German's bit: it stands first in the file."""


@cache
def _languages() -> dict[str, int]:
    """Of each word the languages that it belongs to, a bit each."""
    text = files("services.ingest_redactor.logic").joinpath("data/foreign_words.txt").read_text(encoding="utf-8")
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines()):
        for word in line.split()[1:]:
            found[word] = found.get(word, 0) | 1 << number
    return found


def is_foreign_word(tokens: Sequence[str], at: int) -> bool:
    """Whether a token is a word of a language that most words around it belong to."""
    bits = _languages().get(tokens[at].lower())
    return bits is not None and bool(bits & _spoken(tokens, at))


def is_or_may_be_foreign_word(tokens: Sequence[str], at: int, *, begins: bool) -> bool:
    """The same of a capitalised token that no list of names holds; it is hardly a name either where all words have a
    capital: those that begin a sentence, and in German the nouns."""
    spoken = _spoken(tokens, at)
    if spoken and (begins or spoken & _NOUNS_HAVE_CAPITALS):
        return True
    return bool(spoken & _languages().get(tokens[at].lower(), 0))


def _spoken(tokens: Sequence[str], at: int) -> int:
    """The languages, nearly always one, to which most of the words around a token belong, if more than to English."""
    languages = _languages()
    english, heard = 0, []
    for away in range(1, _AROUND + 1):
        for place in (at - away, at + away):
            if not 0 <= place < len(tokens) or len(tokens[place]) < 2 or not tokens[place].isalpha():
                continue
            word = tokens[place].lower()
            bits, is_english = languages.get(word), is_of_the_language(word)
            if bits is not None and not is_english:
                heard.append(bits)
            elif bits is None and is_english:
                english += 1
        if english >= len(heard) + _CLEARLY:
            return 0
    counts = [sum(bits >> number & 1 for bits in heard) for number in range(_LANGUAGES if len(heard) > english else 0)]
    most = max(counts, default=0)
    return sum(1 << number for number, count in enumerate(counts) if count == most > english)
