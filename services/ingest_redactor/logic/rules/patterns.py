"""The patterns of the rules as RE2 text: dates, facilities, announced numbers.

Latin, Greek and Cyrillic stand as ranges: RE2 compiles its letter classes to automata that outgrow their memory.
"""

LETTER = "A-Za-zÀ-ɏͰ-ӿḀ-ỿ"
UPPER = "A-ZÀ-ÖØ-ÞĀĆČĎĐĒĘĚĞĢĪĮİĶĹĻŁŃŅŇŌŐŒŔŘŚŞŠŢŤŪŮŰŲŹŻŽȘȚΑ-ΩА-Я"

MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
DATE = (
    r"\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{1,2}/\d{1,2}/\d{2}|\d{2}-\d{2}-\d{2}"
    rf"|{MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? (?:\d{{4}}|['’]\d{{2}})"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?[ -](?:of )?{MONTH},?[ -]['’]?\d{{2,4}}"
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
    rf"\b{_MONTH_NAME} \d{{1,2}} ?[-–] ?\d{{1,2}}, \d{{4}}\b"
    rf"|\b{_MONTH_NAME} \d{{1,2}}(?:st|nd|rd|th)?\b|\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH_NAME}"
    rf"|\b{_MONTH_NAME}(?:,| of)? \d{{4}}\b"
    r"|\b(?:january|february|march|april|june|july|august|september|october|november|december) \d{1,2}(?:st|nd|rd|th)?\b"
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
    r"|\b(?:[a-z0-9-]+\.){1,4}(?:com|org|net|edu|gov|io|health|care|ie|uk|us|ly|me|co|gl|app|info|example)(?:\.[a-z]{2})?/[\w./%+-]{3,80}"
    r"|\b[a-z0-9-]+(?:\.[a-z0-9-]{2,24}){1,4}/[a-z/_-]{1,40}/\d{3,12}[^\s\"'<>;,)⟦]*"
)
DAY_OF_MONTH = (
    r"(?i)\b(?:before|by|on|until|since|after|(?:mon|tues|wednes|thurs|fri|satur|sun)day,?) the "
    r"(?P<v>\d{1,2}(?:st|nd|rd|th))\b"
    r"|\bthe (?P<w>(?:1[3-9]|2\d|3[01])(?:st|nd|rd|th))(?:['’\".,;!?)]|$| (?:at|but|and|for|or|if)\b)"
)
_OLD = r"(?:9\d|1[01]\d)"
_OLD_IN_WORDS = (
    r"(?:ninety(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?|(?:a|one) hundred(?: and [a-z]{3,5})?)"
)
TOLD_AGE = (
    rf"(?i)\b(?P<v>{_OLD}) ?(?:yrs?|years?|y)\b|\b(?P<w>{_OLD})(?-i:[MF])\b"
    rf"|\b(?:(?:grand)?(?:mother|father|mom|mum|dad|ma|pa)|she|he|patient|pt|resident|aunt|uncle|veteran|sister|brother|spouse|(?:mother|father)-in-law|s?he['’]s"
    rf"|i'?m|i am|nana|nan|gran|granny|grandma|grandpa|husband|wife)(?: [a-z'’-]{{2,20}})?"
    rf"(?:,| is| was| turned)? (?:now |aged? )?(?P<x>{_OLD})\b"
    rf"|\b(?P<y>{_OLD_IN_WORDS})(?:,|[ -]years?\b)|\b(?:patient|pt|he|she) (?:is|was) (?:now )?(?P<z>{_OLD_IN_WORDS})\b"
)
DOTTED_DATE = r"\b\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})\b|\b\d{1,2}-\d{1,2}-\d{2}\b"
FACILITY = (
    rf"(?:(?:St\.|[{UPPER}][{LETTER}'’-]+)\s+(?:(?:of|the|and|de)\s+){{0,2}}){{1,4}}"
    r"(?:Hospital|RMC|General|Medical(?: (?:Cent(?:er|re)|Plaza|Practice))?|Clinic|Health Cent(?:er|re)|Infirmary|Hospice"
    r"|Transplant Cent(?:er|re)|(?:Renal|Stroke|Burns?) Unit|Pavilion|Regional(?: Health)?|Surgical Cent(?:er|re)"
    r"|Eye Cent(?:er"
    r"|re)|Skilled Nursing|Nursing Home"
    r"|Health Pavilion|Physicians Group|Care Partners|Skilled Care|Consultants|Multispecialty|Nursing & Rehab"
    r"|Health & Wellness|Chemist|ARH"
    r"|Health Partners?|Primary Care|Dental(?: Care)?|Drug Store|Apothecary|(?:Drugs|Pharmacy|Walgreens|CVS) #?\d{2,5}"
    r"|Care Home|Assisted Living|Memory Care|Infusion (?:Suite|Cent(?:er|re))|VA Annex|Annex"
    r"|Surgery|Practice|Retirement (?:Home|Village)"
    r"|(?:N|P|S)?ICU|Birth(?:ing)? Cent(?:er|re)|(?:Heart|Spine|Women's|Physician|Neurology) (?:Group|Partners)"
    r"|SNF|LTAC|Shelter|Hospice House|Family Health|Clinical Research|Home (?:Infusion|Health)|Women's Center"
    r"|(?:Children's|Women's) (?:Unit|Health)|Hospital for (?:Women|Children)|Family Care|Elementary|School"
    r"|Montessori|Academy"
    r"|College of Nursing|Rehab(?:ilitation)?(?: Center)?|Podiatry|Psychiatry|Fertility"
    r"|Optometry|Chiropractic|Obstetrics|Urology|Neurology"
    r"|Outpatient(?: (?:Lab|Center|Clinic))?|Mobile Unit|ASC|ED|Lab|Correctional (?:Facility|Institution|Center)"
    r"|Detention Center"
    r"|(?:State )?(?:University|College)|Hall dorm"
    r"|Health System|Children's Hospital|Institute|Urgent Care|Pharmacy|Memorial|Family (?:Practice|Medicine)"
    r"|Surgery Center|Cancer Center|Medical Group|Healthcare|Imaging|Radiology|Associates|Laborator(?:y|ies)|Dialysis"
    r"|Dermatology|Cardiology|Orthop(?:a?edics|edic)|Pediatrics|Oncology|Rheumatology|Rehabilitation(?: Unit)?"
    r"|Funeral Home|& Sons"
    r"|(?:Elementary|Middle|High) School|Preschool|Daycare|Processing)\b"
    r"(?:,? (?:PC|PLLC|LLC)\b| (?:Pavilion|Group|Unit|Campus|Private|Cent(?:er|re)|Hospital)\b)?"
)

ID_WORDS: dict[str, str] = {
    "ACCOUNT": r"account|acct|a/c|cif|n[uú]mero de cuenta|nr konta|numer konta|rekeningnummer|num[eé]ro de compte"
    r"|routing|sort code|loan|mortgage|conta|kundenkonto|kontonummer|vertragskonto|dda|số tài khoản"
    r"|contrato|contrat",
    "MEMBER": r"member|membership|user id|user_id|subscriber|customer|client|employee|loyalty|frequent flyer|ffn"
    r"|kundennummer|kunden-nr|klantnummer|work id|personalnummer|personalnr|pers-?nr"
    r"|personeelsnummer|matricule|vers\.-nr|versichertennummer"
    r"|codice cliente|c[oó]digo (?:de )?cliente|code client|klantnr|kundennr|kd-nr|cust"
    r"|candidate|participant|applicant|plaintiff|constituent|player|emp|adh[ée]rente?|deelnemer|versichertennr"
    r"|beneficiary|mitgliedsnummer|mitgliedsnr|mitglieds-nr|knowntravell?er|known travell?er|matriculation|tessera sanitaria"
    r"|hcn|convênio|convenio|carteirinha|mutuelle|health card|carte vitale|medicare|medicaid|clock (?:no|number)"
    r"|cin|versichert,? nummer|bahncard|railcard|carte avantage(?: [a-z]{3,8})?"
    r"|rider (?:no|number|id)|alun[oa]|alumn[oa]|eid"
    r"|ff|mbr|memb|anst[aä]llningsnummer|ansattnummer|medlemsn(?:ummer|r)|versichert unter|n[uú]mero de client[e]"
    r"|mandantennummer|relatie(?:nummer|nr)|tenancy|staff|lid(?:nummer|nr)|medlemsnr"
    r"|sch[uü]lernummer|interpreter"
    r"|patron|prison(?:er)?|roll|enroll?ment|visitor|[ée]tudiante?|co-op customer"
    r"|student card|clubcard|payback|nectar|pt no|transit card|loyalty card|library card"
    r"|health plan|rewards|badge|student|donor|versichertenkarte|vnr|juror|soci[eé]taire|holder|borrower card|admission",
    "RECORD": r"mrn|pat\.-nr|n[uú]mero de paciente|nr pacjenta|numer pacjenta|med(?:ical)? rec(?:ord)?|patient|record|chart"
    r"|encounter|accession"
    r"|hospital number|hospital no"
    r"|case file|nhc|uhid|historia"
    r"|fallnummer|patientennummer|dossiernummer|rx|prescription|prontu[aá]rio|historia cl[ií]nica|study id"
    r"|recipient id|donor id|fall-nr|ipp|processo|unos(?: id)?|pt id|aktenzeichen|cartella|cartella clinica|acc|hosp|uhid"
    r"|nhi|my file",
    "POLICY": r"policy|policennummer|schadennummer|skadenummer|schadenummer|f[oö]rs[aä]kringsnummer|meine police"
    r"|insurance|insurer|claim|group|grp|vs-nr|ap[oó]lice"
    r"|versicherungsnummer|polis|polisy|die police|polizza|p[oó]liza|rental agreement|skadeanm[aä]lan|polisnummer|vertrag"
    r"|vertragsnummer|contract(?:nummer|nr)|smlouv[ay]|versicherungsschein(?:nummer)?",
    "LICENCE": r"licen[cs]e|lic|oln|patente|patente di guida|driver'?s licen[cs]e|driver licen[cs]e|driving licen[cs]e"
    r"|dl|certificate|certification|permit|dea"
    r"|bar|cdl|gmc|nmc|cpso|cpsbc|pwz|ahpra|lanr|rpps|sanc(?: reg)?|hpcsa|permis|f[uü]hrerschein|rijbewijs",
    "PASSPORT": r"passport|id card|personalausweis|reisepass|pasaporte|passeport|visa number|visa no|travel document"
    r"|passaporto|id document|identity document|ausweis|ausweisnummer|paszport|paspoort|dow[oó]d(?:em)? osobist(?:y"
    r"|ym)|carta d'identit[aà]|carte d'identit[eé]",
    "TAX_ID": r"tax id|steuernummer|steuernr|st\.-nr|taxpayer|tin|ein|vat|itin|utr|num[eé]ro fiscal|n° fiscal",
    "NPI": r"npi",
    "ID": r"nhs|ihi|social insurance|tax file number|emirates id|kimlik|c[eé]dula|steuer-?id|nie|sin|tfn|rut|rfc|cpr"
    r"|pan|national id|aadhaar|aadhar|identity card|voter id|voter|national insurance|nino|government id|curp|cpf|cnpj"
    r"|rijksregisternummer|sv-nr|pps|nric|rrn|ktn|utente(?: sns)?|nas|niss|ni number|nid|hicn|mbi|ahv|a-number|ramq|chi"
    r"|bsn|pesel|nin|ine"
    r"|seguridad social|seguro social|seguran[cç]a social|s[eé]curit[eé] sociale|nss|cnp|idnr|id-nr|fødselsnummer"
    r"|fodselsnummer|resident reg"
    r"|dni|nif|codice fiscale|personnummer|burgerservicenummer|sv-nummer|t\.c\.|fingerprint|voiceprint|retina scan"
    r"|biometric",
    "VEHICLE": r"vin|license plate|licence plate|number plate|plate|tag number|vehicle id|vehicle identification number",
    "DEVICE": r"frame no|frame number|asset tag|serial|s/n|sn|imei|udi|device id|device identifier|mac address",
}
GAP = (
    r"(?:'s)?(?:(?:[ _-]|, )?(?:number|numbers|no|num|nr|id|identifier|code|card|record|ref|reference)\b"
    r"|[ ]?n\.?[º°]\.?|[ ]n\.)?"
    r"(?:[ _-]?(?:number|no|id)\b)?\.?"
    r"(?: (?:with|at) (?:you|us)| (?:checked|verified|confirmed|on file|issued))?(?:\s+(?:is|was|are|of|as|to|est|c'est|es"
    r"|ist|lautet|är|er|é)(?: (?:le|la|el|the|die|der))?\b)?"
    r"\s{0,2}[:=#>/]?\*{0,2}\s{0,2}[\"'(\[<]?#?"
)
VALUE = (
    r"(?P<v>\d{3,6}(?: \d{2,6}){1,5}(?: \d{1,2}(?:/\d)?|-[A-Z\d]{1,2})?\b|\d{6,9} (?-i:[A-Z])\b|\d{4,6}\.\d{2}\b"
    r"|(?-i:[A-Z]{2,5}\d) \d{5,9}\b"
    r"|\d{1,3}(?:\.\d{3}){2}-[\dkK]{1,2}\b"
    r"|\d{2}(?: \d{2}){2,5}\b|\d{2}(?: \d{3}){2,3}\b"
    r"|\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}\b"
    r"|[A-Z]{2} \d{2} \d{2} \d{2} [A-Z]\b|(?-i:[A-Z]{1,3})[ -]?\d{2,6}(?:[ -]\d{1,6}){1,4}(?:-[A-Z]{1,3})?\b"
    r"|(?-i:[A-Z]{2,4}) \d{4,8}\b|(?:[A-Z]{1,5}\.){1,3}\d{2,9}(?:\.\d{2,6}){0,3}\b|\d{2}\.\d{5,7}\b|\d{2} \d{3} \d{4}\b"
    r"|[A-Z]{2,5}[ /-]\d{2,6}(?:[ /-]\d{1,8}){1,4}\b"
    r"|(?-i:[A-Z])\d{6,9} \d{2}\b"
    r"|(?:[A-Za-z]{1,6}[-#/]?){0,2}\d[A-Za-z0-9]*(?:[-/][A-Za-z0-9]+){0,4})"
)
_CODE_HEAD = r"[A-Z]{1,6}-?\d[A-Z0-9]{1,17}|\d{5,18}|\d{1,6}[A-Z][A-Z0-9]{2,16}|\d{2,6}-[A-Z0-9]{2,12}"
CODE = rf"\b(?:{_CODE_HEAD})(?:[-/][A-Z0-9]{{1,12}}){{0,4}}\b"
"""A number or code that only a word before it makes an identifier."""
NEUTRAL = (
    r"order|invoice|ticket|booking|confirmation|reservation|tracking|reference|ref|flight|room|case|item|product|sku|part"
    r"|zip|amount|total|price|usd|eur|limit|page|version|port"
    r"|model|ean|upc|gtin|cpt|icd|icd-10|ndc|loinc|rxnorm|isbn|commit|step|error"
)
BIRTH_WORDS = (
    r"(?:nasc\.?|born(?: in [a-z]+)?(?: on)?|date[ _]?of[ _]?birth(?: is recorded as)?(?: on (?:file|record|(?:the|my"
    r"|our|his|her"
    rf"|your) [a-z]{{3,12}})| for (?:the|my|our|this)(?: [a-z]{{2,12}}){{1,3}})?"
    rf"|d\.?o\.?b\.?(?: check)?|ur\."
    r"|birth[ _]?da(?:te|y)(?:'s)?(?: (?:reward|gift|treat|check|discount|coupon|offer))?|d/o/b|bday|geburtstag"
    r"|urodzon[ya]|nasci(?: a| em)?|b\.|(?:nac[ií]|naci[oó]|nacid[oa]|nasceu|nascid[oa]|nat[oa](?:/[oa])?|n[ée]e?|geboren)"
    rf"(?: (?:a|à|in|en|em|te) [{LETTER} ]{{2,24}})?,? (?:el|il|le|em|am|op)"
    r"|geburtsdat(?:um|en)|geb(?:oren|\.)(?: bin ich| wurde ich)?(?: am| op)?|geboortedatum|n[ée](?:e|\(e\))? le"
    r"|birt\s{1,2}\d date|date of b(?:rith|irht|ith)|date de naissance|nacimiento|nacid[oa] el"
    r"|data di nascita"
    r"|nat[oa](?:/[oa])? il|szül\.?|d\.n\.|birth|b:|datum narozen[ií]|data de nascimento"
    r"|nascid[oa] em|född|født|data urodzenia|doğum tarihi)"
)
AFTER_BIRTH = (
    r"(?: ?\([a-z/. -]{4,16}\))?"
    r"(?: ?\?\s{0,3}[\"']?(?:[a-z]{2,14} ?[:>]\s?)?(?:(?:yes|sure|ok|it)[,']?s? )?"
    r"(?:it's |that's |it is |mine(?: is|'s) |es el |(?:c'est )?le )?)?"
    r"(?: (?:verified|checked|confirmed|on file))?"
    r"(?: is| was| should be| must be| to be|[:=]|, that'?s)?(?: on| in)?(?: ?the)?[ \t.\"'(*:=>)|`]{0,20}"
)
"""A sign or a word; in a conversation the question's end and who answers."""
BIRTH_BESIDE_SEX = (
    rf"(?i:\b[MFX] ?[/|;,] ?)(?P<v>{DATE})\b|\b(?P<w>{DATE})(?i: ?[/|;,] ?[MFX]\b)"
    rf"|\((?i:spouse|wife|husband|partner|son|daughter|child|mother|father|brother|sister)[,;:]? (?P<y>{DATE})\)"
    rf"|\b(?:SUBSCRIBER|SPOUSE|CHILD|DEPENDENT|Subscriber|Spouse|Child|Dependent)\b"
    rf"[ \t:|]{{1,14}}[{UPPER}][{LETTER} .'’-]{{2,40}}"
    rf"[ \t|]{{2,14}}(?P<z>{DATE})\b"
    r"|/(?P<x>\d{2}(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)\d{2})/[MFX]"
)
BIRTH_BESIDE_PHONE = rf"(?:\+\d{{9,14}}|\d{{3}}[-. ]\d{{4}})[ \t,;|]{{1,14}}(?P<v>{DATE})\b"
BIRTH_BESIDE_SSN = (
    rf"\b(?P<v>{DATE})[ \t,;|]{{1,6}}\d{{3}}-\d{{2}}-\d{{4}}\b|\b\d{{3}}-\d{{2}}-\d{{4}}[ \t,;|]{{1,6}}(?P<w>{DATE})\b"
)
BESIDE_SSN = r"\d[ \t,;|]{1,6}\d{3}-\d{2}-\d{4}\b|\b\d{3}-\d{2}-\d{4}[ \t,;|]{1,6}[\da-zA-Z]"
PHONE_WORDS = (
    r"phone|l[ií]nea"
    r"|ph\.?|contacto|t[eé]l\.?|telephone|telefon(?:nummer|o)?|tel[eé]fono|t[eé]l[eé]phone|handy|rufnummer|m[oó]vil|celular|mobiel|unter"
    r"|hp|zap|telem[oó]vel|cel|gsm|tlf|mob|pager|called|voicemail from|caller id"
    r"|mobile|mobil|cell|cellphone|sms (?:al|para o|an|til|till|naar|do)|ligamos para o|erinnerung geht an|call(?: me"
    r"| us| him| her| them| you)?(?: back)?|text(?: me)?|fax"
    r"|whatsapp|sms|callback"
    r"|reach (?:me|us|him|her|them)|reach(?:ed|able) (?:at|on)|contact (?:me|us)|contact|dial|ring"
    r"|(?:my|his|her|their|whose|your) (?:no|num|number|nr)(?:'s)?|n[uú]mero(?: de tel[eé]fono)?|meine nummer|mi n[uú]mero"
    r"|fax (?:(?:it|this|them|(?:the|my|her|his) [a-z]+) )?to"
)
EXTENSION = r"(?:(?: |, ?)?(?:x|ext\.?|extension) ?\d{1,6})?"
ANNOUNCING = rf"(?i)\b(?:{'|'.join(ID_WORDS.values())}|phone|mobile|cell|telephone|fax|whatsapp)\b"
