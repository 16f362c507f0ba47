"""Names in Chinese, Japanese and Korean letters: the last name first, known by a list, with or without a blank.

Last names: frequent ones of each country, and not all of them.
"""

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import NamedTuple


def _lists() -> Iterator[list[str]]:
    """The words of each part of the file, below its heading."""
    text = files("services.ingest_redactor.logic").joinpath("data/east_asian_names.txt").read_text(encoding="utf-8")
    for part in text.split("# ")[1:]:
        yield part.partition("\n")[2].split()


_SINGLE, _COMPOUND, _JAPANESE, _KOREAN, _WORDS = map(frozenset, _lists())
CHINESE_LAST = "".join(sorted(_SINGLE))
"""Of one letter, written the simple and the old way."""
_HAN, _KANA, _HANGUL = r"\u3400-\u9fff\u3005", r"\u3040-\u30ff", r"\uac00-\ud7a3"
_LETTER = re.compile(f"[{_HAN}{_KANA}{_HANGUL}]")
_LATIN = re.compile("[A-Za-zÀ-ɏ]")
_SPACED = re.compile(
    f"(?P<last>[{_HAN}]{{1,4}})[ \u3000]{{1,2}}(?P<given>[{_HAN}{_KANA}]{{1,4}})"
    f"|(?P<klast>[{_HANGUL}]{{1,2}})(?: |, )(?P<kgiven>[{_HANGUL}]{{1,3}})"
    f"|(?P<clast>[{_HAN}]{{1,2}}), (?P<cgiven>[{_HAN}]{{1,2}})"
)
_TOGETHER = re.compile(f"[{_HAN}]{{2,6}}[{_KANA}]{{0,3}}|[{_HANGUL}]{{3,4}}")
RUN = (
    r"(?:^|[^\x{3005}\x{3040}-\x{30ff}\x{3400}-\x{9fff}\x{ac00}-\x{d7a3}])"
    r"(?P<v>[\x{3400}-\x{9fff}\x{3005}]{1,4}(?:[ \x{3000}]|, )[\x{3400}-\x{9fff}\x{3005}\x{3040}-\x{30ff}]{1,4}"
    r"|[\x{3400}-\x{9fff}\x{3005}]{1,5}[\x{3040}-\x{30ff}]{0,3}"
    r"|[\x{ac00}-\x{d7a3}]{1,4}(?:(?: |, )[\x{ac00}-\x{d7a3}]{1,3})?)"
    r"(?:$|[^\x{3005}\x{3040}-\x{30ff}\x{3400}-\x{9fff}\x{ac00}-\x{d7a3}])"
)
SIGN = r"[\x{3400}-\x{9fff}\x{ac00}-\x{d7a3}]"
"""Without which no :data:`RUN` is."""
_NEAR, _SHORT, _LONGEST = 24, 3, 4
_NAMED_BEFORE = re.compile(
    r"(?i)\b(?:dear|hi|hello|hey|thanks|thank you|mrs?|ms|miss|dr|prof|name(?: is)?|this is|it['’]s|requester|assignee|agent"
    r"|guardian|patient|customer|client|contact|caller|recipient|sender|user|hire|employee|member|guest|owner|attn|author"
    r"|by|with|for|from)[.:,]? [\"'*]{0,3}$"
)
_SENTENCE_BEFORE = re.compile(r"(?:^|[\n.!?:,\"] ?)$")
_ACTS_AFTER = re.compile(r"(?: speaking| called| here\b| said| says| asked| wants| writes| wrote| at the|['’]s | <)")
_SIGN_BEFORE, _SIGN_AFTER = re.compile(r"(?:^|[。、，：:\n「 ])$"), re.compile(r"$|[、。，,\n」様さ]")


class EastAsianName(NamedTuple):
    last: str
    given: str

    @property
    def canonical(self) -> str:
        return f"{self.given}|{self.last}"

    @property
    def is_known(self) -> bool:
        """Whether its last name is in a list: any two words may stand apart."""
        return any(self.last in names for names in (_SINGLE, _COMPOUND, _JAPANESE, _KOREAN))


def is_east_asian(text: str) -> bool:
    """Whether any of its letters is Chinese, Japanese or Korean."""
    return _LETTER.search(text) is not None


def read_east_asian(text: str) -> EastAsianName | None:
    """A whole name: its parts are told by a blank, or the last name by its list."""
    if text.isascii():
        return None
    spaced = _SPACED.fullmatch(text)
    if spaced is not None:
        last, given = (part for part in spaced.groups() if part is not None)
        return EastAsianName(last, given)
    if _TOGETHER.fullmatch(text) is None or text in _WORDS:
        return None
    for length in (3, 2):
        last, given = text[:length], text[length:]
        if (last in _JAPANESE or last in _COMPOUND) and 1 <= len(given) <= 3:
            return EastAsianName(last, given)
    is_korean = text[0] in _KOREAN and len(text) == 3
    if is_korean or (text[0] in _SINGLE and 2 <= len(text) <= 3):
        return EastAsianName(text[0], text[1:])
    return None


def told_by_surroundings(text: str, before: str, after: str) -> bool:
    """Whether a run of such letters within a text of others is somebody's name: it reads as one, or stands where one
    stands. Among letters of its own kind only two parts between signs tell one."""
    read, near = read_east_asian(text), before[-_NEAR:] + after[:_NEAR]
    is_known = read is not None and read.is_known
    is_spaced = _SPACED.fullmatch(text) is not None
    is_told_apart = read is not None and is_known and len(text) > _SHORT and (len(read.last) > 1 or is_spaced)
    own, others = len(_LETTER.findall(near)), len(_LATIN.findall(near))
    if own > others:
        return is_told_apart and bool(_SIGN_BEFORE.search(before) and _SIGN_AFTER.match(after))
    if not others:
        return is_told_apart
    if is_known:
        return True
    told = _NAMED_BEFORE.search(before) or (_SENTENCE_BEFORE.search(before) and _ACTS_AFTER.match(after))
    return told is not None and (len(text) <= _LONGEST or is_spaced) and text not in _WORDS
