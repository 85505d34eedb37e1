"""The rows of a chunk follow from what it says, and from nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from small_corpus import BRIDGE, CLOSED, FIRM, FOUNDED, WRITTEN_AT, ScriptedModel, chunks_of

from fathom.graph.rows import EpisodeRows, entity_uuid, episode_rows
from fathom.ids import episode_uuid
from fathom.language.extraction import Entity, Extraction, Fact


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
    assert one.uuid == episode_uuid("here", "here/a.md", chunk.id)
    assert one.episode["entity_edges"] == list(one.facts)
    assert len(one.facts) == 2


def test_an_entitys_uuid_never_changes() -> None:
    assert entity_uuid("here", "Ada Moreno") == "eef2f269-ca82-5c07-b856-d6b244da7834"


@pytest.mark.parametrize("name", ["ada moreno", "ADA MORENO", " Ada \t Moreno\n", "Ada\u00a0Moreno"])
def test_case_and_white_space_of_a_name_do_not_count(name: str) -> None:
    assert entity_uuid("here", name) == entity_uuid("here", "Ada Moreno")


def test_a_name_is_another_entity_in_another_collection() -> None:
    assert entity_uuid("here", "Ada") != entity_uuid("there", "Ada")


def test_a_name_found_twice_is_one_entity_with_one_mention() -> None:
    rows = rows_of(("Ada", "Person"), ("ADA", "Organization"))
    assert [row["name"] for row in rows.entities.values()] == ["Ada"]
    assert list(rows.labels.values()) == ["Person"]
    assert len(rows.mentions) == 1


def test_a_fact_of_a_thing_with_itself_or_with_an_unknown_is_dropped() -> None:
    facts = [("Ada", "ADA", "Ada knows Ada."), ("Ada", "Nobody", "Ada knows nobody."), ("Ada", "Bo", "Ada knows Bo.")]
    rows = rows_of(("Ada", "Person"), ("Bo", "Person"), facts=facts)
    assert [fact.words() for fact in rows.facts.values()] == ["Ada knows Bo."]


def test_a_fact_said_twice_is_one() -> None:
    facts = [("Ada", "Bo", "Ada knows Bo."), ("ada", "Bo", "Ada  knows bo.")]
    assert len(rows_of(("Ada", "Person"), ("Bo", "Person"), facts=facts).facts) == 1


def test_a_fact_holds_from_its_own_date_or_else_from_the_documents() -> None:
    facts = [("Ada", "Bo", "Ada knows Bo.")]
    people = (("Ada", "Person"), ("Bo", "Person"))
    (dated,) = rows_of(*people, facts=facts, valid_at=FOUNDED, invalid_at=CLOSED).facts.values()
    (undated,) = rows_of(*people, facts=facts).facts.values()
    assert (dated.claim().begins, dated.claim().ends, dated.claim().dated) == (FOUNDED, CLOSED, True)
    assert (undated.claim().begins, undated.claim().ends, undated.claim().dated) == (WRITTEN_AT, None, False)


@pytest.mark.parametrize("kind", ["Entity", "", "Per son", "1st", "X) DETACH DELETE n //", "Ort`"])
def test_a_type_that_can_be_no_label_is_left_out(kind: str) -> None:
    assert rows_of(("Ada", kind)).labels == {}
