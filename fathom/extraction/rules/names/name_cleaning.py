"""Cleans name spans, rejects non-names, and infers types from their words.

Entity types: Person, Organization, Location, Group (peoples, faiths, parties' followers), Language, Event, Work (books, songs,
films, reports), Product (also ships and machines) and Law. Dates and numbers are no entities: a date is part of a fact's
validity.
"""

from __future__ import annotations

import re

TYPES = {
    "PERSON": "Person",
    "ORG": "Organization",
    "GPE": "Location",
    "LOC": "Location",
    "FAC": "Location",
    "NORP": "Group",
    "LANGUAGE": "Language",
    "EVENT": "Event",
    "WORK_OF_ART": "Work",
    "LAW": "Law",
    "PRODUCT": "Product",
}
ENTITY_TYPES = frozenset(TYPES.values())

# Legal forms of firms; the two-letter forms are also words, distinguished by capitals.
LEGAL_FORMS = (
    r"SE|AG|SA|AB|KG|NV|BV|AS|ASA|SAS|SRL|SARL|SpA|S\.p\.A|N\.V|B\.V|S\.A|Oyj?|A/S|GmbH|plc|PLC|LLC|LLP|Ltd|Limited|Inc|"
    r"Corp|Pty|K\.K"
)
LEGAL_FORM = re.compile(rf"(?<=[\w.)]),?\s(?:{LEGAL_FORMS})\.?$")
_BY_LAST_WORD = {
    "Organization": (
        "Institute|University|College|School|Academy|Company|Co|Ltd|Limited|Inc|LLC|PLC|GmbH|AG|Corporation|Corp|Committee|"
        "Council|Museum|Authority|Trust|Fund|Association|Society|Foundation|Agency|Ministry|Department|Board|Bank|Union|"
        "Group|Engineering|Laboratory|Laboratories|Orchestra|Club|F\\.?C|Party|Records|Airlines|Airways|Army|Navy|Corps|"
        "Division|Brigade|Regiment|Senate|Parliament|Congress|League|Federation|Church|Diocese|Times|Press|Network|"
        "Industries|Systems|Technologies|Partners|Brothers|Bros|Institution|Centre for \\w+|Center for \\w+"
    ),
    "Location": (
        "Harbour|Harbor|River|Island|Islands|Isle|Bay|Street|Road|Avenue|Bridge|Lighthouse|Mountain|Mountains|Mount|Lake|Sea|"
        "Ocean|Quay|Pier|Valley|Square|Dock|Coast|Beach|Point|Sound|Peninsula|Town|City|County|Province|District|"
        "Region|Municipality|Village|Township|Parish|Airport|Station|Park|Forest|Canal|Strait|Gulf|Highway|Castle|Palace|"
        "Tower|Stadium|Arena|Cemetery|Kingdom|Republic|Glacier|Creek|Brook|Range|Reservoir|Drive|Canyon|Wilderness|Oceans|Rivers|"
        "Lakes|Hospital|Governorate|Memorial|Mausoleum|Mall|Basin|Zone|Falls|Hills|Plateau|Desert|Theater|Theatre|Dam|Trail|Cove|"
        "Heights|Plaza|Boulevard|Lane|Prefecture|Oblast|Territory|Borough|Fjord|Lagoon|Reef|Quarter|Abbey|Cathedral|House|"
        "Monastery|Viaduct|Area|Regions|Counties|Prefectures|Pass|Crater|Volcano|Woods|Gardens|Farm|Shrine|Mosque|Temple"
    ),
    "Event": (
        "War|Revolution|Olympics|Games|Championship|Championships|Cup|Festival|Election|Tournament|Conference|Uprising|Contest|Campaign|"
        "Invasion|Fair|Awards?|Trophy|Tour|Expedition|earthquake|civil war|elections?"
    ),
    "Law": "Act|Treaty|Agreement|Constitution|Convention|Protocol|Amendment|Directive|Licen[sc]e",
}
_LAST_WORD = {kind: re.compile(rf"\b(?:{words})\.?$") for kind, words in _BY_LAST_WORD.items()}
_FIRST_WORD = {
    "Organization": re.compile(
        r"^(?:University|Ministry|Department|Bank|Church|Court|Board|Diocese|Archdiocese|Institute|Museum|Order|House) of\b"
    ),
    "Location": re.compile(r"^(?:Lake|Mount|Cape|Fort|Port|Gulf of|Bay of|Isle of|Kingdom of|Republic of|County of|City of)\s"),
    "Event": re.compile(r"^(?:Battle|Siege|Feast) of\b"),
    "Law": re.compile(r"^(?:Treaty|Act|Convention) (?:of|on)\b"),
    "Product": re.compile(r"^(?:HMS|USS|SS|MV|RMS)\s"),
}
_TITLES = (
    "Dr|Mr|Mrs|Ms|Miss|Prof|Professor|Captain|Capt|Colonel|Col|General|Gen|Lieutenant|Lt|Major|Sergeant|Admiral|Sir|Lady|Dame|"
    "Lord|King|Queen|Prince|Princess|Emperor|Empress|Pope|Bishop|Archbishop|Cardinal|Father|Sister|Rev|Reverend|President|"
    "Chancellor|Senator|Judge|Justice|Midshipman|Brigadier|Commander|Lieutenant-General|Major-General|Corporal|Prime Minister"
)
_TITLE = re.compile(rf"^(?:{_TITLES})\b\.?\s+(?=[^\W\d_])")
_ROLE = re.compile(
    r"^(?:[A-Z][\w-]*\s+|-\s+|and\s+|the\s+)*(?:Officer|President|Director|Chairman|Chairwoman|Chair|Minister|Secretary|Governor|"
    r"Mayor|Leader|Member|Manager|Professor|CEO|Editor|Bishop|Archbishop|Commander)\s+(?:of|for|at)\s+(?:the\s+)?(?=[A-Z])"
)
_ROLES = (
    "Representatives?|Director|President|Minister|Senators?|Secretary|Governor|Ambassador|Attorney|General|Chairman|Chairwoman|Chief|"
    "Executive|Officer|Manager|Coach|Captain|Commander|Admiral|Commissioner|Coordinator|Editor|Professor|Speaker|Leader|Mayor|Judge|"
    "Justice|Bishop|Archbishop|Cardinal|Marshal|Consul|Envoy|Councill?or|Deputy|Vice|Assistant|Acting|Prime|Presidency|Midshipman|"
    "Secretaries|Chancellor|Treasurer|Superintendent|Inspector|Sir|Dame|Petty|Rear|Lieutenant|Major|Colonel|Sergeant"
)
_ROLE_LAST = re.compile(rf"(?<!\bof)(?<!\bfor)(?<!\bthe)(?:\s+(?:{_ROLES}))+$")
_ONLY_ROLES = re.compile(rf"^(?:{_ROLES})(?:[\s-]+(?:{_ROLES}))*$")
# Before `Secretary` and the like it is an office, and no organization: `Shadow Home Secretary X`.
_FIELDS = (
    "Home|Foreign|Defen[cs]e|Health|Education|Transport|Trade|Culture|Environment|Interior|Justice|Finance|Labou?r|Agriculture|"
    "Industry|Energy|Development|Treasury|Constitutional|Welfare|Work|Pensions|State|Press|Cabinet|Commerce|Housing|Shadow|"
    "Northern Ireland|Scottish|Welsh|Prime|First|Permanent"
)
_OFFICE = re.compile(
    rf"(?:Shadow )?(?:{_FIELDS})(?:(?:,| and|,? &) (?:{_FIELDS}))*"
    r"(?= (?:Secretary|Minister|Spokes\w+|Undersecretary|Chancellor)\b)|"
    r"Shadow (?:[A-Z]\w+ ){0,3}(?:Secretary|Minister|Chancellor|Attorney|Leader|Spokes\w+)\b"
)
# Alone it is the end of a name that was cut: `Marshal's House`.
_ONLY_BUILDING = re.compile(
    r"(?:House|Office|Jail|Courthouse|Hotel|Store|Library|Hospital|Building|Cathedral|Chapel|Theat(?:re|er)|Tavern|Mansion|"
    r"Cottage|Ranch|Church|School)s?"
)
_LEADING = re.compile(r"^(?:the|a|an|his|her|its|their|our|my|this|that)\s+", re.IGNORECASE)
_LEADING_LOWER = re.compile(
    r"^(?:(?:the|a|an|of|in|on|at|by|for|and|or|from|to|with|as|near|his|her|its|their|our|my|this)\s+)+"
)
_TRAILING = re.compile(r"\s*(?:['’`]s?|\ss)$")
_TRAILING_LOWER = re.compile(r"(?:\s+(?:in|of|the|a|an|on|at|by|for|and|or|from|to|with|as|was|is|were|are|near|&|'s|’s))+$")
_YEAR_FIRST = re.compile(r"^(?:the\s+)?(?:1\d{3}|20\d{2})(?:s|[-–/]\d{2,4})?\s+(?=[A-Z])")
_EDGES = " \t\r\n\u00a0|,;:.!?()[]{}<>\"“”„«»″‘’'`*_#-–—/\\=+~^•·"
_GENERIC = re.compile(
    r"^(?:board|church|government|state|council|king|queen|prince|princess|emperor|minister|governor|general|colonel|captain|"
    r"lieutenant|commander|chief|duke|duchess|baron|baronet|knight|earl|count|lord|lady|senator|premier|chancellor|mayor|dean|"
    r"judge|secretary|professor|prof|doctor|bishop|pope|god|champion|candidate|census|zone|campus|world|platinum|gold|"
    r"diamond|silver|live|lit|list|trade|politics|program|committee|company|university|school|college|club|team|party|"
    r"department|ministry|museum|station|street|river|lake|island|city|town|village|county|district|province|region|"
    r"attorney general|governor general|vice president|executive director|managing director|first lady|regiment chief|"
    r"county governor|bce|ce|lp|ep|cd|dvd|eps|top \d+|no \d+|op|ed|eds|ii|iii|iv|jr|sr|inc|ltd|north|south|east|west|northern|"
    r"southern|eastern|western)s?\.?$",
    re.IGNORECASE,
)
_DIGITS_OR_LETTER = re.compile(r"^[\W\d_]*$")
_JUNK = re.compile(
    r"^(?:table|figure|fig|page|chapter|section|appendix|item|no|note|date|subject|from|to|cc|vol|part|volume|issue|isbn|doi|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april|may|june|july|august|september|"
    r"october|november|december|present|signed|dear|hi|hello|regards|sincerely|abstract|introduction|summary|conclusions?|"
    r"references|contents|bibliography|acknowledgements?|yes|true|false|none|n/?a|todo|tbd|ph\.?d|m\.?sc|b\.?sc|ba|ma|mba|"
    r"ceo|cfo|cto|head coach|head writer|prime minister|producer|director|chairman|president|km|cm|mm|kg|mw|gw|kw|mhz|ghz|"
    r"it|he|she|they|we|i|you|this|that|there|these|those|here|however|moreover|hitherto|the|mr|mrs|ms|dr|st|bc|ad|am|pm|gmt|utc)s?"
    r"\.?\s*[\divxlc.]*$",
    re.IGNORECASE,
)
MAX_NAME_LENGTH = 80  # characters; longer spans are sentences taken for names


