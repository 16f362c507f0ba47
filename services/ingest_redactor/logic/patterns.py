"""The patterns of the rules as RE2 text: dates, streets, announced numbers.

Latin, Greek and Cyrillic stand as ranges: RE2 compiles its letter classes to automata that outgrow their memory.
"""

LETTER = "A-Za-zÀ-ɏͰ-ӿḀ-ỿ"
UPPER = "A-ZÀ-ÖØ-ÞĀĆČĎĐĒĘĚĞĢĪĮİĶĹĻŁŃŅŇŌŐŒŔŘŚŞŠŢŤŪŮŰŲŹŻŽȘȚΑ-ΩА-Я"

MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
DATE = (
    r"\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{1,2}/\d{1,2}/\d{2}|\d{2}-\d{2}-\d{2}"
    rf"|{MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}}(?:st|nd|rd|th)?[ -](?:of )?{MONTH},?[ -]\d{{2,4}}"
)
_MONTH_NAME = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
FOREIGN_DATE = (
    r"(?i)\b\d{1,2}(?:\.|er)? (?:de )?(?:januari|februari|maart|mei|juni|juli|augustus|oktober|januar|jänner|februar|märz"
    r"|mai|dezember|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre|enero|febrero|marzo|abril"
    r"|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre"
    r"|ottobre|dicembre|janeiro|fevereiro|março|maio|junho|julho|setembro|outubro|novembro|dezembro|stycznia|lutego|marca"
    r"|kwietnia|maja|czerwca|lipca|sierpnia|września|października|listopada|grudnia|maj|augusti)\b(?:(?: de)? \d{4}\b)?"
)
PART_OF_DATE = (
    rf"\b{_MONTH_NAME} \d{{1,2}}(?:st|nd|rd|th)?\b|\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH_NAME}"
    rf"|\b{_MONTH_NAME},? \d{{4}}\b"
    r"|\b(?:january|february|april|june|july|august|september|october|november|december) \d{1,2}(?:st|nd|rd|th)?\b"
    rf"|\b(?:0?[1-9]|1[0-2])/(?:19|20)\d{{2}}\b"
)
"""Day and month, or month and year: a date to HIPAA, too common for the narrow profile."""
_DATED = (
    r"(?:on|since|from|until|till|by|before|after|dated?|dos|admit(?:ted)?|admission|discharged?|d/c|seen|to|between|and|through"
    r"|due|appt|appointment|visit|missed|return|rtc|transferred|filled|surgery|s/p|day|desde|dia|día"
    r"|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?)"
)
_MONTH_OF_DATE, _DAY_OF_DATE = r"(?:0?[1-9]|1[0-2])", r"(?:1[3-9]|2[1-9]|3[01])"
SHORT_DATE = (
    rf"(?i:\b{_DATED}[:,]? )(?P<v>\d{{1,2}}/\d{{1,2}})\b"
    rf"|\b(?P<w>{_MONTH_OF_DATE}/(?:{_DAY_OF_DATE}|20)|{_DAY_OF_DATE}/{_MONTH_OF_DATE}|0[1-9]/(?:0[1-9]|1[0-2])"
    rf"|(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))\b"
    r"|(?i:\b(?:on|since|seen|admitted|discharged|filled|dated|until) )(?P<x>\d{1,2}-\d{1,2})\b"
    r"|(?i:\b(?:am|vom|seit|bis|ab|zum|den|dem|der) )(?P<y>\d{1,2}\.\d{1,2}\.)"
)
"""Where no word tells a date, one number has to be no month and the other one: ``4/29``."""
URL = (
    r"(?i)\bhttps?://[^\s\"'<>⟦]+|\bwww\.[^\s\"'<>⟦]+"
    r"|\b[a-z0-9-]+(?:\.[a-z0-9-]{2,24}){1,4}/[^\s\"'<>⟦?]*\?[^\s\"'<>⟦]+"
)
DAY_OF_MONTH = (
    r"(?i)\b(?:before|by|on|until|since|after|(?:mon|tues|wednes|thurs|fri|satur|sun)day,?) the "
    r"(?P<v>\d{1,2}(?:st|nd|rd|th))\b"
)
_OLD = r"(?:9\d|1[01]\d)"
TOLD_AGE = (
    rf"(?i)\b(?P<v>{_OLD}) ?(?:yrs?|years?|y)\b|\b(?P<w>{_OLD})(?-i:[MF])\b"
    rf"|\b(?:(?:grand)?(?:mother|father|mom|mum|dad|ma|pa)|she|he|patient|pt|resident|aunt|uncle|veteran)"
    rf"(?:,| is| was| turned)? (?:now |aged? )?(?P<x>{_OLD})\b"
    r"|\b(?P<y>ninety(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?|(?:a|one) hundred(?: and [a-z]{3,5})?)"
    r"(?:,|[ -]years?\b)"
)
DOTTED_DATE = r"\b\d{1,2}\.\d{1,2}\.\d{2}\b"

