"""Names where letters write them: after a salutation, below a closing formula, before a mail address in angle brackets."""

import re
from collections.abc import Iterator

from services.ingest_redactor.logic.mentions import Mention, bounded
from services.ingest_redactor.logic.names.names_read import NAME_PRIORITY, read_name
from services.ingest_redactor.logic.names.nonames import NEVER, NO_NAME, THINGS
from services.ingest_redactor.logic.names.token_roles import TITLES
from services.ingest_redactor.logic.rules.dates import LATEST_BIRTH_YEAR
from services.ingest_redactor.logic.rules.patterns import DATE
from shared.prompting.renderings import read_case, read_date

_PRIORITY = NAME_PRIORITY - 1
_WORD = r"(?:[^\W\d_a-zß-öø-ÿ](?:[^\W\d_]|[.'’-](?=[^\W\d_])){0,30}+\.?)"
_JOINT = r"(?:van|von|der|den|de|del|della|da|dos|la|bin|al|el|ten|ter|y|e)"
_NAME = rf"{_WORD}(?:[ ](?:{_JOINT}[ ]){{0,2}}{_WORD}){{0,3}}"
_MAIL_SIGN = re.compile(r"<(?=[^<>@\s]{1,64}+@)")
_BEFORE_MAIL = re.compile(rf"(?:^|[\n:;,>(]) ?(?:\"?(?P<v>{_NAME})\"?|\"(?P<last>{_NAME}), (?P<first>{_NAME})\")[ ]?$")
_LAST_FIRST = re.compile(rf"(?:^|[\n:;,>]) ?\"?(?P<last>{_NAME}), (?P<first>{_NAME})\"?[ ]?$")
_LOOK_BACK = 96
_SALUTATIONS_TEXT = """
Dear Hi Hello Hey Hallo Liebe Lieber Sehr Guten Bonjour Salut Cher Chère Madame Monsieur Estimado Estimada Querido Querida
Hola Buenos Buenas Ciao Gentile Caro Cara Egregio Beste Geachte Szanowny Szanowna Drogi Droga Olá Prezado Prezada Hej Hei
Kære Kjære
"""
_SALUTATIONS = frozenset(_SALUTATIONS_TEXT.split())
"""The first word of a line that greets."""
_GREETED = re.compile(
    rf"(?:geehrte[rs]? |Tag,? |Morgen,? |días,? |tardes,? )?(?P<title>(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Herr|Frau|Sr|Sra|Srta"
    r"|Señora?|Monsieur|Madame|Mme|M|Sig|Sig\.?ra|Signora?|heer|mevrouw"
    rf"|Pani?|Senhora?|Doctor|Professor)\.?[ ]){{0,2}}(?P<v>{_NAME})(?=[,:!.]|[ ](?:and|und|et|y|e|en|-|–)[ ]|$)"
)
_CLOSINGS_TEXT = """
regards wishes sincerely truly faithfully cheers thanks you thx best cordially yours grüße grüßen gruß grüssen cordialement
sincèrement cdt vous amitiés saludos atentamente cordiales abrazo saluti cordialità groet groeten groetjes pozdrawiam
poważaniem hilsen hälsningar abraços cumprimentos obrigado obrigada respectfully appreciated advance --
"""
_CLOSINGS = frozenset(_CLOSINGS_TEXT.split())
"""The last word of the line above a signature."""
_LINE = re.compile(rf"(?:Dr\.? |Prof\.? |(?:Ihre?|Your|Deine?) )?(?P<v>{_NAME})(?: ?[,|/–-].*)?$")
_TURNED = re.compile(
    rf"(?P<last>{_NAME}), (?P<first>{_NAME})(?: ?[|;(–-] ?|, )(?:DOB:? |born )?(?P<date>(?i:{DATE}))\b"
)
_MAX_TURNED_CHARS = 40
_LAST_NAME_FIRST = re.compile(rf"(?P<last>{_NAME}), ?(?P<first>{_NAME})(?= ?[|;(–-]|, |$)")
_STREET_LINE = re.compile(rf"\d{{1,4}}[A-Za-z]?,? {_NAME}(?=, {_WORD})")
_MAX_GREETING_CHARS, _MAX_CLOSING_CHARS, _MAX_LINE_CHARS, _SIGNATURE_LINES = 16, 48, 80, 7
_NOBODY = (
    NEVER | NO_NAME | THINGS | {"all", "everyone", "everybody", "folks", "there", "world", "sir", "madam", "manager"}
)


