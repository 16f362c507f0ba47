"""Halves of names that the tagger does not know, beside one that it does: ``Thandiwe Nkosi``, ``Bilkay Seven``."""

from collections.abc import Set

from services.ingest_redactor.logic.names.english import is_word
from services.ingest_redactor.logic.names.nonames import NEVER, NO_NAME, THINGS, WORDS_AS_LAST
from services.ingest_redactor.logic.names.tagger import lists_of, shape_of, stem_of
from services.ingest_redactor.logic.names.token_batch import TokenSpans
from services.ingest_redactor.logic.names.token_roles import ANNOUNCING_WORDS, TITLES, given_names, is_first_name
from shared.tasks.names import ambiguous_first_names
from shared.tasks.verbs import CANONICAL

_FIRST, _WORD, _LAST = 1, 2, 4
"""Bits of :func:`lists_of`: a first name, one that is a word too, a last name."""
_SIGNS = frozenset(",;:([\"'|>=-/*")
_ROLES = frozenset("patient pt employee passenger customer client driver guest member agent tenant caller".split())  # noqa: SIM905
_SYLLABLE_CHARS = 5
_SENTENCE_ENDS = frozenset(".!?\n")
_SENTENCE_TOKENS = 24
"""So far ahead a question mark is looked for."""
_EASTERN_LAST_TEXT = """
choi jung kang seo ong tan teo goh koh chua lau leung wong cheung chan chen cheng chong chow lai wang tay toh yeo quek
seah heng chia tang tong tse wei yip baek jang yoon shin kwon hwang ahn kim xu wu hu lu xi zhu guo gao luo zhou zhao
huang liu yang zhang nguyễn nguyen trần tran trịnh trinh lê phạm pham huỳnh huynh hoàng hoang phan vũ võ đặng bùi đỗ
hồ ngô dương lý đinh
"""
_EASTERN_LAST = frozenset(_EASTERN_LAST_TEXT.split())
_WORDS_AS_EASTERN_LAST = frozenset("park lee lim han oh cho song hong he li su ma du gu yu le do ho".split())  # noqa: SIM905
_NOBLE = frozenset("du van von der den della dos das bin ibn binti ní mac".split())  # noqa: SIM905
"""Particles that only a last name follows."""


def with_unheard(
    text: str, tokens: list[str], spans: TokenSpans, start: int, end: int, strong: Set[int]
) -> tuple[int, int]:
    """First and last token of a name with the half before it and, of a name of one token, the half after it."""
    if _stands_before(text, spans, start) and shape_of(tokens[start - 1]) == "Xx":
        start -= _is_word_name(tokens, start) or _is_first_name(tokens, start, end)
    end = _over_an_initial(text, tokens, spans, end)
    if _stands_before(text, spans, start) and is_eastern_last(tokens[start - 1], tokens[start]):
        return start - 1, end
    if _stands_after(text, tokens, spans, end) and is_eastern_last(tokens[end + 1], tokens[end]):
        return start, end + 1
    if end == start + 1 and _is_second_syllable(text, tokens, spans, start):
        return start, end + 1
    last = _over_a_particle(text, tokens, spans, end)
    if last > end:
        return start, last
    # ``Ngozi T``: an initial ends no name, nor does what is no last name that is known, ``Ayşe Kaya Demir``
    is_open = start == end or len(tokens[end]) == 1 or _goes_on_unheard(text, tokens, spans, end)
    if is_open and _is_last_name(text, tokens, spans, end, start in strong, lists_of(tokens[start])):
        end += 1
    return start, end


def _stands_before(text: str, spans: TokenSpans, at: int) -> bool:
    """Whether another token stands one blank before it."""
    return at > 0 and text[spans[at - 1][1] : spans[at][0]] == " "


def _stands_after(text: str, tokens: list[str], spans: TokenSpans, at: int) -> bool:
    """Whether another token follows after one blank."""
    return at + 1 < len(tokens) and text[spans[at][1] : spans[at + 1][0]] == " "


def _over_an_initial(text: str, tokens: list[str], spans: TokenSpans, end: int) -> int:
    """``Lisa A. Pierce``, ``Folake A.``: the initial after a first name, and the last name after that."""
    at = end + 1
    if not _stands_after(text, tokens, spans, end) or len(tokens[at]) != 1 or not tokens[at].isupper():
        return end
    is_dotted = text[spans[at][1] : spans[at][1] + 1] == "."
    if not is_dotted and tokens[at] in "IA":
        return end
    last = at + is_dotted
    if _stands_after(text, tokens, spans, last):
        following = tokens[last + 1]
        is_last = following.lower() in WORDS_AS_LAST and following.istitle()
        if (
            is_last
            or may_be_a_name(following)
            or (tokens[end].isupper() and following.isupper() and len(following) > 1)
        ):
            return last + 1
    return at if is_dotted else end


def _over_a_particle(text: str, tokens: list[str], spans: TokenSpans, end: int) -> int:
    """``Busisiwe du Plessis``, ``Ada van der Berg``: the last name after one or two particles."""
    last = end
    while last - end < 2 and _stands_after(text, tokens, spans, last) and tokens[last + 1].lower() in _NOBLE:
        last += 1
    if last == end or not _stands_after(text, tokens, spans, last):
        return end
    following = tokens[last + 1]
    return last + 1 if may_be_a_name(following) or (following.isupper() and len(following) > 2) else end


