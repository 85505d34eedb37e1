"""Type hints from the context of a name: `the singer X`, `in X`, `X is a village`, `X (born 1960)`."""

from __future__ import annotations

import re

from fathom.extraction.rules.names.countries import country_of

_PERSONS = (
    "politician|actor|actress|singer|footballer|player|writer|author|musician|lawyer|officer|artist|composer|producer|director|"
    "poet|novelist|journalist|painter|architect|engineer|scientist|physicist|chemist|historian|philosopher|soldier|general|king|"
    "queen|prince|princess|bishop|priest|professor|businessman|businesswoman|executive|songwriter|rapper|guitarist|drummer|"
    "bassist|vocalist|pianist|comedian|coach|manager|athlete|cyclist|swimmer|boxer|wrestler|driver|skier|judge|diplomat|"
    "senator|president|minister|governor|mayor|cricketer|biologist|economist|activist|dancer|photographer|sculptor|critic|"
    "character|son|daughter|brother|sister|wife|husband|father|mother|friend|colleague|frontman|keyboardist|screenwriter|captain|master"
)
_PLACES = (
    "village|town|city|hamlet|river|lake|island|islands|municipality|district|mountain|mountains|street|suburb|region|county|"
    "province|state|country|capital|commune|neighbou?rhood|valley|bay|peninsula|parish|port|settlement|township|borough|park|"
    "airport|station|bridge|road|castle|palace|stadium|cemetery|creek|tributary|stream|forest|harbou?r"
)
_ORGANIZATIONS = (
    "company|band|organi[sz]ation|club|school|university|college|party|agency|team|group|firm|bank|label|corporation|publisher|"
    "manufacturer|association|institute|institution|trio|duo|orchestra|choir|museum|airline|studio|union|charity|franchise|"
    "brewery|retailer|broadcaster|regiment|brigade|division|battalion|squadron|committee|council|ministry|subsidiary|supplier"
)
_WORKS = (
    "song|album|single|film|movie|novel|book|series|sitcom|show|episode|game|video game|play|opera|musical|track|EP|soundtrack|"
    "magazine|newspaper|journal|comic|manga|anime|painting|poem|story|documentary|programme|program|sequel|hit|ballad"
)
_EVENTS = "war|battle|tournament|championship|festival|election|conference|competition|race|ceremony|revolution|treaty"
_KINDS = {"Person": _PERSONS, "Location": _PLACES, "Organization": _ORGANIZATIONS, "Work": _WORKS, "Event": _EVENTS}
_NOUN_BEFORE = {
    kind: re.compile(rf"\b(?:{words}){',?' if kind == 'Person' else ''} [\"“]?\s?$") for kind, words in _KINDS.items()
}
_IS = r"^[\"”]?\s?(?:\([^)]*\)\s?,? ?)?(?:(?:is|was|are|were) (?:an?|the|one of the)|, (?:an?|the)) (?:[\w-]+,? ){0,4}?"
_SAID_TO_BE = {kind: re.compile(_IS + rf"(?:{words})s?\b") for kind, words in _KINDS.items()}
_BORN = re.compile(
    r"^\s?(?:\([^)]{0,40}\b(?:born|[Bb]\.)|\([^)]{0,30}\d{4} ?[-–—] ?[^)]{0,24}\d{4} ?\)|,? (?:was born|died|married)\b)"
)
_SPEAKS = re.compile(
    r"^ (?:said|says|told|wrote|argued|recalled|joined|graduated|grew up|studied|attended|resigned|retired|replied)\b"
)
_PLACE_OF = re.compile(rf"\b(?:{_PLACES}|districts?|prefectures?|banks?|shores?|coast) of (?:the )?$")
_DONE_BY = re.compile(
    r"\b(?:directed|written|composed|sung|voiced|played|portrayed|painted|designed|coached|edited|narrated|succeeded|married) "
    r"(?:by|to) $"
)
_OF_YEAR = re.compile(r"^[\"”]? \((?:1[89]|20)\d\d\)")  # `Udaykal (1930)`
_IN = re.compile(
    r"\b(?:in|near|from|outside|around|throughout)(?: the)? $|\b(?:south|north|east|west|centre|center|outskirts|suburb) of $"
)
_AT = re.compile(r"\b(?:born|lives?|lived|died|moved|located|situated|based|held|raised|buried|settled) (?:in|at|to|near) $")
_THEN_PLACE = re.compile(r"^ ?, ([A-ZÀ-Þ][\w’'. -]{2,30}?)(?=[,.;)]| (?:and|in|on|to|where|with|is|was)\b|$)")


def context_votes(text: str, start: int, end: int) -> dict[str, float]:
    """Returns type votes from the words directly before and after the name; empty if there are none."""
    before, after = text[max(0, start - 40) : start], text[end : end + 90]
    votes: dict[str, float] = {}
    for kind, pattern in _NOUN_BEFORE.items():
        if pattern.search(before):
            votes[kind] = votes.get(kind, 0.0) + 1.5
    for kind, pattern in _SAID_TO_BE.items():
        if pattern.match(after):
            votes[kind] = votes.get(kind, 0.0) + 2.0
            break
    if _BORN.match(after):
        votes["Person"] = votes.get("Person", 0.0) + 3.0
    if _SPEAKS.match(after):
        votes["Person"] = votes.get("Person", 0.0) + 0.7
    if _PLACE_OF.search(before):
        votes["Location"] = votes.get("Location", 0.0) + 1.5
    if _DONE_BY.search(before):
        votes["Person"] = votes.get("Person", 0.0) + 1.0
    if _OF_YEAR.match(after):
        votes["Work"] = votes.get("Work", 0.0) + 1.2
    if _AT.search(before):
        votes["Location"] = votes.get("Location", 0.0) + 1.5
    elif _IN.search(before):
        votes["Location"] = votes.get("Location", 0.0) + 0.8
    if (match := _THEN_PLACE.match(after)) and country_of(match[1]):
        votes["Location"] = votes.get("Location", 0.0) + 1.5
    return votes
