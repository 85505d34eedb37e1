"""Finds names that texts tell apart though they share a key: by their legal form (Shell plc, Shell Ltd) or by accents alone.

Evidence is what one text or document says; what is told apart once is told apart in the whole collection, as long as the
text is in it. It is a function of the texts, whatever comes first.

- a text states a fact between two such names: they differ in what their names differ in;
- a document has names with two legal forms: legal forms tell apart;
- a text has two people whose names differ by accents: accents tell apart;
- a text has two things, no companies, one with a form that is a word as well (`Bath`, `Bath Spa`): it is no legal form.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from fathom.knowledge.legal_forms import is_word_too
from fathom.knowledge.name_normalization import DIVIDER, NameParts

ACCENTS, LEGAL = "accents", "legal"
PARTS = (ACCENTS, LEGAL)
_NO_COMPANIES = frozenset({"Person", "Location", "Place", "City", "Country", "Product", "Event", "Work", "Concept"})

Distinctions = Mapping[str, frozenset[str]]  # by key, the parts of names that tell apart what has it
NO_DISTINCTIONS: Distinctions = {}


def form_of(parts: NameParts) -> str:
    """Returns what of the name its key leaves out, "" for nothing."""
    return _form("" if parts.accented == parts.key else parts.accented, parts.legal)


def reduce_form(form: str, parts: Collection[str]) -> str:
    """Returns the form with these of its parts alone."""
    accented, legal = split_form(form)
    return _form(accented if ACCENTS in parts else "", legal if LEGAL in parts else "")


def split_form(form: str) -> tuple[str, str]:
    """Returns the form's accented words and its legal form."""
    _, accented, legal = form.split(DIVIDER) if form else ("", "", "")
    return accented, legal


def parts_in(form: str) -> set[str]:
    """Returns the parts that the form has."""
    return {part for part, words in zip(PARTS, split_form(form), strict=True) if words}


def base_key(key: str) -> str:
    """Returns the key of a name's key with its form."""
    return key.partition(DIVIDER)[0]


def distinctions_in_text(named: Iterable[tuple[str, str, str | None]], related: Iterable[tuple[str, str, str]]) -> Distinctions:
    """Returns what one text tells apart, by key.

    `named` has the key, form and type of each name; `related` the key and both forms of names of one key that a fact joins.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for key, one, other in related:
        found[key].update(_differing(one, other))
    by_key: dict[str, set[tuple[str, str | None]]] = defaultdict(set)
    for key, form, kind in named:
        by_key[key].add((form, kind))
    for key, names in by_key.items():
        if len({form for form, _ in names}) < 2:
            continue
        if len({split_form(form)[0] for form, kind in names if kind == "Person"}) > 1:
            found[key].add(ACCENTS)
        legal = {split_form(form)[1] for form, kind in names if kind in _NO_COMPANIES}
        if len(legal) > 1 and all(is_word_too(form) for form in legal):
            found[key].add(LEGAL)
        if len({split_form(form)[1] for form, _ in names} - {""}) > 1:
            found[key].add(LEGAL)
    return {key: frozenset(parts) for key, parts in found.items() if parts}


def distinctions_in_documents(names: Iterable[tuple[str, str, str]]) -> Distinctions:
    """Returns what documents tell apart by legal forms; `names` has the document, key and form of each of their names."""
    legal: dict[tuple[str, str], set[str]] = defaultdict(set)
    for document, key, form in names:
        legal[document, key].add(split_form(form)[1])
    return {key: frozenset({LEGAL}) for (_, key), forms in legal.items() if len(forms - {""}) > 1}


def merge_distinctions(*some: Distinctions) -> Distinctions:
    """Returns all that is told."""
    found: dict[str, set[str]] = defaultdict(set)
    for told in some:
        for key, parts in told.items():
            found[key] |= parts
    return {key: frozenset(parts) for key, parts in found.items()}


def _differing(one: str, other: str) -> set[str]:
    return {part for part, mine, theirs in zip(PARTS, split_form(one), split_form(other), strict=True) if mine != theirs}


def _form(accented: str, legal: str) -> str:
    return f"{DIVIDER}{accented}{DIVIDER}{legal}" if accented or legal else ""
