"""Names of people and towns in running text: capitalised words that the tagger scores, titles, known names in lower case."""

import re
from collections.abc import Iterator, Sequence, Set

from services.ingest_redactor.logic.mentions import Mention, bounded
from services.ingest_redactor.logic.names.english import names_a_thing
from services.ingest_redactor.logic.names.foreign import is_foreign_word
from services.ingest_redactor.logic.names.names_read import NAME_PRIORITY, read_name
from services.ingest_redactor.logic.names.nonames import DRUG_ENDINGS, NEVER, NO_NAME, SIGHTS, TAKEN, THINGS
from services.ingest_redactor.logic.names.scorer import Candidates, Scorer, Thresholds
from services.ingest_redactor.logic.names.small_names import lower_case_run, stands_as_a_name
from services.ingest_redactor.logic.names.surroundings import (
    is_a_word_there,
    is_beside_a_number,
    is_gone_to,
    is_measured,
    is_most,
    is_sainted,
)
from services.ingest_redactor.logic.names.tagger import (
    SCALE,
    least_score,
    lists_of,
    name_score,
    place_score,
    places,
    shape_of,
    stem_of,
)
from services.ingest_redactor.logic.names.token_batch import TokenBatch, TokenSpans
from services.ingest_redactor.logic.names.token_roles import (
    ABBREVIATED_TITLES,
    BEFORE_NAMES,
    INTRODUCING,
    PARTICLES,
    TITLES,
    is_first_name,
)
from services.ingest_redactor.logic.names.unheard import (
    from_initials,
    from_particle,
    is_whole_name,
    may_be_a_name,
    with_unheard,
)
from shared.prompting.renderings import read_case

PLACE_PRIORITY = 510

_MONTHS = frozenset(("april", "may", "june", "august"))
_ANNOUNCED = re.compile(
    r"(?i)(?:\bmy (?:full )?name is|\bmy name's|\bi am called|\bnamed|\bname ?[:=]|\bunder the name(?: of)?|\bthis is"
    r"|\bi am|\bi'm"
    r"|\bcall me|\bunder|\bin the name of|\bon behalf of|\battn[:.]?"
    r"|\b(?:patient|customer|client|guest|passenger|employee|recipient|payee|cardholder|beneficiary|attendee|insured|contact|nurse|doctor|aide|caregiver|therapist|midwife)"
    r"(?: name)?(?: is|[:=])?)[\s\"']{1,3}$"
)
_GROUP_CHARS = 1 << 16
"""So many are read together: more would not stay in the processor's cache."""
_HUMP = re.compile(r"[a-z][A-Z]")
"""Two of them make a name of code: ``NewRelicAgent``, but ``McDonald``."""
_NO_NAME = re.compile(r"\d|-(?:free|based|style|like|only|ready|friendly|inspired|themed|related)$")
"""``Sample2``, ``Gluten-free``"""


