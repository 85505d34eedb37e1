"""Names of every script and habit of writing, generated from a number, and what must hold of the key of each."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import product
from random import Random

from fathom.knowledge.name_normalization import name_parts, normalize_name

FORMS = ("NFC", "NFD", "NFKC", "NFKD")
# Followed by further marks, the iota below a Greek letter is written in another place by its capitals.
IOTA_BELOW = "\N{COMBINING GREEK YPOGEGRAMMENI}"

_WORDS = (
    *(
        "Shell",
        "SAP",
        "Nestlé",
        "Peña",
        "Pena",
        "Müller",
        "Straße",
        "Łódź",
        "Øresund",
        "Æther",
        "İstanbul",
        "ısı",
        "ﬁnance",
        "Œuvre",
    ),
    *(
        "Газпром",
        "Королёв",
        "Йошкар",
        "Киïв",
        "Αθήνα",
        "Ὀδυσσεύς",
        "ᾴδω",
        "תקווה",
        "מֹשֶׁה",
        "محمد",
        "مُحَمَّد",
        "القاعدة",
        "한국",
        "삼성",
    ),
    *(
        "トヨタ",
        "ﾄﾖﾀ",
        "株式会社",
        "华为",
        "李",
        "四",
        "हिन्दी",
        "ไทย",
        "จำกัด",
        "ქართული",
        "ᲥᲐᲠᲗᲣᲚᲘ",
        "ᏣᎳᎩ",
        "ꮳꮃꭹ",
        "Հայաստան",
        "አማርኛ",
    ),
    *("von", "Van", "de la", "DE", "al-", "Al", "el", "bin", "ibn", "O’", "Mc", "d'", "’t", "y", "i", "E"),
    *("World Health Organization", "National Aeronautics", "Acme", "Who", "Sun", "US", "EU", "X", "Ω", "ß", "ẞ", "ς", "Σ"),
)
_ENDS = (
    *(
        "SE",
        "AB",
        "S.A.",
        "SA",
        "KG",
        "SAS",
        "SRL",
        "SpA",
        "Oy",
        "Oyj",
        "AS",
        "A/S",
        "OOO",
        "ООО",
        "Ltd.",
        "LIMITED",
        "Inc",
        "plc",
    ),
    *(
        "GmbH & Co. KG",
        "gmbh",
        "AG & Co. KGaA",
        "S.A. de C.V.",
        "Sp. z o.o.",
        "Pty Ltd",
        "Co., Ltd.",
        "(株)",
        "㈱",
        "有限公司",
        "주식회사",
        "בע״מ",
    ),
)
_STARTS = ("The", "the", "THE", "Dr.", "Prof. Dr.", "Mr", "Mrs", "Sir", "株式会社", "ПАО", "OOO", "(주)")
_INITIALS = ("U.S.", "u.s", "W.H.O.", "J. K.", "J K", "A. B", "R&D", "AT&T", "Z.", "É.", "С.П.")
_SIGNS = (
    *(
        "C++",
        "C#",
        "c♯",
        ".NET",
        "7-Eleven",
        "-5",
        "−5",
        "–7",
        "3.14",
        "1,000",
        "½",
        "x²",
        "№ 7",
        "٣",
        "#1",
        "@home",
        "100%",
        "$",
        "€",
    ),
    *(
        "🍎",
        "👨‍👩‍👧",
        "🇩🇪",
        "☃\ufe0f",
        "™",
        "®",
        "...",
        "!",
        "?!",
        "-",
        "—",
        "'",
        "’s",
        "''",
        '"',
        "«»",
        "(",
        ")",
        "()",
        "|",
        "||",
        "·",
        "・",
    ),
    *("\u200b", "\u00ad", "\u202e", "\ufeff", "\x00", "\x1b", "\u0301", "\u0345", "\ud83d", "\U0010ffff", "\ue000", "¨", "´"),
)
_DEFINED = ("(WHO)", "(W.H.O.)", "(IBM)", "(a)", "[KY]", "（ＷＨＯ）", "(see below)")
_BETWEEN = (" ", " ", " ", "  ", "\u00a0", "\t", "-", "‑", " – ", "", ", ", "/", " & ", "_", "\u3000")


def generated_names(count: int, seed: int = 7) -> Iterator[str]:
    """Yields so many names; the same for the same seed."""
    dice = Random(seed)
    kinds = (_WORDS, _WORDS, _WORDS, _INITIALS, _SIGNS)
    for _ in range(count):
        parts = [dice.choice(dice.choice(kinds)) for _ in range(dice.randint(1, 4))]
        if dice.random() < 0.3:
            parts.insert(0, dice.choice(_STARTS))
        if dice.random() < 0.4:
            parts.append(dice.choice(_ENDS))
        if dice.random() < 0.15:
            parts.append(dice.choice(_DEFINED))
        if dice.random() < 0.1:
            parts.append(chr(dice.randrange(0x30000)))
        name = parts[0]
        for part in parts[1:]:
            name += dice.choice(_BETWEEN) + part
        yield dice.choice((str, str, str.upper, str.lower, str.title))(name)


def every_character() -> Iterator[str]:
    """Yields names in which each character of the first three planes stands: alone, behind and between letters."""
    for number, pattern in product(range(0x30000), ("{}", "x{}y z")):
        yield pattern.format(chr(number))


def faults(name: str) -> list[str]:
    """Returns what does not hold of the key of the name and should."""
    parts = name_parts(name)
    key = parts.key
    found = [] if key or not name.split() else ["empty"]
    key.encode()
    found += ["of itself another"] if normalize_name(key) != key else []
    if IOTA_BELOW not in unicodedata.normalize("NFKD", name):
        found += [f"another in {case.__name__}" for case in (str.upper, str.lower) if name_parts(case(name)) != parts]
    found += [f"another in {form}" for form in FORMS if name_parts(unicodedata.normalize(form, name)) != parts]
    found += ["another with white space around"] if name_parts(f"\u00a0 {name}\t") != parts else []
    return found
