"""Numbers that states give to people, told by their shape and check digits (``python-stdnum``) without a word before them.

Shapes that many other numbers have (eleven digits, nine digits) are left to announcing words: one in ten passes a check.
"""

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module

_SHAPES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]", ("it.codicefiscale",)),
    (r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}", ("fr.nir",)),
    (r"\d{8}-?[A-HJ-NP-TV-Z]", ("es.dni",)),
    (r"[XYZ]-?\d{7}-?[A-HJ-NP-TV-Z]", ("es.nie",)),
    (r"(?:19|20)?\d{6}[-+]\d{4}", ("se.personnummer", "dk.cpr", "fi.hetu")),
    (r"\d{6}[-+A]\d{3}[0-9A-FHJ-NPR-Y]", ("fi.hetu",)),
    (r"\d{6} \d{5}", ("no.fodselsnummer",)),
    (r"756\.\d{4}\.\d{4}\.\d{2}", ("ch.ssn",)),
    (r"\d{3}\.\d{3}\.\d{3}-\d{2}", ("br.cpf",)),
    (r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]", ("cl.rut",)),
    (r"[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d", ("mx.curp",)),
    (r"[2-9]\d{3} \d{4} \d{4}", ("in_.aadhaar",)),
    (r"[A-Z]{3}P[A-Z]\d{4}[A-Z]", ("in_.pan",)),
    (r"\d{3} \d{3} \d{4}", ("gb.nhs",)),
    (r"\d{17}[\dX]", ("cn.ric",)),
    (r"\d{13}", ("za.idnr",)),
    (r"\d{6}/\d{4}", ("cz.rc",)),
)
"""The shape as people write it, and the modules of ``stdnum`` that know its check."""
NATIONAL_NUMBER = r"\b(?:" + "|".join(shape for shape, _ in _SHAPES) + r")\b"
_SHAPE = re.compile("|".join(f"({shape})" for shape, _ in _SHAPES))


@cache
def _validators(shape: int) -> tuple[Callable[[str], bool], ...]:
    return tuple(import_module(f"stdnum.{module}").is_valid for module in _SHAPES[shape][1])


def _may_be_french(digits: str) -> bool:
    """The check by 97 of fifteen digits: of a text of nothing else the library would take ten times as long to say no."""
    return not digits.isdigit() or len(digits) != 15 or 97 - int(digits[:13]) % 97 == int(digits[13:])


def is_national_number(value: str) -> bool:
    """Whether the check digits of a number of that shape, and the date within it, are right."""
    if value[0] in "12" and not _may_be_french(value.replace(" ", "")):
        return False
    match = _SHAPE.fullmatch(value)
    return match is not None and any(is_valid(value) for is_valid in _validators((match.lastindex or 1) - 1))
