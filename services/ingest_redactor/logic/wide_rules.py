"""The rules that count in the wide profile alone, after all others."""

from services.ingest_redactor.logic import confirm, dates, shapes, wide, wide_places
from services.ingest_redactor.logic.patterns import (
    DATE,
    DAY_OF_MONTH,
    DOTTED_DATE,
    FACILITY,
    FOREIGN_DATE,
    PART_OF_DATE,
    SHORT_DATE,
    TOLD_AGE,
    URL,
)
from services.ingest_redactor.logic.rule import MOST_SHORT, WIDE, Rule

WIDE_RULES: tuple[Rule, ...] = (
    Rule("date", "DATE", rf"(?i)(?:{DATE})", dates.date, WIDE),
    Rule("date in another language", "DATE", FOREIGN_DATE, confirm.as_is, WIDE),
    Rule("part of a date", "DATE", PART_OF_DATE, dates.part_of_date, WIDE),
    Rule("month and day", "DATE", SHORT_DATE, dates.short_date, WIDE),
    Rule("day of a month", "DATE", DAY_OF_MONTH, dates.day_of_month, WIDE),
    Rule("date of numbers alone", "DATE", DOTTED_DATE, dates.dotted_date, WIDE),
    Rule(
        "age over 89",
        "AGE",
        r"(?i)\b(?P<v>\d{2,3})[ -]?(?:(?:year|yr)s?[ -]?old|y/?o|y\.o|years? of age|años|anos|ans|anni|jahre|jaar|lat)\b"
        r"|\bage[ds]?:? ?(?P<w>\d{2,3})\b",
        dates.age,
        WIDE,
    ),
    Rule("date in letters", "DATE", wide.DATE, wide.any_date, WIDE),
    Rule("month before a smaller day", "DATE", wide.MONTH_AND_DAY, wide.month_and_day, WIDE, most=MOST_SHORT),
    Rule("day after a word", "DATE", wide.DAY_AFTER_WORD, wide.day_after_word, WIDE),
    Rule("age turned", "AGE", wide.TURNED, dates.told_age, WIDE),
    Rule("last name first, in lower case", "NAME", wide.LAST_FIRST, wide.last_first, WIDE),
    Rule("name in capitals after a role", "NAME", wide.IN_CAPITALS_AFTER_ROLE, wide.in_capitals_after_role, WIDE),
    Rule("age told", "AGE", TOLD_AGE, dates.told_age, WIDE),
    Rule("number of a report", "RECORD", shapes.REPORT, shapes.report, WIDE),
    Rule("postal code after a state", "ZIP", r"\b[A-Z]{2},? (?P<v>\d{5}(?:-\d{4})?)\b", confirm.numbered, WIDE),
    Rule(
        "announced postal code",
        "ZIP",
        r"(?i)\b(?:zip|postal|post)(?: ?code)?(?: is|:)? ?(?P<v>\d{4,5}(?:-\d{4})?)\b",
        confirm.numbered,
        WIDE,
    ),
    Rule("postal code after a state in words", "ZIP", wide_places.CODE_AFTER_STATE, confirm.numbered, WIDE),
    Rule("British or Canadian postal code", "ZIP", wide_places.CODE_ELSEWHERE, confirm.numbered, WIDE),
    Rule("extension", "PHONE", wide.EXTENSION, confirm.numbered, WIDE),
    Rule("month in capitals", "DATE", wide.MONTH_IN_CAPITALS, wide.any_date, WIDE),
    Rule("facility", "PLACE", FACILITY, confirm.facility, WIDE),
    Rule("facility in capitals or small letters", "PLACE", wide_places.FACILITY, wide_places.facility, WIDE),
    Rule("age behind a name", "AGE", wide.AGE_BEHIND, dates.told_age, WIDE),
    Rule("URL", "URL", URL, confirm.as_is, WIDE),
    Rule(
        "street without its number",
        "ADDRESS",
        wide_places.STREET_ALONE,
        wide_places.street_alone,
        WIDE,
        most=MOST_SHORT,
    ),
    Rule("town in lower case", "PLACE", wide_places.SMALL_TOWN, wide_places.town, WIDE, most=MOST_SHORT),
    Rule("universally unique identifier", "ID", wide.UUID, confirm.number_alone, WIDE),
    Rule("groups of digits", "ID", wide.GROUPS, wide.grouped, WIDE, most=MOST_SHORT),
    Rule("number of many digits", "ID", wide.NUMBER, wide.number, WIDE, most=MOST_SHORT, trigger=wide.MANY_DIGITS),
)
