"""Rules that find what opens something: keys, passwords, tokens. They come first: a part of a secret may read as a name."""

from services.ingest_redactor.logic.rules import confirm, logins, shapes
from services.ingest_redactor.logic.rules.rule import MOST_SHORT, Rule

SECRET_RULES: tuple[Rule, ...] = (
    Rule(
        "private key",
        "SECRET",
        r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[A-Za-z0-9+/=\s\\]+(?:-----END [A-Z ]{0,20}PRIVATE KEY-----)?",
        confirm.as_is,
    ),
    Rule("credentials in a URL", "SECRET", r"(?i)[a-z][a-z0-9+.-]{1,15}://(?P<v>[^/\s:@⟦]+:[^/\s@⟦]+)@", confirm.as_is),
    Rule(
        "secret in a query",
        "SECRET",
        r"(?i)[?&](?:token|access_token|api_?key|key|sig|signature|secret|password)=(?P<v>[^&\s\"'#⟦]{6,})",
        confirm.as_is,
    ),
    Rule(
        "key of a known provider",
        "SECRET",
        r"(?:(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|\bapi[-_][A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{40,}|glpat-[A-Za-z0-9_-]{16,}"
        r"|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}|xox[abposr]-[0-9A-Za-z-]{10,}|hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{30,}"
        r"|whsec_[A-Za-z0-9]{20,}|pypi-AgE[A-Za-z0-9_-]{40,}|\b\d{8,10}:A[A-Za-z0-9_-]{33,36}"
        r"|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})",
        confirm.secret,
        trigger=r"[srp]k[-_][A-Za-z0-9_-]{5}|gh[pousr]_|\bapi[-_][A-Za-z0-9]{5}|github_pat_|glpat-|A(?:KIA|SIA)|AIza|xox[abposr]-|hf_|npm_|whsec_|pypi-"
        r"|\d:A[A-Za-z0-9_-]|SG\.|eyJ",
    ),
    Rule(
        "webhook of a chat",
        "SECRET",
        r"hooks\.slack\.com/services/(?P<v>[\w/]{12,})|discord(?:app)?\.com/api/webhooks/(?P<w>[\w/-]{12,})",
        confirm.as_is,
    ),
    Rule(
        "token of a session, key of a login",
        "SECRET",
        r"\b(?:sess|sid|tok|rt|rtk)_[A-Za-z0-9]{16,64}\b|\bssh-(?:ed25519|rsa|dss) (?P<v>AAAA[A-Za-z0-9+/=]{20,800})",
        confirm.as_is,
    ),
    Rule("recovery key of a disk", "SECRET", r"\b\d{6}(?:-\d{6}){7}\b", confirm.as_is),
    Rule("bearer token", "SECRET", r"(?i)\b(?:bearer|basic)\s+(?P<v>[A-Za-z0-9._~+/=-]{16,})", confirm.as_is),
    Rule(
        "announced secret",
        "SECRET",
        r"(?i)(?:\b|_|(?-i:\b[A-Z]{2,6}))(?:password|passwd|passcode|passphrase|pwd|(?:api|access|secret|license|product|activation|encryption"
        r"|private)[_ -]?key"
        r"|secret|(?:(?:access|auth|api|refresh|session)[_ -]?|my |your )token|(?:network|recovery|bitlocker) key"
        r"|client[_ ]secret)(?:\s+(?:is|was|to|(?:re)?set to|changed to)|(?:\s+(?:set|reset|changed)(?: to)?)?\s{0,2}[:=])"
        r"\s{0,2}[\"']?(?P<v>[^\s\"',;]{5}[^\s\"',;]+)",
        confirm.password,
    ),
    Rule(
        "secret of many letters", "SECRET", r"(?i)\bsecret(?: key)?\s+(?P<v>[A-Za-z0-9/+=_-]{20,})", confirm.long_secret
    ),
    Rule(
        "token of digits and letters",
        "SECRET",
        r"(?i)(?:\b|_)(?:sess(?:ion)?_?)?(?:tok(?:en)?|secret|signature|api_?key)(?:=|: {1,2})[\"']?(?P<v>[\w.~+/-]{24,}=?)"
        r"|\b(?:api|access|secret|auth|session) (?:key|token) (?P<w>[\w-]{20,128})\b",
        confirm.mixed_secret,
    ),
    Rule(
        "password beside its login",
        "SECRET",
        r"\blogin \S{2,60} password (?P<v>\S{6,64})|:\d{4}:[\w-]{1,40}:[\w-]{1,40}:(?P<w>[^\s:]{6,64})(?:\n|$)"
        r"|\blogin is [\w.-]{2,30} / (?P<x>\S{6,40})|\blogin:? [a-z][\w.-]{2,30}:(?P<y>[^\s/:]{6,40})",
        confirm.as_is,
    ),
    Rule("password beside a mail address", "SECRET", logins.BESIDE_MAIL, logins.beside_mail, most=MOST_SHORT),
    Rule("key told", "SECRET", r"(?i)\b(?:my|our|the) key(?: is|:) (?P<v>[\w-]{16,80})", confirm.long_secret),
    Rule(
        "password in a field of a page",
        "SECRET",
        r"type=[\"']password[\"'][^>]{0,60}value=[\"'](?P<v>[^\"'>]{4,60})",
        confirm.as_is,
    ),
    Rule("password told", "SECRET", shapes.PASSED, shapes.passed),
    Rule("credentials of a command", "SECRET", logins.CREDENTIALS, logins.credentials),
    Rule("word that opens", "SECRET", logins.WORD_TOLD, logins.word_told),
)
