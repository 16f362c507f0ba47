"""Values that their own shape tells, or one word before it: numbers with a person's prefix, users in paths, national numbers
whose check digits the writer got wrong, codes of doors, vehicles without a check digit.
"""

import re

from services.ingest_redactor.logic.names.east_asian import CHINESE_LAST, told_by_surroundings
from services.ingest_redactor.logic.names.english import is_word
from services.ingest_redactor.logic.names.names_read import read_name
from services.ingest_redactor.logic.names.nonames import NOBODY
from services.ingest_redactor.logic.rules.confirm import Found, announced_kind, joins, stands_alone, user_name
from shared.prompting import renderings

_WHO = (
    r"(?i:cust|customer|client|usr|user|emp|employee|pat|patient|ptnt|mrn|mem|mbr|member|stu|student|subj|subject|drv|driver"
    r"|contact|lead|guest|pax|donor|tenant|resident|applicant|candidate|caller|provider|person|staff|fam|family|pers|cli|kd|acct)"
)
PREFIXED = rf"\b(?:[A-Z]{{1,4}}-)?{_WHO}[-_#]\d{{3,12}}(?:-[A-Z0-9]{{1,6}})?\b|\b[up]_\d{{6,12}}\b"
"""``EMP-20931``, ``cust-00417-MX``, ``u_5580031``"""
OPAQUE = r"\b(?:cus|cust|usr|user|mem|pat|emp|person|contact|acct|prof|profile)_[A-Za-z0-9]{8,32}\b"
"""``cus_NffrFeUfNV2Hib``"""
HOME = r"(?:/home/|/Users/|\b[A-Z]:\\{1,2}Users\\{1,2}|\b[A-Z]{3,15}\\{1,2})(?P<v>[A-Za-z][A-Za-z0-9._-]{2,30})"
LOGGED_IN = r"(?:^|[\s:=\"'(])(?P<v>[a-z][a-z0-9]{0,20}[._-][a-z0-9._-]{2,20})@(?:\d{1,3}\.){3}\d{1,3}\b"
CHAT_ID = r"<@(?P<v>[UW][A-Z0-9]{7,12})>|\b(?P<w>[UW]0[A-Z0-9]{8,10})\b"
SIGNED_HANDLE = r"(?:^|[\s(\[,;:>\"'])@(?P<v>[A-Za-z][A-Za-z0-9_.]{2,29}(?:-[A-Za-z0-9]{1,20}){0,2})\b"
USER_ID = r"\b[a-z]{2,15}_[a-z]{2,15}_\d{4}\b"
"""``chidi_nwosu_5512``"""
NATIONAL_SHAPE = (
    r"\b(?:756\.\d{4}\.\d{4}\.\d{2}|[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]|\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}"
    r"|[A-CEGHJ-PR-TW-Z]{2} \d{2} \d{2} \d{2} [A-D]|[A-CEGHJ-PR-TW-Z]{2}\d{6}[A-D]"
    r"|\d{2} \d{6} [A-Z] \d{3}|\d{6}-[1-4]\d{6}|\d{6}-(?:0[1-9]|[1-5]\d)-\d{4}|(?:20|2[3-7]"
    r"|3[034])-\d{8}-\d"
    r"|8003 ?60\d{2} ?\d{4} ?\d{4}|[2-6]\d{3} \d{5} \d|[A-Z]\d{4}-\d{5}-\d{5}"
    r"|[12] \d{2} \d{2} \d[\dAB] \d{3} \d{3} \d{2}|\d{3}-\d{3}-\d{3} \d{2}"
    r"|[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"
    r"|[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d|A\d{3}-\d{3}-\d{3})\b"
)
"""Shapes that nothing else has: Italian, Belgian, British, Korean, Malaysian, Argentine, Australian, Canadian, French,
Russian, Chinese (a birth date within eighteen digits), Mexican."""
BRITISH_LICENCE = r"(?i)\b[A-Z][A-Z9]{4} ?\d{3} ?\d{3} ?[A-Z9]{2}\d[A-Z]{2}\b"
RESEARCHER = r"(?i:\borcid\b[^0-9\n]{1,24})(?P<v>\d{4}-\d{4}-\d{4}-\d{3}[\dX])\b"
_MBI, _MBI_DIGIT = "AC-HJKMNP-RT-Y", "AC-HJKMNP-RT-Y0-9"
MEDICARE = rf"\b[1-9][{_MBI}][{_MBI_DIGIT}]\d[ -]?[{_MBI}][{_MBI_DIGIT}]\d[ -]?[{_MBI}]{{2}}\d{{2}}\b"
"""As the Centers for Medicare & Medicaid Services give them (MBI)."""
SALES_ID = r"\b00[35Q][A-Za-z0-9]{4}0000[A-Za-z0-9]{4}(?:[A-Za-z0-9]{3})?\b"
"""Contacts, users and leads of Salesforce."""
PROFILE = (
    r"(?i:\b(?:github|gitlab|twitter|instagram|facebook|tiktok|x|t|threads|behance|dribbble)\.(?:com|me|net)/@?)"
    r"(?P<v>[A-Za-z][\w.-]{2,38})(?:[\s,;|)\"'·]|$)"
)
"""``github.com/mrozario-dev``; of a project more would follow."""
SIGNED_OFF = (
    r"\b(?:Signed-off|Reviewed|Acked|Tested|Reported|Co-authored)-by: (?P<v>[a-z][\w.-]{2,38})\s"
    r"|\bUser <(?P<w>[a-z][\w.-]{2,30})>"
)
SIGNED_CODE = r"(?i)\bcode:? (?P<v>\d{3,8}[#*])"
REPORT = (
    r"\b(?P<v>[A-Z]{1,4}\d{0,4}(?:[-/][A-Z0-9]{1,4}){0,2}[-/]\d{4,8})\b"
    r"|(?i:\b(?:no|nr|ref|file|card|hist|study|run|culture|lab)\b\.?(?: no| id)?\.?:? )"
    r"(?P<w>[A-Z]{1,3}[- ]?\d{2,4}(?:[ -]\d{2,5}){1,3}|\d{2}-\d{4,7}|\d{4,6}-[A-Z])\b"
)
"""``EEG/2025/0317``, ``no. S24-11872``"""
PATH_OF_PERSON = (
    r"(?:^|[/\"'])(?:users|customers|patients|members|employees|clients|people|persons|contacts|riders|drivers|students|guests"
    r"|tenants|sys_user)"
    r"/(?P<v>[A-Za-z]{0,5}[-_]?\d[A-Za-z0-9-]{2,36})(?:[/?# \"'\n]|$)"
    r"|\b(?:Patient|Practitioner|RelatedPerson)/(?P<w>[A-Za-z-]{0,12}\d[A-Za-z0-9-]{2,36})\b"
)
"""``GET /api/v2/users/99120/profile``; a reference of FHIR, ``Patient/pt-84x2c``"""
STATE_NUMBER = r"\bT\.?C\.?(?: ?[Kk]imlik)?(?: ?[Nn]o)?:? (?P<v>[1-9]\d{10})\b|(?i:\bnik):? (?P<w>\d{16})\b"
"""Of Turkey and of Indonesia, under its short name; a slip of the pen in a check digit does not matter."""
OWN_CODE = (
    r"(?i)\b(?:(?:billing|shipping|delivery|home|registered|my|his|her|their|your) (?:zip|post|postal)(?: ?code)?"
    r"|(?:zip|post|postal)(?: ?code)? (?:on file|of the card|of record)|the post ?code'?s)(?: is|:)? {0,2}"
    r"(?P<v>\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})\b"
    r"|\b(?:dob|born)\b[^\n]{0,30} p(?:ost)?code:? (?P<w>[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})\b"
)
"""``billing zip 76128``; the postal code of a search is nobody's."""
WORD_OF_CODE = r"(?i)\b(?:zip|post|postal)(?: ?code)?\b|\bpcode\b"
OF_CARD = (
    r"(?i)\b(?:library |member(?:ship)? |loyalty )?card (?:(?:no\.?|number|nr|#)(?: is|:)? ?)?"
    r"(?P<v>[A-Z]{0,3}-?\d(?:[ -]?\d){5,13})\b"
)
"""``card no 2 6168 12417``; what is a bank's was found before."""
_OF_COURT = r"(?:[Cc][Vv]|[Cc][Rr]|FAM|JV)"
DOCKET = (
    rf"\b(?:\d:)?(?:20)?\d{{2}}-{_OF_COURT}-\d{{3,7}}(?:-[A-Z]{{2,4}})?\b|\b{_OF_COURT}-(?:20)?\d{{2}}-\d{{3,8}}\b"
    r"|\bFAM-\d{3,6}-\d{2}\b|(?i:\bcourt (?:ref|reference|case|file)(?: no\.?| number)?[ :#]{1,3})"
    r"(?P<v>[A-Z0-9]{0,6}[-/]?\d{2,8}(?:[-/][A-Z0-9]{1,8}){0,3})\b"
)
"""Number of a case in court: ``2:24-cv-02950``, ``court ref 2024/4704489``"""
IMMIGRATION_CASE = r"\b(?:IOE|MSC|EAC|WAC|LIN|SRC|NBC|YSC|MCT)\d{10}\b"
"""Receipt number of the United States' immigration service."""
MOBILE = r"\b[6-9]\d{4} \d{5}\b|\b3[2-9]\d \d{6,7}\b|\b[67]\d{2} \d{3} \d{2}[1-9]\b|\b[67]\d{2} \d{2} \d{2} \d{2}\b"
SUPPLY_POINT = r"\bES\d{16}[A-Z]{2}(?:\d[FPRCXYZ])?\b"
"""Where a Spanish household takes its power or gas (CUPS)."""
CHASSIS = (
    r"(?i:\b(?:vin|fin|chassis|fahrgestell(?:nummer|nr)?|bastidor|telaio|frame)\b)[ .:#no]{1,10}"
    r"(?P<v>[A-HJ-NPR-Z0-9]{17})\b"
)
USER_TOLD = r"(?i:\buser(?: ?name| id)? (?:is|was) )(?P<v>[a-z][a-z0-9._-]{3,30})(?:[^a-z0-9._@-]|\.(?:\s|$)|$)"
IN_SCRIPTS = (
    r"(?:会員番号|患者番号|顧客番号|お客様番号|회원번호|고객번호|会员号|客户号|身分證字號|身份證字號|身份证号码?"
    r"|ІПН|ІНН|РНОКПП|ИНН|СНИЛС|[Rr]odné číslo)(?:は|은|는|:|：)? ?"
    r"(?P<v>[A-Z]{0,4}[ -]?\d{3,12}(?:[ -]\d{1,6}){0,3})"
)
PHONE_IN_SCRIPTS = (
    r"(?:手机|手機|电话|電話|携帯|전화|휴대폰|연락처)(?:号码|號碼|号|番号|번호)?(?:是|为|は|은|는|：|:)? ?"
    r"(?P<v>\+?\d[\d -]{7,15}\d)"
)
_HAN_OR_KANA = r"[\x{3040}-\x{30ff}\x{4e00}-\x{9fff}]"
_CONTACT_IN_SCRIPT = r"[，,、。 ]{1,2}(?:手机|手機|电话|電話|联系电话|携帯|身份证)"
NAME_IN_SCRIPT = (
    rf"(?P<v>[\x{{4e00}}-\x{{9fff}}]{{1,4}}[ \x{{3000}}]?{_HAN_OR_KANA}{{1,4}})(?:と申します|様|さん)"
    rf"|(?P<w>[\x{{4e00}}-\x{{9fff}}]{{1,3}}[ \x{{3000}}]{_HAN_OR_KANA}{{1,4}}){_CONTACT_IN_SCRIPT}"
    rf"|(?:^|[，。！？,.!?：:\s])(?P<x>[{CHINESE_LAST}][\x{{4e00}}-\x{{9fff}}]{{1,2}}){_CONTACT_IN_SCRIPT}"
    r"|(?:받는 ?사람|수취인|수령인|예금주|성함|이름)(?:은|는)?:? ?(?P<y>[\x{ac00}-\x{d7a3}]{2,4})(?:[,. ]|$)"
    r"|(?:أنا|اسمي) (?P<z>[\x{0621}-\x{064a}]{2,12}(?: [\x{0621}-\x{064a}]{2,12}){1,3})(?:،|\.|\n|$)"
)
"""``田中 千尋と申します``"""
PLATE_OF_CAR = (
    r"\b(?:(?:[Cc]ar|[Vv]eh(?:icle)?|[Tt]ag|[Vv]an|[Tt]ruck|[Ll]orry|[Mm]otorbike)(?: for [a-z]{2,12})?:?"
    r"|MOT(?: test| due)? (?:for|on|of)) "
    r"(?P<v>\d[A-Z]{3}\d{3}|[A-Z]{3}[ -]\d{3,4}|[A-Z]{3}-\d{2}[A-Z]|[A-Z]{2}\d{2} [A-Z]{3}|\d{2,3}[A-Z]{2,3}\d"
    r"|[A-Z]{1,3}-[A-Z]{1,2} \d{1,4}|[A-Z]{2} \d{3}[A-Z]{2}|[A-Z]{3}-\d{3}[A-Z]{2}|[A-Z]{3}-\d{2}-\d{2})\b"
)
_MAKERS = ("BMW", "GMC", "KIA", "RAM", "MINI", "SUV", "VIN")
BARE_MOBILE = (
    r"\b0[1-9]\d{8,10}\b"
    r"|(?i:\b(?:at|on|via|tel|cell|calls|verify|dial|host [a-z]+,) |\n[TMtm]:? )(?P<v>[2-9]\d{9}|1[3-9]\d{9}|0\d{9,10})\b"
    r"|(?i:\bcalls )(?P<w>\d{3}-\d{3}-\d{3})\b"
)
"""Ten or eleven digits from zero, as they are dialled in most countries; others where one is called."""
SESSION = (
    r"(?i:\b(?:session(?:_?id)?|sid|csrf_?token|jwt|connect\.sid)=)(?P<v>[\w%.~-]{16,})"
    r"|[?&](?:t|code|ticket|otp)=(?P<w>[A-Za-z0-9_-]{20,})"
)
SIV_PLATE = r"\b[A-HJ-NP-TV-Z]{2}-\d{3}-[A-HJ-NP-TV-Z]{2}\b|\b[A-Z]-\d{3}-[A-Z]{2}\b|\b[A-Z]{2}-\d{3}-[A-Z]\b"
"""French plates since 2009, and Dutch ones."""
INDIAN_PLATE = (
    r"\b(?:AP|AR|AS|BR|CG|CH|DL|GA|GJ|HP|HR|JH|JK|KA|KL|LA|MH|ML|MN|MP|MZ|NL|OD|PB|PY|RJ|SK|TN|TR|TS|UK|UP|WB)"
    r"[ -]?\d{1,2}[ -]?[A-Z]{1,3}[ -]?\d{4}\b"
)
CODE_SENT = r"(?i)\byour (?:[a-z]+ ){0,3}code(?: is|:) (?P<v>\d{4,8})\b|\b(?:use|enter) (?:the )?code (?P<w>\d{4,8})\b"
_DOOR = r"(?:door|gate|entry|entrance|lock ?box|key ?box|alarm|garage|building|schl[uü]sselbox|t[uü]r)"
CODE_OF_DOOR = (
    rf"(?i)\b(?:(?:my|his|her|their|our) (?:{_DOOR} )?(?:code|pass|pin)|{_DOOR}[ -](?:access )?(?:code|pass|pin)|buzzer"
    r"|(?:access|entry|gate|door) code (?:for|to|of) (?:the|my|our) \w{3,12})"
    r"(?: is|:| ist)?[ #]{1,2}(?P<v>\d{3,8})\b|\b(?:lock|key) ?box:? (?P<w>\d{4})\b"
)
PASSED = (
    r"(?i)(?:\b|_)(?:pass|pw|pwd|(?:login |log-in )?cred(?:s|entials)|passwort|kennwort|contrase[nñ]a"
    r"|mot de passe|senha|has[lł]o|wachtwoord|passphrase"
    r"|password|wlan|wifi"
    r"|(?:old|new) one|tried(?: (?:the )?(?:password|pw|pass))?)"
    r"(?:(?: [a-z]{1,8}){0,4} (?:is|was|ist|es)\b)?(?:\s{0,2}(?:[:=]|[=-]>|→)\s{0,2}|\s{1,2})[\"'`]?(?P<v>[^\s\"'`,;]{6,40})"
)
ID_NUMBER = (
    r"(?i)\bid (?:number|no\.?|nr\.?)(?: is|:)?\s{1,2}(?P<v>[A-Z]{0,3}\d{5,14}[A-Z]?)\b"
    r"|\bid on (?:the|my|his|her) (?:card|badge)(?: says| is| reads|:)? (?P<y>[A-Z]{0,3}\d[\d -]{4,20}\d)\b"
    r"|\bmy id(?:'s| is| was|:)? (?P<w>[A-Z]{0,3}\d{5,14}[A-Z]?)\b|, ?id:? (?P<x>[A-Z]{0,2}\d{6,12}),"
)
ON_FILE = (
    r"(?i)\b(?:ref|reference|number|no\.?|id)(?: on file)? for [^\W\d_][^:\n\d]{2,40}: "
    r"(?P<v>[A-Z]{0,5}[-/]?\d[A-Z\d]*(?:[-/][A-Z\d]+){0,3})\b"
)
"""``Visitor ref on file for Owen Oyelaran: VIS/95896``"""
OF_CHECKING = (
    r"(?i)\b(?:checking|savings|chequing|current account)(?: account| acct)?(?: no\.?| number)?[ :#]{1,2}"
    r"(?P<v>\d{6,14})\b"
)
"""``autopay from checking 291349493``"""
_WHOSE_ID = re.compile(r"(?i)(\w+)\W+id (?:number|no|nr)\.?(?: is|:)?\s*$")
_HANDLED_TEXT = """
param params return returns throws see since author version override deprecated media import property staticmethod
classmethod dataclass test before after channel here everyone all team types angular keyframes charset include component
injectable autowired entity table column supports font tailwind apply layer mention
"""
_HANDLED = frozenset(_HANDLED_TEXT.split())
_OF_THINGS_TEXT = """
order product item ticket invoice booking transaction request session message model device error case tracking parcel
shipment event job run task issue document file page batch build flight reservation
"""
_OF_THINGS = frozenset(_OF_THINGS_TEXT.split())
_CENTURIES = ("19", "20")


