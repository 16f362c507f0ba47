"""Numbers that states give to people, told by their shape and check digits (``python-stdnum``) without a word before them.

Shapes that many other numbers have (eleven digits, nine digits) are left to announcing words: one in ten passes a check.
"""

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module

_SHAPES: tuple[tuple[str, str], ...] = (
    ("it.codicefiscale", r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]"),
    ("fr.nir", r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}"),
    ("es.dni", r"\d{8}-?[A-HJ-NP-TV-Z]"),
    ("es.nie", r"[XYZ]-?\d{7}-?[A-HJ-NP-TV-Z]"),
    ("se.personnummer", r"(?:19|20)?\d{6}[-+]\d{4}"),
    ("dk.cpr", r"\d{6}-\d{4}"),
    ("fi.hetu", r"\d{6}[-+A]\d{3}[0-9A-FHJ-NPR-Y]"),
    ("no.fodselsnummer", r"\d{6} \d{5}"),
    ("ch.ssn", r"756\.\d{4}\.\d{4}\.\d{2}"),
    ("br.cpf", r"\d{3}\.\d{3}\.\d{3}-\d{2}"),
    ("cl.rut", r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]"),
    ("mx.curp", r"[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d"),
    ("in_.aadhaar", r"[2-9]\d{3} \d{4} \d{4}"),
    ("in_.pan", r"[A-Z]{3}P[A-Z]\d{4}[A-Z]"),
    ("gb.nhs", r"\d{3} \d{3} \d{4}"),
)
"""Module of ``stdnum`` and the shape as people write it."""
NATIONAL_NUMBER = r"\b(?:" + "|".join(dict.fromkeys(shape for _, shape in _SHAPES)) + r")\b"


@cache
def _validators() -> tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...]:
    return tuple((re.compile(shape), import_module(f"stdnum.{module}").is_valid) for module, shape in _SHAPES)


def is_national_number(value: str) -> bool:
    """Whether the check digits of a number of that shape, and the date within it, are right."""
    return any(shape.fullmatch(value) is not None and is_valid(value) for shape, is_valid in _validators())
