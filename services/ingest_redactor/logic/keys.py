"""Sensitive keys of JSON: the value under them is an identifier whatever it looks like.

Names split over two fields and numbers without a check digit are invisible to any reading of running text.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any

import re2

from services.ingest_redactor.logic.confirm import address, long_secret, user_name
from services.ingest_redactor.logic.nonames import NEVER, NO_NAME, NOBODY
from services.ingest_redactor.logic.person import looks_like_a_person, read_name
from shared.prompting import renderings

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER = re.compile(r"[^a-z0-9]+")

_DOING = (
    r"(?:signed|reviewed|approved|created|updated|requested|submitted|opened|closed|assigned|prepared|reported|changed|performed"
    r"|triggered|invited|pushed|merged|deployed)_(?:by|to)"
)
_PERSON = (
    r"(?:customer|patient|guest|passenger|employee|client|user|contact|recipient|sender|card_?holder|account_?holder|holder"
    r"|owner|member|person|doctor|physician|provider|beneficiary|payee|payer|attendee|host|driver|travell?er|student"
    r"|teacher|applicant|buyer|seller|caller|subscriber|insured|spouse|parent|child|author|manager|assignee|signer"
    r"|reservation|booking|under|emergency_contact|primary|patient|participant|invitee|visitor|billing|shipping|nominee"
    r"|policy_?holder|claimant|candidate|guardian|reporter|requester|requestor|submitter|receiver|callee|supervisor|witness"
    r"|nurse|surgeon|therapist|tutor|borrower|donor|lead|colleague|watcher|organi[sz]er|substitute|approver|reviewer|creator"
    r"|interviewer|barber|stylist|chauffeur|instructor|coach|dentist|pharmacist|attorney|lawyer|courier"
    r"|technician|tenant|landlord|debtor|creditor|officer|next_of_kin|consignee|consignor|shipper|mother|father|wife|husband"
    r"|partner|sister|brother|daughter|son|rider|renter|lessee|lessor|player|constituent|resident|inmate|plaintiff|defendant"
    r"|petitioner|respondent|adjuster|addressee|viewer|trustee|executor|sponsor|mentor|groomer|realtor|veterinarian|referrer"
    r"|signatory|dependent|dependant|co_?borrower|co_?signer|co_?applicant|girlfriend|boyfriend|fiancee?|bride|groom|nanny"
    r"|babysitter|grandparent|adherent|titular|proprietaire|fahrer|conductor|motorista|deelnemer|demandeur|party|patron|cust"
    r"|associate|shopper|worker|kunde|klant|klient|cliente|paciente|mitarbeiter|ansprechpartner|empleado|pasajero"
    r"|passagier|huesped|gast"
    rf"|{_DOING})"
)
_NUMBERED = (
    r"(?:customer|patient|guest|passenger|employee|user|client|contact|recipient|sender|(?:card|account|policy)_?holder|holder"
    r"|member|person|subscriber|insured|beneficiary|payee|payer|attendee|driver|travell?er|rider|renter|student|teacher"
    r"|applicant|candidate|participant|constituent|plaintiff|defendant|claimant|petitioner|buyer|seller|caller|tenant|resident"
    r"|inmate|donor|debtor|borrower|player|viewer|author|doctor|physician|party|patron|cust|pat|emp|associate|shopper|worker|usr"
    r"|cliente|kunde|klant|paciente|empleado|adherent|titular"
    r"|deelnemer|proprietaire|fahrer)"
)
"""Who is known by a number of their own."""
_TABLE: tuple[tuple[str, str], ...] = (
    ("EMAIL", r"(?:.*_)?(?:e_?mail(?:s|_address|_addresses|_id)?|correo(?:_electronico)?|courriel)"),
    (
        "PHONE",
        r"(?:.*_)?(?:(?:mobile|cell|home|work|contact|office)?phone|telephone|tel|mobile|mob|ph|cell|cellphone|fax|whatsapp|msisdn|telefono|telefon|telefone|telefoon|handy|gsm"
        r"|movil|celular|cellulare|mobiel|mobil|rufnummer|portable)"
        r"(?:s|_no|_num|_number|_numbers|nummer)?(?:_(?:home|work|mobile|cell|office|main|day|evening|primary|alt|[12]))?",
    ),
    ("SSN", r"(?:.*_)?(?:ssn|social_security(?:_no|_number)?)"),
    ("LAST4", r"(?:.*_)?(?:last_?4|last_?four)(?:_digits)?"),
    ("ID", r"(?:.*_)?(?:id|identity)_card(?:_no|_number)?|document_numbers"),
    ("CARD", r"(?:.*_)?(?:card|credit_card|debit_card|cc|pan)(?:_?(?:no|num|number))?"),
    ("IBAN", r"(?:.*_)?iban(?:_number)?"),
    (
        "ACCOUNT",
        r"(?:.*_)?(?:account|acct|bank_account|routing)(?:_no|_num|_number|_id)?|(?:.*_)?sort_code|(?:konto|rekening|vertrags)_?(?:nummer|nr)|vertragskonto|contrato?"
        r"|(?:.*_)?(?:loan|mortgage|contract_account)(?:_no|_num|_number|_id)"
        r"|(?:numero|num|no|n)_(?:de_)?(?:compte|cuenta|conta|conto|contrato?)",
    ),
    ("MEMBER.user", r"(?:.*_)?user_?(?:id|no|num|number)"),
    (
        "MEMBER",
        rf"(?:.*_)?(?:{_NUMBERED}|membership|loyalty|frequent_flyer|staff|badge|personnel|payroll|personeels|personal|work|profile"
        r"|mbr|pax|ptnt|stu|drv|subject|data_subject|family)"
        rf"_?(?:no|num|number|id|nr|nummer|ref|reference|oid|identifier|uuid|guid|code|key)|id_{_NUMBERED}|matricul[ae]|matricola|cod(?:ice|igo|e)?_(?:de_)?client[ei]?"
        r"|numero_affiliation|fidelity",
    ),
    (
        "RECORD",
        r"(?:.*_)?(?:mrn|medical_record(?:_no|_number)?|(?:patient|record|encounter|admission|accession"
        r"|specimen|chart|prescription|rx)_(?:id|no|number)|nhc|mr|rx|historia_clinica|prontuario"
        r"|(?:patienten|fall|dossier)_?(?:nummer|nr|id|no))",
    ),
    ("LOCATOR", r"(?:.*_)?(?:pnr|record_locator|locator)(?:_code|_no|_number)?"),
    (
        "MEMBER",
        r"(?:.*_)?(?:frequent_flyer|membership|loyalty)|ffn|ff_(?:no|num|number)|(?:kunden|klant|mitglieds|kund|kunde)_?(?:nummer|nr|id)"
        r"|(?:numero|num|no|n|nr|numer)_(?:de_)?(?:client|cliente|klienta|socio|adherent)",
    ),
    (
        "POLICY",
        r"(?:.*_)?(?:(?:policy|insurance|claim)_?(?:no|num|number|id|ref|id_?number)|group_(?:no|number)|policy|claim|apolice|poliza|polizza"
        r"|police_?(?:nummer|nr)|vs_?nr|versicher(?:ungs|ten)_?(?:nummer|nr))",
    ),
    (
        "PASSPORT",
        r"(?:.*_)?(?:passport|travel_document|identity_document)(?:_no|_num|_number|_id)?|(?:reise)?pass_?(?:nummer|nr)"
        r"|pasaporte|passeport|passaporto|paspoortnummer",
    ),
    (
        "LICENCE",
        r"(?:.*_)?(?:licen[cs]e|licen[cs]e_plate|plate|cdl|dl|bar)_?(?:no|num|number|id)|(?:.*_)?cdl|dl|lic|rpps|driv(?:ers?|ing)_licen[cs]e"
        r"|permis(?:_de_conduire)?|fuhrerschein(?:_?(?:nummer|nr))?|rijbewijs(?:_?(?:nummer|nr))?|licencia_de_conducir",
    ),
    ("TAX_ID", r"(?:.*_)?(?:tax_(?:id|no|num|number)|tin|ein|vat_number|vat_id|taxpayer_id|steuer_?(?:id|nummer))"),
    ("NPI", r"(?:.*_)?npi(?:_number)?"),
    (
        "ID",
        r"(?:.*_)?(?:national_id(?:_number)?|nhs_number|aadhaar(?:_number)?|id_card(?:_number)?|government_id|pan_(?:no|number)"
        r"|nino|national_insurance(?:_no|_number)?|niss|nas|cf|cod(?:ice)?_fisc(?:ale)?|nss|steuernr|cpf|cnpj|dni|nie|nif|pesel|bsn|curp|rfc|rut|codice_fiscale|personnummer|cpr"
        r"|rrn|rijksregister_?nummer|numero_national|rodne_?cislo|ktn|known_travell?er(?:_no|_number)?|redress(?:_no|_number)?"
        r"|legal_id|ppsn|pps_(?:no|number)|philhealth|sss|bvn|nin|my_number|residence_card|cuit|cuil|dowod|pis|crn"
        r"|ni_(?:no|number)|ubrn|van_id|a_?number|alien_(?:no|number)|alien_registration_number|nric|hkid|emirates_id|cedula|upn|egn|oib|amka|jmbg|isikukood"
        r"|henkilotunnus|hetu|fodselsnummer|kennitala|teudat_zehut|snils|resident_registration_(?:no|number)"
        r"|nir|numero_(?:de_)?securite_sociale|mbi|personal_identity_(?:no|number)|svnr|sozialversicherungsnummer)",
    ),
    (
        "VEHICLE",
        r"(?:.*_)?(?:vin|vehicle_identification_number|plate|licen[cs]e_plate|number_plate|registration_plate|vrm|vrn|rego|placa"
        r"|targa|kennzeichen|kenteken|immatriculation|plaque|nummerplaat)",
    ),
    ("PLATE", r"(?:.*_)?(?:reg|reg_no|reg_number|registration|registration_number)"),
    (
        "DEVICE",
        r"(?:.*_)?serial(?:_no|_num|_number)?|(?:.*_)?(?:imei|imsi|iccid|mac_address|udid|idfa|hw_?id|device_(?:fp|fingerprint)|device_id(?:entifier)?"
        r"|android_id|advertising_id|(?:micro)?chip_(?:no|num|number|id)|microchip|meter(?:_(?:no|num|number|id))?|(?:push|device|fcm|apns|registration)_token|asset_tag)",
    ),
    (
        "DOB",
        r"(?:.*_)?(?:dob|date_of_birth|birth_?date|birthdays?|birth(?:_time)?|bday|born(?:_on)?|geburtsdatum|geboortedatum"
        r"|geb(?:oren)?(?:_am|_op)?|fodselsdato|fodelsedatum|data_urodzenia|dogum_tarihi|nascimento|nacimiento|nascita|nee?(?:_le)?"
        r"|(?:dt|fecha|fech|f|data|dat|date)_?(?:de_)?(?:nac|nasc|naiss|birth|geb)|geb_?dat(?:um)?|gbdat"
        r"|(?:date_(?:de_)?naissance|fecha_(?:de_)?nacimiento|data_(?:de_)?nascimento|data_(?:di_)?nascita))|naissance|nasc",
    ),
    ("AGE", r"(?:(?:patient|person|resident|member|client|guest|current)_)?age(?:_(?:in_)?years)?"),
    ("IP", r"(?:.*_)?ip(?:_address|v4|v6)?"),
    (
        "STREET",
        r"(?:.*_)?(?:street(?:_address|_name|_?lines?|_?[12])?|strasse|straat|calle|gatuadress|ulica|logradouro|rue)",
    ),
    (
        "ADDRESS",
        r"(?:.*_)?(?:(?:address(?:es)?|addr)(?:_?line)?_?[123]?|line_?[12]|(?:liefer|rechnungs|versand|wohn)?(?:anschrift|adress?e?)|adr|addr_ln_?[123]?|adres|direccion|domicilio|indirizzo"
        r"|endereco)|(?:ship|bill|deliver|sold|send)_to",
    ),
    ("UNIT", r"(?:.*_)?(?:house|street)_(?:no|num|number)|haus_?(?:nummer|nr)|huisnummer"),
    ("UNIT", r"(?:.*_)?(?:unit|apt|apartment|suite|flat)(?:_no|_num|_number)?"),
    ("ZIP", r"(?:.*_)?(?:zip|zip_?code|postal_?code|post_?code|plz|postleitzahl|code_postal|codigo_postal|cep|cap)"),
    ("PLACE", r"(?:.*_)?(?:city|town|hometown|ort|ville|ciudad|cidade|citta)"),
    ("PIN", r"(?:.*_)?(?:cvv|cvc|pin|otp|security_code)(?:_code)?"),
    (
        "SECRET",
        r"(?:.*_)?(?:password|passwd|passcode|passphrase|passwort|kennwort|contrasena|senha|mot_de_passe|wachtwoord|secret"
        r"|api_?key|access_key|private_key|authorization|psk|pw|pwd|(?:recovery|backup|gate|door|lockbox|entry)_codes?)",
    ),
    ("TOKEN", r"token|api_token|secret_token"),
    ("SECRET", r"(?:.*_)?(?:access|auth|refresh|bearer|session|api|personal)_token"),
    (
        "USER",
        r"(?:.*_)?(?:user_?name|login(?:_id|_name)?|alias|upi|vpa|screen_name|gamer_?tag|sam_account_name)|ign|sam|slack|telegram|instagram|skype"
        r"|(?:twitter|instagram|github|gitlab|telegram|tiktok|linkedin|discord|slack)_(?:handle|user)",
    ),
    ("USER@", r"(?:.*_)?handle"),
    (
        "NAME.first",
        r"(?:.*_)?(?:first_?name_?[12]?|name_(?:first|given)|given(?:_?names?)?_?[12]?|fname|forename|vorname|prenom|voornaam|imie|fornamn|fornavn)",
    ),
    (
        "NAME.last",
        r"(?:.*_)?(?:last_?name_?[12]?|name_(?:last|family)|sur_?names?|family_?name_?[12]?|maiden_?name|birth_name|lname|nachname|(?:primer_|segundo_)?apellidos?(?:_?[12]|_paterno|_materno)?|cognome|sobrenome|achternaam"
        r"|nazwisko|efternamn|etternavn|nom_(?:de_famille|de_naissance|naissance|d_usage|usage)|geburtsname|meisjesnaam)",
    ),
    ("NAME.mid", r"(?:.*_)?(?:middle_?names?|initials|voorletters|initialen)"),
    (
        "NAME",
        rf"(?:.*_)?(?:full|formatted)_?name|(?:.*_)?{_PERSON}_?(?:full_?)?(?:names?|nm)|name_on_card|attn|nome_completo"
        r"|nombre_completo|nom_complet|volledige_naam|imie_i_nazwisko|nome_e_cognome",
    ),
    (
        "NAME?handle",
        r"(?:preferred_name|legal_name|former_name|previous_name|nick_?name|actor|assignee|reporter|requeste?r|requestor|submitter|approver|reviewer|watcher"
        rf"|{_DOING})s?",
    ),
    ("NAME?user", r"users?|usuario|utilisateur|benutzer|gebruiker"),
    ("NAME?number", rf"{_NUMBERED}s?"),
    (
        "NAME?",
        rf"(?:display_?|agent_?)?names?|nombre|nome|naam|nom|first|last|{_PERSON}s?|attendees|participants",
    ),
)


def _matcher() -> Any:
    """All patterns at once: most keys are none of them."""
    options = re2.Options()
    options.log_errors = False
    patterns = re2.Set.FullMatchSet(options)
    for _, pattern in _TABLE:
        patterns.Add(pattern)
    patterns.Compile()
    return patterns


_MATCHER = _matcher()
_PERSON_KEY = re.compile(rf"(?:.*_)?{_PERSON}s?(?:_info|_details|_profile|_data)?")
_ASKED = re.compile(r"^(?:what_(?:is|s)_)?(?:please_)?(?:enter_|provide_)?(?:your|the|my|his|her)_")
"""A question or a demand as a key: ``What is your name?``"""
_INDIAN_PAN = re.compile(r"[A-Z]{5}\d{4}[A-Z]")
_MOST_COMMON_AGE, _OLDEST = 89, 125
"""Ages over 89 are identifiers (45 CFR 164.514(b)(2)(i)(C))."""
_HANDLE = re.compile(r"[a-z]{2,20}[._][a-z]{2,20}")
_LOGIN = re.compile(r"[a-z][a-z0-9._-]{3,30}")
_FEW_DIGITS = 3
_TOKEN_CHARS = 24
_LOCATOR = re.compile(r"(?=.*[A-Z])[A-Z0-9]{5,8}")
_PLATE = re.compile(r"(?=.*[A-Z])(?=.*\d)[A-Z0-9][A-Z0-9 -]{3,10}")
_PERSONS_NUMBER = re.compile(r"[A-Za-z]{0,8}[-_/#]?\d[\w/-]{2,30}")
_PROSE = re.compile(r"[a-z]{3,} [a-z]{2,}")
"""Words: no number, though there are digits among them."""
_WORD_AND_NUMBER = re.compile(r"(?:[A-Za-z][a-z]{3,}|[a-z]+) ")
"""``Amoxicillin 500mg``"""
_OPAQUE = re.compile(r"[a-z]{2,6}_[A-Za-z0-9]{12,32}")
"""``cus_NffrFeUfNVHib``"""
_CAPITALISED = re.compile(r"[^\W\d_a-z][^\W\d_A-Z]{2,14}")
_OPEN = frozenset(("NAME?", "NAME?handle", "USER@"))
"""Kinds that the key above may settle."""
_OF_PERSONS = (
    {"first": "NAME.first", "last": "NAME.last", "license": "LICENCE", "licence": "LICENCE", "handle": "USER"}
    | dict.fromkeys(
        ("name", "names", "display_name", "preferred_name", "legal_name", "nickname", "alias", "aka"), "NAME"
    )
    | dict.fromkeys(("ticket_no", "ticket_number", "e_ticket", "eticket", "ticket"), "MEMBER")
)
"""Bare keys that are a person's in an object of a person."""
_NUMBERED_KEY = re.compile(
    rf"(?:.*_)?(?:{_NUMBERED}s?(?:_info|_details|_profile|_data)?|loyalty|membership|frequent_flyer|ff)"
)
_NUMBERS_TEXT = """
id uid no num number nr ref unique_id external_id reference_id entity_id lookup_id crm_id program_number member_number
"""
_NUMBERS = frozenset(_NUMBERS_TEXT.split())
_SOCIAL = frozenset("twitter instagram github gitlab telegram tiktok linkedin discord facebook mastodon".split())  # noqa: SIM905
_SOCIALS = frozenset("socials social social_media social_profiles profiles handles accounts usernames".split())  # noqa: SIM905
_ASPECTS = frozenset(
    (
        "old", "new", "previous", "current", "value", "number", "raw", "formatted", "home", "work", "text", "v", "s", "n",
        "string_value", "line", "lines", "id_value", "national_number", "data",
    )
)  # fmt: skip
"""Keys that tell of their value no more than the key above does: ``{"phone": {"old": …, "new": …}}``."""