def prefixed(value: str, before: str, after: str) -> Found | None:
    """But for years: ``client-2024``."""
    number = re.findall(r"\d+", value)[0]
    if not stands_alone(before, after) or (len(number) == 4 and number[:2] in _CENTURIES):
        return None
    return Found(*renderings.read_identifier(value))


def opaque(value: str, before: str, after: str) -> Found | None:
    """A code of digits and letters: ``user_preferences`` is none."""
    code = value.partition("_")[2]
    is_code = any(map(str.isdigit, code)) and (any(map(str.isupper, code)) or sum(map(str.isdigit, code)) > 2)
    return Found(*renderings.read_identifier(value)) if is_code and stands_alone(before, after) else None


def user_of_path(value: str, before: str, after: str) -> Found | None:
    """``/home/pkowalczyk/``, ``CORP\\\\rsokolova``; everybody's names are left."""
    low = value.lower()
    is_domain = before[-1:] == "\\" and "Users" not in before
    if low in NOBODY or low.endswith(("_id", "$")) or (is_domain and not user_name(low, "", "") and is_word(low)):
        return None
    return None if after[:1].isalnum() or low.startswith("shared") else Found(low, "")


def logged_in(value: str, _before: str, _after: str) -> Found | None:
    return Found(value.lower(), "")


