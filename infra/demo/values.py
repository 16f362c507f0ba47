"""Word lists and value makers of the generated traffic. Everything is made up; any likeness is chance."""

from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(" ".join(word.split()) for word in text.split(";"))


CITIES = _words(
    """
    Leeds; York; Bath; Derby; Lyon; Nice; Lille; Nantes; Turin; Milan; Parma; Genoa; Porto; Faro; Braga; Lisbon;
    Madrid; Seville; Malaga; Bilbao; Girona; Ghent; Bruges; Antwerp; Utrecht; Delft; Leiden; Bremen; Cologne;
    Dresden; Leipzig; Munich; Kassel; Zurich; Basel; Bern; Vienna; Graz; Linz; Salzburg; Prague; Brno; Krakow;
    Gdansk; Warsaw; Poznan; Riga; Vilnius; Tallinn; Tartu; Helsinki; Turku; Oulu; Oslo; Bergen; Malmo; Uppsala;
    Aarhus; Odense; Athens; Patras; Sofia; Varna; Zagreb; Split; Rijeka; Dublin; Cork; Galway; Belfast; Cardiff;
    Swansea; Dundee; Perth; Boston; Austin; Denver; Tucson; Fresno; Omaha; Tulsa; Tampa; Miami; Reno; Boise;
    Salem; Eugene; Seattle; Spokane; Toronto; Ottawa; Calgary; Halifax; Quebec; Osaka; Kyoto; Nagoya; Sapporo;
    Fukuoka; Busan; Daegu; Taipei; Hanoi; Manila; Cebu; Jakarta; Bandung; Darwin; Cairns; Hobart; Sydney;
    Adelaide; Nairobi; Kampala; Accra; Lagos; Dakar; Tunis; Rabat; Cairo; Durban; Lima; Cusco; Quito; Bogota;
    Cali; Recife; Salvador; Santos; Rosario; Cordoba; Mendoza; Montevideo; Santiago; Valdivia; New York;
    San Diego; San Jose; Las Vegas; Santa Fe; Cape Town; Buenos Aires; Mexico City; Kuala Lumpur;
    Ho Chi Minh City; Tel Aviv; Abu Dhabi; Hong Kong
    """
)
PRODUCTS = _words(
    """
    laptop dock; label printer; badge reader; desk phone; projector; barcode scanner; thermal camera;
    access point; core switch; file server; backup drive; tablet; webcam; headset; monitor arm;
    conference speaker; card terminal; receipt printer; smart lock; UPS battery; door sensor; door controller;
    fan tray; power strip; docking tray; wall display; whiteboard camera; intercom; ticket kiosk; turnstile;
    parcel locker; weigh scale; packing robot; conveyor motor; label applicator; forklift charger;
    handheld radio; vehicle tracker; pallet jack; air compressor
    """
)
FIRST_NAMES = _words(
    """
    Priya; Marek; Ingrid; Tomas; Aisha; Julien; Elena; Kofi; Mei; Ravi; Sofia; Hannah; Diego; Fatima; Lars; Noor;
    Owen; Yuki; Petra; Samuel; Amara; Bruno; Chiara; Dmitri; Esther; Farid; Greta; Hassan; Irina; Jonas; Karima;
    Leon; Marta; Nadia; Oscar; Paula; Quentin; Rosa; Stefan; Tariq; Ulrike; Viktor; Wanda; Xavier; Yasmin;
    Zoltan
    """
)
LAST_NAMES = _words(
    """
    Natarajan; Kowalski; Lindqvist; Herrera; Okafor; Moreau; Petrova; Mensah; Zhang; Iyer; Rossi; Becker;
    Alvarez; Rahman; Nilsson; Haddad; Gallagher; Tanaka; Novak; Whitfield; Adeyemi; Carvalho; Bianchi; Volkov;
    Goldberg; Siddiqui; Hoffmann; Karimi; Sokolova; Brandt; Lefebvre; Wagner; Kaminska; Farouk; Lindgren; Ortega;
    Dupont; Marino; Schulz; Aziz; Keller; Horvath; Nowak; Laurent; Mansour; Szabo
    """
)
MAIL_HOSTS = ("example.com", "example.org", "example.net", "mail.example.com", "post.example.org")
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK")
TOPICS = (
    "budget review",
    "launch plan",
    "hiring sync",
    "design critique",
    "security audit",
    "vendor call",
    "retrospective",
)


def full_name(rng: Random) -> str:
    return f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"


def email(rng: Random) -> str:
    first, last = rng.choice(FIRST_NAMES).lower(), rng.choice(LAST_NAMES).lower()
    return f"{first}.{last}{rng.randrange(10, 1000)}@{rng.choice(MAIL_HOSTS)}"


def card_number(rng: Random) -> str:
    """Sixteen digits that pass the Luhn check, with an issuer prefix."""
    digits = [4, *[rng.randrange(10) for _ in range(14)]]
    total = sum(d if i % 2 else sum(divmod(d * 2, 10)) for i, d in enumerate(digits))
    digits.append(-total % 10)
    text = "".join(map(str, digits))
    return " ".join(text[i : i + 4] for i in range(0, 16, 4))


def phone(rng: Random) -> str:
    return f"+44 20 7946 0{rng.randrange(100, 1000)}"
