"""The patterns of the rules as RE2 text: dates, streets, announced numbers.

Latin, Greek and Cyrillic stand as ranges: RE2 compiles its letter classes to automata that outgrow their memory.
"""

LETTER = "A-Za-zÀ-ɏͰ-ӿ"
UPPER = "A-ZÀ-ÖØ-ÞΑ-ΩА-Я"

MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
DATE = (
    r"\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{1,2}/\d{1,2}/\d{2}|\d{2}-\d{2}-\d{2}"
    rf"|{MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}}(?:st|nd|rd|th)?[ -](?:of )?{MONTH},?[ -]\d{{2,4}}"
)
_MONTH_NAME = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
PART_OF_DATE = (
    rf"\b{_MONTH_NAME} \d{{1,2}}(?:st|nd|rd|th)?\b|\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH_NAME}"
    rf"|\b{_MONTH_NAME},? \d{{4}}\b|\b(?:0?[1-9]|1[0-2])/(?:19|20)\d{{2}}\b"
)
"""Day and month, or month and year: a date to HIPAA, too common for the narrow profile."""
SHORT_DATE = (
    r"(?i)\b(?:on|since|from|until|till|by|before|after|dated|date|dos|admitted|discharged|seen|to|between|and|through|due)"
    r":? (?P<v>\d{1,2}/\d{1,2})\b|\b(?P<w>(?:0[1-9]|1[0-2])/(?:[0-2]\d|3[01]))\b"
)