def normalised(key: str) -> str:
    """``firstName``, ``First Name`` and ``FIRST-NAME`` as ``first_name``, ``Prénom`` as ``prenom``."""
    if not key.isascii():
        key = "".join(
            char for char in unicodedata.normalize("NFKD", key.replace("ß", "ss")) if not unicodedata.combining(char)
        )
    return _OTHER.sub("_", _CAMEL.sub("_", key).lower()).strip("_")


@lru_cache(maxsize=4096)
def kind_of(key: str, parent: str) -> str | None:
    """The kind of value under a key: a type, a type with a part (``NAME.first``), ``NAME?`` for a bare name. Where something
    else stands as often: ``NAME?handle`` who did or gets something, ``NAME?number`` who has a number, ``NAME?user`` both;
    ``USER@`` for a handle with its sign."""
    if len(key) > 64:
        return None
    name = _ASKED.sub("", normalised(key))
    matched = _MATCHER.Match(name.encode())
    kind = _TABLE[min(matched)][0] if matched else None
    if parent and (kind is None or kind in _OPEN):
        above = normalised(parent)
        if name in _SOCIAL and above in _SOCIALS:
            return "USER" if kind is None else kind
        if name in _OF_PERSONS and (_PERSON_KEY.fullmatch(above) or (name == "handle" and above in _SOCIAL)):
            return _OF_PERSONS[name]
        if name in _NUMBERS and _NUMBERED_KEY.fullmatch(above):
            return "MEMBER"
        if kind is None and name in _ASPECTS:
            return kind_of(parent, "")
    return kind