_KIND_ANY = r"(?:street|avenue|road|boulevard|lane|drive|terrace|parkway|crescent)"
_QUADRANT = r"(?:\s+(?:NW|NE|SW|SE)\b)?"
_KIND_CAPITAL = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Terrace|Ter|Way"
    r"|Bend|Vale|Chase|Croft|Wynd|Parade|Esplanade|Quay|Approach|Gardens|Parkway|Pkwy|Circle|Cir|Highway|Hwy|Trail|Trl|Crescent|Close|Alley|Row|Walk|Mews|Plaza|Loop|Pike|Turnpike|Broadway"
    r"|Marg|Chowk|Nagar|Salai|Vihar)"
)
_KIND_RARE = (
    r"(?:Branch|Bridge|Brooks?|Burgs?|Bypass|Camp|Canyon|Cape|Causeway|Centers?|Circles|Cliffs?|Club|Common|Corners?|Course|Courts"
    r"|Coves?|Creek|Crest|Crossing|Crossroad|Curve|Dale|Dam|Divide|Drives|Estates?|Expressway|Extensions?|Falls?|Ferry|Fields?"
    r"|Flats?|Fords?|Forest|Forges?|Forks?|Fort|Freeway|Gardens?|Gateway|Glens?|Greens?|Groves?|Harbors?|Haven|Heights|Hills?"
    r"|Hollow|Inlet|Islands?|Isle|Junctions?|Keys?|Knolls?|Lakes?|Land|Landing|Lights?|Loaf|Locks?|Lodge|Mall|Manors?|Meadows?"
    r"|Mills?|Mission|Motorway|Mount|Mountains?|Neck|Orchard|Oval|Overpass|Parks?|Parkways|Pass|Passage|Path|Pines?|Plains?"
    r"|Arcade|Esplanade|Parade|Promenade|Quays?|Rise|Wharf"
    r"|Points?|Ports?|Prairie|Radial|Ramp|Ranch|Rapids?|Rest|Ridges?|River|Roads|Route|Rue|Run|Shoals?|Shores?|Skyway|Springs?"
    r"|Spurs?|Squares|Station|Stravenue|Stream|Streets|Summit|Throughway|Trace|Track|Trafficway|Tunnel|Underpass|Unions?|Valleys?"
    r"|Via|Viaduct|Views?|Villages?|Ville|Vista|Walks|Wall|Ways|Wells?)"
)
_UNIT = r"(?:(?i:apt|apartment|suite|ste|unit|floor|fl|flat|room|rm)\b\.?\s*#?|#)[A-Za-z0-9-]{1,6}\b"
_CAPITAL_WORD = rf"[{UPPER}\d][{LETTER}\d.'’-]*"
UNIT_WORDS = r"(?i:apt|apartment|suite|ste|unit|floor|fl|flat|room|rm)"
"""Before the number of a flat within a house."""
_CAPITALS = (
    r"(?:STREET|AVENUE|AVE|ROAD|RD|BOULEVARD|BLVD|LANE|LN|DRIVE|COURT|PLACE|PARKWAY|PKWY|HIGHWAY|HWY|TRAIL|TRL|CIR|TER)"
)
STREET_IN_CAPITALS = (
    rf"\b\d{{1,6}}(?:\s[NSEW]{{1,2}})?(?:\s[A-Z\d]{{2,}}){{1,3}}\s{_CAPITALS}\b(?:\.?,?\s+{_UNIT})?"
    rf"|\b\d{{1,6}}\s[NSEW]{{1,2}}(?:\s[A-Z\d]{{2,}}){{1,3}}\s(?:ST|DR|CT|PL|WAY)\b(?:\.?,?\s+{_UNIT})?"
)
"""As forms and registers print it. ``12 LEAD ECG ST`` is none."""
STREET = (
    r"\d{1,6}(?:[A-Za-z]|[/-]\d{1,3},?|[/-]\d{4})?(?:\s+[NSEW]{1,2}\.?)?"
    rf"(?:(?:\s+[{LETTER}\d.'’-]+){{1,3}}\s+(?i:{_KIND_ANY})\b|(?:\s+{_CAPITAL_WORD}){{1,4}}\s+{_KIND_CAPITAL}\b){_QUADRANT}"
    rf"(?:\.?,?\s+{_UNIT})?"
)
_FIELD_POST = r"(?:,?\s+[AFD]PO A[AEP] \d{5})?"
RARE_STREET = (
    rf"\d{{2,6}}(?:\s+{_CAPITAL_WORD}){{1,3}}\s+{_KIND_RARE}\b(?:,?\s+{_UNIT})?"
    rf"|\d{{1,6}}(?:\s+{_CAPITAL_WORD}){{1,4}},?\s+(?:Apt|Suite|Unit|Apartment|Ste)\b\.?\s*#?[A-Za-z0-9-]{{1,6}}"
    rf"|\d{{2,6}}\s+[NSEW]{{1,2}}\s+{_CAPITAL_WORD}(?:\s+{_CAPITAL_WORD})?\s+#[A-Za-z0-9-]{{1,6}}"
    r"|\d{1,4}[A-Za-z]?\s+The\s+(?:Green|Mall|Strand|Hill|Grove|Ridge|Crescent|Parade|Quay|Walk|Row|Mews|Maltings|Paddock)\b"
    rf"|P\.? ?O\.? Box \d{{1,6}}|(?:PSC|Unit) \d{{1,5}},? Box \d{{1,6}}{_FIELD_POST}"
    rf"|(?:USS|USNS|USNV|USCGC) [A-Z][a-z]+{_FIELD_POST}"
)
_PREPOSITION = (
    r"(?:de|la|du|des|del|della|delle|dei|degli|di|da|do|dos|das|los|las|le|les|el|van|het|e|d['’]|l['’]|dell['’])"
)
_HOUSE = r"\d{1,5}(?:\s?[A-Za-z]\b|[/-][A-Za-z]\b|[/-]\d{1,4}[a-z]?)?"
_KIND_FIRST = (
    r"(?:[Cc]alle|[Cc]/|Callejón|[Cc]arrer|[Pp]aseo|[Pp]asseig|[Pp]laza|Plaça|[Rr]onda|Camino|Carretera|[Cc]arrera|Glorieta"
    r"|Travesía|[Aa]venida|Avinguda|Avda\.?|Av\.|Gran V[ií]a|Privada|Andador|Circuito|Retorno|Cerrada|Rúa|[Rr]ua|Travessa"
    r"|Alameda|Praça|Estrada|Rodovia|Rue|Chemin|Avenue|Boulevard|Bd\.?|Allée|Impasse|[Cc]haussée|[Vv]ia|[Vv]iale|[Vv]icolo|[Cc]orso|Contrada"
    r"|[Ss]trada|[Pp]iazza|[Pp]iazzale|Largo|Borgo|[Ll]ungo[a-z]{3,9}|[Uu]lic[ay]|ul\.|[Aa]lej[ae]|Rynek|al\.|[Pp]lac|pl\.|os\.|Laan"
    r"|Bulevardul|Soseaua|Șoseaua|Calea|Drumul|Intrarea|Aleea|Jalan|Jl\.|Gang|Gg\.|Đường|Phố)"
)
"""Kinds of street that stand before their name."""
_KIND_AFTER = (
    r"(?:Straße|Strasse|Str\.|Weg|Platz|Allee|Gasse|Reihe|Ring|Allé|Singel|Gracht|Markt|Plein|utca|út|tér|körút|katu|Caddesi|Cad\."
    r"|Sokağı|Sokak|Sok\.|Bulvarı|náměstí|třída|ulice)"
)
_PLACED = (
    r"(?:Am|Im|An de[rmn]|Auf de[rmn]|In de[rnm]|Unter de[rnm]|Hinter de[rnm]|Vor de[rnm]|Über de[rnm]|Neben de[rnm]"
    r"|Bei de[rnm]|Zum|Zur|Beim)"
)
"""``Am Markt 3``: German streets that are named for where they lie."""
FOREIGN_STREET = (
    rf"\b{_KIND_FIRST}(?:\s+(?:{_PREPOSITION}|{_CAPITAL_WORD})){{1,5}},?\s+(?:(?:Nr|No|nº|n°)\.?\s?)?(?:{_HOUSE}|s/n\b)"
    rf"|\d{{1,5}}(?:\s?(?:bis|ter))?,?\s+(?i:rue|avenue|boulevard|place|chemin|impasse|allée|quai|montée|ruelle|sentier|chaussée"
    rf"|faubourg|cours|passage|venelle|hameau|lotissement|(?:route|rang|square|villa)(?:\s+d[eu]s?)?)(?:\s+{_PREPOSITION}){{0,3}}\s*{_CAPITAL_WORD}(?:\s+{_CAPITAL_WORD})?"
    rf"|[{UPPER}][{LETTER}-]{{2,}}(?:straße|strasse|str\.|gasse|weg|platz|allee|ring|damm|ufer|chaussee|steig|pfad|graben|zeile|twiete"
    r"|straat|laan|plein|kade|gracht|singel|dreef|steeg|dijk|baan|schans|burgwal|vaart|boulevard|hof|gatan|gata|gade|gate|vägen|veien"
    r"|vegen|vej|stigen|gränd|torget|stræde|katu|tie|polku|kuja|kaari|bulevardi|utca"
    r"|stígur|vegur|ská|cká)"
    rf"\s+{_HOUSE}"
    rf"|[{UPPER}][{LETTER}-]{{2,}}(?:\s[{LETTER}]+)?\s+{_KIND_AFTER}\s+(?:No:?\s?)?{_HOUSE}"
    rf"|(?:[{UPPER}][{LETTER}]+\s)?[{UPPER}][{LETTER}]{{2,}}s\s(?:gate|gata|gade|vei|veg|väg|vej|plass|plats)\s{_HOUSE}"
    rf"|(?:Grote|Oude|Nieuwe|Korte|Lange|Kleine|Hoge|Lage)\s[{UPPER}][{LETTER}]{{2,}}\s{_HOUSE}"
    rf"|\b{_PLACED}(?:\s[{UPPER}][{LETTER}-]{{2,}}){{1,2}}\s\d{{1,3}}[a-z]?\b"
)
_TOWN = rf"[{UPPER}][{LETTER}.'’-]+"
STREET_BEFORE_TOWN = (
    rf"(?P<v>\b\d{{1,5}}[A-Za-z]?(?:\s{_CAPITAL_WORD}){{1,4}}),?\s(?:{_TOWN},?\s){{1,3}}"
    r"(?:[A-Z]{2}\s\d{5}|[A-Z]{1,2}\d[A-Z\d]?\s?\d[ABD-HJLNP-UW-Z]{2}|[A-Z]\d[A-Z]\s?\d[A-Z]\d)\b"
    rf"|(?P<w>\b[{UPPER}][{LETTER}.'’-]{{2,}}(?:[ ](?:{_PREPOSITION}|[{LETTER}.'’-]{{2,}})){{0,3}},?[ ]{_HOUSE}),?\s+"
    rf"(?:(?:[A-Z]{{1,2}}-)?\d{{4,5}}(?:\s?[A-Z]{{2}}\b)?|\d{{3}}\s\d{{2}}|\d{{2}}-\d{{3}}),?\s{_TOWN}"
)
"""What stands before a town with its postal code is a street, whatever its kind is called."""
CODE_OF_TOWN = (
    r"[a-z],? [A-Z]{2} \d{5}|[a-z],? [A-Z]{1,2}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}\b|[a-z],? [A-Z]\d[A-Z] ?\d[A-Z]\d\b"
    r"|\d ?[A-Za-z]?,?\s+(?:[A-Z]{1,2}-)?(?:\d{4,5}(?:\s?[A-Z]{2})?|\d{3}\s\d{2}|\d{2}-\d{3}),?\s[^\sa-z\d]"
)
"""What such an address cannot be without; told apart from other text in far fewer steps."""
ANNOUNCED_STREET = (
    r"(?i:\b(?:(?:home|street|shipping|billing|mailing|delivery|postal|current|new)\s+)?(?:address|adresse|anschrift|direcci[oó]n|domicilio"
    r"|indirizzo|endereço|adres)(?:[\s_]?line)?(?:[\s_]?\d)?[\"'*]{0,3}\s{0,2}(?:is|[:=]|to|est|es|ist|è|é"
    r"|dostawy|zamieszkania|de entrega|de livraison|di consegna)"
    r"|<(?:street|address)[a-z_]{0,12}\d?>|\b(?:street|addr)\s{0,2}[:=]|\b(?:lives?|living|reside[sd]?|residing|based|located|stays?"
    r"|moved|moving|ship|shipped|deliver|delivered|send|sent|come|go|visit|drive)(?: it| this| them)?\s(?:at|to|in)|\blives"
    r"|\bdelivered [^\s]{1,12} [^\s]{1,12} to"
    r"|\b(?:pick-?up|drop(?:-?off)?|from|destination|route|lager|visit)\s{0,2}:"
    r"|\b(?:wohn\S{1,6}|liegt)(?:\s(?:jetzt|nun|in|der|dem|am|im|an))*|\bhabit\S{1,4}(?:\s(?:au|à|en|in))?|\bviv(?:o|e|imos|en)\sen"
    r"|\babit[oai]\S{0,3}(?:\sin)?|\bwoon\S{0,4}(?:\s(?:aan|op|in|de|het))*|\bmieszka\S{0,3}(?:\s(?:przy|na))?|\bmor[oa]\sn[ao])"
    r"[\"'*]{0,3}\s{0,2}[\"'*]{0,3}"
    rf"(?P<v>[{UPPER}][{LETTER}.'’-]+(?:\s+(?:{_PREPOSITION}|[{UPPER}][{LETTER}.'’-]+)){{0,4}},?\s+{_HOUSE}"
    rf"|\d{{1,5}}(?:[A-Za-z]|[/-]\d{{1,4}})?,?(?:\s+{_CAPITAL_WORD}){{1,4}})"
)
"""A house number before or after capitalised words."""
FACILITY = (
    rf"(?:(?:St\.|[{UPPER}][{LETTER}'’-]+)\s+(?:(?:of|the|and|de)\s+)?){{1,4}}"
    r"(?:Hospital|Medical Cent(?:er|re)|Clinic|Health Cent(?:er|re)|Infirmary|Hospice|Nursing Home"
    r"|Rehab(?:ilitation)? Center"
    r"|Health System|Children's Hospital|Institute|Urgent Care|Pharmacy|Memorial|Family (?:Practice|Medicine)"
    r"|Surgery Center|Cancer Center|Medical Group|Healthcare)\b"
)

