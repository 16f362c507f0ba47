"""Names in running text that is written small: how far one goes, and which first name alone is one."""

from services.ingest_redactor.logic.names.english import is_of_the_language, is_slip, is_word
from services.ingest_redactor.logic.names.foreign import is_foreign_word
from services.ingest_redactor.logic.names.nonames import NEVER, NO_NAME, THINGS, WORDS_AS_LAST
from services.ingest_redactor.logic.names.tagger import places
from services.ingest_redactor.logic.names.token_batch import TokenSpans
from services.ingest_redactor.logic.names.token_roles import PARTICLES, is_first_name
from shared.tasks.names import ambiguous_first_names, last_names

_LEAST_ALONE, _LEAST_HALF = 4, 3
_MOST_TOKENS = 5
_GLUED_BEFORE, _GLUED_AFTER = frozenset("_/.@\\-#<$&"), frozenset("_/@(-\\=")
"""Parts of paths, addresses and names of code."""
_RATHER_WORDS_TEXT = """
may long little young day law small short strong house page price rice street case west hunt love cook hall park
"""
_RATHER_WORDS = frozenset(_RATHER_WORDS_TEXT.split())
"""After a first name they go on with the sentence more often than they end the name."""
_TOOLS = frozenset("pascal jasmine athena dora bert ada linus jules nino".split())  # noqa: SIM905
"""Names by which tools and numbers go more often than people do."""


def lower_case_run(text: str, tokens: list[str], spans: TokenSpans, first: int) -> int:
    """The last token of a name that begins with ``first``: ``shanice t. whitlock``, ``cody st. clair``."""
    end = first
    while end - first < _MOST_TOKENS:
        half = _next_half(text, tokens, spans, end)
        if half is None:
            break
        end = half
    return end


def _next_half(text: str, tokens: list[str], spans: TokenSpans, end: int) -> int | None:
    at = end + 1
    if at >= len(tokens) or text[spans[end][1] : spans[at][0]] != " ":
        return None
    while at + 1 < len(tokens) and _goes_between(tokens[at]):
        at += 1
        if tokens[at] == "." and at + 1 < len(tokens):
            at += 1
        if text[spans[at - 1][1] : spans[at][0]] != " ":
            return None
    if is_foreign_word(tokens, at):
        return None
    if at == end + 1 and tokens[at] in WORDS_AS_LAST and tokens[at] not in _RATHER_WORDS and is_first_name(tokens[end]):
        return at
    return at if _is_half(tokens[at], told=tokens[at - 1] in PARTICLES) else None


def _goes_between(token: str) -> bool:
    """An initial, a particle, the saint of ``st. clair``."""
    return token in PARTICLES or token == "st" or (len(token) == 1 and token.isalpha() and token not in "ai")  # noqa: S105


def _is_half(word: str, *, told: bool) -> bool:
    """A known last name, or no word; without a particle before it no slip of one either."""
    if not word.islower() or len(word) < _LEAST_HALF or word in NEVER or word in NO_NAME or word in THINGS:
        return False
    if (
        word in last_names()
        or is_first_name(word)
        or (word in ambiguous_first_names() and not is_of_the_language(word))
    ):
        return True
    return not is_word(word) and (told or not is_slip(word))


def stands_as_a_name(text: str, word: str, start: int, end: int) -> bool:
    """Whether a known first name alone is one: no word, no town, no part of a path or a name of code."""
    if len(word) < _LEAST_ALONE or word in _TOOLS or word in places() or is_word(word):
        return False
    before, after = text[start - 1 : start], text[end : end + 1]
    is_glued = before in _GLUED_BEFORE or after in _GLUED_AFTER or (after == "." and text[end + 1 : end + 2].isalnum())
    return not is_glued
