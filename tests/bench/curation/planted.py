"""Texts with planted identifiers whose places are known: clinical-style queries and agents' tool traffic, from a seed.

A template names its values as ``{kind}``; kinds of :data:`HARMLESS` look like identifiers and are none. Nothing here is
used for training the tagger: its templates stand beside its script and are others.
"""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faker import Faker

_TEMPLATES = Path(__file__).with_name("templates")
_SLOT = re.compile(r"\{([a-z_0-9]+)\}")
LOCALES = ("en_US", "en_GB", "es_MX", "en_IN", "pl_PL", "fr_FR", "de_DE", "it_IT", "pt_BR", "nl_NL", "tr_TR", "vi_VN")
HARMLESS = frozenset("drug eponym lab young dose score code model duration bare_year procedure quantity".split())  # noqa: SIM905

_HARMLESS_VALUES = {
    "drug": "Eliquis Xarelto Keytruda Ozempic Lantus Zosyn Metoprolol Lisinopril Januvia Humira Seroquel Lexapro Synthroid"
    " Jardiance Plavix Entresto Augmentin Coumadin Lovenox Dilaudid",
    "eponym": "Parkinson's|Alzheimer's|Crohn's|Hodgkin lymphoma|Bell's palsy|Graves disease|Wilson disease|Addison's disease"
    "|Marfan syndrome|Guillain-Barre|Down syndrome|Cushing's|Babinski|Murphy's sign|Foley catheter|Raynaud's|Kawasaki"
    "|Tourette|Lyme|Barrett's esophagus|Wegener's|Still's disease|Trendelenburg",
    "lab": "HbA1c 7.9|TSH 4.51|BNP 1250|INR 2.6|eGFR 48|WBC 12.4|LDL 132|CRP 88|Na 131|K 5.2|Hgb 9.8|PSA 6.1|BUN 34|CK-MB",
    "score": "Glasgow Coma Scale 13|APACHE II|MELD 22|Wells score 4.5|CHADS-VASc 3|Apgar 8|Child-Pugh B|Ranson 3|NYHA III",
    "code": "E11.9|I50.23|CPT 99214|G40.909|J45.40|ICD-10 Z79.4|LOINC 4548-4|NDC 0002-8215|RxNorm 860975",
    "model": "Medtronic MiniMed 780G|Dexcom G6|GE Optima CT660|Philips IntelliVue MX40|Omnipod 5|BiPAP A40",
    "procedure": "Whipple|CABG|TAVR|ERCP|Roux-en-Y|Mohs surgery|Hartmann procedure|Billroth II|Kasai|LVAD",
}


@dataclass(frozen=True, slots=True)
class Value:
    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Planted:
    text: str
    values: tuple[Value, ...]