def signed_handle(value: str, _before: str, after: str) -> Found | None:
    """``@tess_on_the_tor``: with a sign or a digit in it, or no word of the language; ``@app.route(…)`` is code."""
    low = value.lower()
    if after[:1] in ("(", "/", "@", "-") or low in _HANDLED or low in NOBODY or after[:1].isalnum():
        return None
    if "-" in value and user_name(low, "", "") is None:
        return None
    odd = any(char == "_" or char.isdigit() for char in value[1:])
    if not odd and (is_word(low) or not value.islower() or "." in value):
        return None
    return Found(low, "")


def user_id(value: str, before: str, after: str) -> Found | None:
    """First and last name and four digits; ``report_final_2024`` is none."""
    first, last, digits = value.split("_")
    if digits[:2] in _CENTURIES or not stands_alone(before, after) or (is_word(first) and is_word(last)):
        return None
    return Found(value, "")


def name_in_script(value: str, _before: str, _after: str) -> Found | None:
    return Found(*read_name(value))


def east_asian(value: str, before: str, after: str) -> Found | None:
    """``王小明`` in an English sentence."""
    return Found(*read_name(value)) if told_by_surroundings(value, before, after) else None


def plate_of_car(value: str, _before: str, after: str) -> Found | None:
    """``car 7UDA545``, but no ``car BMW 320``."""
    if value.startswith(_MAKERS) or (after and joins(after[0])):
        return None
    return Found(*renderings.read_identifier(value))


