"""Facts that cannot both hold end where the next one begins, whatever the order in which they are weighed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.extraction.model import FunctionalEnd
from fathom.knowledge.assertions import AssertedFact, Assertion, stored_fact, stored_facts
from fathom.knowledge.fact_validity import (
    DEFAULT_RULES,
    Claim,
    FactValidity,
    compute_validity,
    endable_topics,
    ended_topics,
    exclusive_groups,
    override_rules,
    relations_of,
)

READ_AT = datetime(2024, 5, 6, tzinfo=UTC)


def year(number: int) -> datetime:
    return datetime(number, 1, 1, tzinfo=UTC)


def claim(source: str, relation: str, target: str, begins: int | None = None, ends: int | None = None) -> Claim:
    uuid = f"{source} {relation} {target} {begins}"
    start = year(begins) if begins else READ_AT
    return Claim(uuid, source, target, relation, start, begins is not None, year(ends) if ends else None, READ_AT)


def ended(*claims: Claim, **more: Any) -> list[int | None]:
    """The year in which each of the claims ends."""
    held = compute_validity(claims, more.get("rules", DEFAULT_RULES))
    return [moment.year if (moment := held[one.uuid].invalid_at) else None for one in claims]


def test_each_holder_of_an_office_ends_where_the_next_begins() -> None:
    chiefs = [claim(who, "CEO_OF", "Works", when) for who, when in (("Ada", 2001), ("Bo", 2010), ("Cy", 2019))]
    assert ended(*chiefs) == [2010, 2019, None]


def test_one_office_is_one_whatever_its_relation_is_called() -> None:
    said = [claim("Ada", "WORKS_AS_CEO_OF", "Works", 2001), claim("Works", "HAS_CEO", "Bo", 2010)]
    assert ended(*said) == [2010, None]
    assert ended(claim("Land", "HAS_CAPITAL", "Old", 1900), claim("New", "IS_CAPITAL_OF", "Land", 1950)) == [1950, None]


def test_who_takes_another_office_leaves_the_first_only_where_one_person_has_one_at_a_time() -> None:
    assert ended(claim("Ada", "CEO_OF", "Works", 2001), claim("Ada", "CEO_OF", "Yard", 2005)) == [2005, None]
    assert ended(claim("Ada", "PRESIDENT_OF", "Club", 2001), claim("Ada", "PRESIDENT_OF", "Land", 2005)) == [None, None]


def test_saying_the_same_again_ends_nothing_and_coming_back_is_no_contradiction_of_oneself() -> None:
    terms = [claim("Ada", "LEADS", "Land", 1990), claim("Ada", "LEADS", "Land", 1992), claim("Bo", "LEADS", "Land", 1995)]
    back = claim("Ada", "LEADS", "Land", 2000)
    assert ended(*terms, back) == [1995, 1995, 2000, None]


def moored(quay: str, begins: int, only: FunctionalEnd = "source") -> Claim:
    return replace(claim("Star", "MOORED_AT", quay, begins), one_at_a_time=only)


def test_a_relation_that_no_rule_knows_holds_one_at_a_time_where_its_reader_says_so() -> None:
    assert ended(moored("Old Quay", 1970), moored("New Quay", 1980)) == [1980, None]
    assert ended(moored("Old Quay", 1970, "never"), moored("New Quay", 1980)) == [None, None]
    assert ended(moored("Old Quay", 1970, "target"), moored("New Quay", 1980, "target")) == [None, None]


def test_a_rule_of_the_collection_counts_before_what_a_reader_says() -> None:
    rules = override_rules({"MOORED_AT": "never"})
    assert ended(moored("Old Quay", 1970), moored("New Quay", 1980), rules=rules) == [None, None]
    rules = override_rules({"MOORED_AT": "source"})
    assert ended(moored("Old Quay", 1970, "never"), moored("New Quay", 1980), rules=rules) == [1980, None]


def test_most_who_assert_a_fact_say_whether_it_holds_one_at_a_time() -> None:
    def said(*ends: FunctionalEnd) -> FunctionalEnd:
        told = tuple(Assertion(f"e{number}", "words", READ_AT, None, None, end) for number, end in enumerate(ends))
        return AssertedFact("f", "a", "b", "MOORED_AT", told).claim().one_at_a_time

    assert (said("source"), said("source", "never"), said("source", "source", "never")) == ("source", "never", "source")


def test_an_end_that_the_text_gives_stays() -> None:
    assert ended(claim("Ada", "LEADS", "Land", 1990, 1994), claim("Bo", "LEADS", "Land", 1999)) == [1994, None]
    assert ended(claim("Ada", "LEADS", "Land", 1990, 2005), claim("Bo", "LEADS", "Land", 1999)) == [2005, None]


def test_an_undated_fact_ends_nothing_and_ends_where_a_later_one_begins() -> None:
    assert ended(claim("Works", "BASED_IN", "Old", 1990), claim("Works", "BASED_IN", "New")) == [None, None]
    assert ended(claim("Works", "BASED_IN", "Old"), claim("Works", "BASED_IN", "New", 2030)) == [2030, None]


def test_two_that_begin_together_end_neither() -> None:
    assert ended(claim("Ada", "LEADS", "Land", 1990), claim("Bo", "LEADS", "Land", 1990)) == [None, None]


def test_a_marriage_counts_from_either_side() -> None:
    assert ended(claim("Ada", "MARRIED_TO", "Bo", 1990), claim("Cy", "MARRIED_TO", "Ada", 2000)) == [2000, None]


@pytest.mark.parametrize("relation", ["FOUNDED", "VISITED", "FORMER_CEO_OF", "VICE_PRESIDENT_OF", "MEMBER_OF", "WORKS_FOR"])
def test_what_may_be_true_many_times_over_contradicts_nothing(relation: str) -> None:
    assert ended(claim("Ada", relation, "A", 1990), claim("Ada", relation, "B", 2000)) == [None, None]
    assert ended(claim("Ada", relation, "A", 1990), claim("Bo", relation, "A", 2000)) == [None, None]


def test_a_collection_says_which_of_its_relations_are_one_at_a_time() -> None:
    rules = override_rules({"MOORED_AT": "source", "CEO_OF": "never"})
    assert ended(claim("Boat", "MOORED_AT", "A", 1990), claim("Boat", "MOORED_AT", "B", 2000), rules=rules) == [2000, None]
    assert ended(claim("Boat", "MOORED_AT", "A", 1990), claim("Ship", "MOORED_AT", "A", 2000), rules=rules) == [None, None]
    assert ended(claim("Ada", "CEO_OF", "A", 1990), claim("Bo", "CEO_OF", "A", 2000), rules=rules) == [None, None]


def test_a_fact_expires_when_both_it_and_what_ends_it_are_known() -> None:
    first = claim("Ada", "LEADS", "Land", 1990)
    later = Claim("later", "Bo", "Land", "LEADS", year(2000), True, None, year(2025))
    assert compute_validity([first, later], DEFAULT_RULES)[first.uuid] == FactValidity(year(2000), year(2025))
    assert compute_validity([claim("Ada", "LEADS", "Land", 1990, 1994)], DEFAULT_RULES) == {
        first.uuid: FactValidity(year(1994), READ_AT)
    }


CLAIMS = st.lists(
    st.builds(
        claim,
        st.sampled_from(["Ada", "Bo", "Cy"]),
        st.sampled_from(["CEO_OF", "HAS_CEO", "LEADS", "LED_BY", "MARRIED_TO", "BASED_IN", "FOUNDED"]),
        st.sampled_from(["Land", "Works", "Ada"]),
        st.none() | st.integers(1990, 2040),
        st.none() | st.integers(2041, 2050),
    ),
    max_size=12,
    unique_by=lambda one: one.uuid,
)


@given(CLAIMS, st.randoms())
def test_in_order_and_shuffled_give_the_same(claims: list[Claim], random: Any) -> None:
    shuffled = list(claims)
    random.shuffle(shuffled)
    held = compute_validity(claims, DEFAULT_RULES)
    assert compute_validity(shuffled, DEFAULT_RULES) == held
    for one in claims:
        now = held[one.uuid]
        assert (now.invalid_at is None) == (now.expired_at is None)
        assert one.ends in (None, now.invalid_at)
        assert now.invalid_at is None or now.invalid_at > one.begins


@given(CLAIMS)
def test_a_group_at_a_time_gives_what_all_at_once_give(claims: list[Claim]) -> None:
    whole = compute_validity(claims, DEFAULT_RULES)
    for one in claims:
        near = set(exclusive_groups(one, DEFAULT_RULES))
        about = endable_topics(one, DEFAULT_RULES)
        fellows = [
            other
            for other in claims
            if other is one or near & set(exclusive_groups(other, DEFAULT_RULES)) or about & ended_topics(other, DEFAULT_RULES)
        ]
        assert compute_validity(fellows, DEFAULT_RULES)[one.uuid] == whole[one.uuid]


def test_every_name_of_an_office_is_found_again() -> None:
    assert {"CEO_OF", "HAS_CEO", "BECAME_CEO_OF"} <= set(relations_of({"chief executive"}, DEFAULT_RULES))
    assert "PRESIDENT_OF" not in relations_of({"chief executive"}, DEFAULT_RULES)


ASSERTIONS = st.lists(
    st.builds(
        Assertion,
        st.uuids().map(str),
        st.sampled_from(["Ada leads.", "ada  leads."]),
        st.integers(2020, 2024).map(year),
        st.none() | st.integers(1990, 1995).map(year),
        st.none() | st.integers(1993, 1999).map(year),
        st.sampled_from([None, "source", "target"]),
        st.sampled_from(["LEADS", "HEADS"]),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda one: one.episode,
)


class Answering:
    """A transaction that answers what was written down."""

    def __init__(self, *answers: list[dict[str, Any]]) -> None:
        self._answers = list(answers)

    def run(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        return self._answers.pop(0)


@given(ASSERTIONS, st.randoms())
def test_a_fact_is_what_all_who_assert_it_say_in_any_order(said: list[Assertion], random: Any) -> None:
    empty = AssertedFact("f", "Ada", "Land", "LEADS", ())
    fact = empty.with_assertions(said)
    random.shuffle(said)
    again = empty
    for one in said:
        again = again.with_assertions([one])
    assert (again, again.claim(), again.most_common_wording()) == (fact, fact.claim(), fact.most_common_wording())
    assert fact.claim().dated == any(one.valid_at for one in said)
    row = {"uuid": "f", "source": "Ada", "target": "Land", "relation": "LEADS", "fact": "x", "at": None, "created": None}
    columns = {**row, "episodes": [one.episode for one in said], "valid_at": None, "invalid_at": None, "expired_at": None}
    (held,) = stored_facts(Answering([columns], [{"asserts": [one.pack("f") for one in said]}]).run, "")
    assert (held.asserted, held.complete) == (fact, True)
    (gone, *left) = fact.assertions
    assert fact.without({gone.episode}) == (empty.with_assertions(left) if left else None)


def test_a_fact_written_before_assertions_were_kept_keeps_its_dates() -> None:
    row = {"uuid": "f", "source": "a", "target": "b", "relation": "LEADS", "fact": "A leads B.", "expired_at": None}
    dates = {"at": READ_AT, "created": READ_AT, "valid_at": READ_AT, "invalid_at": year(2030)}
    undated = stored_fact({**row, **dates, "episodes": ["e"]}, ())
    dated = stored_fact({**row, **dates, "valid_at": year(1990), "episodes": ["e"]}, ())
    assert undated
    assert dated
    assert not dated.complete
    assert (undated.asserted.claim().dated, undated.asserted.claim().ends) == (False, year(2030))
    assert (dated.asserted.claim().dated, dated.asserted.claim().begins) == (True, year(1990))
    assert stored_fact({**row, **dates, "episodes": []}, ()) is None
