"""Names of things: how a found name is cleaned, what is no name, and which type its words speak for."""

from __future__ import annotations

import re

TYPES = {
    "PERSON": "Person",
    "ORG": "Organization",
    "GPE": "Location",
    "LOC": "Location",
    "FAC": "Location",
    "NORP": "Group",
    "EVENT": "Event",
    "WORK_OF_ART": "Work",
    "LAW": "Law",
    "PRODUCT": "Product",
}
_ORGANIZATION = re.compile(
    r"\b(Institute|University|College|School|Company|Ltd|Limited|Inc|GmbH|Corporation|Committee|Council|Museum|Authority|Trust|"
    r"Association|Society|Foundation|Agency|Ministry|Department|Board|Bank|Union|Group|Works|Lights|Engineering|Laboratory)\.?$"
)
_LOCATION = re.compile(
    r"\b(Harbour|Harbor|River|Island|Isle|Bay|Street|Road|Bridge|Lighthouse|Mountain|Lake|Sea|Ocean|Channel|Quay|Pier|Valley|"
    r"Square|Breakwater|Dock|Coast|Beach|Point|Sound|Head|Light|Port|Town|City|County|Bay)$"
)
_TITLE = re.compile(r"^(?:Dr|Mr|Mrs|Ms|Prof|Professor|Captain|Capt|Sir|Lady|Dame)\.?\s+(?=[A-Z])")
_LEADING = re.compile(r"^(?:the|a|an)\s+", re.IGNORECASE)
_TRAILING = re.compile(r"(?:['’]s|['’])$")
_EDGES = " \t\r\n|,;:.!?()[]{}<>\"“”‘’'`*_#-–—/\\"
_JUNK = re.compile(
    r"^(?:table|figure|fig|page|chapter|section|appendix|item|no|note|date|subject|from|to|cc)s?\.?\s*[\divxlc.]*$",
    re.IGNORECASE,
)
LONGEST = 80  # characters; longer ones are sentences taken for names


def name_span(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Where the bare name stands within the found piece, without article, title, possessive and edges; None for no name."""
    while True:
        before = (start, end)
        while start < end and text[start] in _EDGES:
            start += 1
        while end > start and (text[end - 1] in _EDGES and not _abbreviated(text, start, end)):
            end -= 1
        piece = text[start:end]
        if match := _LEADING.match(piece) or _TITLE.match(piece):
            start += match.end()
        elif match := _TRAILING.search(piece):
            end = start + match.start()
        if (start, end) == before:
            break
    return (start, end) if _is_name(text[start:end]) else None


def has_title(text: str, start: int, end: int) -> bool:
    """Whether a title such as Dr stands in the piece before the name."""
    return _TITLE.match(text[start:end].lstrip()) is not None


def type_by_words(name: str) -> str | None:
    """The type that the name's last word speaks for, or None."""
    if _ORGANIZATION.search(name):
        return "Organization"
    return "Location" if _LOCATION.search(name) else None


def folded(name: str) -> str:
    """The name as it is compared: case and white space do not count."""
    return " ".join(name.casefold().split())


def _abbreviated(text: str, start: int, end: int) -> bool:
    return text[end - 1] == "." and "." in text[start : end - 1] and end - start <= 8


def _is_name(name: str) -> bool:
    letters = [c for c in name if c.isalpha()]
    if len(letters) < 2 or len(name) > LONGEST or "|" in name or "\n\n" in name or "://" in name or "@" in name:
        return False
    return any(c.isupper() for c in letters) and not _JUNK.match(name)
