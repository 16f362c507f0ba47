"""The rules: which patterns there are, what confirms them, and in which profile they count.

A pattern is RE2 (linear time on hostile input); group ``v``, where there is one, is the value. RE2 has no look-around, so
boundaries and check digits are the validator's. Order is priority: where two rules overlap, the earlier one wins.
"""

from services.ingest_redactor.logic.names.east_asian import RUN, SIGN
from services.ingest_redactor.logic.rules import confirm, dates, shapes, street_checks, voice
from services.ingest_redactor.logic.rules.labels import LABELLED_NAME, NAME_LABEL, labelled_name
from services.ingest_redactor.logic.rules.login_rules import LOGIN_RULES
from services.ingest_redactor.logic.rules.lower_case import (
    BESIDE_SMALL,
    GREETED_SMALL,
    LOWER_CASE_NAME,
    LOWER_CASE_NAMED,
    LOWER_CASE_SIGN,
    LOWER_CASE_TITLE,
    WHOLE_NAME,
    greeted_small,
    lower_case_name,
    lower_case_named,
    titled_in_lower_case,
    whole_name,
)
from services.ingest_redactor.logic.rules.national import NATIONAL_NUMBER
from services.ingest_redactor.logic.rules.patterns import (
    AFTER_BIRTH,
    ANNOUNCING,
    BESIDE_SSN,
    BIRTH_BESIDE_PHONE,
    BIRTH_BESIDE_SEX,
    BIRTH_BESIDE_SSN,
    BIRTH_WORDS,
    CODE,
    DATE,
    GAP,
    ID_WORDS,
    LETTER,
    PART_OF_DATE,
    URL,
    VALUE,
)
from services.ingest_redactor.logic.rules.phone_rules import PHONE_RULES
from services.ingest_redactor.logic.rules.rule import MOST_LOWER, MOST_SHORT, WIDE, Profile, Rule
from services.ingest_redactor.logic.rules.secret_rules import SECRET_RULES
from services.ingest_redactor.logic.rules.spellings import (
    AIRLINE_NAME,
    GREETED_IN_MARKS,
    HANDLE_AFTER_ROLE,
    IN_BED,
    JOINED_EASTERN,
    MACHINE_READABLE_NAME,
    MACHINE_READABLE_NUMBER,
    MAIL,
    MAIL_SIGN,
    NAME_AFTER_CLOSING,
    NAME_AFTER_INITIALS,
    NAME_AFTER_KIN,
    NAME_BEFORE_AGE,
    NAME_BEFORE_MAIL,
    NAME_BEFORE_RECORD,
    NAME_IN_CAPITALS,
    NAME_ON_A_CARD,
    NUMBERED_PASSENGER,
    OF_A_JOINED_LAST,
    SPELLED_MAIL,
    airline_name,
    handle_after_role,
    joined_eastern,
    machine_readable_name,
    name_after_closing,
    name_after_initials,
    name_after_kin,
    name_before_age,
    name_before_mail,
    name_before_record,
    name_in_capitals,
    name_on_a_card,
    numbered_passenger,
    of_a_joined_last,
    spelled_mail,
)
from services.ingest_redactor.logic.rules.streets import (
    ANNOUNCED_STREET,
    ANNOUNCEMENT,
    CODE_OF_TOWN,
    CYRILLIC_SIGN,
    CYRILLIC_STREET,
    EAST_ASIAN_NUMBER,
    EAST_ASIAN_STREET,
    FLAT_BY_NUMBER,
    FOREIGN_KIND,
    FOREIGN_STREET,
    HIGH_FLAT,
    HOUSE_BY_NAME,
    INDIAN_FLAT,
    KIND_IN_CAPITALS,
    KIND_OF_STREET,
    KIND_SMALL,
    RARE_KIND,
    RARE_STREET,
    STREET,
    STREET_BEFORE_TOWN,
    STREET_IN_CAPITALS,
    STREET_IN_QUERY,
    STREET_SMALL,
)
from services.ingest_redactor.logic.rules.wide_rules import WIDE_RULES

RULE_SET = "2026-17"
"""Version of the rules in every redaction proof. Any change of a rule, key, word list or weight is a new version."""

