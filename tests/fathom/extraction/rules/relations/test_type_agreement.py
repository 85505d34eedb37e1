"""A type that is a guess gives way to what the facts of a text ask for."""

from __future__ import annotations

from fathom.extraction.model import Fact
from fathom.extraction.rules.relations.type_agreement import agreed_types


def fact(source: str, relation: str, target: str) -> Fact:
    """A fact of two names."""
    return Fact(source=source, target=target, relation=relation, fact="…", span=(0, 1))


def test_the_one_type_that_a_relation_allows_is_taken() -> None:
    types = {"Ada": "Entity", "Nokia": "Location"}
    assert agreed_types(types, frozenset(), [fact("Ada", "CEO_OF", "Nokia")]) == {"Ada": "Person", "Nokia": "Organization"}


def test_a_type_that_no_relation_allows_is_left_out_where_several_others_are_possible() -> None:
    assert agreed_types({"X": "Person"}, frozenset(), [fact("Y", "JOINED", "X")]) == {"X": "Entity"}


def test_a_sure_type_stays() -> None:
    types = {"Norway": "Location"}
    assert agreed_types(types, frozenset({"Norway"}), [fact("Ada", "CEO_OF", "Norway")]) == types
