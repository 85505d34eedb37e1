"""The plan of mentions follows from the texts that come and from the rows of the graph, without a graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fathom.extraction.model import Entity, Extraction
from fathom.graph.write.mention_plan import ConcernedMentions, MentionPlan, keys_to_resolve, plan_mentions
from fathom.knowledge.chunk_rows import episode_rows
from fathom.knowledge.clustering import NO_VERDICTS, MatchVerdicts, pair_of
from fathom.knowledge.name_resolution import PERSON, UNTYPED, MentionKey, mention_key
from fathom.knowledge.records import EpisodeRows, entity_uuid
from tests.fathom.graphdb.small_corpus import WRITTEN_AT, chunks_of

SMITH, JOHN = MentionKey("j smith", PERSON), MentionKey("john smith", PERSON)


def text(*names: tuple[str, str], document: str = "here/new.md") -> EpisodeRows:
    found = Extraction(entities=[Entity(name=name, type=kind, mentions=[(0, 1)]) for name, kind in names], facts=[])
    return episode_rows("here", document, chunks_of(document, "Some text.").chunks[0], found, WRITTEN_AT)


def entity(name: str, kind: str = "Thing", form: str | None = None) -> dict[str, Mapping[str, Any]]:
    mention = mention_key(name, kind)
    return {entity_uuid("here", mention): {"key": mention.key, "form": form, "name": name}}


def mention(name: str, kind: str = "Thing") -> dict[str, Any]:
    uuid = entity_uuid("here", mention_key(name, kind))
    return {"uuid": uuid, "name": name, "type": kind, "also": None, "apart": None}


def moves(plan: MentionPlan) -> dict[str, MentionKey]:
    return {name.name: name.to for name in plan.moving}


def test_a_full_name_draws_the_initial_that_is_in_the_graph() -> None:
    concerned = ConcernedMentions({}, [mention("J. Smith", PERSON)], affected=frozenset({"j smith", "john smith"}))
    plan = plan_mentions("here", [text(("John Smith", PERSON))], concerned)
    assert moves(plan) == {"J. Smith": JOHN}
    assert plan.types_leaving(entity_uuid("here", SMITH)) == {PERSON}
    assert plan.types_leaving(entity_uuid("here", JOHN)) == set()


def test_an_initial_of_two_people_stays_where_it_is() -> None:
    stored = [mention("J. Smith", PERSON), mention("Jane Smith", PERSON)]
    concerned = ConcernedMentions({}, stored, affected=frozenset({"j smith", "john smith", "jane smith"}))
    plan = plan_mentions("here", [text(("John Smith", PERSON))], concerned)
    assert moves(plan) == {}
    assert plan.entity_of[SMITH] == SMITH


def test_a_mention_outside_the_affected_keys_never_moves() -> None:
    plan = plan_mentions("here", [text(("John Smith", PERSON))], ConcernedMentions({}, [mention("J. Smith", PERSON)]))
    assert moves(plan) == {}


def test_names_that_match_go_to_the_entity_of_the_longest() -> None:
    verdicts = MatchVerdicts(frozenset({pair_of("ibm", "international business machines")}))
    affected = frozenset({"ibm", "international business machines"})
    concerned = ConcernedMentions({}, [mention("IBM")], affected=affected, verdicts=verdicts)
    plan = plan_mentions("here", [text(("International Business Machines", "Organization"))], concerned)
    assert moves(plan) == {"IBM": MentionKey("international business machines", UNTYPED)}


def test_a_document_with_two_legal_forms_of_a_name_tells_them_apart() -> None:
    names = ("Shell plc", "Shell Ltd")
    affected = frozenset({mention_key(name, None).key for name in names})
    apart = ConcernedMentions({}, [mention("Shell plc")], [("here/new.md", "Shell plc")], affected)
    other = ConcernedMentions({}, [mention("Shell plc")], [("here/old.md", "Shell plc")], affected)
    new = [text(("Shell Ltd", "Organization"))]
    assert [len({*plan_mentions("here", new, stored).entity_of.values()}) for stored in (apart, other)] == [2, 1]


def test_a_known_name_concerns_no_other_mention() -> None:
    new = [text(("Acme", "Organization"))]
    assert keys_to_resolve("here", new, entity("Acme"), NO_VERDICTS) == set()
    assert keys_to_resolve("here", new, {}, NO_VERDICTS) == {"acme"}
    assert keys_to_resolve("here", new, entity("Acme", form="|plc"), NO_VERDICTS) == {"acme"}
    matched = MatchVerdicts(frozenset({pair_of("acme", "acme works")}))
    assert keys_to_resolve("here", new, entity("Acme"), matched) == {"acme"}


def test_a_person_concerns_the_mentions_of_its_name_without_a_type() -> None:
    new = [text(("Madonna", PERSON))]
    known = entity("Madonna", PERSON)
    assert keys_to_resolve("here", new, known, NO_VERDICTS) == set()
    assert keys_to_resolve("here", new, known | entity("Madonna"), NO_VERDICTS) == {"madonna"}
