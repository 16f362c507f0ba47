"""Rules that find phone numbers: by their shape, by a sign at their head, by the words before them."""

from services.ingest_redactor.logic.rules import phone_checks, shapes
from services.ingest_redactor.logic.rules.patterns import EXTENSION, PHONE_WORDS
from services.ingest_redactor.logic.rules.rule import MOST_SHORT, Rule

PHONE_RULES: tuple[Rule, ...] = (
    Rule(
        "international phone",
        "PHONE",
        rf"(?:\+|\b00)\d{{1,3}}(?:[ .-]?\(?\d{{1,5}}\)?){{2,6}}{EXTENSION}\b",
        phone_checks.international,
        most=MOST_SHORT,
    ),
    Rule(
        "North American phone",
        "PHONE",
        rf"(?:1[-. ])?\(\d{{3}}\) ?\d{{3}}[-. ]\d{{4}}{EXTENSION}\b"
        rf"|\b(?:1[-. ])?\d{{3}}[-. /]\d{{3}}[-. ]\d{{4}}{EXTENSION}\b",
        phone_checks.international,
        most=MOST_SHORT,
    ),
    Rule("phone announced in another script", "PHONE", shapes.PHONE_IN_SCRIPTS, phone_checks.after_words),
    Rule("phone in a query", "PHONE", r"%2B(?P<v>\d{8,15})\b", phone_checks.in_a_query),
    Rule("Brazilian phone", "PHONE", r"\(\d{2}\) ?9?\d{4}[- ]\d{4}\b|\b\d{2} 9\d{4}-\d{4}\b", phone_checks.grouped),
    Rule("phone digit by digit", "PHONE", r"\b\d(?: \d){2},? \d(?: \d){2},? \d(?: \d){3}\b", phone_checks.grouped),
    Rule(
        "Turkish or Russian phone",
        "PHONE",
        r"\b8 ?\(\d{3}\) ?\d{3}[ -]?\d{2}[ -]?\d{2}\b|\b0 ?\([2-5]\d{2}\) ?\d{3}[ -]?\d{2}[ -]?\d{2}\b",
        phone_checks.grouped,
    ),
    Rule("mobile phone without groups", "PHONE", shapes.BARE_MOBILE, shapes.bare_mobile, most=MOST_SHORT),
    Rule(
        "phone with a leading zero",
        "PHONE",
        r"\(0\d{2,4}\) ?\d{3,4}[ -]?\d{3,4}\b|\b\(?0\d{1,4}\)?[ /-]\d{2,8}(?:[ -]\d{2,8}){1,3}\b"
        r"|\b0\d{1,5}(?:[ /-]| / )\d{5,8}\b|\b0[1-9](?:\.\d{2}){4}\b",
        phone_checks.grouped,
        most=MOST_SHORT,
    ),
    Rule("mobile phone of India, Italy or Spain", "PHONE", shapes.MOBILE, phone_checks.grouped),
    Rule("phone beside a mail address", "PHONE", r"\b(?:0[1-9]\d{8,9}|1[3-9]\d{9})\b", phone_checks.beside_mail),
    Rule(
        "grouped phone",
        "PHONE",
        r"(?i)(?:\b(?:at|on|to|from|number|no|au|unter|op|al|en|es|pod)"
        r"|[:>|*•]|^|\n|- )\s{0,2}(?P<v>\(?\d{2,3}\)?(?:[ -]\d{2,4}){2,4})\b"
        r"|(?P<w>\(?\d{2,3}\)?(?:[ -]\d{2,4}){1,4})[ -]?(?:-|\\,)?(?:office|fax|mobile|cell|home|work)\b",
        phone_checks.spaced,
        most=MOST_SHORT,
    ),
    Rule(
        "announced phone",
        "PHONE",
        rf"(?i)\b(?:{PHONE_WORDS})(?:\.|[ _](?:number|no\.?))?(?: is| at| on| es| é| est| ist)?(?: el)?"
        r"[ :#\n\"'*>=<\[]{1,5}"
        rf"(?P<v>\(?\d[\d().\-/ ]{{5,18}}\d{EXTENSION})",
        phone_checks.after_words,
    ),
)
