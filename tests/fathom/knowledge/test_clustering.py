"""Keys that were judged in pairs: which are one, whatever else is there and in whatever order it came."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fathom.knowledge.clustering import MatchVerdicts, canonical_names, pair_of, unjudged_pairs
from fathom.knowledge.name_resolution import MentionKey, resolve_within_collection

KEYS = st.sampled_from(["ibm", "international business machines", "big blue", "intl business machines", "abc", "j smith"])
PAIRS = st.lists(st.tuples(KEYS, KEYS).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: pair_of(*pair)), unique=True)


def judged(*same: tuple[str, str], apart: tuple[tuple[str, str], ...] = ()) -> MatchVerdicts:
    return MatchVerdicts(frozenset(pair_of(*one) for one in same), frozenset(pair_of(*one) for one in apart))


def test_what_is_one_goes_by_its_longest_key() -> None:
    found = canonical_names(
        {"ibm", "big blue", "international business machines", "abc"},
        judged(*combinations(("ibm", "international business machines", "big blue"), 2)),
    )
    assert found == {
        "ibm": "international business machines",
        "big blue": "international business machines",
        "international business machines": "international business machines",
        "abc": "abc",
    }


def test_a_name_that_is_the_same_as_two_others_makes_them_no_one_thing() -> None:
    vague = judged(("kyh", "kelmouth yards harbour"), ("kelmouth yards", "kelmouth yards harbour"))
    assert unjudged_pairs(vague) == {("kelmouth yards", "kyh")}
    found = canonical_names({"kyh", "kelmouth yards", "kelmouth yards harbour"}, vague)
    assert found["kyh"] != found["kelmouth yards"]
    whole = vague | judged(("kelmouth yards", "kyh"))
    assert set(canonical_names(vague.matched_keys, whole).values()) == {"kelmouth yards harbour"}
    assert unjudged_pairs(whole) == unjudged_pairs(vague | judged(apart=(("kelmouth yards", "kyh"),))) == set()


def test_a_verdict_on_a_key_that_is_not_there_joins_nothing() -> None:
    found = canonical_names(
        {"big blue", "international business machines"}, judged(("big blue", "ibm"), ("ibm", "international business machines"))
    )
    assert found == {"big blue": "big blue", "international business machines": "international business machines"}


def test_initials_of_two_companies_are_neithers() -> None:
    one, other = "american broadcasting company", "australian broadcasting corporation"
    found = canonical_names({"abc", one, other}, judged(("abc", one), ("abc", other), apart=((one, other),)))
    assert found == {key: key for key in ("abc", one, other)}
    assert canonical_names({"abc", one}, judged(("abc", one), ("abc", other), apart=((one, other),)))["abc"] == one


def test_a_chain_between_two_that_are_apart_joins_nothing() -> None:
    keys = {"a", "b", "c", "d"}
    chain = judged(("a", "b"), ("b", "c"), ("c", "d"), apart=(("a", "d"),))
    assert canonical_names(keys, chain) == {key: key for key in keys}
    assert canonical_names(keys - {"d"}, chain) == {"a": "a", "b": "c", "c": "c"}


def test_an_initial_is_the_one_person_of_several_names() -> None:
    short, robert, bob = (MentionKey(f"{first} smith", "Person") for first in ("b", "robert", "bob"))
    bill = MentionKey("bill smith", "Person")
    same = judged(("bob smith", "bill smith"))
    assert resolve_within_collection({short, bob, bill})[short] == short
    assert resolve_within_collection({short, bob, bill}, same)[short] == resolve_within_collection({bob, bill}, same)[bob]
    assert resolve_within_collection({short, bob, robert}, judged(("bob smith", "robert smith")))[short] == robert


@given(st.sets(KEYS), PAIRS, PAIRS, st.randoms())
def test_it_is_a_function_of_the_set_and_each_name_is_its_own(keys: set[str], same: Any, apart: Any, random: Any) -> None:
    verdicts = judged(*same, apart=tuple(one for one in apart if one not in same))
    found = canonical_names(keys, verdicts)
    shuffled = random.sample(sorted(keys), len(keys))
    assert canonical_names(shuffled, verdicts) == found
    assert found.keys() == keys
    assert all(found[name] == name for name in found.values())
    assert not [pair for pair in verdicts.non_matches if keys.issuperset(pair) and found[pair[0]] == found[pair[1]]]


@given(st.sets(KEYS, min_size=1), PAIRS, PAIRS)
def test_what_hangs_together_is_all_that_must_be_looked_at(keys: set[str], same: Any, apart: Any) -> None:
    verdicts = judged(*same, apart=tuple(one for one in apart if one not in same))
    whole = canonical_names(keys, verdicts)
    for key in keys:
        near = {key}
        while more := {end for pair in verdicts.matches if near & {*pair} for end in pair} - near:
            near |= more
        assert canonical_names(near & keys, verdicts)[key] == whole[key]
