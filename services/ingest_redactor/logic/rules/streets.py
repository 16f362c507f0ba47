"""Streets with their number as RE2 text, and what each pattern cannot be without.

A street is words in a row: an automaton that follows all of them from every capital outgrows the processor's cache.
"""

from services.ingest_redactor.logic.rules.patterns import LETTER, UPPER

_KIND_ANY = r"(?:street|avenue|road|boulevard|lane|drive|terrace|parkway|crescent)"
_QUADRANT = r"(?:\s+(?:NW|NE|SW|SE|N|S|E|W|North|South|East|West)\b)?"
_KIND_CAPITAL = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Crt|Tce|Pde|Cct|Bvd|Place|Pl|Square|Sq|Terrace|Ter|Way"
    r"|Bend|Vale|Chase|Croft|Wynd|Parade|Esplanade|Quay|Approach|Gardens|Parkway|Pkwy|Circle|Cir|Highway|Hwy|Trail|Trl|Crescent|Close|Alley|Row|Walk|Mews|Plaza|Loop|Pike|Turnpike|Broadway"
    r"|Marg|Chowk|Nagar|Salai|Vihar)"
)
_KIND_RARE = (
    r"(?:Branch|Bridge|Brooks?|Burgs?|Bypass|Camp|Canyon|Cape|Causeway|Centers?|Circles|Cliffs?|Club|Common|Corners?|Course|Courts"
    r"|Coves?|Creek|Crest|Crossing|Crossroad|Curve|Dale|Dam|Divide|Drives|Estates?|Expressway|Extensions?|Falls?|Ferry|Fields?"
    r"|Flats?|Fords?|Forest|Forges?|Forks?|Fort|Freeway|Gardens?|Gateway|Glens?|Greens?|Groves?|Harbors?|Haven|Heights|Hills?"
    r"|Hollow|Inlet|Islands?|Isle|Junctions?|Keys?|Knolls?|Lakes?|Land|Landing|Lights?|Loaf|Locks?|Lodge|Mall|Manors?|Meadows?"
    r"|Mills?|Mission|Motorway|Mount|Mountains?|Neck|Orchard|Oval|Overpass|Parks?|Parkways|Pass|Passage|Path|Pines?|Plains?"
    r"|Arcade|Brae|Brow|Fold|Garth|Nook|Esplanade|Parade|Promenade|Quays?|Rise|Wharf"
    r"|Points?|Ports?|Prairie|Radial|Ramp|Ranch|Rapids?|Rest|Ridges?|River|Roads|Route|Rue|Run|Shoals?|Shores?|Skyway|Springs?"
    r"|Spurs?|Squares|Station|Stravenue|Stream|Streets|Summit|Throughway|Trace|Track|Trafficway|Tunnel|Underpass|Unions?|Valleys?"
    r"|Via|Viaduct|Views?|Villages?|Ville|Vista|Walks|Wall|Ways|Wells?)"
)
_UNIT = r"(?:(?i:apt|apartment|suite|ste|unit|floor|fl|flat|room|rm)\b\.?\s*#?|#)[A-Za-z0-9-]{1,6}\b"
_CAPITAL_WORD = rf"[{UPPER}\d][{LETTER}\d.'’-]*"
_NAMED = rf"[{UPPER}][{LETTER}.'’-]*"
UNIT_WORDS = r"(?i:apt|apartment|suite|ste|unit|floor|fl|flat|room|rm)"
"""Before the number of a flat within a house."""
_KIND_IN_CAPITALS = (
    r"(?:STREET|AVENUE|AVE|ROAD|RD|BOULEVARD|BLVD|LANE|LN|DRIVE|COURT|PLACE|PARKWAY|PKWY|HIGHWAY|HWY|TRAIL|TRL|CIR|TER)"
)
STREET_IN_CAPITALS = (
    rf"\b(?P<v>\d{{1,6}}(?:\s[A-Z\d]{{2,}}){{1,3}}\s(?:ST|DR|CT|PL|WAY|LOOP|SQ)\b(?:\.?,?\s+{_UNIT})?)"
    rf",?\s{{1,40}}(?:[A-Z]{{2,}}(?: [A-Z]{{2,}}){{0,2}},? [A-Z]{{2}} \d{{5}}"
    rf"|[{UPPER}][{LETTER}]+,? [A-Z]{{1,2}}\d[A-Z\d]? ?\d[A-Z]{{2}}\b)|"
    rf"\b\d{{1,6}}(?:\s[NSEW]{{1,2}})?(?:\s[A-Z\d]{{2,}}){{1,3}}\s{_KIND_IN_CAPITALS}\b(?:\.?,?\s+{_UNIT})?"
    rf"|\b\d{{1,6}}\s[NSEW]{{1,2}}(?:\s[A-Z\d]{{2,}}){{1,3}}\s(?:ST|DR|CT|PL|WAY)\b(?:\.?,?\s+{_UNIT})?"
)
"""As forms and registers print it. ``12 LEAD ECG ST`` is none."""
KIND_IN_CAPITALS = rf"\s(?:{_KIND_IN_CAPITALS}|ST|DR|CT|PL|WAY|LOOP|SQ)\b"
"""Of :data:`STREET_IN_CAPITALS`."""
STREET = (
    rf"\b\d{{1,5}}(?:/\d{{1,4}})?[A-Za-z]?, (?:\d{{1,3}}(?:st|nd|rd|th) )?(?:{_NAMED} ){{1,3}}{_KIND_CAPITAL}\b"
    rf"|\b(?:{_NAMED} ){{1,3}}(?:Road|Street|Avenue|Drive|Lane|Close|ROAD|STREET|AVENUE|DRIVE|LANE) \d{{1,4}}\b|"
    rf"\d{{1,6}} (?i:county (?:road|rd)|state road|highway|hwy) \d{{1,5}}\b(?:\.?,?\s+{_UNIT})?|"
    r"\d{1,6}(?:[A-Za-z]|[/-][A-Z],?|[/-]\d{1,3},?|[/-]\d{4})?(?: +[NSEW]{1,2}\.?)?"
    rf"(?:(?: +[{LETTER}\d.'’-]+){{1,3}}\s+(?i:{_KIND_ANY})\b|(?: +{_CAPITAL_WORD}){{1,5}}\s+{_KIND_CAPITAL}\b){_QUADRANT}"
    rf"(?:\.?,?\s+{_UNIT})?"
    rf"|\b(?:Plot|No\.|House|Lot|Door No\.?|Flat|Apartment|Unit|Suite)\s?#?\d{{1,5}}[A-Za-z]?(?:/\d{{1,4}})?,"
    rf"\s(?:[{UPPER}]|\d{{1,3}}(?:st|nd|rd|th)\s)[{LETTER}.'’-]*(?:\s{_CAPITAL_WORD}){{0,3}}\s{_KIND_CAPITAL}\b"
)
_KIND_SMALL = (
    r"(?:st|ave?|rd|blvd|ln|ct|dr|pl|ter|pkwy|hwy|trl|cir|trail|circle|highway|cove|loop|alley"
    r"|court|place|way|square|close|grove|mews)"
)
STREET_SMALL = (
    r"\b\d{1,6}[a-z]?(?: [nsew]{1,2}\.?)?(?: (?:[a-z][a-z'-]{2,20}|\d{1,3}(?:st|nd|rd|th))){1,3}"
    rf" {_KIND_SMALL}\b\.?"
    r"(?: (?:nw|ne|sw|se)\b)?(?:,? (?:(?:apt|apartment|unit|suite|ste|flat)\.? ?#?|#)[a-z0-9-]{1,6}\b)?"
)
KIND_SMALL = rf"[a-z] {_KIND_SMALL}\b"
"""Of :data:`STREET_SMALL`."""
KIND_OF_STREET = rf"\s(?:(?i:{_KIND_ANY})|{_KIND_CAPITAL})\b"
"""Of :data:`STREET`."""
_FIELD_POST = r"(?:,?\s+[AFD]PO A[AEP] \d{5})?"
RARE_STREET = (
    r"\b(?:H\.? ?No\.?|No\.?|Flat) ?\d{1,4}[A-Z]?,(?: [A-Z][a-z'’]+){1,3}, \d{1,2}(?:st|nd|rd|th) (?:Cross|Main)\b|"
    r"\b(?P<v>(?:Studio|Flat|Apartment|Caravan|Apt) \d{1,4}[A-Za-z]?,? "
    rf"{_CAPITAL_WORD} {_CAPITAL_WORD}(?: {_CAPITAL_WORD})?)(?:,|\n)|"
    rf"(?:\d{{1,4}}/)?\d{{2,6}}[a-z]?(?: +{_CAPITAL_WORD}){{1,3}} +{_KIND_RARE}\b{_QUADRANT}(?:,?\s{{1,3}}{_UNIT})?"
    rf"|\d{{1,6}}(?: +{_CAPITAL_WORD}){{1,4}},?\s{{1,3}}(?:Apt|Suite|Unit|Apartment|Ste)\b\.?"
    rf" ?#?(?:[A-Za-z]?\d[A-Za-z0-9-]{{0,5}}|[A-Z]\b)"
    r"|\d{1,6} (?:State Route|Route|CR|SR|FM) \d{1,5}\b"
    r"|\b(?i:rr ?(?:#\d{1,3}|\d{1,3},? box \d{1,5}))\b"
    rf"|\d{{2,6}}\s+[NSEW]{{1,2}}\s+{_CAPITAL_WORD}(?:\s+{_CAPITAL_WORD})?\s+#[A-Za-z0-9-]{{1,6}}"
    r"|\d{1,4}[A-Za-z]? (?:Esplanade|Broadway|Strand)\b"
    r"|\d{1,4}[A-Za-z]?\s+The\s+(?:Green|Mall|Strand|Hill|Grove|Ridge|Crescent|Parade|Quay|Walk|Row|Mews|Maltings|Paddocks?|Limes|Elms|Oaks"
    r"|Beeches|Cedars|Chase|Orchard|Meadows?|Glebe|Gables|Croft|Spinney|Terrace|Square|Avenue|Street|Drive|Lane|Close|Broadway"
    r"|Laurels|Willows|Firs|Pines|Hollies|Lawns|Leys|Warren|Dell|Fairway|Causeway|Wharf|Woodlands)\b"
    r"|\d{1,5}[A-Za-z]?,? \d{1,2}(?:st|nd|rd|th) (?:Cross|Main)\b"
    rf"|P\.? ?O\.? (?i:box) \d{{1,6}}|(?:PSC|Unit|UNIT) \d{{1,5}},? (?i:box) \d{{1,6}}{_FIELD_POST}"
    rf"|(?:USS|USNS|USNV|USCGC) [A-Z][a-z]+{_FIELD_POST}"
)
RARE_KIND = (
    r"\d[A-Za-z]? (?:Esplanade|Broadway|Strand)\b|"
    r"\b(?:Studio|Flat|Apartment|Caravan|Apt) \d|"
    rf"\s(?:{_KIND_RARE}|Apt|Suite|Unit|Apartment|Ste)\b|\d[A-Za-z]?\s+The\s+[A-Z]|\d(?:st|nd|rd|th) (?:Cross|Main)\b"
    r"|\s#[A-Za-z0-9-]|(?i:box) \d|(?:Route|CR|SR|FM) \d|(?i:\brr ?#)|\b(?:USS|USNS|USNV|USCGC) [A-Z]"
)
"""Of :data:`RARE_STREET`."""
_PREPOSITION = (
    r"(?:de|la|du|des|del|della|delle|dei|degli|di|da|do|dos|das|los|las|le|les|el|van|het|e|d['’]|l['’]|dell['’])"
)
_HOUSE = r"\d{1,5}(?:\s?[A-Za-z]\b|[/-][A-Za-z]\b|(?:[/-]\d{1,4}[a-z]?){1,3})?"
_KIND_FIRST = (
    r"(?:[Cc]alle|[Cc]/|Callejón|[Cc]arrer|[Pp]aseo|[Pp]asseig|[Pp]laza|Plaça|[Rr]onda|Camino|Carretera|[Cc]arrera|Glorieta"
    r"|Travesía|[Aa]venida|Avinguda|Avda\.?|Av\.|Gran V[ií]a|Privada|Pasaje|Pje\.|Andador|Circuito|Retorno|Cerrada"
    r"|Rúa|[Rr]ua|Travessa"
    r"|Alameda|Calz(?:ada|\.)|Praça|Estrada|Rodovia|Rue|Chemin|Avenue|Boulevard|Bd\.?|Allée|Impasse|[Cc]haussée|[Vv]ia|[Vv]iale|[Vv]icolo|[Cc]orso|Contrada"
    r"|[Ss]trada|[Pp]iazza|[Pp]iazzale|Largo|Borgo|[Ll]ungo[a-z]{3,9}|[Uu]lic[ay]|ul\.|[Aa]lej[ae]|Rynek|al\.|[Pp]lac|pl\.|os\.|Laan"
    r"|Bulevardul|Soseaua|Șoseaua|Calea|Drumul|Intrarea|Aleea|Jalan|Jl\.|Gang|Gg\.|Đường|Phố|Str\.|Leoforos|Odos|CALLE|AVENIDA|AVDA\.?|AV\.|CARRERA|PASAJE|RUA|RUE|VIA|VIALE|VICOLO|CORSO"
    r"|PIAZZA|JALAN|ULICA|UL\.|AL\.|STRADA|STR\.|LEOFOROS|ODOS)"
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
_KIND_AFTER_NUMBER = (
    r"rue|avenue|boulevard|boul\.?|bd\.?|bld|ch\.|place|chemin|impasse|allée|quai|montée|ruelle|sentier|chaussée"
    r"|faubourg|cours|allé|passage|venelle|hameau|lotissement|(?:route|rang|square|villa)(?:\s+d[eu]s?)?"
)
"""Kinds of street that stand between number and name."""
_ENDS_OF_STREETS = (
    r"(?:straße|strasse|str\.|gasse|weg|platz|allee|ring|damm|ufer|chaussee|steig|pfad|graben|zeile|twiete"
    r"|straat|laan|plein|kade|gracht|singel|dreef|steeg|dijk|baan|schans|burgwal|vaart|boulevard|hof|gatan|gata|gade|gate|vägen|veien"
    r"|vegen|vej|stigen|gränd|torget|stræde|katu|tie|polku|kuja|kaari|bulevardi|utca"
    r"|stígur|vegur|ská|cká)"
)
_WHOSE = (
    r"(?:Burgemeester|Burg\.|Professor|Prof\.|Doctor|Dokter|Dr\.|President|Generaal|Koningin|Prinses|Prins|Sint|Sankt"
    r"|St\.)"
)
"""Before the name in whose honour a street is named: ``Burgemeester de Vlugtlaan 12``."""
_ENDS_WITH_CAPITALS = r"-(?:Str\.|Straße|Strasse|Platz|Allee|Ring|Weg|Ufer)"
_MALAY = r"(?:Jalan|Lorong|Persiaran|Jln\.?|JALAN|LORONG)"
_NUMBERED_TURKISH = r"(?i:caddesi|cad\.|sokağı|sokak|sok\.|bulvarı|bulv\.)\s+(?i:no)[:.]?\s?\d{1,4}(?:/\d{1,4})?"
_KOREAN = r"(?:daero|ro|gil)"
INDIAN_FLAT = (
    r"\b(?:[A-Z]{1,2}-\d{1,4}(?:/\d{1,4})?, (?:Sector|Block|Phase|Pocket) [A-Z0-9]{1,4}"
    r"|(?:Flat|House|Plot|Door|Shop|Villa|H\.?|D\.)(?: ?No\.?)?[ :#-]{1,2}[A-Z]{0,2}-?\d{1,5}[A-Z]?(?:[/-]\d{1,4})?),"
    r"(?: [^\s,\n\"|;<>]{1,20}){1,5}(?:,(?: [^\s,\n\"|;<>]{1,20}){1,4}){0,4}(?:,| -| –|-)? ?[1-9]\d{2} ?\d{3}\b"
)
"""``Flat C-1079, Brigade Enclave, Vaishali Nagar, Jaipur - 302068``"""
FLAT_BY_NUMBER = (
    r"\b(?:Flat|House|Plot|Door|[HD]\.) ?No\.? ?[A-Z]{0,2}-?\d{1,5}[A-Z]?(?:[/-][A-Z\d]{1,4}){0,3}\b"
    rf"(?:, {_NAMED}(?: {_NAMED}){{0,2}}\b)?"
)
"""``Plot No. 44, Shanti Apartments``, ``H.No. 9-8-48/A``"""
HOUSE_BY_NAME = (
    rf"\b(?:The )?{_NAMED}(?: {_NAMED}){{0,2}}, (?:{_NAMED} ){{1,3}}(?:Street|Road|Lane|Close|Avenue|Drive"
    rf"|Hill|Green|Row|Way|Terrace|Square)(?:, {_NAMED}(?:[ -][{LETTER}]+){{0,2}}){{1,3}}"
    r",? [A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b"
)
"""``The Old Forge, Church Street, Ludlow SY8 1AP``"""
STREET_IN_QUERY = (
    rf"\b\d{{1,5}}[A-Za-z]?\+(?:[{UPPER}][{LETTER}.'’-]*\+){{1,3}}(?:{_KIND_CAPITAL}|(?i:{_KIND_ANY}))\b"
    rf"(?:\+[NSEW]{{1,2}}\b)?(?:,?\+[{UPPER}][{LETTER}]+){{0,3}}"
)
"""``destination=173+Beaufort+St,+Mount+Lawley``"""
HIGH_FLAT = (
    r"\b(?i:(?:blk|block) )?\d{1,4}[A-Z]?,? (?:[A-Z][A-Za-z'.]{1,20} ){1,4}(?:\d{1,3})?,? ?#\d{2}-\d{2,5}\b"
    r"(?:,? (?i:S ?\(\d{6}\)|Singapore,? \d{6}))?"
)
"""``421 Toa Payoh Lorong 4, #06-1180, S(776421)``: with the floor, as in Singapore."""
FOREIGN_STREET = (
    rf"\b(?:[{UPPER}][{LETTER}]+\.?\s){{1,4}}{_NUMBERED_TURKISH}|\b[{LETTER}]{{3,}}\s{_NUMBERED_TURKISH}"
    rf"|\b\d{{1,4}}(?:-\d{{1,3}})?,?\s[{UPPER}][a-z]+-{_KOREAN}\b(?:\s\d{{1,3}}-gil\b)?"
    rf"|\b[{UPPER}][a-z]+-{_KOREAN}(?:\s\d{{1,3}}-gil)?,?\s\d{{1,4}}(?:-\d{{1,3}})?\b|"
    rf"\b{_KIND_FIRST}(?:\s+(?:{_PREPOSITION}|(?:[dlDL]|[Dd]ell)['’]{_CAPITAL_WORD}|{_CAPITAL_WORD})){{1,5}},?\s+(?:(?:Nr|No|nr|no|nº|n°)\.?\s?|#\s?)?(?:{_HOUSE}|s/n\b)"
    rf"|\d{{1,5}}(?:\s?(?:bis|ter))?,?\s+(?i:{_KIND_AFTER_NUMBER})(?:\s+{_PREPOSITION}){{0,3}}\s*{_CAPITAL_WORD}"
    rf"(?: +[{UPPER}][{LETTER}'’-]*)?"
    rf"|(?:{_WHOSE}\s(?:{_PREPOSITION}\s)?)?[{UPPER}][{LETTER}-]{{2,}}"
    rf"(?:{_ENDS_OF_STREETS}|{_ENDS_WITH_CAPITALS}) {{1,2}}{_HOUSE}"
    rf"|(?i:\b(?:calle|carrera|cra\.?|kra\.?|cl\.?|avenida|av\.?|transversal|diagonal)) "
    rf"(?:\d{{1,3}}[A-Za-z]?|{_CAPITAL_WORD}(?: {_CAPITAL_WORD}){{0,2}})"
    r" ?(?:#|[Nn]o\.?|NO\.?) ?\d{1,3}[A-Za-z]? ?- ?\d{1,3}\b"
    rf"|\b\d{{1,4}}[A-Z]?(?:-\d{{1,3}}[A-Z]?)?,? {_MALAY}(?: {_CAPITAL_WORD}){{1,4}}(?:/\d{{1,3}})?"
    rf"|\b\d{{1,2}}-\d{{1,2}}-\d{{1,2}}(?:-\d{{1,4}})? [{UPPER}][{LETTER}]{{2,}}\b(?:-(?:ku|cho|machi|shi)\b)?"
    rf"|[{UPPER}][{LETTER}-]{{2,}}(?:\s[{LETTER}]+)?\s+{_KIND_AFTER}\s+(?:No:?\s?)?{_HOUSE}"
    rf"|(?:[{UPPER}][{LETTER}]+\s)?[{UPPER}][{LETTER}]{{2,}}s\s(?:gate|gata|gade|vei|veg|väg|vej|plass|plats)\s{_HOUSE}"
    rf"|(?:Grote|Oude|Nieuwe|Korte|Lange|Kleine|Hoge|Lage)\s[{UPPER}][{LETTER}]{{2,}}\s{_HOUSE}"
    rf"|\b{_PLACED}(?:\s(?:alten?|neuen?|hohen?|kleinen?|großen?|langen?))?(?:\s[{UPPER}][{LETTER}-]{{2,}}){{1,2}}\s\d{{1,3}}[a-z]?\b"
    rf"|\d{{1,6}}\s(?:Camino|Calle|Avenida|Paseo|Via)(?:\s(?:de|del|de la|de las|de los|el|la))?"
    rf"(?:\s[{UPPER}][{LETTER}]+){{1,3}}(?:\s[NS][EW])?\b(?:\.?,?\s+{_UNIT})?"
    rf"|\b[{LETTER}]{{3,}}(?:straße|strasse|gracht|straat|gatan) \d{{1,4}}[a-z]?\b"
    rf"|\b(?:calle|rua|viale|piazza|plaza)\s(?:{_PREPOSITION}\s){{0,2}}[{LETTER}]{{3,}}(?:\s[{LETTER}]{{3,}}){{0,2}},?\s\d{{1,4}}\b"
)
FOREIGN_KIND = (
    rf"(?:#|(?i:no)\.?) ?\d{{1,3}}[A-Za-z]? ?- ?\d|\d,? {_MALAY}|\d-\d{{1,2}}-\d[\d-]{{0,6}} [^\s\d]|{_ENDS_WITH_CAPITALS} |"
    rf"\b{_KIND_FIRST}\s|(?:\d|bis|ter),?\s+(?i:{_KIND_AFTER_NUMBER})|{_ENDS_OF_STREETS}\s+\d|\s{_KIND_AFTER}\s+(?:No:?\s?)?\d"
    rf"|s\s(?:gate|gata|gade|vei|veg|väg|vej|plass|plats)\s\d|(?:Grote|Oude|Nieuwe|Korte|Lange|Kleine|Hoge|Lage)\s[{UPPER}]"
    rf"|\b{_PLACED}\s(?:[a-zß]{{4,}}\s)?[{UPPER}]|\s{_NUMBERED_TURKISH}|-{_KOREAN}\b"
)
"""Of :data:`FOREIGN_STREET`."""
EAST_ASIAN_STREET = (
    r"[\x{4e00}-\x{9fff}\x{3040}-\x{30ff}]{2,24}\d{1,4}(?:丁目\d{1,4}番(?:地|町)?(?:\d{1,4}号?)?|号|號|番地)"
    r"|[\x{4e00}-\x{9fff}\x{3040}-\x{30ff}]{1,16}[都道府県市区町村郡][\x{4e00}-\x{9fff}\x{3040}-\x{30ff}]{0,12}"
    r"\d{1,3}(?:-\d{1,3}){1,3}\b"
    r"|[\x{4e00}-\x{9fff}]{2,16}[街路道巷弄][0-9A-Za-z]{1,5}[号號座室]"
)
"""``美原町29丁目27番18号``, ``关岭街Y座``"""
EAST_ASIAN_NUMBER = r"\d(?:丁目|号|號|番地|-\d)|[街路道巷弄][0-9A-Za-z]"
"""Of :data:`EAST_ASIAN_STREET`."""
_CYRILLIC_KIND = (
    r"(?:вул\.|ул\.|просп\.|пр-т|пров\.|пер\.|бул\.|наб\.|вулиця|улица|проспект|набережна|шосе|площа|майдан|узвіз"
    r"|провулок)"
)
_CYRILLIC_AFTER = r"(?:проспект|улица|вулиця|переулок|бульвар|набережная|шоссе|проезд)"
_CYRILLIC_HOUSE = (
    r"(?:(?:д|дом|буд|будинок)\.? ?)?\d{1,4}[а-яі]?(?:/\d{1,3})?(?:, ?(?:корп|стр|к)\.? ?\d{1,3})?"
    r"(?:, ?(?:кв|оф)\.? ?\d{1,4})?"
)
CYRILLIC_STREET = (
    rf"(?:\b\d{{6}}, )?(?:[{UPPER}][{LETTER}-]{{2,}}, )?"
    rf"(?:{_CYRILLIC_KIND} ?[{UPPER}][{LETTER}-]+(?: [{UPPER}\d][{LETTER}-]+){{0,2}}"
    rf"|[{UPPER}][{LETTER}-]+ {_CYRILLIC_AFTER}),? {_CYRILLIC_HOUSE}"
)
"""``Львів, вул. Хрещатик, буд. 6, кв. 5``"""
CYRILLIC_SIGN = rf"{_CYRILLIC_KIND}|{_CYRILLIC_AFTER}"
_TOWN = rf"[{UPPER}][{LETTER}.'’-]+"
_AUSTRALIAN = r"(?:NSW|QLD|VIC|TAS|ACT|WA|SA|NT),?\s\d{4}"
STREET_BEFORE_TOWN = (
    rf"(?P<v>\b\d{{1,5}}[A-Za-z]?(?:\s{_CAPITAL_WORD}){{1,4}}),?\s(?:{_TOWN},?\s){{1,3}}"
    rf"(?:[A-Z]{{2}}\s\d{{5}}|{_AUSTRALIAN}|[A-Z]{{1,2}}\d[A-Z\d]?\s?\d[A-Z]{{2}}|[A-Z]\d[A-Z]\s?\d[A-Z]\d)\b"
    rf"|(?P<w>\b[{UPPER}][{LETTER}.'’-]{{2,}}(?:[ ](?:{_PREPOSITION}|[{LETTER}.'’-]{{2,}})){{0,3}},?[ ]{_HOUSE}),?\s+"
    rf"(?:(?:[A-Z]{{1,2}}-)?\d{{4,5}}(?:\s?[A-Z]{{2}}\b)?|\d{{3}}\s\d{{2}}|\d{{2}}-\d{{3}}),?\s{_TOWN}"
)
"""What stands before a town with its postal code is a street, whatever its kind is called."""
CODE_OF_TOWN = (
    rf"[^\s\d],?\s{_AUSTRALIAN}\b|"
    r"[^\s\d],?\s[A-Z]{2}\s\d{5}|[^\s\d],?\s[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b"
    r"|[^\s\d],?\s[A-Z]\d[A-Z]\s?\d[A-Z]\d\b"
    r"|\d(?:[ /-]?[A-Za-z])?,?\s+(?:[A-Z]{1,2}-)?(?:\d{4,5}(?:\s?[A-Z]{2})?|\d{3}\s\d{2}|\d{2}-\d{3}),?\s[^\sa-z\d]"
)
"""What such an address cannot be without; told apart from other text in far fewer steps."""
_ANNOUNCED = (
    r"(?i:\b(?:(?:home|street|shipping|billing|mailing|delivery|postal|current|new)\s+)?(?:address|adresse|anschrift|direcci[oó]n|domicilio"
    r"|indirizzo|endereço|adres)(?:[\s_]?line)?(?:[\s_]?\d)?[\"'*]{0,3}\s{0,2}(?:is|[:=]|to|est|es|ist|è|é"
    r"|dostawy|zamieszkania|de entrega|de livraison|di consegna)"
    r"|<(?:street|address)[a-z_]{0,12}\d?>|\b(?:street|addr)\s{0,2}[:=]|\b(?:lives?|living|reside[sd]?|residing|based|located|stays?"
    r"|moved|moving|ship|shipped|deliver|delivered|send|sent|come|go|visit|drive)(?: it| this| them)?\s(?:at|to|in)|\blives"
    r"|\bI(?:'m| am)(?: still)? at\b|\bdelivered [^\s]{1,12} [^\s]{1,12} to"
    r"|\b(?:pick-?up|drop(?:-?off)?|from|destination|route|lager|visit)\s{0,2}:"
    r"|\b(?:wohn\S{1,6}|liegt)(?:\s(?:jetzt|nun|in|der|dem|am|im|an))*|\bhabit\S{1,4}(?:\s(?:au|à|en|in))?|\bviv(?:o|e|imos|en)\sen"
    r"|\babit[oai]\S{0,3}(?:\sin)?|\bwoon\S{0,4}(?:\s(?:aan|op|in|de|het))*|\bmieszka\S{0,3}(?:\s(?:przy|na))?|\bmor[oa]\sn[ao])"
    r"[\"'*]{0,3}\s{0,2}[\"'*]{0,3}"
)
ANNOUNCED_STREET = (
    rf"{_ANNOUNCED}"
    rf"(?P<v>[{UPPER}][{LETTER}.'’-]+(?:\s+(?:{_PREPOSITION}|[{UPPER}][{LETTER}.'’-]+)){{0,4}},?[ \t]+{_HOUSE}"
    rf"|\d{{1,5}}(?:[A-Za-z]|[/-]\d{{1,4}})?,?(?:\s+{_CAPITAL_WORD}){{1,4}})"
)
"""A house number before or after capitalised words."""
ANNOUNCEMENT = rf"{_ANNOUNCED}[{UPPER}\d]"
"""Of :data:`ANNOUNCED_STREET`."""