def is_eastern_last(word: str, beside: str) -> bool:
    """``Park Soo-ah``, ``Jianguo Xu``: a last name of few letters, or one that is a word beside a joined first name."""
    if not (word.istitle() or (word.isupper() and len(word) > 1)):
        return False
    stem = word.lower()
    return stem in _EASTERN_LAST or (stem in _WORDS_AS_EASTERN_LAST and "-" in beside)


def _is_second_syllable(text: str, tokens: list[str], spans: TokenSpans, start: int) -> bool:
    """``Koh Jun Hao``: a last name, and a first name written in two."""
    if not is_eastern_last(tokens[start], tokens[start + 1]) or not _stands_after(text, tokens, spans, start + 1):
        return False
    word = tokens[start + 2]
    return word.istitle() and word.isalpha() and len(word) <= _SYLLABLE_CHARS and not is_word(word.lower())


def _is_first_name(tokens: list[str], start: int, end: int) -> bool:
    """A word that is no other word: inside a sentence, or at the head of one before what is a last name only."""
    word, stem = tokens[start - 1], tokens[start - 1].lower()
    if len(word) <= 2 or stem in NEVER or stem in NO_NAME or stem in ANNOUNCING_WORDS or stem in TITLES:
        return False
    before = tokens[start - 2] if start > 1 else "\n"
    if before.islower():
        return start > 1
    is_last = start == end and not lists_of(tokens[start]) & _FIRST
    begins = before in _SIGNS or before == "\n" or before.isdigit() or before.lower() in _ROLES
    return is_last and stem not in CANONICAL and begins


def _is_word_name(tokens: list[str], start: int) -> bool:
    """``Will Grace``, but not ``Will Grace come?``"""
    stem = tokens[start - 1].lower()
    if stem not in NO_NAME or stem not in ambiguous_first_names():
        return False
    if start > 1 and tokens[start - 2] not in _SENTENCE_ENDS:
        return True
    for token in tokens[start : start + _SENTENCE_TOKENS]:
        if token in _SENTENCE_ENDS:
            return token != "?"  # noqa: S105
    return True


def _goes_on_unheard(text: str, tokens: list[str], spans: TokenSpans, end: int) -> bool:
    """Two halves that no list holds, and a third that is no word at all."""
    return (
        lists_of(tokens[end]) == 0
        and _stands_after(text, tokens, spans, end)
        and lists_of(tokens[end + 1]) == 0
        and may_be_a_name(tokens[end + 1])
        and not is_word(stem_of(tokens[end + 1]))
    )


def _is_last_name(text: str, tokens: list[str], spans: TokenSpans, end: int, strong: bool, lists: int) -> bool:
    """``Bilkay Seven``: right after a known first name stands a capitalised word that is nothing else."""
    if end + 1 >= len(tokens) or tokens[end].endswith(("'s", "’s")) or text[spans[end][1] : spans[end + 1][0]] != " ":
        return False
    following = tokens[end + 1]
    if lists & 3 and following.lower() in NO_NAME and following.lower() in ambiguous_first_names():
        is_dated = end + 2 < len(tokens) and tokens[end + 2][0].isdigit()
        return shape_of(following) == "Xx" and not is_dated  # ``Grace May``
    if lists & _WORD and may_be_a_name(following) and not is_word(following.lower()):
        return True  # ``Blessing Chikore``
    is_half = following[1:2] in ("'", "’") or "-" in following or (not lists & _LAST and lists_of(following) & _LAST)
    is_known = lists & _FIRST or (not lists & _LAST and (strong or is_first_name(stem_of(tokens[end]))))
    if not is_known and not is_half and (lists & _LAST or is_word(stem_of(following)) or lists_of(following)):
        return False
    return may_be_a_name(following)


def may_be_a_name(word: str) -> bool:
    """A capitalised word that is known as no other."""
    stem = stem_of(word)
    return (
        shape_of(word) in ("Xx", "XxX")
        and len(word) > 1
        and stem not in NEVER
        and stem not in NO_NAME
        and stem not in THINGS
        and stem not in TITLES
    )


def is_whole_name(tokens: list[str], at: int) -> bool:
    """``Siobhan Fairbairn``: a first name that the tagger does not know, before a capitalised word that is no word."""
    if at + 1 >= len(tokens) or stem_of(tokens[at]) not in given_names() or shape_of(tokens[at]) != "Xx":
        return False
    following = tokens[at + 1]
    stem = stem_of(following)
    return (
        shape_of(following) == "Xx" and may_be_a_name(following) and not is_word(stem) and not lists_of(following) & 8
    )


_BEFORE_LAST = frozenset(("Al", "El", "De", "Van", "Von", "Du", "Di", "Da"))


def from_particle(text: str, tokens: list[str], spans: TokenSpans, start: int) -> int:
    """``Al Hashimi``: a particle with a capital before a name."""
    is_before = start > 0 and tokens[start - 1] in _BEFORE_LAST and text[spans[start - 1][1] : spans[start][0]] == " "
    return start - 1 if is_before else start


def from_initials(text: str, tokens: list[str], spans: TokenSpans, start: int) -> int:
    """``A. J. Chaudhry``, ``D.T. Buchanan``: the first of the initials before a name."""
    while (
        start > 1
        and tokens[start - 1] == "."
        and len(tokens[start - 2]) == 1
        and tokens[start - 2].isupper()
        and text[spans[start - 2][1] : spans[start - 1][0]] == ""
        and text[spans[start - 1][1] : spans[start][0]] in ("", " ")
    ):
        start -= 2
    return start