class Values:
    """Draws values of every kind."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._fakers = []
        for locale in LOCALES:
            faker = Faker(locale)
            faker.seed_instance(seed)
            self._fakers.append(faker)
        self._english = self._fakers[0]
        self._makers: dict[str, Callable[[], str]] = {
            "first": lambda: self._any().first_name(),
            "last": lambda: self._any().last_name(),
            "person": self._person,
            "phone": self._phone,
            "email": lambda: self._english.email(),
            "ssn": lambda: self._english.ssn(),
            "card": self._card,
            "iban": lambda: self._any().iban(),
            "mrn": lambda: self.pattern("#######", "########", "??######", "###-##-##", "MR-######"),
            "member": lambda: self.pattern("??########", "#########", "???-######", "W#########", "####-#####"),
            "account": lambda: self.pattern("##########", "########", "####-####-##", "AC######"),
            "policy": lambda: self.pattern("???-#######", "PL-#######", "#########", "HP##-######"),
            "licence": lambda: self.pattern("?#######", "########", "??-###-###", "D###-####-####"),
            "plate": lambda: self.pattern("#???###", "???-####", "??## ???"),
            "vin": lambda: self._english.vin(),
            "device": lambda: self.pattern("SN-########", "?##########", "##-?????-####"),
            "passport": lambda: self.pattern("?########", "#########", "??#######"),
            "date": lambda: self._date(1, 700),
            "part_date": lambda: self._when(1, 700).strftime(
                self.random.choice(("%B %-d", "%m/%d", "%-d %b", "%b %-d"))
            ),
            "dob": lambda: self._date(8000, 32000),
            "old": lambda: str(self.random.randint(90, 104)),
            "city": lambda: self._english.city(),
            "street": lambda: self._english.street_address(),
            "address": lambda: self._english.address().replace("\n", self.random.choice((", ", "\n"))),
            "zip": lambda: self._english.zipcode(),
            "hospital": self._hospital,
            "ip": lambda: self._english.ipv4_public(),
            "url": lambda: self._english.url() + self._english.user_name(),
            "young": lambda: f"{self.random.randint(2, 88)}",
            "dose": lambda: (
                f"{self.random.choice((5, 10, 25, 50, 81, 500, 875))}{self.random.choice((' mg', 'mg', ' mcg'))}"
            ),
            "duration": lambda: f"{self.random.randint(2, 9)} {self.random.choice(('weeks', 'days', 'months'))}",
            "bare_year": lambda: str(self.random.randint(1998, 2024)),
            "quantity": lambda: self.pattern("$####.##", "1# units", "### points", "#,###"),
            "order": lambda: self.pattern("ORD-######", "#W#######", "INV-####-##"),
        }
        for kind, values in _HARMLESS_VALUES.items():
            self._makers[kind] = self._pick(values.split("|" if "|" in values else " "))

    def _pick(self, options: list[str]) -> Callable[[], str]:
        return lambda: self.random.choice(options)

    def _any(self) -> Any:
        return self._english if self.random.random() < 0.4 else self.random.choice(self._fakers)

    def _person(self) -> str:
        faker = self._any()
        return f"{faker.first_name()} {faker.last_name()}"

    def pattern(self, *shapes: str) -> str:
        letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
        shape = self.random.choice(shapes)
        first = self.random.choice("123456789")
        drawn = [
            self.random.choice(letters) if c == "?" else str(self.random.randint(0, 9)) if c == "#" else c
            for c in shape
        ]
        at = shape.find("#")
        return "".join([*drawn[:at], first, *drawn[at + 1 :]])

    def _phone(self) -> str:
        r = self.random
        area, mid, end = r.randint(201, 989), r.randint(201, 989), r.randint(1000, 9999)
        return r.choice(
            (
                f"({area}) {mid}-{end}", f"{area}-{mid}-{end}", f"+1 {area} {mid} {end}", f"{area}.{mid}.{end}",
                f"+1{area}{mid}{end}", f"+44 20 {r.randint(7000, 8999)} {end}", f"+49 30 {mid}{end}", f"+33 6 12 34 {end // 100} {end % 90 + 10}",
                f"+91 98{mid} {10000 + end}", f"1-{area}-{mid}-{end}", f"{area}-{mid}-{end} x{mid}",
            )
        )  # fmt: skip

    def _card(self) -> str:
        number = self._english.credit_card_number(self.random.choice(("visa", "mastercard", "amex")))
        if len(number) == 16 and self.random.random() < 0.5:
            return self.random.choice((" ", "-")).join(number[at : at + 4] for at in range(0, 16, 4))
        return number

    def _when(self, least_days: int, most_days: int) -> Any:
        from datetime import date, timedelta

        return date(2026, 6, 1) - timedelta(days=self.random.randint(least_days, most_days))

    def _date(self, least_days: int, most_days: int) -> str:
        form = self.random.choice(
            ("%Y-%m-%d", "%m/%d/%Y", "%B %-d, %Y", "%-d %B %Y", "%-m/%-d/%y", "%d-%b-%Y", "%b %-d, %Y", "%d.%m.%Y")
        )
        return str(self._when(least_days, most_days).strftime(form))

    def _hospital(self) -> str:
        place = self.random.choice(
            (self._english.city(), self._english.last_name(), f"St. {self._english.first_name()}'s")
        )
        return f"{place} {self.random.choice(('Hospital', 'Medical Center', 'General Hospital', 'Clinic', 'Health Center'))}"

    def of(self, kind: str) -> str:
        return self._makers[kind]()


def fill(template: str, values: Values) -> Planted:
    """A template with its slots filled, and where."""
    text, found, end = "", [], 0
    for slot in _SLOT.finditer(template):
        text += template[end : slot.start()]
        kind = slot.group(1).rstrip("0123456789")
        value = values.of(kind)
        found.append(Value(len(text), len(text) + len(value), kind))
        text, end = text + value, slot.end()
    return Planted(text + template[end:], tuple(found))


def templates(name: str) -> list[str]:
    lines = (_TEMPLATES / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line.replace("\\n", "\n") for line in lines if line.strip()]


def planted(name: str, count: int, seed: int) -> Iterator[Planted]:
    """``count`` texts, the templates in turn."""
    values, lines = Values(seed), templates(name)
    for index in range(count):
        yield fill(lines[index % len(lines)], values)