_KIND_ANY = r"(?:street|avenue|road|boulevard|lane|drive|terrace|parkway|crescent)"
_QUADRANT = r"(?:\s+(?:NW|NE|SW|SE)\b)?"
_KIND_CAPITAL = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Terrace|Ter|Way"
    r"|Parkway|Pkwy|Circle|Cir|Highway|Hwy|Trail|Trl|Crescent|Close|Alley|Row|Walk|Mews|Plaza|Loop|Pike|Turnpike|Broadway)"
)
_KIND_RARE = (
    r"(?:Branch|Bridge|Brooks?|Burgs?|Bypass|Camp|Canyon|Cape|Causeway|Centers?|Circles|Cliffs?|Club|Common|Corners?|Course|Courts"
    r"|Coves?|Creek|Crest|Crossing|Crossroad|Curve|Dale|Dam|Divide|Drives|Estates?|Expressway|Extensions?|Falls?|Ferry|Fields?"
    r"|Flats?|Fords?|Forest|Forges?|Forks?|Fort|Freeway|Gardens?|Gateway|Glens?|Greens?|Groves?|Harbors?|Haven|Heights|Hills?"
    r"|Hollow|Inlet|Islands?|Isle|Junctions?|Keys?|Knolls?|Lakes?|Land|Landing|Lights?|Loaf|Locks?|Lodge|Mall|Manors?|Meadows?"
    r"|Mills?|Mission|Motorway|Mount|Mountains?|Neck|Orchard|Oval|Overpass|Parks?|Parkways|Pass|Passage|Path|Pines?|Plains?"
    r"|Points?|Ports?|Prairie|Radial|Ramp|Ranch|Rapids?|Rest|Ridges?|River|Roads|Route|Rue|Run|Shoals?|Shores?|Skyway|Springs?"
    r"|Spurs?|Squares|Station|Stravenue|Stream|Streets|Summit|Throughway|Trace|Track|Trafficway|Tunnel|Underpass|Unions?|Valleys?"
    r"|Via|Viaduct|Views?|Villages?|Ville|Vista|Walks|Wall|Ways|Wells?)"
)
_UNIT = r"(?:(?i:apt|apartment|suite|ste|unit|floor|fl|flat|room|rm)\b\.?\s*#?|#)[A-Za-z0-9-]{1,6}\b"
_CAPITAL_WORD = rf"[{UPPER}\d][{LETTER}\d.'’-]*"
UNIT_WORDS = r"(?i:apt|apartment|suite|ste|unit|floor|fl|flat|room|rm)"
"""Before the number of a flat within a house."""
STREET = (
    r"\d{1,6}[A-Za-z]?(?:\s+[NSEW]{1,2}\.?)?"
    rf"(?:(?:\s+[{LETTER}\d.'’-]+){{1,3}}\s+(?i:{_KIND_ANY})\b|(?:\s+{_CAPITAL_WORD}){{1,4}}\s+{_KIND_CAPITAL}\b){_QUADRANT}"
    rf"(?:\.?,?\s+{_UNIT})?"
)
_FIELD_POST = r"(?:,?\s+[AFD]PO A[AEP] \d{5})?"
RARE_STREET = (
    rf"\d{{2,6}}(?:\s+{_CAPITAL_WORD}){{1,3}}\s+{_KIND_RARE}\b(?:,?\s+{_UNIT})?"
    rf"|\d{{1,6}}(?:\s+{_CAPITAL_WORD}){{1,4}},?\s+(?:Apt|Suite|Unit|Apartment|Ste)\b\.?\s*#?[A-Za-z0-9-]{{1,6}}"
    rf"|P\.? ?O\.? Box \d{{1,6}}|(?:PSC|Unit) \d{{1,5}},? Box \d{{1,6}}{_FIELD_POST}"
    rf"|(?:USS|USNS|USNV|USCGC) [A-Z][a-z]+{_FIELD_POST}"
)
FOREIGN_STREET = (
    rf"\b(?:Calle|Rue|Via|Viale|Avenida|Av\.|Rua|Piazza|Plaza|Paseo|Carrera|Chemin|Corso|Ulica|ul\.|Rúa|Avenue|Boulevard|Allée)"
    rf"(?:\s+(?:de|la|du|des|del|della|di|da|do|los|las|le|{_CAPITAL_WORD})){{1,5}},?\s+\d{{1,5}}[A-Za-z]?\b"
    rf"|\d{{1,4}}(?:\s?(?:bis|ter))?,?\s+(?i:rue|avenue|boulevard|place|chemin|impasse|allée|quai)(?:\s+(?:de|la|du|des|le|les|d')){{0,3}}\s+{_CAPITAL_WORD}"
    rf"(?:\s+{_CAPITAL_WORD})?"
    rf"|[{UPPER}][{LETTER}-]{{2,}}(?:straße|strasse|str\.|gasse|weg|platz|allee|ring|katu|tie|gatan|vägen|gata|vej|gade|straat|laan|plein|kade|utca)"
    r"\s+\d{1,5}\s?[a-zA-Z]?\b"
    rf"|[{UPPER}][{LETTER}-]{{2,}}\s+(?:Straße|Strasse|Str\.|Weg|Platz|Allee|utca|út|tér|katu)\s+\d{{1,5}}[a-z]?\b"
)
ANNOUNCED_STREET = (
    r"(?i:\b(?:(?:home|street|shipping|billing|mailing|delivery|postal|current|new)\s+)?address(?:\s?line)?(?:\s?\d)?\s{0,2}(?:is|[:=]|to)"
    r"|<(?:street|address)[a-z_]{0,12}\d?>|\b(?:street|addr)\s{0,2}[:=]|\b(?:lives?|living|reside[sd]?|residing|based|located|stays?"
    r"|moved|moving|ship|shipped|deliver|delivered|send|sent)(?: it| this| them)?\s(?:at|to|in))\s{0,2}[\"']?"
    rf"(?P<v>(?:[{UPPER}][{LETTER}.'’-]+\s+){{1,4}}\d{{1,5}}[A-Za-z]?|\d{{1,5}}[A-Za-z]?,?(?:\s+{_CAPITAL_WORD}){{1,4}})"
)
"""A house number before or after capitalised words."""
FACILITY = (
    rf"(?:(?:St\.|[{UPPER}][{LETTER}'’-]+)\s+(?:(?:of|the|and|de)\s+)?){{1,4}}"
    r"(?:Hospital|Medical Cent(?:er|re)|Clinic|Health Cent(?:er|re)|Infirmary|Hospice|Nursing Home"
    r"|Rehab(?:ilitation)? Center"
    r"|Health System|Children's Hospital|Surgery Center|Cancer Center|Medical Group|Healthcare)\b"
)

