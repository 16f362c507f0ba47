"""Text with its values folded: what is left are the words that tell the task.

Numbers, dates, quoted values, identifiers, addresses of mail and web, placeholders, personal names and capitalised words
inside a sentence all become one mark, and runs of marks become one. So a text and its redacted form fold alike.
"""

import re
from functools import cache

from shared.tasks.names import ambiguous_first_names, first_names, last_names

MARK = "#"

_WORD = r"\w++(?:['’.:/@+-]\w++)*+"
_BREAKS = frozenset(".!?\n;")
"""Between words they end a sentence, or a line."""
_WORD_OR_BREAK = re.compile(rf"{_WORD}|[.!?\n;]")
_TOKEN_OR_BREAK = re.compile(
    r"⟦[^⟦⟧]{1,64}⟧"
    r"|[\w.+%-]++@[\w-]+(?:\.[\w-]+)+"
    r"|(?:https?|ftp|wss?)://[^\s\"'<>]+"
    r"|\"[^\"\n]{1,80}\"|“[^”\n]{1,80}”|`[^`\n]{1,80}`"
    rf"|{_WORD_OR_BREAK.pattern}"
)
_MORE_THAN_WORDS = re.compile('[⟦@"“`]|://')
"""Without any of these a text has no other tokens than words, which are found in half the time."""
_DIGIT = re.compile(r"\d")

_VALUES = """
monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri january february april june
july august september october november december jan feb mar apr jun jul aug sept oct nov dec two three four five six
seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty
fifty sixty seventy eighty ninety hundred thousand mr mrs ms dr
"""
_VALUE_WORDS = frozenset(_VALUES.split())


@cache
def _listed_in_lower_case() -> frozenset[str]:
    return first_names() | _VALUE_WORDS


def folded(text: str) -> list[str]:
    """Lower-cased words in order, runs of folded values as one :data:`MARK`; punctuation is dropped."""
    first, last, ambiguous = first_names(), last_names(), ambiguous_first_names()
    words: list[str] = []
    starts_sentence, marked, after_first_name = True, False, False
    tokens = _TOKEN_OR_BREAK if _MORE_THAN_WORDS.search(text) else _WORD_OR_BREAK
    listed = _listed_in_lower_case()
    for token in tokens.findall(text):
        if token.isalpha() and token.islower():  # nine of ten tokens: nothing but the lists can make it a value
            if token not in listed and not after_first_name:
                words.append(token)
                starts_sentence = marked = False
                continue
            word, is_first = token, token in first
            is_value = is_first or token in _VALUE_WORDS or (after_first_name and token in last)
        elif token in _BREAKS:
            starts_sentence = True
            continue
        elif token[0] in '⟦"“`' or _DIGIT.search(token) or "@" in token or "://" in token:
            word, is_value, is_first = token.lower(), True, False
        else:
            word = token.lower()
            stem = word.removesuffix("'s").removesuffix("’s")
            capitalised = token[0].isupper()
            is_first = stem in first or (capitalised and not starts_sentence and stem in ambiguous)
            is_value = (
                is_first
                or word in _VALUE_WORDS
                or (capitalised and stem in last)
                or (after_first_name and stem in last)
                or (capitalised and not starts_sentence and _folds(token, word))
            )
        starts_sentence, after_first_name = False, is_first
        if is_value:
            if not marked:
                words.append(MARK)
            marked = True
        else:
            words.append(word)
            marked = False
    return words


def _folds(token: str, word: str) -> bool:
    """Whether a capitalised word inside a sentence is a value: ``Lisbon``, ``AM``, but not ``NEVER``, ``I`` or ``I'd``."""
    if len(token) == 1 or word.startswith(("i'", "i’")):
        return False
    return not token.isupper() or len(token) <= 3


def content_words(text: str) -> list[str]:
    """Folded words without the marks."""
    return [word for word in folded(text) if word != MARK]


def fold(text: str) -> str:
    """The folded text as one string: equal for two fillings of one template."""
    return " ".join(folded(text))
