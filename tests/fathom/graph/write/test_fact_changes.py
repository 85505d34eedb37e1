"""Changes of facts are planned from assertions and the rows of the graph, without a graph server."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from fathom.graph.write.fact_changes import ConcernedFacts, FactChanges, ReassignedFacts, plan_fact_changes
from fathom.knowledge.assertions import AssertedFact, StoredFact
from fathom.knowledge.clustering import MatchVerdicts, pair_of
from fathom.knowledge.fact_clusters import EntityPair, FactVerdictView
from fathom.knowledge.fact_validity import FactValidity
from fathom.knowledge.records import fact_uuid
from tests.fathom.knowledge.test_fact_clusters import key, said

VERDICTS = FactVerdictView(MatchVerdicts(frozenset({pair_of(key("bought"), key("acquired"))})))
NO_VIEW = FactVerdictView()
NOTHING = ReassignedFacts({}, [])


def stored(fact: AssertedFact, complete: bool = True) -> dict[str, StoredFact]:
    validity = FactValidity(None, None, begun=True)
    return {fact.uuid: StoredFact(fact, fact.assertions[0].fact, validity, complete)}


def changes(
    new: Sequence[AssertedFact],
    facts: dict[str, StoredFact] | None = None,
    reassigned: ReassignedFacts = NOTHING,
    verdicts: FactVerdictView = NO_VIEW,
    clustered: Collection[EntityPair] = (),
) -> FactChanges:
    return plan_fact_changes("c", new, ConcernedFacts(facts or {}, reassigned, verdicts, clustered))


def test_a_fact_that_the_graph_holds_in_full_does_not_change() -> None:
    fact = said("bought")
    again = changes([fact], stored(fact))
    assert (again.changed, again.previous, again.gone) == ({}, [], [])
    older = changes([fact], stored(fact, complete=False))
    assert older.changed == {fact.uuid: fact}
    assert older.previous == [fact.claim()]


def test_another_assertion_changes_the_stored_fact() -> None:
    first, second = said("bought"), said("bought", day=2)
    done = changes([second], stored(first))
    assert done.changed[first.uuid].episodes == ["e-bought-1", "e-bought-2"]
    assert done.before == {first.uuid: "A bought B."}
    assert done.previous == [first.claim()]
    assert done.gone == []


def test_a_fact_without_an_assertion_is_gone() -> None:
    fact = said("bought")
    done = changes([], stored(fact), ReassignedFacts({fact.uuid: None}, []))
    assert done.gone == [fact.claim()]
    assert done.changed == {}


def test_a_moved_assertion_makes_a_fact_of_its_own_and_is_known_by_it() -> None:
    fact = said("bought")
    (assertion,) = fact.assertions
    moved = AssertedFact(fact_uuid("c", "x", fact.relation, "b", assertion.fact), "x", "b", fact.relation, (assertion,))
    done = changes([], stored(fact), ReassignedFacts({fact.uuid: None}, [(fact.uuid, moved)]))
    assert done.changed == {moved.uuid: moved}
    assert done.gone == [fact.claim()]
    assert done.renamed == {(assertion.episode, fact.uuid): {key("bought"): (moved.uuid, "BOUGHT")}}


def test_a_new_paraphrase_is_merged_into_the_fact_that_came_first() -> None:
    first, second = said("bought"), said("acquired", day=2)
    done = changes([second], stored(first), verdicts=VERDICTS, clustered=[("a", "b")])
    assert done.merged_into == {second.uuid: first.uuid}
    assert done.changed[first.uuid].keys == {key("bought"), key("acquired")}
    assert done.changed[first.uuid].at == datetime(2024, 1, 1, tzinfo=UTC)
    assert done.renamed == {}
    assert changes([second], stored(first), verdicts=VERDICTS).merged_into == {}
