"""Relations that have a single value at a time are stated once: by default rules or by the vocabulary of rules."""

from fathom.extraction.rules.relations.relation_vocabulary import relations
from fathom.knowledge.fact_validity import DEFAULT_RULES


def test_no_relation_of_the_vocabulary_states_an_end_that_a_default_rule_overrules() -> None:
    stated = {name for name, relation in relations().items() if relation.one_at_a_time is not None}
    assert stated
    assert not stated & DEFAULT_RULES.keys()
