"""Names of people in running text: by the name lists, by titles and by what announces them.

A linear reading of word tokens; nothing is learnt. Canonical form of a name: its first and last token, lower-cased,
``maria|garcia``; a name of one token has only that.
"""

import re
from functools import cache

from services.ingest_redactor.logic.mentions import Mention
from shared.prompting.renderings import read_case
from shared.tasks.names import ambiguous_first_names, first_names, last_names

NAME_PRIORITY = 500

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?")
_TITLES = frozenset("mr mr. mrs mrs. ms ms. dr dr. prof prof. professor doctor sir madam mister miss".split())  # noqa: SIM905
_PARTICLES = frozenset("van von de del della der den da di la le bin al el y dos".split())  # noqa: SIM905
_STRONG = re.compile(
    r"(?i)(?:\bmy (?:full )?name is|\bmy name's|\bi am called|\bnamed|\bname ?[:=]|\bunder the name(?: of)?"
    r"|\bin the name of|\bon behalf of|\battn[:.]?|\b(?:patient|customer|client|guest|passenger|employee|recipient|payee"
    r"|cardholder|beneficiary|attendee|insured|contact)(?: name)?(?: is|[:=])?)[\s\"']{1,3}$"
)
_WEAK = re.compile(
    r"(?i)(?:\bthis is|\bi am|\bi'm|\bcall me|\bunder|\bdear|\bhi|\bhello|\bhey|\bregards,?|\bsincerely,?|\bcheers,?"
    r"|\bthanks,?|\bbest,?|\bmember|\buser|\bfor|\bto|\bfrom|\bwith|\bby|\btell|\bask|\bcontact|\band|[-–—,:])[\s\"']{1,3}$"
)
_NO_NAME_TEXT = """
street avenue road lane boulevard drive court place square inc llc ltd corp company bank hotel hospital clinic university
college school airport airlines airways station restaurant cafe bar grill park city county state north south east west
january february march april may june july august september october november december monday tuesday wednesday thursday
friday saturday sunday support service team order account email phone number id api url json the a an i my your please
thanks thank and or for to of in on at by is are was be can could would will do does center centre office department store
shop market museum theater theatre syndrome disease test scale score
"""
_NO_NAME = frozenset(_NO_NAME_TEXT.split())


class _Lists:
    """The word lists at hand, looked up once."""

    def __init__(self) -> None:
        self.first = first_names()
        self.ambiguous = ambiguous_first_names()
        self.last = last_names()


_lists = cache(_Lists)


def person_mentions(text: str) -> list[Mention]:
    """Names of people with their place in the text."""
    lists = _lists()
    words = [(match.start(), match.end(), match.group()) for match in _WORD.finditer(text)]
    found: list[Mention] = []
    index = 0
    first, count = lists.first, len(words)
    while index < count:
        word = words[index][2]
        if not word[0].isupper() and word not in first:
            index += 1
            continue
        length, titled = _name_at(text, words, index, lists)
        if length:
            found.append(_mention(text, words[index : index + length], titled))
            index += length
        else:
            index += 1
    return found


def _adjacent(text: str, left: tuple[int, int, str], right: tuple[int, int, str]) -> bool:
    return right[0] - left[1] == 1 and text[left[1]] == " "


def _stem(word: str) -> str:
    return word.lower().rstrip(".").removesuffix("'s").removesuffix("’s")


def _name_at(text: str, words: list[tuple[int, int, str]], index: int, lists: _Lists) -> tuple[int, bool]:
    """Tokens of the name that starts at a word, 0 for none, and whether a title stands before it."""
    start, _, word = words[index]
    stem = _stem(word)
    if len(stem) < 2 or stem in _NO_NAME or stem in _TITLES or word.lower() in _TITLES:
        return 0, False
    if not word[0].isupper():
        return _lower_case_name(text, words, index, lists)
    length = _run(text, words, index)
    titled = index > 0 and words[index - 1][2].lower() in _TITLES and start - words[index - 1][1] <= 1
    if titled or stem in lists.first:
        return (length if titled or not _shouting(words, index, length, lists) else 0), titled
    before = text[max(0, start - 32) : start]
    strong = _STRONG.search(before) is not None
    second = _stem(words[index + 1][2]) if length > 1 else ""
    if strong and (length > 1 or stem in lists.ambiguous or stem in lists.last or "name" in before.lower()):
        return length, False
    if stem in lists.ambiguous and length > 1 and (second in lists.last or not _starts_sentence(text, start)):
        return length, False
    if (
        _WEAK.search(before)
        and length > 1
        and (second in lists.last or stem in lists.last)
        and second not in lists.first
    ):
        return length, False
    return 0, False


