"""Assertions that were judged to say the same are one fact, whatever came first, and never by a chain."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from fathom.knowledge.assertions import AssertedFact, Assertion, statement_key
from fathom.knowledge.clustering import MatchVerdicts, pair_of
from fathom.knowledge.fact_clusters import FactVerdictView, cluster_facts
from fathom.knowledge.records import fact_uuid

WORDS = ("bought", "acquired", "took over", "sued", "praised", "left")


def said(word: str, *, day: int = 1, source: str = "a", target: str = "b", episode: str = "") -> AssertedFact:
    relation, fact = word.upper().replace(" ", "_"), f"A {word} B."
    one = Assertion(episode or f"e-{word}-{day}", fact, datetime(2024, 1, day, tzinfo=UTC), None, None, None, relation)
    return AssertedFact(fact_uuid("c", source, relation, target, fact), source, target, relation, (one,))


def key(word: str) -> str:
    return statement_key(word.upper().replace(" ", "_"), f"A {word} B.")


def judged(same: list[tuple[str, str]], apart: list[tuple[str, str]] | None = None) -> FactVerdictView:
    return FactVerdictView(
        MatchVerdicts(*(frozenset(pair_of(key(one), key(other)) for one, other in some) for some in (same, apart or [])))
    )


def words(facts: list[AssertedFact]) -> set[frozenset[str]]:
    return {frozenset(one.fact.split(" ", 1)[1].removesuffix(" B.") for one in fact.assertions) for fact in facts}


def test_what_was_judged_the_same_is_one_fact_by_the_relation_that_was_written_first() -> None:
    facts = [said("bought", day=3), said("acquired", day=2), said("sued")]
    found = cluster_facts("c", facts, judged([("bought", "acquired")]))
    assert words(found.facts) == {frozenset({"bought", "acquired"}), frozenset({"sued"})}
    (one,) = (fact for fact in found.facts if len(fact.assertions) == 2)
    assert (one.relation, one.uuid) == ("ACQUIRED", facts[1].uuid)
    assert found.fact_of == {(facts[0].uuid, key("bought")): one.uuid, (facts[1].uuid, key("acquired")): one.uuid}


def test_between_other_entities_the_same_words_are_other_facts() -> None:
    found = cluster_facts("c", [said("bought"), said("acquired", target="x")], judged([("bought", "acquired")]))
    assert words(found.facts) == {frozenset({"bought"}), frozenset({"acquired"})}


def test_a_vague_sentence_makes_no_one_fact_of_two_that_were_not_held_to_be_one() -> None:
    vague = judged([("visited", "took over"), ("visited", "left")])
    facts = [said("visited", day=1), said("took over", day=2), said("left", day=3)]
    assert words(cluster_facts("c", facts, vague).facts) == {frozenset({"visited", "took over"}), frozenset({"left"})}


def test_of_two_that_are_apart_the_one_that_was_found_first_stays_with_what_both_are_the_same_as() -> None:
    told = judged([("bought", "acquired"), ("bought", "sued")], [("acquired", "sued")])
    facts = [said("bought"), said("acquired"), said("sued")]
    for first, other in (("acquired", "sued"), ("sued", "acquired")):
        at = {pair_of(key("bought"), key(first)): 1.0, pair_of(key("bought"), key(other)): 2.0}
        assert words(cluster_facts("c", facts, replace(told, decided_at=at)).facts) == {
            frozenset({"bought", first}),
            frozenset({other}),
        }
    assert len(cluster_facts("c", facts, told).facts) == 3


def test_a_chain_does_not_reach_beyond_its_first_sentence() -> None:
    chain = judged([("bought", "acquired"), ("acquired", "took over")])
    facts = [said("bought", day=1), said("acquired", day=2), said("took over", day=3)]
    assert words(cluster_facts("c", facts, chain).facts) == {frozenset({"bought", "acquired"}), frozenset({"took over"})}


def test_what_may_be_either_of_two_that_are_apart_is_neither() -> None:
    found = cluster_facts(
        "c",
        [said("bought", day=1), said("sued", day=2), said("praised", day=3)],
        judged([("bought", "sued"), ("bought", "praised")], [("sued", "praised")]),
    )
    assert words(found.facts) == {frozenset({"bought"}), frozenset({"sued"}), frozenset({"praised"})}


def test_without_a_verdict_a_fact_of_any_client_stays_as_it_is() -> None:
    theirs = AssertedFact("some-uuid", "a", "b", "BOUGHT", said("bought").assertions)
    assert cluster_facts("c", [theirs], FactVerdictView()).facts == [theirs]


@given(
    st.lists(st.tuples(st.sampled_from(WORDS), st.integers(1, 9)), min_size=1, max_size=8, unique=True),
    st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS)).filter(lambda pair: pair[0] != pair[1]), max_size=6),
    st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS)).filter(lambda pair: pair[0] != pair[1]), max_size=3),
    st.randoms(use_true_random=False),
)
def test_it_is_the_same_in_any_order_and_also_from_what_was_bundled_before(
    said_on: list[tuple[str, int]], same: list[tuple[str, str]], apart: list[tuple[str, str]], dice: random.Random
) -> None:
    verdicts = judged([pair for pair in same if pair not in apart and pair[::-1] not in apart], apart)
    facts = [said(word, day=day) for word, day in said_on]
    once = {fact.uuid: fact for fact in cluster_facts("c", _by_uuid(facts), verdicts).facts}
    dice.shuffle(facts)
    middle = cluster_facts("c", _by_uuid(facts[: len(facts) // 2]), verdicts).facts
    again = {fact.uuid: fact for fact in cluster_facts("c", _by_uuid([*middle, *facts[len(facts) // 2 :]]), verdicts).facts}
    assert again == once
    assert sorted(one.key for fact in once.values() for one in fact.assertions) == sorted(key(word) for word, _ in said_on)


def _by_uuid(facts: list[AssertedFact]) -> list[AssertedFact]:
    found: dict[str, AssertedFact] = {}
    for fact in facts:
        found[fact.uuid] = found[fact.uuid].with_assertions(fact.assertions) if fact.uuid in found else fact
    return list(found.values())