RULES: tuple[Rule, ...] = (
    *SECRET_RULES,
    Rule("URL", "URL", URL, confirm.as_is, WIDE),
    *LOGIN_RULES,
    Rule(
        "mail address",
        "EMAIL",
        rf"[{LETTER}0-9_%+-][{LETTER}0-9._%+'-]*(?:@|%40)(?:[{LETTER}0-9-]+\.)+[{LETTER}]{{2,24}}",
        confirm.email,
        trigger=rf"(?:@|%40)[{LETTER}0-9-]",
    ),
    Rule("mail address in words", "EMAIL", SPELLED_MAIL, spelled_mail, trigger=MAIL_SIGN),
    Rule("user id made of a name", "USER", shapes.USER_ID, shapes.user_id, most=MOST_SHORT),
    Rule("user name made of a name", "USER", r"\b[a-z]{2,20}[._][a-z]{2,20}[._]?\d{1,6}\b", confirm.user_name),
    Rule("login made of a name", "USER", r"\b[a-z]{4,24}\d{1,4}\b", confirm.login_of_a_name),
    Rule(
        "user of a query or a log",
        "USER",
        r"(?i:\b(?:[a-z]{1,12}_)?user(?:_?name)?|\bby)=[\"']?(?P<v>[a-z][a-z0-9._-]{3,30})|\blinkedin\.com/in/(?P<w>[\w-]{3,40})"
        r"|\b(?:publickey|password) for (?:invalid user )?(?P<x>[a-z][a-z0-9._-]{2,30}) from"
        r"|[(\s]uid=(?P<y>[a-z][a-z0-9._-]{2,30})[),]|(?:[\da-f]|\s-) - (?P<z>[a-z][\w.-]{2,30}) \[\d{2}/[A-Z][a-z]{2}/\d{4}"
        r"|\(user (?P<a>[a-z][a-z0-9._-]{3,30})\)|\b(?:rep|triggered by|sine:) (?P<b>[a-z]{2,20}[._]?[a-z]{0,20}\d{2,5})\b"
        r"|\b\d{4} rep (?P<c>[a-z][a-z0-9._]{3,30}):|\b[Ss]ine: ?(?P<d>[a-z][a-z0-9._]{3,30})\b",
        confirm.login,
        trigger=r"(?i)user(?:_?name)?=|\bby=|linkedin\.com/in/|(?:publickey|password) for |uid=|\(user |\brep [a-z]"
        r"|triggered by |sine:| \[\d{2}/[a-z]",
    ),
    Rule(
        "locator of a booking",
        "RECORD",
        r"\b(?:PNR|Pnr|[Rr]ecord [Ll]ocator)(?: is)?[: #]{1,3}(?P<v>[A-Z0-9]{6})\b"
        r"|\bRP/[A-Z0-9/]{9,20} .{1,50} (?P<w>[A-Z0-9]{6})\n"
        r"|\b[Ff]ile [Rr]ef(?:erence)?:? (?P<x>[A-Z]{3}[A-Z0-9]{2}\d{5})\b"
        r"|(?i:booking reference|confirmation (?:code|number)|locator|pnr)\?\n[^\n]{0,40}"
        r"(?i:it'?s|it is) (?P<y>[A-Z0-9]{6})\b",
        confirm.locator,
    ),
    Rule(
        "handle made of a name",
        "USER",
        r"(?:^|[\s(\[,;:>\"'])@(?P<v>[a-z]{2,20}[._-][a-z]{2,20})\b",
        confirm.handle,
    ),
    Rule("profile of a developer", "USER", shapes.PROFILE, shapes.profile),
    Rule("signature of a commit", "USER", shapes.SIGNED_OFF, shapes.profile),
    Rule("handle with its sign", "USER", shapes.SIGNED_HANDLE, shapes.signed_handle, most=MOST_SHORT),
    Rule("joined first name and last name", "NAME", JOINED_EASTERN, joined_eastern),
    Rule("name before a mail address", "NAME", NAME_BEFORE_MAIL, name_before_mail, trigger=MAIL),
    Rule("handle after a role", "USER", HANDLE_AFTER_ROLE, handle_after_role),
    Rule(
        "IBAN",
        "IBAN",
        r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b|\b[a-z]{2}\d{2}[a-z0-9]{11,30}\b"
        r"|\bIT\d{2} [A-Z] \d{5} \d{5} [A-Z0-9]{12}\b",
        confirm.iban,
    ),
    Rule(
        "announced IBAN",
        "IBAN",
        r"(?:\b(?:IBAN|iban)|(?i:berweisen sie (?:bitte )?auf|rachunek|konto|virement (?:sur|vers)|bonifico su|transfer to"
        r"|pay to))[ :#]{1,3}(?P<v>[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){2,8})\b",
        confirm.numbered,
    ),
    Rule(
        "wallet of a cryptocurrency", "ACCOUNT", r"\b(?:bc1[a-z0-9]{25,60}|0x[0-9a-fA-F]{40})\b", confirm.number_alone
    ),
    Rule(
        "card with check digit",
        "CARD",
        r"\b\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{1,7}\b|\b\d{4}[ -]\d{6}[ -]\d{4,5}\b|\b\d{12,19}\b",
        confirm.card,
    ),
    Rule("card behind its brand", "CARD", r"\b(?:VI|AX|CA|MC|DC|DS|JC)(?P<v>\d{13,16})\b", confirm.card_behind_brand),
    Rule(
        "announced card",
        "CARD",
        r"(?i)\b(?:credit|debit|visa|mastercard|amex|card)(?: card)?(?: number| no\.?| #)?(?: is|:)?[ #]{1,3}"
        r"(?P<v>\d{12,19}|\d{4}(?:[ -]\d{4}){3}|\d{4}[ -]\d{6}[ -]\d{5})",
        confirm.announced_card,
    ),
    Rule(
        "end of a card",
        "CARD",
        r"(?i)(?:ending(?: in| with)?|ends (?:in|with)|last (?:four|4)(?: digits)?(?: are| is)?)[ :]{1,3}(?P<v>\d{4})",
        confirm.last_four,
    ),
    Rule(
        "end of an SSN",
        "SSN",
        r"(?i)\bssn[ _]?(?:last[ _]?4|ends?(?: in| with)?|last four)[ :=]{1,3}(?P<v>\d{4})"
        r"|(?:[*xX]{3}-[*xX]{2}-|\blast ?4 |\blast (?:4|four) of (?:his |her |their |my |the )?(?:social"
        r"|ssn)[ :,]{1,2})(?P<w>\d{4})",
        confirm.last_four,
    ),
    Rule("SSN by its areas", "SSN", r"\b\d{3}-\d{2}-\d{4}\b|\b\d{3} \d{2} \d{4}\b", confirm.ssn),
    Rule(
        "announced SSN",
        "SSN",
        r"(?i)\b(?:ssn|social security(?: number| no\.?)?|social)(?: is|[:#])?\s{0,2}(?P<v>\d{9}|\d{3}[- ]\d{2}[- ]\d{4})\b",
        confirm.announced_ssn,
    ),
    Rule("street in a query", "ADDRESS", STREET_IN_QUERY, street_checks.flat),
    Rule("flat with its floor", "ADDRESS", HIGH_FLAT, street_checks.flat),
    Rule("house by its name, to its postal code", "ADDRESS", HOUSE_BY_NAME, street_checks.flat),
    Rule("flat in India, to its postal code", "ADDRESS", INDIAN_FLAT, street_checks.flat),
    Rule("street", "ADDRESS", STREET, street_checks.street, trigger=KIND_OF_STREET),
    Rule("street in capitals", "ADDRESS", STREET_IN_CAPITALS, street_checks.street, trigger=KIND_IN_CAPITALS),
    Rule(
        "street of a rarer kind, with its unit, or a box",
        "ADDRESS",
        RARE_STREET,
        street_checks.street,
        trigger=RARE_KIND,
    ),
    Rule(
        "street written small", "ADDRESS", STREET_SMALL, street_checks.small_street, trigger=KIND_SMALL, most=MOST_SHORT
    ),
    Rule("street elsewhere", "ADDRESS", FOREIGN_STREET, street_checks.foreign_street, trigger=FOREIGN_KIND),
    Rule("street in an East Asian script", "ADDRESS", EAST_ASIAN_STREET, street_checks.flat, trigger=EAST_ASIAN_NUMBER),
    Rule("street in Cyrillic", "ADDRESS", CYRILLIC_STREET, street_checks.foreign_street, trigger=CYRILLIC_SIGN),
    Rule(
        "street before a town and its code",
        "ADDRESS",
        STREET_BEFORE_TOWN,
        street_checks.street_before_town,
        trigger=CODE_OF_TOWN,
    ),
    Rule("flat by its number", "ADDRESS", FLAT_BY_NUMBER, street_checks.flat),
    Rule("announced street", "ADDRESS", ANNOUNCED_STREET, street_checks.announced_street, trigger=ANNOUNCEMENT),
    Rule(
        "birth date",
        "DOB",
        rf"(?i)(?:(?:\b|_){BIRTH_WORDS}|дата рождения){AFTER_BIRTH}(?P<v>{DATE}|{PART_OF_DATE}|(?:19|20)\d{{6}}\b"
        rf"|[0-3]\d[0-3]\d(?:19|20)\d{{2}}\b|\d{{6}}\b|\d{{4}}\. ?\d{{1,2}}\. ?\d{{1,2}}\b"
        rf"|\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{2,4}}"
        rf"|\d{{1,2}}\.? (?:de )?[{LETTER}]{{3,10}}(?: de)? \d{{4}}\b)",
        dates.birth,
    ),
    *PHONE_RULES,
    Rule("national number with check digits", "ID", NATIONAL_NUMBER, confirm.national_number, most=MOST_SHORT),
    Rule("national number by its shape", "ID", shapes.NATIONAL_SHAPE, confirm.number_alone),
    Rule("British driving licence", "LICENCE", shapes.BRITISH_LICENCE, confirm.number_alone),
    Rule("researcher's number", "ID", shapes.RESEARCHER, confirm.number_alone),
    Rule("person's number in a path", "MEMBER", shapes.PATH_OF_PERSON, confirm.as_is),
    Rule("Medicare number", "MEMBER", shapes.MEDICARE, confirm.number_alone),
    Rule("person in a sales system", "MEMBER", shapes.SALES_ID, confirm.number_alone),
    Rule("account beside its sort code", "ACCOUNT", r"\b\d{2}-\d{2}-\d{2}[ /,]{1,3}\d{8}\b", confirm.numbered),
    Rule("supply point", "ACCOUNT", shapes.SUPPLY_POINT, confirm.number_alone),
    Rule("number announced in another script", "MEMBER", shapes.IN_SCRIPTS, confirm.number_alone, most=MOST_SHORT),
    Rule("name in its own script", "NAME", shapes.NAME_IN_SCRIPT, shapes.name_in_script),
    Rule("name in an East Asian script", "NAME", RUN, shapes.east_asian, most=MOST_SHORT, trigger=SIGN),
    Rule("number with a person's prefix", "MEMBER", shapes.PREFIXED, shapes.prefixed),
    Rule("code with a person's prefix", "MEMBER", shapes.OPAQUE, shapes.opaque),
    Rule("number in words", "ID", voice.SPOKEN_NUMBER, voice.spoken_number),
    Rule("number told digit by digit", "ID", voice.DIGITS_APART, voice.digits_apart),
    Rule("street in words", "ADDRESS", voice.SPOKEN_STREET, voice.spoken_street),
    Rule("postal code in words", "ZIP", voice.SPOKEN_CODE, voice.spoken_code),
    Rule("birthday in words", "DOB", voice.SPOKEN_BIRTH, voice.spoken_date),
    Rule("birthday in words after a word", "DOB", voice.SPOKEN_LATE_BIRTH, voice.spoken_date),
    Rule(
        "birthday told after its date",
        "DOB",
        rf"(?i)\b(?P<v>{DATE}|{PART_OF_DATE}) as (?:his|her|their|my|your|the) (?:date of birth|dob|birth ?date|birthday)\b"
        rf"|\b(?P<y>{DATE})(?: is| being)?(?: the| his| her| their| my)? ?\(?(?:dob|d\.o\.b|birth ?date|birthday"
        r"|date of birth)\b"
        rf"|\bbirthday is [a-z]{{3,9}} \d{{1,2}},? and [{LETTER} '’-]{{2,30}} is (?P<w>{DATE}|{PART_OF_DATE})"
        rf"|\bbirthdays?: (?:see )?[{LETTER} '’-]{{2,40}} \((?P<x>{DATE}|{PART_OF_DATE})\)",
        dates.birth,
        trigger=r"(?i)\d(?: is| being)?(?: the| his| her| their| my)? ?\(?(?:dob|d\.o\.b|birth ?date|birthday|date of birth)"
        r"| as (?:his|her|their|my|your|the) (?:date of birth|dob|birth)|\bbirthday is |\bbirthdays?: ",
    ),
    Rule("date in words", "DATE", voice.SPOKEN_DATE, voice.spoken_date, WIDE),
    Rule("day of a month in words", "DATE", voice.SPOKEN_DAY, voice.spoken_day, WIDE),
    Rule("name letter by letter", "NAME", voice.SPELLED_NAME, voice.spelled_name),
    Rule("birth beside an SSN", "DOB", BIRTH_BESIDE_SSN, dates.birth, trigger=BESIDE_SSN),
    Rule(
        "birth on a driving licence",
        "DOB",
        rf"\n2\. [^\n]{{2,40}}\n3\. (?P<v>{DATE}|\d{{2}}\.\d{{2}}\.\d{{2,4}})",
        dates.birth,
    ),
    Rule("birth beside a sex", "DOB", BIRTH_BESIDE_SEX, dates.long_past),
    Rule("birth beside a phone", "DOB", BIRTH_BESIDE_PHONE, dates.long_past),
    Rule(
        "IP address",
        "IP",
        r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b|(?i)\b[0-9a-f]{1,4}(?::{1,2}[0-9a-f]{1,4}){3,7}\b",
        confirm.ip,
    ),
    Rule("MAC address", "DEVICE", r"(?i)\b[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}\b", confirm.as_is),
    Rule(
        "labelled device",
        "DEVICE",
        r"\b[Dd]evice: ?(?P<v>[A-Z]{1,4}-?\d{3}[A-Z0-9]*(?:-[A-Z0-9]+)*)",
        confirm.numbered,
        WIDE,
    ),
    Rule(
        "Colombian citizen's number",
        "ID",
        r"\bC\.?C\.? ?(?:[Nn]o\.? ?)?(?P<v>\d{1,3}(?:\.\d{3}){2,3})\b",
        confirm.numbered,
    ),
    Rule("Indian plate", "VEHICLE", shapes.INDIAN_PLATE, confirm.number_alone),
    Rule("French or Dutch plate", "VEHICLE", shapes.SIV_PLATE, confirm.number_alone),
    Rule("British plate", "VEHICLE", r"\b[A-Z]{2}[0-7]\d [A-HJ-PR-Z]{3}\b", confirm.plate),
    Rule("number of a SIM", "DEVICE", r"\b89\d{17,30}\b", confirm.number_alone),
    Rule("VIN", "VEHICLE", r"\b[A-HJ-NPR-Z0-9]{17}\b", confirm.vin),
    Rule("announced VIN", "VEHICLE", shapes.CHASSIS, shapes.chassis),
    Rule(
        "announced plate",
        "VEHICLE",
        r"(?i)\b(?:plate|registration|reg|vrm|vrn|kfz|kennzeichen|kenteken|targa|placas?|rego|plaque|matr[ií]cula|nummerplaat|rek\."
        r"|immatriculation|(?-i:[A-Z]{2}) tag)(?: number| no\.?)?(?: is|[ .]{0,16}:)?\s{1,2}"
        r"(?P<v>[A-Z]{1,3}-[A-Z]{1,2} ?\d{1,4}|\d-[A-Z]{3}-\d{3}|[A-Z]{2,3} ?\d{2,4} ?[A-Z]{1,2}"
        r"|[A-Z]{3}\d[A-Z]\d{2}|\d[A-Z]{2}-\d[A-Z]{2}|\d{3} [A-Z]{3}|\d[A-Z]{3}\d{3}"
        r"|[A-Z0-9]{2,4}[ -][A-Z0-9]{2,5}(?:[ -][A-Z0-9]{1,3})?)\b",
        confirm.plate,
    ),
    Rule("plate of a car", "VEHICLE", shapes.PLATE_OF_CAR, shapes.plate_of_car),
    Rule("postal code of a person", "ZIP", shapes.OWN_CODE, confirm.numbered, trigger=shapes.WORD_OF_CODE),
    Rule("number of a citizen under its short name", "ID", shapes.STATE_NUMBER, confirm.numbered),
    Rule("number of a card of a library or a club", "MEMBER", shapes.OF_CARD, confirm.number_alone),
    Rule("case in court", "RECORD", shapes.DOCKET, confirm.number_alone),
    Rule("number on file for somebody", "RECORD", shapes.ON_FILE, confirm.numbered),
    Rule("account by its kind", "ACCOUNT", shapes.OF_CHECKING, confirm.numbered),
    Rule("case of an immigrant", "RECORD", shapes.IMMIGRATION_CASE, confirm.number_alone),
    Rule("code sent", "ID", shapes.CODE_SENT, confirm.numbered),
    Rule("code with its sign", "ID", shapes.SIGNED_CODE, confirm.as_is),
    Rule("code of a door", "ID", shapes.CODE_OF_DOOR, confirm.numbered),
    Rule("number of an identity", "ID", shapes.ID_NUMBER, shapes.id_number),
    Rule(
        "announced PIN",
        "ID",
        r"(?i)\b(?:pin|otp|cvv|cvc|one[- ]time (?:code|password|pin)|(?:verification|security|access|2fa|login) code|2fa)"
        r"(?: code| number)?(?: is|:)?\s{1,2}(?P<v>\d{3,8})\b",
        confirm.numbered,
    ),
    *(
        Rule(f"announced {kind.lower()}", kind, rf"(?i)\b(?:{words}){GAP}{VALUE}", confirm.identifier(kind))
        for kind, words in ID_WORDS.items()
    ),
    Rule(
        "plate after a tag",
        "VEHICLE",
        r"\b(?i:tag)(?: number| no\.?| #)?:? (?P<v>[A-Z]{2,3}[ -]?\d{3,4}|[A-Z]{2} \d{3}-[A-Z]{3}|[A-Z0-9]{3}[ -]\d{4})\b",
        confirm.numbered,
    ),
    Rule("number with a word before it", "ACCOUNT", CODE, confirm.by_context, only_with=ANNOUNCING),
    Rule("labelled name", "NAME", LABELLED_NAME, labelled_name, trigger=NAME_LABEL),
    Rule("last name first, in capitals", "NAME", NAME_IN_CAPITALS, name_in_capitals),
    Rule("name as airlines write it", "NAME", AIRLINE_NAME, airline_name),
    Rule("initials and a last name", "NAME", NAME_AFTER_INITIALS, name_after_initials, most=MOST_SHORT),
    Rule("name before a birth or a number", "NAME", NAME_BEFORE_RECORD, name_before_record),
    Rule("passenger with a number", "NAME", NUMBERED_PASSENGER, numbered_passenger),
    Rule("name in lower case", "NAME", LOWER_CASE_NAME, lower_case_name, most=MOST_LOWER, trigger=LOWER_CASE_SIGN),
    Rule("name in lower case before a number", "NAME", LOWER_CASE_NAMED, lower_case_named, trigger=BESIDE_SMALL),
    Rule("title and name in lower case", "NAME", LOWER_CASE_TITLE, titled_in_lower_case, most=MOST_LOWER),
    Rule("name of a travel document", "NAME", MACHINE_READABLE_NAME, machine_readable_name),
    Rule("number of a travel document", "PASSPORT", MACHINE_READABLE_NUMBER, confirm.as_is),
    Rule("name on a card", "NAME", NAME_ON_A_CARD, name_on_a_card),
    Rule("who lies in a bed, who signs", "NAME", IN_BED, name_after_kin),
    Rule("joined last name with its case", "NAME", OF_A_JOINED_LAST, of_a_joined_last),
    Rule("name after kin", "NAME", NAME_AFTER_KIN, name_after_kin, most=MOST_LOWER),
    Rule("name after a closing", "NAME", NAME_AFTER_CLOSING, name_after_closing),
    Rule("name in marks of a page", "NAME", GREETED_IN_MARKS, name_after_closing),
    Rule("greeted in lower case", "NAME", GREETED_SMALL, greeted_small),
    Rule("whole name in lower case", "NAME", WHOLE_NAME, whole_name, most=MOST_LOWER),
    Rule("name before an age", "NAME", NAME_BEFORE_AGE, name_before_age),
    *WIDE_RULES,
)


def rules_of(profile: Profile) -> tuple[Rule, ...]:
    """The rules of a profile, in order of priority."""
    return tuple(rule for rule in RULES if profile in rule.profiles)
