"""What a key of JSON, and the one above it, say of a value; and what looks like such a value and is none."""

import pytest

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.rules.keys import kind_of, read_value
from services.ingest_redactor.logic.scanner import Scanner


def read(path: str, value: str) -> str | None:
    """The type under ``parent.key``, or ``None``."""
    parent, _, key = path.rpartition(".")
    kind = kind_of(key, parent)
    found = read_value(kind, value) if kind is not None else None
    return found[0] if found else None


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("candidateId", "cand_00188", "MEMBER"), ("customer.id", "cus_NffrFeUfNVHibA", "MEMBER"), ("driver.id", "drv_8812", "MEMBER"),
        ("user", "usr_77120", "MEMBER"), ("plaintiff", "00417", "MEMBER"), ("client_ref", "WM/00817", "MEMBER"),
        ("passengers.ticketNumber", "0162418830194", "MEMBER"), ("pnr", "K7XQ2M", "RECORD"), ("historia_clinica", "HC-0091182", "RECORD"),
        ("polisnummer", "44-1709-2", "POLICY"), ("skadenummer", "SK441709", "POLICY"), ("numero_sinistre", "441709", "POLICY"),
        ("patientnummer", "P-182900", "MEMBER"), ("policy", "HZ-5518-22907", "POLICY"), ("driver.license", "N4471-88210-93115", "LICENCE"), ("driver.cdl", "LA009918274", "LICENCE"),
        ("tel_home", "3045550118", "PHONE"), ("mobilephone", "0485550193", "PHONE"), ("placa", "FQX4B82", "VEHICLE"),
        ("microchip", "985112004417733", "DEVICE"), ("deviceId", "a41f-99e0-7b3c-d218", "DEVICE"), ("rodneCislo", "760314/2283", "ID"),
        ("viewer.displayName", "Sixtine d'Aubigné", "NAME"), ("reported_by", "Shanice", "NAME"), ("naam.voorletters", "A.M.J.", "NAME"),
        ("cust_no", "880142", "MEMBER"), ("associateOID", "G3AXK77PQ0", "MEMBER"), ("Clients.UniqueId", "100044718", "MEMBER"),
        ("DLNumber", "F255-921-50-094-0", "LICENCE"), ("id_card", "CBX417720", "ID"), ("cardnumber", "21417004482093", "CARD"),
        ("loanNumber", "0417820993", "ACCOUNT"), ("vertragskonto", "2100447819", "ACCOUNT"), ("Decedent NI No", "JK 41 70 93 C", "ID"),
        ("legalName.familyName1", "Wanjiru-Holt", "NAME"), ("nom_naissance", "LE GUELLEC", "NAME"), ("nome_completo", "Thalita Brandão", "NAME"),
        ("user_profile.display_name", "chidi.eze", "NAME"), ("User_ID", "sbhattacharya3", "USER"), ("user_id", "40213", "MEMBER"),
        ("Customers.reference_id", "LOY-00481223", "MEMBER"), ("workerID.idValue", "4471", "MEMBER"), ("phone_number.national_number", "7700900461", "PHONE"),
        ("ppsn", "7382946K", "ID"), ("subject.cuit", "20-27384915-8", "ID"), ("car.reg", "MH12QR4471", "VEHICLE"), ("contrato", "20448117", "ACCOUNT"),
        ("apellido1", "O'Mahony", "NAME"), ("preferred_name", "Pip", "NAME"), ("usuario", "lauti.ferreyra_ok", "USER"), ("upi", "arjund@okicici", "USER"),
        ("birthday", "12 May", "DOB"), ("author.handle", "@lil_saffron", "USER"), ("samaccount", "cobiferrante", "USER"),
        ("placa_veiculo", "RTB4F19", "VEHICLE"), ("fuehrerschein", "B072RRE2I55", "LICENCE"), ("nhi", "ZAC5361", "ID"), ("health_card", "6839-221-077", "ID"),
        ("SENDGRID_KEY", "SG.XoMyKXexdRVnunzGJIobDR", "SECRET"), ("password_hint", "BlueHeron#204", "SECRET"), ("registered_owner", "Vu, Linh T.", "NAME"),
        ("applicant", "Hyun-woo Park", "NAME"), ("twitter.handle", "jockoffshore", "USER"), ("user", "bsaem", "USER"),
        ("fec_nac", "1953-10-09", "DOB"), ("d-o-b", "27/01/1991", "DOB"), ("ddn", "16/01/1998", "DOB"), ("TAXID", "532616357", "TAX_ID"),
        ("ban", "276734339", "ACCOUNT"), ("ff", "BA72315678", "MEMBER"), ("fanId", "F-9358904", "MEMBER"), ("drv.id", "D5209", "MEMBER"),
        ("skyclub.no", "SH 1886 056 59", "MEMBER"), ("docs.no", "UT076008", "PASSPORT"), ("ctc.m", "5595072139", "PHONE"),
        ("to", "5035891079", "PHONE"), ("from", "zub_ornvik42", "USER"), ("handle", "zubornvik57", "USER"), ("usr", "moto_storm77", "USER"),
        ("rotated_by", "zubornvik57", "USER"), ("prescriber", "Tyrell Broussard", "NAME"), ("Member", "RW 3419 9927", "MEMBER"),
        ("netid", "lisa.bishop", "USER"), ("license.number", "Z9824941", "LICENCE"), ("i94", "2833156776A", "ID"), ("musteri_no", "52923747", "MEMBER"),
        ("고객번호", "HB0800860", "MEMBER"), ("아이디", "minji42.kim", "USER"), ("conta", "653344-6", "ACCOUNT"), ("user.id", "usr_oqCvRNjgmP", "MEMBER"),
        ("accountId", "712020:7fe0a169-a21c-4e29-9d09-d21563af31cc", "ACCOUNT"), ("mail", "lihua@contoso.example", "EMAIL"), ("name", "jennifers65", "USER"),
    ],
)  # fmt: skip
def test_keys_of_people_and_of_their_numbers(path: str, value: str, expected: str) -> None:
    assert read(path, value) == expected


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("user", "admin"), ("user_id", "current"), ("product.handle", "red-shirt"), ("package.license", "MIT"), ("parent.id", "node-4471"), ("host.id", "i-0a4471"),
        ("approved_by", "Finance"), ("assignee", "Automation"), ("policy", "30-day return within 100 miles of any store"),
        ("rx", "Amoxicillin 500mg"), ("claim", "up to 1500 dollars"), ("customer.id", "7"), ("pnr", "abc"), ("registration", "open until 2025"), ("former_name", "n/a"), ("record_locator", "123456"),
        ("from", "windows1252"), ("to", "utf-8"), ("to", "LHR"), ("ban", "no"), ("bank", "Wells Fargo"), ("docs.no", "open"),
        ("name", "server01"), ("mail", "sent"), ("license.number", "none"), ("user.id", "user_settings"), ("name", "iphone15"),
    ],
)  # fmt: skip
def test_what_stands_under_such_a_key_and_names_nobody(path: str, value: str) -> None:
    assert read(path, value) is None


def test_a_key_of_words_stays_and_one_that_is_a_name_does_not() -> None:
    wide = Redactor(Scanner("hipaa"))
    assert wide.redact_text('{"Postal town": "Lisburn", "Bedrooms": "4+"}')[0].count('"Postal town"') == 1
    assert "Zubeqa" not in wide.redact_text('{"Maria Zubeqa": 3, "Grace Zubeqa": 4}')[0]
