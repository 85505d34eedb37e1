"""The rows of a chunk follow from what it says, and from nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.extraction.model import Entity, Extraction, Fact
from fathom.ids import episode_uuid
from fathom.knowledge.chunk_rows import episode_rows
from fathom.knowledge.name_resolution import mention_key
from fathom.knowledge.records import EpisodeRows, entity_uuid
from tests.fathom.graphdb.small_corpus import BRIDGE, CLOSED, FIRM, FOUNDED, WRITTEN_AT, ScriptedModel, chunks_of

NAMES = ["John Smith", "J. Smith", "James Smith", "j  smith", "Mercury", "MERCURY", "The Mercury", "Ann"]
PEOPLE = [("Ada", 0.75), ("ADA", 0.8), ("Bo", None)]
KINDS = ["Person", "Organization", "Thing", "Entity"]


def rows_of(*entities: tuple[str, str], facts: list[tuple[str, str, str]] | None = None, **more: Any) -> EpisodeRows:
    found = Extraction(
        entities=[Entity(name=name, type=kind, mentions=[(0, 1)]) for name, kind in entities],
        facts=[
            Fact(source=source, target=target, relation="KNOWS", fact=said, span=(0, 1), **more)
            for source, target, said in facts or []
        ],
    )
    return episode_rows("here", "here/a.md", chunks_of("here/a.md", "Some text.").chunks[0], found, WRITTEN_AT)


def test_the_same_chunk_gives_the_same_rows() -> None:
    chunk = chunks_of("here/a.md", f"{BRIDGE} {FIRM}").chunks[0]
    found = ScriptedModel().extract([chunk.embedding_text])[0]
    one, other = (episode_rows("here", "here/a.md", chunk, found, WRITTEN_AT) for _ in range(2))
    assert one == other
    assert one.resolved({}) == other.resolved({})
    assert one.uuid == episode_uuid("here", "here/a.md", chunk.id)
    assert one.resolved({}).episode["entity_edges"] == [fact.uuid for fact in one.resolved({}).facts]
    assert len(one.facts) == 2


def test_an_entitys_uuid_never_changes() -> None:
    assert entity_uuid("here", mention_key("Ada Moreno", "Person")) == "f4fb3f21-83ca-50a6-95a5-59e8816b246f"


def test_an_entity_is_another_one_in_another_collection() -> None:
    assert entity_uuid("here", mention_key("Ada", "Person")) != entity_uuid("there", mention_key("Ada", "Person"))


def test_a_name_of_two_types_is_one_entity() -> None:
    assert entity_uuid("here", mention_key("Ada", "Product")) == entity_uuid("here", mention_key("Ada", "Organization"))
    assert list(rows_of(("Gdansk", "Organization"), ("GDANSK", "Location")).entities.values()) == [("Gdansk", "Organization")]


def test_a_name_found_twice_is_one_entity_with_one_mention() -> None:
    rows = rows_of(("Ada", "Person"), ("ADA", "Organization"))
    assert list(rows.entities.values()) == [("Ada", "Person")]
    assert len(rows.resolved({}).mentions) == 1


def test_what_can_be_one_in_a_text_is_named_by_its_whole_name_and_known_type() -> None:
    rows = rows_of(("J. Smith", "Person"), ("John Smith", "Thing"), ("Kelmouth", "Thing"), ("Kelmouth Ltd", "Organization"))
    assert set(rows.entities.values()) == {("John Smith", "Person"), ("Kelmouth Ltd", "Organization")}


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(KINDS)), max_size=6))
def test_a_mention_says_the_sense_that_it_is_of(named: list[tuple[str, str]]) -> None:
    rows = rows_of(*named, facts=[(named[0][0], named[-1][0], "It is so.")] if named else None)
    assert all(mention_key(name, kind) == sense for sense, (name, kind) in rows.entities.items())
    assert len(rows.facts) <= 1


def test_a_fact_of_a_thing_with_itself_or_with_an_unknown_is_dropped() -> None:
    facts = [("Ada", "ADA", "Ada knows Ada."), ("Ada", "Nobody", "Ada knows nobody."), ("Ada", "Bo", "Ada knows Bo.")]
    rows = rows_of(("Ada", "Person"), ("Bo", "Person"), facts=facts)
    assert [said.fact for said in rows.facts.values()] == ["Ada knows Bo."]


def test_a_fact_said_twice_is_one() -> None:
    facts = [("Ada", "Bo", "Ada knows Bo."), ("ada", "Bo", "Ada  knows bo.")]
    assert len(rows_of(("Ada", "Person"), ("Bo", "Person"), facts=facts).facts) == 1


def test_a_fact_holds_from_its_own_date_or_else_from_the_documents() -> None:
    facts = [("Ada", "Bo", "Ada knows Bo.")]
    people = (("Ada", "Person"), ("Bo", "Person"))
    (dated,) = rows_of(*people, facts=facts, valid_at=FOUNDED, invalid_at=CLOSED).resolved({}).facts
    (undated,) = rows_of(*people, facts=facts).resolved({}).facts
    assert (dated.claim().begins, dated.claim().ends, dated.claim().dated) == (FOUNDED, CLOSED, True)
    assert (undated.claim().begins, undated.claim().ends, undated.claim().dated) == (WRITTEN_AT, None, False)


def test_what_is_said_twice_has_the_higher_confidence_and_property_comes_with_it() -> None:
    people = [Entity(name=name, type="Person", mentions=[(0, 1)], confidence=sure) for name, sure in PEOPLE]
    facts = [
        Fact(source="Ada", target="Bo", relation="KNOWS", fact=said, span=(0, 1), property="P3373", confidence=sure)
        for said, sure in (("Ada knows Bo.", 0.7), ("Ada  knows bo.", 0.9), ("Bo is known to Ada.", None))
    ]
    chunk = chunks_of("here/a.md", "Some text.").chunks[0]
    rows = episode_rows("here", "here/a.md", chunk, Extraction(entities=people, facts=facts), WRITTEN_AT).resolved({})
    assert {fact.most_common_wording(): (fact.confidence, fact.wikidata) for fact in rows.facts} == {
        "Ada knows Bo.": (0.9, "P3373"),
        "Bo is known to Ada.": (None, "P3373"),
    }
    assert {row["name"]: row["confidence"] for row in rows.mentions} == {"Ada": 0.8, "Bo": None}


@pytest.mark.parametrize("kind", ["Entity", "", "Per son", "1st", "X) DETACH DELETE n //", "Ort`"])
def test_a_type_that_can_be_no_label_is_left_out(kind: str) -> None:
    assert [mention["type"] for mention in rows_of(("Ada", kind)).resolved({}).mentions] == [None]
