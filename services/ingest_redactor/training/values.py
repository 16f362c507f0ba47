"""Values that fill the training templates: names and towns of many languages, and what looks like them and is neither."""

import random
from pathlib import Path
from typing import Any

from services.ingest_redactor.logic.names.tagger import places

LOCALES = (
    "en_US", "en_GB", "en_AU", "en_CA", "en_IN", "en_NZ", "es_ES", "es_MX", "es_CO", "fr_FR", "de_DE", "it_IT", "nl_NL",
    "pt_BR", "pt_PT", "pl_PL", "cs_CZ", "sv_SE", "no_NO", "dk_DK", "fi_FI", "hu_HU", "ro_RO", "hr_HR", "tr_TR", "vi_VN",
    "id_ID", "fil_PH", "en_NG", "sl_SI", "et_EE", "lt_LT",
)  # fmt: skip
TITLES = "Mr. Mrs. Ms. Dr. Mr Mrs Ms Dr Professor Prof. Miss Nurse Doctor Sir".split()  # noqa: SIM905
PARTICLES = ("de", "van", "van der", "von", "de la", "del", "da", "di", "bin", "al")

_HOSPITAL = (
    "Hospital",
    "Medical Center",
    "General Hospital",
    "Clinic",
    "Memorial Hospital",
    "Health Center",
    "Regional Medical Center",
)
_ORG = (
    "Inc",
    "LLC",
    "Ltd",
    "Group",
    "Bank",
    "Corp",
    "Partners",
    "Solutions",
    "University",
    "Insurance",
    "Foundation",
    "Airlines",
)
_SYLLABLES = (
    *(
        "ka",
        "lo",
        "mi",
        "ra",
        "sen",
        "tor",
        "vel",
        "an",
        "du",
        "be",
        "shi",
        "zo",
        "qui",
        "na",
        "ri",
        "gor",
        "eth",
        "ya",
    ),
    *("wen", "pra", "chu", "ob", "nk", "ul", "dra", "fi", "jo", "xa", "mo", "ad", "im"),
)
Piece = tuple[str, str]
"""Text and its label: ``NAME``, ``PLACE``, ``?`` (not learnt from) or nothing."""


def _lists() -> dict[str, list[str]]:
    """What looks like a name or a town and is none, by kind; towns of several words."""
    lines = Path(__file__).with_name("lists.txt").read_text(encoding="utf-8").splitlines()
    return {kind: rest.split(" | ") for kind, _, rest in (line.partition(": ") for line in lines)}


class Values:
    """Draws labelled values from a seed."""

    def __init__(self, seed: int) -> None:
        from faker import Faker

        self.random = random.Random(seed)  # noqa: S311
        self._fakers: list[Any] = []
        for locale in LOCALES:
            faker = Faker(locale)
            faker.seed_instance(seed)
            self._fakers.append(faker)
        self._towns = sorted(places())
        self._lists = _lists()

    def _faker(self) -> Any:
        return self._fakers[0] if self.random.random() < 0.35 else self.random.choice(self._fakers)

    def _invented(self) -> str:
        """A name that no list knows."""
        return "".join(self.random.choice(_SYLLABLES) for _ in range(self.random.randint(2, 4))).capitalize()

    def first(self) -> str:
        return self._invented() if self.random.random() < 0.1 else str(self._faker().first_name())

    def last(self) -> str:
        name = self._invented() if self.random.random() < 0.12 else str(self._faker().last_name())
        chance = self.random.random()
        if chance < 0.03:
            return f"{self.random.choice(PARTICLES)} {name}"
        return f"{name}-{self._faker().last_name()}" if chance < 0.06 else name

    def name(self) -> str:
        faker = self._faker()
        first = self._invented() if self.random.random() < 0.07 else faker.first_name()
        last = self._invented() if self.random.random() < 0.07 else faker.last_name()
        chance = self.random.random()
        if chance < 0.05:
            return f"{first} {self.random.choice('ABCDEFGHJKLMRSTW')}. {last}"
        if chance < 0.1:
            return f"{first} {self.first()} {last}"
        if chance < 0.14:
            return f"{first} {self.random.choice(PARTICLES)} {last}"
        if chance < 0.16:
            return f"{first[0]}. {last}"
        return f"{first} {last}"

    def place(self) -> str:
        chance = self.random.random()
        if chance < 0.2:
            return self.random.choice(self._lists["city"])
        if chance < 0.4:
            return str(self._fakers[0].city())
        if chance < 0.55:
            return str(self._faker().city())
        town = self.random.choice(self._towns).capitalize()
        prefix = self.random.choice(
            ("New", "San", "North", "Port", "Lake", "Saint", "St.", "East", "Fort", "El", "Los", "Mount")
        )
        return f"{prefix} {town}" if chance > 0.9 else town

    def of(self, kind: str) -> list[Piece]:
        """A value of a slot as labelled pieces."""
        if kind in ("name", "first", "last"):
            return [(getattr(self, kind)(), "NAME")]
        if kind == "NAME":
            return [(self.name().upper(), "NAME")]
        if kind == "place":
            return [(self.place(), "PLACE")]
        if kind == "hospital":
            lead = self.random.choice((self.place, self.last, lambda: f"St. {self.first()}'s", lambda: "Mercy"))()
            return [(f"{lead} {self.random.choice(_HOSPITAL)}", "PLACE")]
        if kind == "org":
            return [(f"{self.random.choice((self.last, self._invented))()}", "?"), (f" {self.random.choice(_ORG)}", "")]
        return [(self._plain(kind), "")]

    def _plain(self, kind: str) -> str:
        if kind == "title":
            return self.random.choice(TITLES)
        if kind.lower() == "thing":
            words = [self.random.choice(self._lists["thing"]) for _ in range(self.random.choice((1, 1, 2)))]
            text = " ".join(words)
            return text if kind == "thing" else text.title() if kind == "Thing" else text.upper()
        return self.random.choice(self._lists[kind.lower()])
