"""Countries by name, short name and adjective, from the table of the time zone database."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

# Short and former names, as the table has a single name for each country.
_ALSO = {
    "us": "United States",
    "u.s.": "United States",
    "u.s": "United States",
    "usa": "United States",
    "u.s.a.": "United States",
    "united states of america": "United States",
    "uk": "United Kingdom",
    "united kingdom": "United Kingdom",
    "northern ireland": "United Kingdom",
    "u.k.": "United Kingdom",
    "great britain": "United Kingdom",
    "britain": "United Kingdom",
    "england": "United Kingdom",
    "scotland": "United Kingdom",
    "wales": "United Kingdom",
    "soviet union": "Soviet Union",
    "ussr": "Soviet Union",
    "people's republic of china": "China",
    "prc": "China",
    "republic of china": "Taiwan",
    "south korea": "Korea (South)",
    "north korea": "Korea (North)",
    "korea": "Korea (South)",
    "uae": "United Arab Emirates",
    "turkey": "Turkey",
    "czech republic": "Czech Republic",
    "czechoslovakia": "Czechoslovakia",
    "yugoslavia": "Yugoslavia",
    "holland": "Netherlands",
    "burma": "Myanmar (Burma)",
    "ivory coast": "Côte d'Ivoire",
    "russian federation": "Russia",
}
# Irregular adjectives.
_ADJECTIVES = {
    "american": "United States",
    "british": "United Kingdom",
    "english": "United Kingdom",
    "scottish": "United Kingdom",
    "welsh": "United Kingdom",
    "french": "France",
    "dutch": "Netherlands",
    "german": "Germany",
    "greek": "Greece",
    "spanish": "Spain",
    "swiss": "Switzerland",
    "danish": "Denmark",
    "polish": "Poland",
    "finnish": "Finland",
    "swedish": "Sweden",
    "turkish": "Turkey",
    "irish": "Ireland",
    "soviet": "Soviet Union",
    "filipino": "Philippines",
    "thai": "Thailand",
    "belgian": "Belgium",
    "norwegian": "Norway",
    "portuguese": "Portugal",
    "hungarian": "Hungary",
    "ukrainian": "Ukraine",
    "peruvian": "Peru",
    "mexican": "Mexico",
    "canadian": "Canada",
    "chinese": "China",
    "czech": "Czech Republic",
    "croatian": "Croatia",
    "icelandic": "Iceland",
    "argentine": "Argentina",
    "welshman": "United Kingdom",
    "slovak": "Slovakia",
    "slovene": "Slovenia",
    "slovenian": "Slovenia",
    "serb": "Serbia",
    "serbian": "Serbia",
    "croat": "Croatia",
    "kazakh": "Kazakhstan",
    "uzbek": "Uzbekistan",
    "afghan": "Afghanistan",
    "cypriot": "Cyprus",
    "lebanese": "Lebanon",
    "burmese": "Myanmar (Burma)",
    "dane": "Denmark",
    "swede": "Sweden",
    "finn": "Finland",
    "turk": "Turkey",
    "spaniard": "Spain",
    "dutchman": "Netherlands",
    "frenchman": "France",
    "englishman": "United Kingdom",
    "irishman": "Ireland",
    "briton": "United Kingdom",
    "new zealander": "New Zealand",
    "north korean": "Korea (North)",
    "south korean": "Korea (South)",
    "saudi": "Saudi Arabia",
    "emirati": "United Arab Emirates",
    "costa rican": "Costa Rica",
    "puerto rican": "Puerto Rico",
    "ecuadorian": "Ecuador",
    "ghanaian": "Ghana",
    "malian": "Mali",
    "egyptian": "Egypt",
    "laotian": "Laos",
    "nepali": "Nepal",
    "taiwanese": "Taiwan",
    "moroccan": "Morocco",
    "libyan": "Libya",
    "ethiopian": "Ethiopia",
    "luxembourgish": "Luxembourg",
    "montenegrin": "Montenegro",
    "uruguayan": "Uruguay",
    "trinidadian": "Trinidad & Tobago",
    "salvadoran": "El Salvador",
    "dominican": "Dominican Republic",
    "bosnian": "Bosnia & Herzegovina",
    "congolese": "Congo (Dem. Rep.)",
    "tibetan": "China",
}
_ENDINGS = ("n", "an", "ian", "ean", "ese", "i", "ish", "nian")
_ENDS = ("a", "e", "y", "o", "an")  # endings that a name may lose before the adjective's


@cache
def country_of(name: str) -> str | None:
    """Returns the country of a name or adjective, `France` for `French`; None if there is none."""
    key = " ".join(name.casefold().replace("’", "'").split()).removeprefix("the ")
    return (
        _ALSO.get(key) or _names().get(key) or _ADJECTIVES.get(key) or _ADJECTIVES.get(key.removesuffix("s")) or _derived(key)
    )


def is_adjective(name: str) -> bool:
    """Returns whether the name is a country's adjective, not the country's own name."""
    key = " ".join(name.casefold().split()).removeprefix("the ")
    return key not in _ALSO and key not in _names() and country_of(name) is not None


def _derived(adjective: str) -> str | None:
    for ending in _ENDINGS:
        if adjective.removesuffix("s").endswith(ending) and len(stem := adjective.removesuffix("s").removesuffix(ending)) >= 3:
            for end in ("", *_ENDS):
                if found := _names().get(stem + end):
                    return found
    return None


@cache
def _names() -> dict[str, str]:
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text("utf-8")
    names = [line.split("\t")[1].strip() for line in table.splitlines() if line and not line.startswith("#")]
    return {name.casefold(): name for name in names}