ID_WORDS: dict[str, str] = {
    "ACCOUNT": r"account|acct|a/c|routing|sort code|loan|mortgage|kontonummer|vertragskonto|contrato|contrat",
    "MEMBER": r"member|membership|user id|user_id|subscriber|customer|client|employee|loyalty|frequent flyer|ffn"
    r"|kundennummer|kunden-nr|klantnummer|work id|personalnummer|personalnr|pers-?nr"
    r"|personeelsnummer|matricule|vers\.-nr|versichertennummer"
    r"|codice cliente|c[oó]digo (?:de )?cliente|code client|klantnr|kundennr|kd-nr|cust"
    r"|candidate|participant|applicant|plaintiff|constituent|player|emp|adh[ée]rent|deelnemer|versichertennr"
    r"|beneficiary|medicare|medicaid|clock (?:no|number)|eid|ff|mbr|interpreter"
    r"|student card|clubcard|payback|nectar|pt no|transit card|loyalty card|library card"
    r"|health plan|rewards|badge|student",
    "RECORD": r"mrn|medical record|patient|record|chart|encounter|accession|hospital number|case file|nhc"
    r"|fallnummer|patientennummer|dossiernummer|rx|prescription|prontu[aá]rio|historia cl[ií]nica|study id"
    r"|recipient id|pt id|acc|hosp|uhid|nhi|my file",
    "POLICY": r"policy|insurance|insurer|claim|group|vs-nr|ap[oó]lice"
    r"|versicherungsnummer|die police|polizza|p[oó]liza|polisnummer|vertrag",
    "LICENCE": r"licen[cs]e|driver'?s licen[cs]e|driving licen[cs]e|dl|certificate|certification|permit|dea"
    r"|bar|cdl|gmc|nmc|pwz|ahpra|lanr|rpps|sanc(?: reg)?|hpcsa|permis|f[uü]hrerschein|rijbewijs",
    "PASSPORT": r"passport|id card|personalausweis|reisepass|pasaporte|passeport|visa number|visa no|travel document"
    r"|paszport|paspoort|dow[oó]d(?:em)? osobist(?:y|ym)|carta d'identit[aà]|carte d'identit[eé]",
    "TAX_ID": r"tax id|taxpayer|tin|ein|vat|itin",
    "NPI": r"npi",
    "ID": r"nhs|social insurance|tax file number|emirates id|kimlik|c[eé]dula|steuer-?id|nie|sin|tfn|rut|rfc|cpr"
    r"|pan|national id|aadhaar|aadhar|identity card|voter id|voter|national insurance|nino|government id|curp|cpf|cnpj"
    r"|rijksregisternummer|sv-nr|pps|nric|rrn|ktn|utente(?: sns)?|nas|niss|ni number|nid|hicn|mbi|ahv|a-number|ramq|chi"
    r"|bsn|pesel|dni|nif|codice fiscale|personnummer|fingerprint|voiceprint|retina scan|biometric",
    "VEHICLE": r"vin|license plate|licence plate|number plate|plate|tag number|vehicle id|vehicle identification number",
    "DEVICE": r"frame no|frame number|asset tag|serial|s/n|sn|imei|udi|device id|device identifier|mac address",
}
GAP = (
    r"(?:'s)?(?:[ _-]?(?:number|numbers|no|num|nr|id|identifier|code|card|record|ref|reference)\b)?"
    r"(?:[ _-]?(?:number|no|id)\b)?\.?"
    r"(?:\s+(?:is|was|are|of|as|to|est|es|ist|é)(?: (?:le|la|el|the|die|der))?\b)?\s{0,2}[:=#>/]?\*{0,2}\s{0,2}[\"'(\[<]?#?"
)
VALUE = (
    r"(?P<v>\d{3,6}(?: \d{3,6}){1,5}(?: \d{2})?\b|\d{1,3}(?:\.\d{3}){2}-[\dkK]{1,2}\b"
    r"|\d{2}(?: \d{2}){2,5}\b|\d{2}(?: \d{3}){2,3}\b"
    r"|\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}\b"
    r"|[A-Z]{2} \d{2} \d{2} \d{2} [A-Z]\b|(?-i:[A-Z]{1,3})[ -]?\d{2,6}(?:[ -]\d{1,6}){1,4}\b"
    r"|(?:[A-Za-z]{1,6}[-#/]?){0,2}\d[A-Za-z0-9]*(?:[-/][A-Za-z0-9]+){0,4})"
)
_CODE_HEAD = r"[A-Z]{1,6}-?\d[A-Z0-9]{1,17}|\d{5,18}|\d{1,6}[A-Z][A-Z0-9]{2,16}|\d{2,6}-[A-Z0-9]{2,12}"
CODE = rf"\b(?:{_CODE_HEAD})(?:-[A-Z0-9]{{1,12}}){{0,4}}\b"
"""A number or code that only a word before it makes an identifier."""
NEUTRAL = (
    r"order|invoice|ticket|booking|confirmation|reservation|tracking|reference|ref|flight|room|case|item|product|sku|part"
    r"|zip|amount|total|price|usd|eur|limit|page|version|port"
    r"|model|cpt|icd|icd-10|ndc|loinc|rxnorm|isbn|commit|step|error"
)
BIRTH_WORDS = (
    rf"(?:nasc\.?|born(?: in [a-z]+)?(?: on)?|date[ _]?of[ _]?birth(?: on (?:file|record))?|d\.?o\.?b\.?"
    rf"|birth[ _]?da(?:te|y)|bday|b\.|(?:naci[oó]|nacid[oa]|nasceu|nascid[oa]|nat[oa]|n[ée]e?|geboren)"
    rf"(?: (?:a|à|in|en|em|te) [{LETTER} ]{{2,24}})?,? (?:el|il|le|em|am|op)"
    r"|geburtsdatum|geb(?:oren|\.)(?: am| op)?|geboortedatum|n[ée]e? le|date de naissance|nacimiento|nacid[oa] el"
    r"|data di nascita"
    r"|nat[oa] il|data de nascimento|nascid[oa] em|född|født|data urodzenia|doğum tarihi)"
)
AFTER_BIRTH = (
    r"(?:\?\s{0,3}[\"']?(?:[a-z]{2,14}[:>]\s?)?(?:(?:yes|sure|ok|it)[,']?s? )?(?:it's |that's |it is )?)?"
    r"(?: is| was|[:=])?(?: on| in)?[ \t.\"'(*:=>)]{0,20}"
)
"""A sign or a word; in a conversation the question's end and who answers."""
BIRTH_BESIDE_SEX = rf"(?i:\b[MFX] ?[/|;,] ?)(?P<v>{DATE})\b|\b(?P<w>{DATE})(?i: ?[/|;,] ?[MFX]\b)"
PHONE_WORDS = (
    r"phone|ph\.?|contacto|t[eé]l\.?|telephone|telefon(?:nummer|o)?|tel[eé]fono|t[eé]l[eé]phone|handy|rufnummer|m[oó]vil|celular|mobiel|unter"
    r"|hp|zap|cel|gsm|tlf|mob|pager|called|voicemail from|caller id"
    r"|mobile|cell|cellphone|call(?: me| us| him| her| them| you)?(?: back)?|text(?: me)?|fax"
    r"|whatsapp|sms|callback"
    r"|reach (?:me|us|him|her|them)|reach(?:ed|able) (?:at|on)|contact (?:me|us)|contact|dial|ring"
    r"|fax (?:(?:it|this|them|(?:the|my|her|his) [a-z]+) )?to"
)
EXTENSION = r"(?:(?: |, ?)?(?:x|ext\.?|extension) ?\d{1,6})?"
ANNOUNCING = rf"(?i)\b(?:{'|'.join(ID_WORDS.values())}|phone|mobile|cell|telephone|fax|whatsapp)\b"