def name_span(text: str, start: int, end: int, kind: str | None = None) -> tuple[int, int] | None:
    """Returns the span of the bare name, without article, title, role, possessive and edges; None for no name.

    A capital `The` stays where the name was quoted or is a work's: there it belongs to it.
    """
    before_it = text[max(0, start - 3) : start].rstrip(" ")
    within = (
        text[max(0, start - 2) : start].rstrip(" ")[-1:] in ('"', "“", "„", "«", "″", "'", "‘")
        or before_it[-1:].isalnum()
        or before_it[-1:] == ","
    )
    while True:
        before = (start, end)
        while start < end and text[start] in _EDGES:
            start += 1
        while end > start and text[end - 1] in _EDGES and not _abbreviated(text, start, end):
            end -= 1
        piece = text[start:end]
        keeps_article = within and piece.startswith("The ")
        if match := (
            (None if keeps_article else _LEADING.match(piece))
            or _LEADING_LOWER.match(piece)
            or (_TITLE.match(piece) if kind == "Person" or (kind is None and not type_by_words(piece)) else None)
            or (_ROLE.match(piece) if kind != "Work" else None)
            or (_YEAR_FIRST.match(piece) if kind not in ("Event", "Work", "Law") or piece.endswith(" War") else None)
        ):
            start += match.end()
        elif match := (
            _TRAILING.search(piece) or _TRAILING_LOWER.search(piece) or (None if kind == "Work" else _ROLE_LAST.search(piece))
        ):
            end = start + match.start()
        if (start, end) == before:
            break
    is_office = (match := _OFFICE.match(text, start)) is not None and match.end() >= end
    return (start, end) if not is_office and is_name(text[start:end]) else None