def _shouting(words: list[tuple[int, int, str]], index: int, length: int, lists: _Lists) -> bool:
    """Capitals throughout are code or emphasis unless a last name follows."""
    word = words[index][2]
    return word.isupper() and not (length > 1 and _stem(words[index + 1][2]) in lists.last)


def _starts_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 40) : start].rstrip(" \"'“(")
    return not before or before[-1] in ".!?:;\n•-*"


def _run(text: str, words: list[tuple[int, int, str]], index: int) -> int:
    """Capitalised tokens in a row, with particles and initials between them, at most five; no word that ends a name."""
    length = 1
    if words[index][2].endswith((".", "'s", "’s")):
        return 1
    while (
        length < 5 and index + length < len(words) and _adjacent(text, words[index + length - 1], words[index + length])
    ):
        word = words[index + length][2]
        particle = word in _PARTICLES
        if not particle and (not word[0].isupper() or _stem(word) in _NO_NAME):
            break
        if word.isupper() and len(word) > 2 and not words[index][2].isupper():
            break
        length += 1
        if word.endswith(("'s", "’s")) or (word.endswith(".") and len(word) > 2):
            break
    while length > 1 and (words[index + length - 1][2] in _PARTICLES or len(_stem(words[index + length - 1][2])) < 2):
        length -= 1
    return length


def _lower_case_name(text: str, words: list[tuple[int, int, str]], index: int, lists: _Lists) -> tuple[int, bool]:
    """``maria garcia``; one token alone only where it is announced as a name."""
    start = words[index][0]
    if index + 1 < len(words) and _adjacent(text, words[index], words[index + 1]):
        second = _stem(words[index + 1][2])
        if second in lists.last and not words[index + 1][2][0].isupper():
            return 2, False
    before = text[max(0, start - 32) : start]
    announced = _STRONG.search(before) is not None or re.search(r"(?i)\b(?:this is|i am|i'm|call me|under)\s$", before)
    return (1 if announced else 0), False


def _mention(text: str, tokens: list[tuple[int, int, str]], titled: bool) -> Mention:
    start = tokens[0][0]
    last_word = tokens[-1][2]
    end = tokens[-1][1] - (len(last_word) - len(last_word.rstrip(".")))
    if last_word.rstrip(".").endswith(("'s", "’s")):
        end -= 2
    canonical, form = read_name(text[start:end])
    if titled and len(tokens) == 1:
        form = form.replace("first", "last")
    return Mention(start, end, "NAME", canonical, form, NAME_PRIORITY)


def read_name(text: str) -> tuple[str, str]:
    """Canonical name and form of a rendering: ``first`` for a name of one token, and its letter case."""
    tokens = text.replace(",", " ").split()
    case = read_case(text)
    if len(tokens) == 1:
        return tokens[0].lower(), ".".join(part for part in ("first", case) if part)
    return f"{tokens[0].lower()}|{tokens[-1].lower()}", case


def looks_like_a_person(text: str) -> bool:
    """Whether a value under the bare key ``name`` is a person's: known names, or two or three capitalised words."""
    tokens = text.split()
    if not 1 <= len(tokens) <= 4 or not all(_WORD.fullmatch(token) for token in tokens):
        return False
    stems = [_stem(token) for token in tokens]
    if not _NO_NAME.isdisjoint(stems):
        return False
    if stems[0] in first_names():
        return True
    known = stems[0] in ambiguous_first_names() or stems[-1] in last_names()
    return len(tokens) in (2, 3) and (known or all(token[0].isupper() for token in tokens))
