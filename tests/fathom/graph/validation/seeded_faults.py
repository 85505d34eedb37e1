"""A collection of small documents, and a fault of each class put into it, each into a document of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fathom.embedding.embedder import Embedder
from fathom.extraction.model import Entity, Extraction, Fact, LanguageModel, Usage
from fathom.graph.validation.fault_classes import FaultClass
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.connection import GraphConnection
from fathom.ledger.episode_ledger import Ledger
from tests.fathom.graphdb.small_corpus import WRITTEN_AT, chunks_of

DESIGNED = re.compile(r"(\w+ Moreno) designed the (\w+ Bridge)\.")
DOCUMENTS = len(FaultClass)


class DesignModel(LanguageModel):
    """Finds who designed which bridge."""

    name = "designs/1"
    prompt = "designs-1"

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        return [self._extract(text) for text in texts]

    def _extract(self, text: str) -> Extraction:
        person, bridge = DESIGNED.search(text).groups()  # type: ignore[union-attr]
        kinds = {person: "Person", bridge: "Location"}
        return Extraction(
            entities=[Entity(name=name, type=kind, mentions=[(0, 1)]) for name, kind in kinds.items()],
            facts=[
                Fact(source=person, target=bridge, relation="DESIGNED", fact=text, span=(0, 1), valid_at=None, invalid_at=None)
            ],
            usage=Usage(calls=1, tokens_in=1, tokens_out=1, cost_usd=0.0),
        )


@dataclass(frozen=True)
class Written:
    """The uuids that a document of one chunk has in the graph."""

    document: str
    episode: str
    person: str
    bridge: str
    fact: str


def write_all(writer: DocumentWriter, collection: str) -> None:
    """Writes each document, or what it lacks in the graph."""
    for number in range(DOCUMENTS):
        text = f"Ada{number} Moreno designed the Tamar{number} Bridge."
        writer.write(chunks_of(f"{collection}/{number}.md", text), reference_time=WRITTEN_AT)


def written_documents(graph: GraphConnection, collection: str) -> list[Written]:
    """The documents in the order of their numbers."""
    query = """
    MATCH (p:Episodic)-[:MENTIONS]->(a:Entity)-[r:RELATES_TO]->(b:Entity) WHERE p.group_id = $group
    RETURN p.source_description AS document, p.uuid AS episode, a.uuid AS person, b.uuid AS bridge, r.uuid AS fact
    """
    rows = graph.read(query, group=collection)
    return [Written(**row) for row in sorted(rows, key=lambda row: int(re.findall(r"(\d+)\.md", row["document"])[0]))]


class Seeder:
    """Puts the faults into the graph and the ledger."""

    def __init__(self, graph: GraphConnection, ledger: Ledger, collection: str, embedder: Embedder) -> None:
        self._graph = graph
        self._ledger = ledger
        self._collection = collection
        self._embedder = embedder
        self._by_class = dict(zip(FaultClass, written_documents(graph, collection), strict=True))
        self.added: list[str] = []  # entities that a person is asked about

    def seed(self) -> dict[FaultClass, set[str]]:
        """Seeds a fault of each class; returns the uuids by which each is found."""
        return {kind: getattr(self, f"_{kind.value}")(of) for kind, of in self._by_class.items()}

    def _change(self, cypher: str, of: Written, **parameters: Any) -> None:
        known = {**vars(of), "group": self._collection, **parameters}
        self._graph.write(lambda tx: tx.run(cypher, **known).consume())

    def _episode_without_ledger_row(self, of: Written) -> set[str]:
        self._ledger.mark_removed([of.episode], "by hand")
        return {of.episode}

    def _ledger_row_without_episode(self, of: Written) -> set[str]:
        self._change("MATCH (p:Episodic {uuid: $episode}) DETACH DELETE p", of)
        return {of.episode}

    def _incomplete_episode(self, of: Written) -> set[str]:
        self._change("MATCH (:Entity {uuid: $person})-[r:RELATES_TO {uuid: $fact}]->() DELETE r", of)
        return {of.episode}

    def _episode_of_other_document(self, of: Written) -> set[str]:
        self._change("MATCH (p:Episodic {uuid: $episode}) SET p.source_description = $group + '/other.md'", of)
        return {of.episode}

    def _episode_without_content(self, of: Written) -> set[str]:
        self._change("MATCH (p:Episodic {uuid: $episode}) SET p.content = ' '", of)
        return {of.episode}

    def _doubled_uuid(self, of: Written) -> set[str]:
        again = "MATCH (a:Entity {uuid: $person})-[r:RELATES_TO {uuid: $fact}]->(b) CREATE (a)-[s:RELATES_TO]->(b)"
        self._change(f"{again} SET s = properties(r)", of)
        return {of.fact}

    def _doubled_mention(self, of: Written) -> set[str]:
        again = "MATCH (p:Episodic {uuid: $episode})-[r:MENTIONS]->(b:Entity {uuid: $bridge}) CREATE (p)-[s:MENTIONS]->(b)"
        self._change(f"{again} SET s = properties(r), s.uuid = 'again'", of)
        return {of.episode}

    def _orphan_entity(self, of: Written) -> set[str]:
        (vector,) = self._embedder.embed(["Quite Nobody"])
        create = "CREATE (:Entity {uuid: $uuid, group_id: $group, name: 'Quite Nobody', name_embedding: $vector})"
        self._change(create, of, uuid=f"{self._collection}-nobody", vector=vector)
        return {f"{self._collection}-nobody"}

    def _ungrounded_fact(self, of: Written) -> set[str]:
        self._new_fact(of, of.bridge, of.person, [])
        return {f"{of.fact}-more"}

    def _fact_names_missing_episode(self, of: Written) -> set[str]:
        add = "SET r.episodes = r.episodes + ['never']"
        self._change(f"MATCH (:Entity {{uuid: $person}})-[r:RELATES_TO {{uuid: $fact}}]->() {add}", of)
        return {of.fact}

    def _mention_asserts_missing_fact(self, of: Written) -> set[str]:
        packed = json.dumps(["no-fact", of.episode, WRITTEN_AT.isoformat(), None, None, "None.", None, "DESIGNED"])
        mention = "MATCH (:Episodic {uuid: $episode})-[m:MENTIONS]->(:Entity {uuid: $bridge})"
        self._change(f"{mention} SET m.asserts = [$packed]", of, packed=packed)
        return {of.episode}

    def _self_loop(self, of: Written) -> set[str]:
        self._new_fact(of, of.person, of.person, [of.episode])
        return {f"{of.fact}-more"}

    def _wrong_group(self, of: Written) -> set[str]:
        self._change("MATCH (:Entity {uuid: $person})-[r:RELATES_TO {uuid: $fact}]->() SET r.group_id = 'elsewhere'", of)
        create = "MATCH (p:Episodic {uuid: $episode}) CREATE (n:Entity {uuid: $uuid, group_id: $other, name: 'Else'})"
        ids = {"uuid": f"{self._collection}-else", "other": f"{self._collection}-else", "mention": f"{of.episode}-else"}
        self._change(f"{create} CREATE (p)-[:MENTIONS {{uuid: $mention, group_id: $group}}]->(n)", of, **ids)
        return {of.fact, f"{of.episode}-else"}

    def _missing_embedding(self, of: Written) -> set[str]:
        self._change("MATCH (n:Entity {uuid: $person})-[r:RELATES_TO]->() SET n.name_embedding = null", of)
        self._change("MATCH (n:Entity {uuid: $person})-[r:RELATES_TO]->() SET r.fact_embedding = null", of)
        return {of.person, of.fact}

    def _wrong_size_embedding(self, of: Written) -> set[str]:
        self._change("MATCH (n:Entity {uuid: $bridge}) SET n.name_embedding = [0.6, 0.8]", of)
        self._change("MATCH (n:Entity {uuid: $person})-[r:RELATES_TO]->() SET r.fact_embedding = [0.6, 0.8]", of)
        return {of.bridge, of.fact}

    def _valid_at_after_invalid_at(self, of: Written) -> set[str]:
        dates = "SET r.valid_at = datetime('2020-01-02T00:00:00Z'), r.invalid_at = datetime('2020-01-01T00:00:00Z')"
        self._change(f"MATCH (:Entity {{uuid: $person}})-[r:RELATES_TO {{uuid: $fact}}]->() {dates}", of)
        return {of.fact}

    def _entity_changed_by_hand(self, of: Written) -> set[str]:
        self._change("MATCH (n:Entity {uuid: $person}) SET n.name = 'Somebody Else', n.summary = 'Nothing.'", of)
        self._change("MATCH (n:Entity {uuid: $bridge}) REMOVE n:Location SET n:Person", of)
        return {of.person, of.bridge}

    def _duplicate_entities_by_name(self, of: Written) -> set[str]:
        return self._second_entity(of, "ada17  moreno")

    def _duplicate_entities_by_embedding(self, of: Written) -> set[str]:
        return self._second_entity(of, "Adda18 Moreno")

    def _second_entity(self, of: Written, name: str) -> set[str]:
        """Another entity beside the person, with its vector, which the episode mentions too."""
        create = """
        MATCH (a:Entity {uuid: $person}) MATCH (p:Episodic {uuid: $episode})
        CREATE (n:Entity {uuid: $uuid, group_id: $group, name: $name, name_embedding: a.name_embedding})
        CREATE (p)-[:MENTIONS {uuid: $uuid, group_id: $group}]->(n)
        """
        self._change(create, of, uuid=f"{of.person}-second", name=name)
        self.added.append(f"{of.person}-second")
        return {min(of.person, f"{of.person}-second")}

    def _new_fact(self, of: Written, source: str, target: str, episodes: list[str]) -> None:
        (vector,) = self._embedder.embed(["It is so."])
        create = """
        MATCH (a:Entity {uuid: $source}) MATCH (b:Entity {uuid: $target})
        CREATE (a)-[:RELATES_TO {uuid: $uuid, group_id: $group, name: 'IS', fact: 'It is so.', fact_embedding: $vector,
            episodes: $episodes}]->(b)
        """
        ids = {"source": source, "target": target, "uuid": f"{of.fact}-more"}
        self._change(create, of, vector=vector, episodes=episodes, **ids)