ID_WORDS: dict[str, str] = {
    "ACCOUNT": r"account|acct|a/c|routing|sort code|loan|mortgage",
    "MEMBER": r"member|membership|user id|user_id|subscriber|customer|client|employee|loyalty|frequent flyer"
    r"|beneficiary|medicare|medicaid"
    r"|health plan|rewards|badge|student",
    "RECORD": r"mrn|medical record|patient|record|chart|encounter|accession|hospital number|case file",
    "POLICY": r"policy|insurance|insurer|claim|group",
    "LICENCE": r"licen[cs]e|driver'?s licen[cs]e|driving licen[cs]e|dl|certificate|certification|permit|dea",
    "PASSPORT": r"passport|visa number|visa no|travel document",
    "TAX_ID": r"tax id|taxpayer|tin|ein|vat|itin",
    "NPI": r"npi",
    "ID": r"nhs|national id|aadhaar|aadhar|identity card|voter id|voter|national insurance|nino|government id|curp|cpf|cnpj"
    r"|bsn|pesel|dni|nif|codice fiscale|personnummer|fingerprint|voiceprint|retina scan|biometric",
    "VEHICLE": r"vin|license plate|licence plate|number plate|plate|tag number|vehicle id|vehicle identification number",
    "DEVICE": r"serial|s/n|sn|imei|udi|device id|device identifier|mac address",
}
GAP = (
    r"(?:'s)?(?:[ _-]?(?:number|numbers|no|num|nr|id|identifier|code|card|record)\b)?(?:[ _-]?(?:number|no|id)\b)?\.?"
    r"(?:\s+(?:is|was|are|of|as|to)\b)?\s{0,2}[:=#]?\s{0,2}[\"'(]?#?"
)
VALUE = (
    r"(?P<v>\d{3,6}(?: \d{3,6}){1,5}\b|\d{2}(?: \d{2}){2,5}\b|[A-Z]{2} \d{2} \d{2} \d{2} [A-Z]\b"
    r"|(?:[A-Za-z]{1,6}[-#]?)?\d[A-Za-z0-9]*(?:-[A-Za-z0-9]+){0,4})"
)
_CODE_HEAD = r"[A-Z]{1,6}-?\d[A-Z0-9]{2,17}|\d{5,18}|\d{1,6}[A-Z][A-Z0-9]{2,16}|\d{2,6}-[A-Z0-9]{2,12}"
CODE = rf"\b(?:{_CODE_HEAD})(?:-[A-Z0-9]{{1,12}}){{0,4}}\b"
"""A number or code that only a word before it makes an identifier."""
NEUTRAL = (
    r"order|invoice|ticket|booking|confirmation|reservation|tracking|reference|ref|flight|room|case|item|product|sku|part"
    r"|zip|amount|total|price|usd|eur|limit|page|version|port"
    r"|model|cpt|icd|icd-10|ndc|loinc|rxnorm|isbn|commit|step|error"
)
PHONE_WORDS = (
    r"phone|tel|telephone|mobile|cell|cellphone|call(?: me| us| him| her| them)?(?: back)?|text(?: me)?|fax|whatsapp|sms"
    r"|callback"
    r"|reach (?:me|us|him|her|them)|contact (?:me|us)|contact|dial|ring"
)
EXTENSION = r"(?:(?: |, ?)?(?:x|ext\.?|extension) ?\d{1,6})?"
ANNOUNCING = rf"(?i)\b(?:{'|'.join(ID_WORDS.values())}|phone|mobile|cell|telephone|fax|whatsapp)\b"
