"""Decisions of people go before verdicts and votes, survive what is written later, and can be taken back."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fathom.database import open_database
from fathom.errors import UsageWrong
from fathom.graph.curation import curator as curating
from fathom.graph.curation.curator import Curator
from fathom.graph.read.entity_views import find_entity, view_entities
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.connection import GraphConnection
from fathom.ledger.episode_ledger import Ledger
from fathom.resolution.store.decision_store import Decision, DecisionStore
from fathom.resolution.store.verdict_store import NameVerdictStore
from tests.fathom.graph.curation.test_undo_histories import Dealer, digest
from tests.fathom.graphdb.small_corpus import WriterOf, chunks_of

pytestmark = pytest.mark.integration

FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
# Two firms that the model holds apart, and names of one firm that it holds together.
TEXTS = (
    "Northgate Engineering=Organization; Raleigh=Location | Sits there.",
    "Solberg and Sons=Organization; Ingrid Solberg=Person | Is led by her.",
    "IBM=Organization; Red Hat=Organization | Bought it.",
    "International Business Machines=Organization; Armonk=Location | Sits here.",
    "Northgate Engineering=Organization; Ingrid Solberg=Person | Employs her.",
)
LATER = "Solberg and Sons=Organization; Northgate Engineering=Organization; Red Hat=Organization | Deals with it."


def write(writer: DocumentWriter, collection: str, texts: Sequence[str] = TEXTS) -> None:
    for text in texts:
        number = (*TEXTS, LATER).index(text)
        chunk_set = chunks_of(f"{collection}/{number}.md", text)
        writer.write(chunk_set, reference_time=FIRST_DAY + timedelta(days=number))


class Desk:
    """Decides in a collection by names."""

    def __init__(self, writer: DocumentWriter, collection: str) -> None:
        self.writer, self.collection = writer, collection
        self.graph = writer.connection
        self.curator = Curator(writer.changes, collection, "a test")

    def uuid(self, name: str) -> str:
        return find_entity(self.graph, self.collection, name)

    def names(self) -> set[str]:
        query = "MATCH (n:Entity) WHERE n.group_id = $group RETURN n.name AS name"
        return {row["name"] for row in self.graph.read(query, group=self.collection)}

    def fact(self, said: str) -> dict[str, object]:
        query = (
            "MATCH (a:Entity)-[r:RELATES_TO]->() WHERE r.group_id = $group AND r.fact = $said "
            "RETURN r.uuid AS uuid, r.retired_at AS retired, r.expired_at AS expired, a.name AS source"
        )
        [row] = self.graph.read(query, group=self.collection, said=said)
        return row

    def merge(self, left: str, right: str) -> Decision:
        with self.writer.changes.exclusive(self.collection):
            return self.curator.merge(self.uuid(left), self.uuid(right))

    def split(self, entity: str, *names: str) -> Decision:
        with self.writer.changes.exclusive(self.collection):
            return self.curator.split(self.uuid(entity), names)

    def rename(self, entity: str, name: str) -> Decision:
        with self.writer.changes.exclusive(self.collection):
            return self.curator.rename(self.uuid(entity), name, entity)

    def retire(self, said: str, *, restore: bool = False) -> Decision:
        with self.writer.changes.exclusive(self.collection):
            return self.curator.retire(str(self.fact(said)["uuid"]), restore=restore)

    def undo(self, decision: Decision) -> None:
        with self.writer.changes.exclusive(self.collection):
            self.curator.undo(decision)


def test_decisions_hold_whatever_comes_and_goes_and_are_undone_without_a_trace(
    graph: GraphConnection, writer_of: WriterOf, collection: str, ledger: Ledger
) -> None:
    writer = writer_of(graph, by=Dealer())
    write(writer, collection)
    desk, before = Desk(writer, collection), digest(graph, collection)
    merged = desk.merge("Northgate Engineering", "Solberg and Sons")
    split = desk.split("International Business Machines", "IBM")
    renamed = desk.rename("Raleigh", "Raleigh, North Carolina")
    retired = desk.retire("Employs her.")
    decided = digest(graph, collection)
    assert {"Solberg and Sons", "IBM", "International Business Machines", "Raleigh, North Carolina"} <= desk.names()
    assert "Northgate Engineering" not in desk.names()
    assert desk.fact("Sits there.")["source"] == "Solberg and Sons"
    assert desk.fact("Employs her.")["expired"] is not None
    write(writer, collection, [LATER])
    for number in range(len(TEXTS)):
        writer.erase(f"{collection}/{number}.md")
    writer.erase(f"{collection}/{len(TEXTS)}.md")
    write(writer, collection, random.Random(1).sample(TEXTS, len(TEXTS)))
    assert digest(graph, collection) == decided
    assert all(one.applied_at for one in DecisionStore(ledger.engine).of_collection(collection))
    for decision in (merged, renamed, split, retired):
        desk.undo(decision)
    assert digest(graph, collection) == before
    with pytest.raises(UsageWrong, match="undone before"):
        desk.undo(DecisionStore(ledger.engine).of_collection(collection)[0])


def test_decisions_give_the_same_graph_in_any_order_of_documents(
    embedded_graph: GraphConnection, writer_of: WriterOf, collection: str, tmp_path: Path
) -> None:
    digests = set()
    for number in range(3):
        ledger = Ledger(open_database(f"sqlite:///{tmp_path}/{number}.db"))
        writer, of = writer_of(embedded_graph, by=Dealer(), keeping=ledger), f"{collection}-{number}"
        dice = random.Random(number)
        texts = dice.sample(TEXTS, len(TEXTS))
        write(writer, of, texts)
        desk = Desk(writer, of)
        desk.merge("Northgate Engineering", "Solberg and Sons")
        desk.rename("Solberg and Sons", "Solberg Group")
        write(writer, of, [LATER])
        desk.rename("Solberg Group", "Solberg Group ASA")
        digests.add(digest(embedded_graph, of))
        assert "Solberg Group ASA" in desk.names()
        ledger.engine.dispose()
    assert len(digests) == 1


def test_a_retired_fact_is_restored_and_a_second_decision_follows_the_first(
    embedded_graph: GraphConnection, writer_of: WriterOf, collection: str, ledger: Ledger
) -> None:
    writer = writer_of(embedded_graph, by=Dealer())
    write(writer, collection)
    desk, before = Desk(writer, collection), digest(embedded_graph, collection)
    first = desk.retire("Bought it.")
    with pytest.raises(UsageWrong, match="retired already"):
        desk.retire("Bought it.")
    back = desk.retire("Bought it.", restore=True)
    assert digest(embedded_graph, collection) == before
    desk.undo(back)
    assert desk.fact("Bought it.")["retired"] is not None
    desk.undo(first)
    assert digest(embedded_graph, collection) == before


def test_decisions_on_the_same_names_are_undone_in_any_order(
    embedded_graph: GraphConnection, writer_of: WriterOf, collection: str, ledger: Ledger
) -> None:
    writer = writer_of(embedded_graph, by=Dealer())
    write(writer, collection)
    desk, before = Desk(writer, collection), digest(embedded_graph, collection)
    split = desk.split("International Business Machines", "IBM")
    merged = desk.merge("International Business Machines", "IBM")
    assert "IBM" not in desk.names()
    desk.undo(split)
    assert "IBM" not in desk.names()
    desk.undo(merged)
    assert digest(embedded_graph, collection) == before


def test_two_that_a_person_holds_apart_stay_apart_whatever_the_model_says(
    embedded_graph: GraphConnection, writer_of: WriterOf, collection: str, ledger: Ledger
) -> None:
    """The model would hold IBM and the longer name to be one as soon as both are there."""
    writer = writer_of(embedded_graph, by=Dealer())
    write(writer, collection)
    desk = Desk(writer, collection)
    desk.split("International Business Machines", "IBM")
    for number in (2, 3):
        writer.erase(f"{collection}/{number}.md")
    write(writer, collection)
    assert {"IBM", "International Business Machines"} <= desk.names()
    with writer.changes.exclusive(collection):
        apart = desk.curator.keep_apart(desk.uuid("Red Hat"), desk.uuid("Armonk"))
    pairs = [("armonk", "red hat")]
    assert writer.changes.resolver.decisions.find(apart.id)[0].subject["pairs"] == [list(pair) for pair in pairs]
    assert NameVerdictStore(ledger.engine).of(collection, pairs) == dict.fromkeys(pairs, False)


def test_a_decision_that_was_killed_before_the_graph_followed_is_finished(
    embedded_graph: GraphConnection, writer_of: WriterOf, collection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = writer_of(embedded_graph, by=Dealer())
    write(writer, collection)
    desk = Desk(writer, collection)
    with monkeypatch.context() as patched:
        patched.setattr(curating.Curator, "_apply", _killed)
        with pytest.raises(KeyboardInterrupt):
            desk.rename("Red Hat", "Red Hat of Raleigh")
    assert "Red Hat" in desk.names()
    with writer.changes.exclusive(collection):
        desk.curator.finish()
    assert "Red Hat of Raleigh" in desk.names()


def test_the_evidence_of_both_sides_is_shown(embedded_graph: GraphConnection, writer_of: WriterOf, collection: str) -> None:
    write(writer_of(embedded_graph, by=Dealer()), collection)
    uuids = [find_entity(embedded_graph, collection, name) for name in ("northgate engineering", "IBM")]
    northgate, ibm = view_entities(embedded_graph, uuids)
    assert ibm.names == {"IBM": 1, "International Business Machines": 1}
    assert northgate.documents == [f"{collection}/0.md", f"{collection}/4.md"]
    assert {fact.fact for fact in northgate.facts} == {"Sits there.", "Employs her."}
    assert northgate.mentions[0].sentence.startswith("Northgate Engineering=Organization")
    with pytest.raises(UsageWrong, match="has the name"):
        find_entity(embedded_graph, collection, "Nobody at all")
    with pytest.raises(UsageWrong, match="as Nobody") as told:
        Curator(writer_of(embedded_graph).changes, collection, "a test").split(uuids[1], ["Nobody"])
    assert "IBM" in told.value.what_to_do


def _killed(*_: object) -> None:
    raise KeyboardInterrupt