def names_in_letters(text: str) -> list[Mention]:
    """People whom the form of a letter shows. Linear in the text."""
    found: list[Mention] = []
    if "<" in text and "@" in text:
        for match in _MAIL_SIGN.finditer(text):
            found += _before_mail(text, match.start())
            bounded(len(found))
    if "\n" in text:
        found += _in_lines(text)
        bounded(len(found))
    return found


def greets(text: str) -> bool:
    """Whether the first word is one that salutations begin with."""
    return text[:_MAX_GREETING_CHARS].partition(" ")[0] in _SALUTATIONS


def greeted(line: str, start: int = 0) -> Iterator[Mention]:
    """Who is greeted in a line that :func:`greets`, which begins at ``start``: ``Dear Ms Doe,``"""
    head, _, rest = line[:_LOOK_BACK].partition(" ")
    match = _GREETED.match(rest)
    if match is not None:
        for name in _name(start + len(head) + 1 + match.start("v"), match["v"]):
            yield name._replace(form=name.form.replace("first", "last")) if match["title"] else name


def turned(line: str, start: int = 0) -> Iterator[Mention]:
    """``Doe, Jane | 12.02.1977``: a date long past says who stands before it."""
    match = _TURNED.match(line) if ", " in line[:_MAX_TURNED_CHARS] else None
    read = read_date(match["date"]) if match is not None else None
    if match is None or read is None or read[0].year > LATEST_BIRTH_YEAR:
        return
    if _NOBODY.isdisjoint(f"{match['first']} {match['last']}".lower().split()):
        yield from _halves(start, match)


def last_name_first(value: str, start: int = 0) -> list[Mention]:
    """``Doe, Jane (VIP)`` where a name is expected; ``start`` is where the value stands. Empty for any other value."""
    match = _LAST_NAME_FIRST.match(value)
    if match is None or not _NOBODY.isdisjoint(f"{match['first']} {match['last']}".lower().split()):
        return []
    return list(_halves(start, match))


def _halves(start: int, match: re.Match[str]) -> Iterator[Mention]:
    """The last and the first name of one person."""
    canonical = f"{match['first'].lower()}|{match['last'].lower()}"
    for part in ("last", "first"):
        form = ".".join(token for token in (part, read_case(match[part])) if token)
        yield Mention(start + match.start(part), start + match.end(part), "NAME", canonical, form, _PRIORITY)


def _name(start: int, value: str, *, single: bool = True) -> Iterator[Mention]:
    value = value.rstrip(".")
    words = value.lower().replace("-", " ").split()
    if not words or not _NOBODY.isdisjoint(words) or words[0] in TITLES or (len(words) == 1 and not single):
        return
    if len(words) == 1 and len(value) < 3:
        return
    yield Mention(start, start + len(value), "NAME", *read_name(value), _PRIORITY)


def _before_mail(text: str, end: int) -> Iterator[Mention]:
    """``Jane Doe <jd@…>``, ``"Doe, Jane" <jd@…>``"""
    start = max(0, end - _LOOK_BACK)
    before = text[start:end]
    comma = _LAST_FIRST.search(before)
    if comma is not None and ('"' in comma.group() or " " not in comma["last"]):
        if _NOBODY.isdisjoint(f"{comma['first']} {comma['last']}".lower().split()):
            yield from _halves(start, comma)
        return
    match = _BEFORE_MAIL.search(before)
    if match is not None and match["v"]:
        yield from _name(start + match.start("v"), match["v"])


def _in_lines(text: str) -> Iterator[Mention]:
    """Salutations; the line below a short one that ends as letters do; a street without a kind somewhat further below."""
    start, closed, street_until = 0, "", 0
    for at, line in enumerate(text.split("\n")):
        if greets(line):
            yield from greeted(line, start)
        yield from turned(line, start)
        if len(line) > _MAX_LINE_CHARS:
            start, closed = start + len(line) + 1, ""
            continue
        bare = line.strip(" \t>")
        if closed and bare:
            signed = _LINE.match(bare)
            if signed is not None:
                single = closed[-1] in ",!-"
                yield from _name(start + line.index(bare) + signed.start("v"), signed["v"], single=single)
            closed = ""
        if bare and len(bare) <= _MAX_CLOSING_CHARS and bare.rpartition(" ")[2].rstrip(",.!").lower() in _CLOSINGS:
            closed, street_until = bare, at + _SIGNATURE_LINES
        elif at <= street_until and bare[:1].isdigit() and (street := _STREET_LINE.match(bare)) is not None:
            first = start + line.index(bare)
            yield Mention(first, first + street.end(), "ADDRESS", street.group().lower(), "", _PRIORITY)
        start += len(line) + 1
