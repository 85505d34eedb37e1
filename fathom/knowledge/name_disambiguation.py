"""Finds names that texts distinguish though they share a key: by legal form (Shell plc, Shell Ltd) or by accents alone.

The evidence is a single text or document; a distinction holds in the whole collection, as long as that text is in it. The
result is a function of the texts, in any order.

- a text states a fact between two such names: the parts in which the names differ distinguish;
- a document has names with two legal forms: legal forms distinguish;
- a text has two people whose names differ by accents: accents distinguish;
- a text has two entities that are no companies, of which the name of the second has a form that is a word as well (`Bath`,
  `Bath Spa`): it is no legal form.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from fathom.knowledge.legal_forms import is_common_word
from fathom.knowledge.name_normalization import DIVIDER, NameParts

ACCENTS, LEGAL = "accents", "legal"
PARTS = (ACCENTS, LEGAL)
_NO_COMPANIES = frozenset({"Person", "Location", "Place", "City", "Country", "Product", "Event", "Work", "Concept"})

Distinctions = Mapping[str, frozenset[str]]  # by key, the parts of names that distinguish entities of that key
NO_DISTINCTIONS: Distinctions = {}


def form_of(parts: NameParts) -> str:
    """Returns the parts of the name that its key leaves out, "" for none."""
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
    """Returns the distinctions that a single text makes, by key.

    `named` has the key, form and type of each name; `related` the key and both forms of names of one key that a fact joins.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for key, left, right in related:
        found[key].update(_differing(left, right))
    by_key: dict[str, set[tuple[str, str | None]]] = defaultdict(set)
    for key, form, kind in named:
        by_key[key].add((form, kind))
    for key, names in by_key.items():
        if len({form for form, _ in names}) < 2:
            continue
        if len({split_form(form)[0] for form, kind in names if kind == "Person"}) > 1:
            found[key].add(ACCENTS)
        legal = {split_form(form)[1] for form, kind in names if kind in _NO_COMPANIES}
        if len(legal) > 1 and all(is_common_word(form) for form in legal):
            found[key].add(LEGAL)
        if len({split_form(form)[1] for form, _ in names} - {""}) > 1:
            found[key].add(LEGAL)
    return {key: frozenset(parts) for key, parts in found.items() if parts}


def distinctions_in_documents(names: Iterable[tuple[str, str, str]]) -> Distinctions:
    """Returns the distinctions by legal form that documents make; `names` has document, key and form of each name."""
    legal: dict[tuple[str, str], set[str]] = defaultdict(set)
    for document, key, form in names:
        legal[document, key].add(split_form(form)[1])
    return {key: frozenset({LEGAL}) for (_, key), forms in legal.items() if len(forms - {""}) > 1}


def merge_distinctions(*parts: Distinctions) -> Distinctions:
    """Returns the union of the distinctions."""
    found: dict[str, set[str]] = defaultdict(set)
    for distinctions in parts:
        for key, names in distinctions.items():
            found[key] |= names
    return {key: frozenset(names) for key, names in found.items()}


def _differing(left: str, right: str) -> set[str]:
    sides = zip(PARTS, split_form(left), split_form(right), strict=True)
    return {part for part, of_left, of_right in sides if of_left != of_right}


def _form(accented: str, legal: str) -> str:
    return f"{DIVIDER}{accented}{DIVIDER}{legal}" if accented or legal else ""
