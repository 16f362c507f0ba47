"""Word lists of personal names, lower-cased: who may be a person in a text.

Derived once from public data and kept under ``data/``: first names with a share of at least 0.004 % and the 6,000 most
frequent last names of the United States Census of 1990 (public domain), plus the names that Faker's person providers
give for English, Spanish, French, German, Italian, Dutch and Portuguese (MIT). A first name counts as *ambiguous* when
it is also a common English word (seen in lower case in at least a quarter of its uses in technical prose, or on a
hand-kept list) or a city, state or country of GeoNames (CC BY 4.0) with more than 100,000 people; ambiguous last names
are left out. An ambiguous name counts only beside other evidence.
"""

from functools import cache
from pathlib import Path

_DATA = Path(__file__).parent / "data"


def _words(name: str) -> frozenset[str]:
    return frozenset((_DATA / f"{name}.txt").read_text(encoding="utf-8").split())


@cache
def first_names() -> frozenset[str]:
    """First names that are hardly anything else."""
    return _words("first_names")


@cache
def ambiguous_first_names() -> frozenset[str]:
    """First names that are also English words or places: ``will``, ``grace``, ``paris``."""
    return _words("first_names_ambiguous")


@cache
def last_names() -> frozenset[str]:
    """Last names that are no common English word."""
    return _words("last_names")