THRESHOLDS = {
    "pii": Thresholds(name=-SCALE, joined=-2 * SCALE, margin=SCALE, place=None),
    "hipaa": Thresholds(name=-SCALE * 5 // 2, joined=-4 * SCALE, margin=0, place=-2 * SCALE),
}
_NAME, _JOINED, _PLACE = 2, 1, 3
_LAST = 4
_ELIDED = (["'", "t"], ["’", "t"])
"""``van 't Hoff``"""
_BEFORE_INITIALS = frozenset(("by", ":", ",", "(", "\n", "and", "&", "with", "from", "to", "for"))
_LIST_SIGNS = frozenset((",", "/", "+"))
_STRONG = least_score(SCALE * 3 // 2)
"""A word that scores so high is a name, so that the capitalised one right after it is its other half."""
_AFTER_TITLE = 3 * SCALE
"""So much less is asked of the word after a titled one, than of any other beside a name."""


def person_mentions(texts: Sequence[str], scorer: Scorer, thresholds: Thresholds) -> list[list[Mention]]:
    """Of each text: names of people, and towns where the thresholds ask for them, with their place in the text."""
    found: list[list[Mention]] = [[] for _ in texts]
    if not texts:
        return found
    for group in _groups(texts):
        tokens = TokenBatch([texts[at] for at in group])
        for at, candidates in scorer.candidates(tokens, thresholds):
            found[group[at]] = _mentions(texts[group[at]], tokens.spans(at), candidates, thresholds)
    return found


def _groups(texts: Sequence[str]) -> Iterator[range]:
    """Texts that are read together: their tokens have to lie in memory at once."""
    first, chars = 0, 0
    for at, text in enumerate(texts):
        if chars and chars + len(text) > _GROUP_CHARS:
            yield range(first, at)
            first, chars = at, 0
        chars += len(text)
    yield range(first, len(texts))


def _mentions(text: str, spans: TokenSpans, candidates: Candidates, thresholds: Thresholds) -> list[Mention]:
    tokens = spans.cut(text)
    marks, lower = _marks(tokens, candidates, thresholds), candidates.lower
    strong = frozenset(
        at for at, score in zip(candidates.capitalised, candidates.scores, strict=True) if score >= _STRONG
    )
    if not lower and not strong and max(marks.values(), default=_JOINED) == _JOINED:
        return []
    bounded(len(marks) + len(lower))
    runs = _runs(text, tokens, spans, marks, strong)
    found = [_mention(text, spans, start, end, kind) for start, end, kind in runs]
    if lower:
        found += _lower_case_names(text, tokens, spans, lower, marks)
    return found


def _marks(tokens: list[str], candidates: Candidates, thresholds: Thresholds) -> dict[int, int]:
    """What each capitalised token may be, by its index."""
    capitalised, scores = candidates.capitalised, candidates.scores
    if candidates.is_dense:
        return {at: _NAME for at in capitalised if stem_of(tokens[at]) not in NO_NAME}
    marks: dict[int, int] = {}
    least, place_from, after_title = least_score(thresholds.joined), thresholds.place, thresholds.joined - _AFTER_TITLE
    titled = -1
    for at, score in zip(capitalised, scores, strict=True):
        if at and tokens[at - 1] in BEFORE_NAMES and _is_titled(tokens, at) and stem_of(tokens[at]) not in NO_NAME:
            marks[at] = _NAME
            titled = at
        elif at and at - 1 == titled and name_score(score) >= after_title and _goes_on(tokens, at):
            marks[at] = _JOINED
        elif score >= least or (place_from is not None and place_score(score) >= place_from):
            kind = _kind(tokens, at, score, thresholds)
            if kind is not None:
                marks[at] = kind
        elif is_whole_name(tokens, at):
            marks[at] = _NAME
    return marks


def _goes_on(tokens: list[str], at: int) -> bool:
    """``Prof. Quillon Vexworth``: what follows a title is no known last name, so it may be a first one."""
    return not lists_of(tokens[at - 1]) & _LAST and stem_of(tokens[at]) not in NO_NAME | THINGS


def _kind(tokens: list[str], at: int, score: int, thresholds: Thresholds) -> int | None:
    """What a token may be whose score is high enough for a name or a place."""
    name, place, token, place_from = name_score(score), place_score(score), tokens[at], thresholds.place
    stem = stem_of(token)
    if (
        stem in NEVER
        or (stem in _MONTHS and is_beside_a_number(tokens, at))
        or (place_from is None and is_sainted(tokens, at))
        or is_measured(tokens, at)
        or is_most(tokens, at)
        or (not token.istitle() and len(_HUMP.findall(token)) > 1)
        or (not token.isalpha() and _NO_NAME.search(token))
    ):
        return None
    if len(token) == 1 or (token.isupper() and not lists_of(token) & 5):
        name, place = min(name, thresholds.name - 1), place - SCALE  # an initial, a code: only beside a name
    elif place_from is None and stem in places() and is_gone_to(tokens, at):
        name = min(name, thresholds.name - 1)  # ``a trip to Paris``
    elif names_a_thing(stem) or (name >= thresholds.name and is_a_word_there(tokens, at, place_from is None, name)):
        name = min(name, thresholds.name - 1)
    if place > name + thresholds.margin:
        if place_from is not None and place >= place_from and len(token) > 1:
            return _PLACE
        return _JOINED if name >= thresholds.joined else None
    if name < thresholds.joined:
        return None
    return _NAME if name >= thresholds.name else _JOINED


def _is_titled(tokens: Sequence[str], at: int) -> bool:
    while at > 1 and tokens[at - 1] in PARTICLES:
        at -= 1
    before = tokens[at - 1]
    if before == "." and at > 1:
        before = tokens[at - 2]
    return before in INTRODUCING or before in ABBREVIATED_TITLES or (before.lower() in TITLES and before[0].isupper())


def _runs(
    text: str, tokens: list[str], spans: TokenSpans, marks: dict[int, int], strong: Set[int]
) -> list[tuple[int, int, int]]:
    """Marked tokens that stand together: first, last and what they are. Initials and particles between are taken in."""
    runs: list[tuple[int, int, int]] = []
    done = -1
    for at in sorted(marks):
        if at <= done:
            continue
        kinds, end = {marks[at]}, at
        while end - at < 8 and not tokens[end].endswith(("'s", "’s")):
            following = _following(text, tokens, spans, marks, end)
            if following is None:
                break
            kinds.add(marks[following])
            end = following
        done = end
        start = at
        while start < end and marks.get(start) == _JOINED and stem_of(tokens[start]) in NO_NAME:
            start += 1
        while start < end and stem_of(tokens[start]) in TITLES:
            start += 1
        kind = (
            _NAME if _NAME in kinds or _is_signed(tokens, at, end, strong) else _PLACE if _PLACE in kinds else _JOINED
        )
        if kind == _JOINED or stem_of(tokens[start]) in TITLES or _names_a_thing(text, tokens, spans, start, end):
            continue
        while (
            start
            and kind == _NAME
            and tokens[start - 1] in PARTICLES
            and text[spans[start - 1][1] : spans[start][0]] == " "
        ):
            start -= 1
        if kind == _NAME:
            start = from_initials(text, tokens, spans, from_particle(text, tokens, spans, start))
            start, end = with_unheard(text, tokens, spans, start, end, strong)
            done = max(done, end)
        runs.append((start, end, kind))
    return runs


def _is_signed(tokens: list[str], start: int, end: int, strong: Set[int]) -> bool:
    """``Dictated by C. Hunt``: after an initial a word that is one of the language too may be a last name."""
    is_initial = len(tokens[start]) == 1 and tokens[start + 1 : start + 2] == ["."] and end == start + 2
    return (
        is_initial and len(tokens[end]) > 1 and end in strong and (start == 0 or tokens[start - 1] in _BEFORE_INITIALS)
    )


def _names_a_thing(text: str, tokens: list[str], spans: TokenSpans, start: int, end: int) -> bool:
    """``Parkinson's disease``, ``Garcia Inc``, ``Marks & Spencer``, ``takes Keppra``: what stands beside it says that no
    person is meant."""
    if stem_of(tokens[end]) in THINGS or (
        start == end and (_is_drug(tokens, end) or _is_owner_of_nothing(tokens, end))
    ):
        return True
    if stem_of(tokens[start]) in SIGHTS or (start and tokens[start - 1].lower() in SIGHTS):
        return True
    following = end + 1
    if following >= len(tokens):
        return start > 1 and tokens[start - 1] == "&" and _is_firm(tokens[start - 2], tokens[start])
    if tokens[following] == "&" and following + 1 < len(tokens) and _is_firm(tokens[end], tokens[following + 1]):
        return not _goes_on_as_a_name(text, tokens, spans, following + 1)
    if start > 1 and tokens[start - 1] == "&" and _is_firm(tokens[start - 2], tokens[start]):
        return not _goes_on_as_a_name(text, tokens, spans, start)
    return tokens[following].lower() in THINGS and text[spans[end][1] : spans[following][0]] in (" ", "-")


def _is_firm(left: str, right: str) -> bool:
    """Two last names: of a couple one at least is a first name, or their last name follows."""
    is_couple = is_first_name(stem_of(left)) and is_first_name(stem_of(right))
    return shape_of(left) == "Xx" and shape_of(right) == "Xx" and not is_couple


def _goes_on_as_a_name(text: str, tokens: list[str], spans: TokenSpans, at: int) -> bool:
    """``Delbert & Ruthanne Isaksen``: a last name after the second says that both are people."""
    after = at + 1
    if after >= len(tokens) or text[spans[at][1] : spans[after][0]] != " ":
        return False
    return may_be_a_name(tokens[after]) or (len(tokens[after]) == 1 and tokens[after].isupper())


def _is_owner_of_nothing(tokens: list[str], at: int) -> bool:
    """``treated for Crohn's.``"""
    is_last = at + 1 == len(tokens) or not tokens[at + 1][0].isalnum()
    return is_last and tokens[at].endswith(("'s", "’s")) and not lists_of(tokens[at]) & 3


def _is_drug(tokens: list[str], at: int) -> bool:
    """An unlisted word that ends as generic names of drugs do, or that is taken, or named after ``Medication:``."""
    stem = stem_of(tokens[at])
    if lists_of(tokens[at]) & 7 or len(stem) < 4:
        return False
    if len(stem) > 6 and stem.endswith(DRUG_ENDINGS):
        return True
    before = at - 1
    while before > 1 and tokens[before] in _LIST_SIGNS and tokens[before - 1][0].isupper():
        before -= 2
    if before > 0 and tokens[before] == ":":
        before -= 1
    return before >= 0 and tokens[before].lower() in TAKEN


def _following(text: str, tokens: list[str], spans: TokenSpans, marks: dict[int, int], end: int) -> int | None:
    """The next token of a run, over particles and an initial's dot; ``None`` where the run ends."""
    at = end + 1
    if at < len(tokens) and tokens[at] == "." and spans[at][0] == spans[end][1] and len(tokens[end]) == 1:
        at += 1
    if _is_middle_name(text, tokens, spans, marks, at):
        return at + 1
    while at < len(tokens) and at - end <= 3 and at not in marks:
        if tokens[at : at + 2] in _ELIDED:
            at += 2
            continue
        is_particle = tokens[at] in PARTICLES or (tokens[at].isupper() and tokens[at].lower() in PARTICLES)
        if not is_particle and not (len(tokens[at]) == 1 and tokens[at].isupper()):
            return None
        at += 1
        if at < len(tokens) and tokens[at] == "." and len(tokens[at - 1]) == 1:
            at += 1
    if at >= len(tokens) or at not in marks:
        return None
    between = text[spans[end][1] : spans[at][0]]
    return (
        at
        if len(between) <= 24
        and between[-1:] in " ."
        and "\n" not in between
        and ". " not in between[2:]
        and "   " not in between
        else None
    )


def _is_middle_name(text: str, tokens: list[str], spans: TokenSpans, marks: dict[int, int], at: int) -> bool:
    """``Nguyen Thi Mai``: a capitalised word with a name right before it and right after."""
    return (
        at not in marks
        and at + 1 in marks
        and text[spans[at - 1][1] : spans[at][0]] == " " == text[spans[at][1] : spans[at + 1][0]]
        and (may_be_a_name(tokens[at]) or tokens[at] == "Ó")
    )


def _mention(text: str, spans: TokenSpans, first: int, last: int, kind: int) -> Mention:
    start, end = spans[first][0], spans[last][1]
    if text[start:end].endswith(("'s", "’s")):
        end -= 2
    value = text[start:end]
    if kind == _PLACE:
        return Mention(start, end, "PLACE", value.lower(), read_case(value), PLACE_PRIORITY)
    canonical, form = read_name(value)
    if first == last and text[max(0, start - 12) : start].rstrip(" .").rpartition(" ")[2].lower() in TITLES:
        form = form.replace("first", "last")
    return Mention(start, end, "NAME", canonical, form, NAME_PRIORITY)


def _lower_case_names(
    text: str, tokens: list[str], spans: TokenSpans, candidates: list[int], marks: dict[int, int]
) -> list[Mention]:
    """``maria garcia``, ``giovanni``: of names that are towns or words too one alone only where it is announced."""
    found: list[Mention] = []
    done = -1
    for at in candidates:
        if at <= done or at in marks or is_foreign_word(tokens, at):
            continue
        last = lower_case_run(text, tokens, spans, at)
        start = spans[at][0]
        if (
            last > at
            or stands_as_a_name(text, tokens[at], *spans[at])
            or _ANNOUNCED.search(text[max(0, start - 32) : start])
        ):
            found.append(_mention(text, spans, at, last, _NAME))
            done = last
    return found
