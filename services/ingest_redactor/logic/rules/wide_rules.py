"""The rules that count in the wide profile alone, after all others."""

from services.ingest_redactor.logic.rules import confirm, dates, shapes, wide, wide_dates, wide_names, wide_places
from services.ingest_redactor.logic.rules.patterns import (
    DATE,
    DAY_OF_MONTH,
    DOTTED_DATE,
    FACILITY,
    FOREIGN_DATE,
    PART_OF_DATE,
    SHORT_DATE,
    TOLD_AGE,
)
from services.ingest_redactor.logic.rules.rule import MOST_SHORT, WIDE, Rule

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
    Rule("date in letters", "DATE", wide_dates.DATE, wide_dates.any_date, WIDE),
    Rule(
        "month before a smaller day", "DATE", wide_dates.MONTH_AND_DAY, wide_dates.month_and_day, WIDE, most=MOST_SHORT
    ),
    Rule("from day to day", "DATE", wide_dates.RANGE, wide_dates.date_range, WIDE),
    Rule("day after a word", "DATE", wide_dates.DAY_AFTER_WORD, wide_dates.day_after_word, WIDE),
    Rule("holiday or month told", "DATE", wide_dates.TOLD_DAY, confirm.as_is, WIDE),
    Rule("age turned", "AGE", wide_dates.TURNED, dates.told_age, WIDE),
    Rule("first name first, in lower case", "NAME", wide_names.FIRST_LAST, wide_names.first_last, WIDE),
    Rule("last name first, in lower case", "NAME", wide_names.LAST_FIRST, wide_names.last_first, WIDE),
    Rule(
        "name in capitals after a role",
        "NAME",
        wide_names.IN_CAPITALS_AFTER_ROLE,
        wide_names.in_capitals_after_role,
        WIDE,
    ),
    Rule("patient by name, clinician by a title", "NAME", wide_names.NAMED_PATIENT, wide_names.named_patient, WIDE),
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
    Rule("postal code of a search", "ZIP", wide.MILES_OF, confirm.numbered, WIDE),
    Rule("postal code after a state in lower case", "ZIP", wide_places.CODE_AFTER_SMALL_STATE, confirm.numbered, WIDE),
    Rule("camp, house by its place", "PLACE", wide_places.CAMP, wide_places.facility, WIDE),
    Rule("county", "PLACE", wide_places.COUNTY, wide_places.county, WIDE),
    Rule("postal code after a county", "ZIP", wide_places.CODE_AFTER_COUNTY, confirm.numbered, WIDE),
    Rule("postal code after a state in words", "ZIP", wide_places.CODE_AFTER_STATE, confirm.numbered, WIDE),
    Rule("British, Canadian or Irish postal code", "ZIP", wide_places.CODE_ELSEWHERE, wide_places.code, WIDE),
    Rule("extension", "PHONE", wide.EXTENSION, confirm.numbered, WIDE),
    Rule("month in capitals", "DATE", wide_dates.MONTH_IN_CAPITALS, wide_dates.any_date, WIDE),
    Rule("facility", "PLACE", FACILITY, confirm.facility, WIDE),
    Rule("facility in capitals or small letters", "PLACE", wide_places.FACILITY, wide_places.facility, WIDE),
    Rule(
        "town before its state", "PLACE", wide_places.TOWN_BEFORE_STATE, wide_places.before_state, WIDE, most=MOST_SHORT
    ),
    Rule("site, park, road by its number", "PLACE", wide_places.SITE, wide_places.site, WIDE, most=MOST_SHORT),
    Rule("age behind a name", "AGE", wide_dates.AGE_BEHIND, dates.told_age, WIDE),
    Rule(
        "street without its number",
        "ADDRESS",
        wide_places.STREET_ALONE,
        wide_places.street_alone,
        WIDE,
        most=MOST_SHORT,
    ),
    Rule("town in lower case", "PLACE", wide_places.SMALL_TOWN, wide_places.town, WIDE, most=MOST_SHORT),
    Rule("town between commas", "PLACE", wide_places.SMALL_TOWN_ALONE, wide_places.town, WIDE, most=MOST_SHORT),
    Rule("number of what a body shows", "ID", wide.OF_BODY, wide.of_body, WIDE),
    Rule("code of a device or a lot", "DEVICE", wide.LOT, wide.device_code, WIDE),
    Rule("tail number", "VEHICLE", wide.TAIL, confirm.numbered, WIDE),
    Rule("universally unique identifier", "ID", wide.UUID, confirm.number_alone, WIDE),
    Rule("code with its own signs", "ID", wide.CODES, confirm.number_alone, WIDE, most=MOST_SHORT),
    Rule("letters and groups of digits", "ID", wide.LETTERS_AND_GROUPS, wide.grouped, WIDE, most=MOST_SHORT),
    Rule("groups of digits", "ID", wide.GROUPS, wide.grouped, WIDE, most=MOST_SHORT),
    Rule("number of many digits", "ID", wide.NUMBER, wide.number, WIDE, most=MOST_SHORT, trigger=wide.MANY_DIGITS),
)
