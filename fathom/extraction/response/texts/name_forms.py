"""Derives other forms of a name that a text may use: without title, article, possessive, or brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator

TITLES = frozenset(
    """
    dr drs prof professor doctor mr mrs ms miss mister sir dame lord lady rev reverend fr father sr sister brother st hon
    president premier chancellor minister senator sen rep governor gov mayor judge justice captain capt col colonel general gen
    lt lieutenant major maj sgt sergeant admiral commander chief king queen prince princess emperor pope bishop archbishop
    cardinal herr frau fräulein monsieur madame mademoiselle mme mlle m señor señora sra don doña signor signora pan pani
    ing dipl mag hr fru bay hanım господин госпожа президент доктор профессор
    """.split()  # noqa: SIM905
)
_MAX_TITLES = 3  # before a name
_BEHIND = re.compile(
    r"[,\s]+(?:ph\.?\s?d|m\.?d|d\.?phil|m\.?sc|b\.?sc|m\.?a|b\.?a|esq|obe|cbe|mbe|kbe|frs|qc|kc|ll\.?m|mba)\.?$", re.I
)
_ARTICLE = re.compile(r"^(?:the|an?|der|die|das|den|dem|des|ein|eine|le|la|les|el|los|las|il|lo|gli|de|het|o|os)\s+|^l'", re.I)
_POSSESSIVE = re.compile(r"(?<=\w)'s?$", re.I)
_DEFINED = re.compile(r"^(?P<outer>[^()\[\]]+?)\s*[(\[](?P<inner>[^()\[\]]+)[)\]]$")
_AROUND = " \t\"'()[]{}.,;:"
MIN_SHORT, MAX_SHORT = 2, 10  # letters of a short form


def name_forms(name: str) -> Iterator[str]:
    """Yields other forms of a plain-text name, the closest first; the name itself is not included.

    The text in brackets is a form if either part abbreviates the other: `International Business Machines (IBM)`, but not
    `Springfield (Illinois)`.
    """
    seen = {name}
    for form in _forms(name):
        if form and form not in seen:
            seen.add(form)
            yield form


def _forms(name: str) -> Iterator[str]:
    bare = name.strip(_AROUND) if "(" not in name and "[" not in name else name
    for form in (bare, _POSSESSIVE.sub("", bare)):
        yield form
        yield _ARTICLE.sub("", form)
        yield from _without_titles(form)
    if defined := _DEFINED.fullmatch(name.strip()):
        outer, inner = defined["outer"].strip(_AROUND), defined["inner"].strip(_AROUND)
        yield outer
        if is_short_for(inner, outer) or is_short_for(outer, inner):
            yield inner
        yield _ARTICLE.sub("", outer)
        yield from _without_titles(outer)


def _without_titles(name: str) -> Iterator[str]:
    plain = _BEHIND.sub("", name)
    yield plain
    words = plain.split()
    for _ in range(_MAX_TITLES):
        if len(words) < 2 or words[0].rstrip(".").casefold() not in TITLES:
            return
        words = words[1:]
        yield " ".join(words)


def is_short_for(short: str, long: str) -> bool:
    """Returns whether the letters of `short` occur in order in `long`, the first at the start of a word."""
    letters = [sign for sign in short if sign.isalnum()]
    if (
        not MIN_SHORT <= len(letters) <= MAX_SHORT
        or len(long) <= len(short)
        or sum(map(str.isupper, letters)) * 2 < len(letters)
    ):
        return False
    initials = {word[0].casefold() for word in re.findall(r"[^\W_]+", long)}
    rest = iter(long.casefold())
    return letters[0].casefold() in initials and all(letter.casefold() in rest for letter in letters)