def read_value(kind: str, text: str) -> tuple[str, str, str] | None:
    """Type, canonical value and form of a whole value under a sensitive key; ``None`` if it is no such value after all
    (empty, a word like ``savings`` under ``account``)."""
    value = text.strip()
    digits = sum(char.isdigit() for char in value)
    if not value or value != text or "⟦" in value or len(value) > 512 or "\n" in value:
        return None
    if kind.startswith("NAME"):
        return _read_name(kind, value)
    if kind == "EMAIL":
        return ("EMAIL", value.lower(), "") if "@" in value and " " not in value else None
    if kind == "PHONE":
        number = renderings.without_extension(value)
        digits = sum(char.isdigit() for char in number)
        return ("PHONE", *renderings.read_phone(value)) if 7 <= digits <= 15 and digits * 2 > len(number) - 2 else None
    if kind == "CARD" and _INDIAN_PAN.fullmatch(value):
        kind = "ID"
    if kind == "AGE":
        return (kind, value, "") if digits == len(value) and _MOST_COMMON_AGE < int(value) <= _OLDEST else None
    if kind == "CARD":
        if digits < 12 or not all(char.isdigit() or char in " -" for char in value):
            return None
        return "CARD", *renderings.read_card(value)
    if kind == "LAST4":
        return ("CARD", value, "last4") if len(value) == 4 and digits == 4 else None
    if kind == "SSN":
        return ("SSN", *renderings.read_ssn(value)) if digits == 9 else None
    if kind == "IBAN":
        return ("IBAN", *renderings.read_iban(value)) if digits >= 8 else None
    if kind == "DOB":
        read = renderings.read_date(value)
        return ("DOB", read[0].isoformat(), read[1]) if read else ("DOB", value.lower(), "") if digits >= 1 else None
    if kind in ("ADDRESS", "STREET", "IP", "USER", "USER@", "PLACE", "SECRET"):
        return _read_plain(kind, value, digits)
    if kind == "PIN":
        kind = "ID"
    if kind == "TOKEN":
        return ("SECRET", value, "") if long_secret(value, "", "") and len(value) >= _TOKEN_CHARS else None
    if kind == "UNIT":
        return (kind, *renderings.read_identifier(value)) if digits and len(value) <= 12 else None
    if kind.startswith("MEMBER"):
        is_login = kind == "MEMBER.user" and digits < _FEW_DIGITS and _LOGIN.fullmatch(value) and value not in NOBODY
        if is_login or user_name(value, "", "") is not None:
            return "USER", value.lower(), ""  # as running text reads it
        kind = "MEMBER"
    if kind == "PLATE":
        return ("VEHICLE", *renderings.read_identifier(value)) if _PLATE.fullmatch(value) else None
    if kind == "LOCATOR":
        return ("RECORD", *renderings.read_identifier(value)) if _LOCATOR.fullmatch(value) else None
    least = 1 if kind == "VEHICLE" else _FEW_DIGITS
    if _PROSE.search(value) or (kind in ("RECORD", "POLICY") and _WORD_AND_NUMBER.match(value)):
        return None
    least = 0 if kind == "MEMBER" and _OPAQUE.fullmatch(value) else least
    return (kind, *renderings.read_identifier(value)) if digits >= least and len(value) <= 40 else None


