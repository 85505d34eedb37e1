"""Vocabulary of dates: months, seasons, parts of spans, eras, and words for a missing date."""

from __future__ import annotations

import re

# By number, in English, German, French, Spanish, Italian, Dutch and Portuguese, without accents.
_MONTHS: dict[int, str] = {
    1: "january januar janner janvier enero gennaio januari janeiro jan janv ene gen",
    2: "february februar feber fevrier febrero febbraio februari fevereiro feb febr fev fevr",
    3: "march marz maerz mars marzo maart marco mar mrz mrt",
    4: "april avril abril aprile apr avr abr",
    5: "may mai mayo maggio mei maio mag",
    6: "june juni juin junio giugno junho jun giu",
    7: "july juli juillet julio luglio julho jul juil lug",
    8: "august aout agosto augustus aug ago",
    9: "september septembre septiembre settembre setembro sept sep set",
    10: "october oktober octobre octubre ottobre outubro oct okt ott out",
    11: "november novembre noviembre novembro nov",
    12: "december dezember decembre diciembre dicembre dezembro dec dez dic",
}
MONTHS = {name: number for number, names in _MONTHS.items() for name in names.split()}
SEASONS = {  # by their first month in the northern hemisphere
    **dict.fromkeys(("spring", "fruhling", "fruhjahr", "printemps"), 3),
    **dict.fromkeys(("summer", "sommer", "ete"), 6),
    **dict.fromkeys(("autumn", "fall", "herbst", "automne"), 9),
    **dict.fromkeys(("winter", "hiver"), 12),
}
THIRDS = {
    **dict.fromkeys(("early", "beginning of", "start of", "anfang", "fruhe", "debut", "au debut de"), 0),
    **dict.fromkeys(("mid", "middle of", "mitte", "mi", "milieu"), 1),
    **dict.fromkeys(("late", "end of", "ende", "spate", "fin", "a la fin de"), 2),
}
NUMERALS = {
    **{name: number for number, name in enumerate(("first", "second", "third", "fourth"), start=1)},
    **{name: number for number, name in enumerate(("i", "ii", "iii", "iv"), start=1)},
}
NOTHING_SAID = frozenset(
    (
        *("", "-", "--", "?", "null", "none", "nil", "nan", "n/a", "na", "n.a.", "unknown", "unspecified", "not specified"),
        *("not stated", "not given", "undefined", "undated", "no date", "n.d.", "s.d.", "o.j.", "tbd", "unbekannt", "inconnu"),
        *("present", "the present", "now", "today", "current", "currently", "ongoing", "open", "to date", "still", "heute"),
        *("aujourd'hui", "infinity", "-infinity", "..", "yyyy", "yyyy-mm-dd", "always", "never"),
    )
)

_BEFORE_IT = (
    r"(?:(?:c(?:irca)?|ca|approx(?:imately)?|about|around|roughly|probably|perhaps|est(?:imated)?|um|gegen|etwa|vers|environ"
    r"|hacia|verso)\b\.?|~|≈)"
)
ABOUT = re.compile(rf"^{_BEFORE_IT}\s*|[?~%]+$", re.IGNORECASE)
LEADING = re.compile(
    r"^(?:in|on|since|from|as of|of|during|until|till|the|im|am|seit|ab|bis|den|dem|der|das|en|le|la|l'|depuis|jusqu'en|au|du|"
    r"year|jahr|annee|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?)\s+",
    re.IGNORECASE,
)
OF_BEFORE_CHRIST = re.compile(
    r"\b(?:b\.?\s?c\.?(?:\s?e\.?)?|before christ|v\.\s?(?:chr|u\. ?z)\b\.?|av\.?\s?j\.?-?c\.?|a\.\s?c\.)(?=\W|$)|^(?:-|−|y-)\d",
    re.IGNORECASE,
)
OF_ERA = re.compile(r"^(?:a\.?d\.?|c\.?e\.?)\s+|\s+(?:a\.?d\.?|c\.?e\.?|n\.\s?chr\.?|apr\.?\s?j\.?-?c\.?)$", re.IGNORECASE)