def bare_mobile(value: str, before: str, after: str) -> Found | None:
    """``call her at 0803 …``; the number of an order is none."""
    if not stands_alone(before, after) or announced_kind(before) not in (None, "PHONE"):
        return None
    return Found(*renderings.read_phone(value))


def profile(value: str, _before: str, _after: str) -> Found | None:
    low = value.lower()
    return None if low in NOBODY or is_word(low) or "." in low[-4:] or "[bot]" in low else Found(low, "")


def report(value: str, before: str, after: str) -> Found | None:
    """``FY-2024`` tells a year."""
    digits = re.findall(r"\d+", value)
    only_a_year = len(digits) == 1 and len(digits[0]) == 4 and digits[0][:2] in _CENTURIES
    goes_on = after[:1] == "-" and after[1:2].isalnum()
    if only_a_year or goes_on or not stands_alone(before, after) or (after and joins(after[0])):
        return None
    return Found(*renderings.read_identifier(value))


def chassis(value: str, _before: str, _after: str) -> Found | None:
    letters = sum(map(str.isalpha, value))
    return Found(*renderings.read_identifier(value)) if 0 < letters < len(value) else None


_PLAIN_SIGNS = frozenset("⟦.-/'’")
"""Signs within words of every day."""


def passed(value: str, _before: str, _after: str) -> Found | None:
    """``i tried password Sunflower!2291``: a word with a digit, and a capital or a sign."""
    value = value.rstrip(".)")
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value)) and "⟦" not in value
    is_odd = any(not char.isalnum() for char in value[:-1]) and any(map(str.isupper, value[1:]))
    strange = mixed and (
        any(not char.isalnum() for char in value) or any(map(str.isupper, value)) or value[-1].isalpha()
    )
    strange = strange or (is_odd and any(map(str.islower, value)) and _PLAIN_SIGNS.isdisjoint(value))
    return Found(value, "", None, len(value)) if strange and "://" not in value else None


def id_number(value: str, before: str, after: str) -> Found | None:
    """``id number 28471963``, but not of an order."""
    owner = _WHOSE_ID.search(before)
    is_of_thing = owner is not None and owner[1].lower() in _OF_THINGS
    return None if is_of_thing or (after and joins(after[0])) else Found(*renderings.read_identifier(value))