def has_title(text: str, start: int, end: int) -> bool:
    """Returns whether a title such as Dr stands in the span before the name."""
    return _TITLE.match(text[start:end].lstrip()) is not None


def type_by_words(name: str) -> str | None:
    """Returns the type that the name's first or last words indicate, else None; such a word alone indicates none."""
    if " " not in name:
        return None
    if LEGAL_FORM.search(name):
        return "Organization"
    for kind, pattern in _FIRST_WORD.items():
        if pattern.match(name):
            return kind
    return next((kind for kind, pattern in _LAST_WORD.items() if pattern.search(name)), None)


def folded(name: str) -> str:
    """Returns the name for comparison: case, white space, and the kinds of apostrophes and dashes are folded."""
    return " ".join(name.replace("’", "'").replace("–", "-").casefold().split())


def initials(name: str) -> str:
    """Returns the capitals that an abbreviation of the name consists of."""
    return "".join(word[0] for word in re.split(r"[\s-]+", name) if word[:1].isupper())


def is_name(name: str) -> bool:
    """Returns whether it can be a name: no number, letter, heading word, address or sentence."""
    letters = [c for c in name if c.isalpha()]
    if len(letters) < 2 or len(name) > MAX_NAME_LENGTH or "|" in name or "\n\n" in name or "://" in name or "@" in name:
        return False
    if _JUNK.match(name) or _GENERIC.match(name) or _DIGITS_OR_LETTER.match(name) or _ONLY_ROLES.match(name):
        return False
    return any(not c.islower() for c in letters)  # scripts without case have names too


def is_only_building(name: str) -> bool:
    """Returns whether the name is only a word for a building, left of a truncated name."""
    return _ONLY_BUILDING.fullmatch(name) is not None


def _abbreviated(text: str, start: int, end: int) -> bool:
    if text[end - 1] != ".":
        return False
    word = text[start:end].split()[-1] if text[start:end].split() else ""
    return word in ("Jr.", "Sr.", "Inc.", "Ltd.", "Co.", "Corp.", "Bros.") or ("." in word[:-1] and len(word) <= 8)