def _read_plain(kind: str, value: str, digits: int) -> tuple[str, str, str] | None:
    if kind == "ADDRESS":
        return (kind, address(value), "") if digits and " " in value else None
    if kind == "STREET":
        return ("ADDRESS", address(value), "") if len(value) >= 4 and any(map(str.isalpha, value)) else None
    if kind == "IP":
        return (kind, value.lower(), "") if value.count(".") == 3 or value.count(":") > 1 else None
    if kind == "SECRET":
        return (kind, value, "") if len(value) >= 3 else None
    if kind in ("USER", "USER@"):
        is_told = kind == "USER" or value[0] == "@"
        return ("USER", value.lower(), "") if is_told and len(value) >= 3 and " " not in value else None
    return (kind, value.lower(), "") if len(value) >= 3 else None


def _read_name(kind: str, value: str) -> tuple[str, str, str] | None:
    if kind in ("NAME?number", "NAME?user") and _PERSONS_NUMBER.fullmatch(value) and sum(map(str.isdigit, value)) >= 4:
        return "MEMBER", *renderings.read_identifier(value)
    if kind == "NAME?user" and _LOGIN.fullmatch(value) and value not in NOBODY:
        return "USER", value.lower(), ""
    if not any(char.isalpha() for char in value) or len(value) > 80 or any(char.isdigit() for char in value):
        return None
    if kind.startswith("NAME?") and not looks_like_a_person(value):
        is_handle = _HANDLE.fullmatch(value) and (user_name(value, "", "") or (kind == "NAME?handle" and "." in value))
        if is_handle:
            return "USER", value.lower(), ""
        if kind != "NAME?handle" or not _CAPITALISED.fullmatch(value) or value.lower() in NOBODY | NEVER | NO_NAME:
            return None
    canonical, form = read_name(value)
    part = kind.partition(".")[2]
    if part:
        canonical = " ".join(value.lower().split())
        form = ".".join(token for token in (part, renderings.read_case(value)) if token)
    return "NAME", canonical, form
