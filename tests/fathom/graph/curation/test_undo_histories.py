"""After an undo the graph is as if the undone run had never been, whatever was written before and since."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from fathom.database import open_database
from fathom.extraction.model import DescribedName, Entity, Extraction, Fact, LanguageModel, PairVerdicts, StatedFact
from fathom.graph.content.graph_digest import digest_of
from fathom.graph.content.graph_records import Selection
from fathom.graph.content.record_reader import RecordReader
from fathom.graph.curation.write_recorder import on_behalf_of
from fathom.graph.reconciliation.diff import find_differences
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.connection import GraphConnection
from fathom.ids import split_document_id
from fathom.knowledge.name_normalization import normalize_name
from fathom.ledger.episode_ledger import Ledger
from fathom.ledger.write_journal import WriteJournal
from tests.fathom.graphdb.small_corpus import WriterOf, chunks_of

pytestmark = pytest.mark.integration

FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
RUNS = 5
# Each line is a text: names with their types, each of which deals with the next, in words that are told apart or not.
TEXTS = (
    "IBM=Organization; Red Hat=Organization | Bought it.",
    "International Business Machines=Organization; Armonk=Location | Sits there.",
    "International Business Machines of Armonk=Organization; Watson=Person | Hired him.",
    "IBM=Organization; International Business Machines=Organization; Lotus=Organization | Bought both.",
    "Red Hat Inc.=Organization; Raleigh=Location | Sits there now.",
    "Red Hat=Organization; Raleigh=Location | Sits there.",
    "KYH=Organization; Ada Moreno=Person | Was led by her.",
    "Kelmouth Yards Harbour=Location; A. Moreno=Person | Was built by her.",
    "Kelmouth Yards=Organization; Adam Moreno=Person | Was built by him.",
    "IBM=Organization; Red Hat=Organization | Bought it for much.",
    "Watson=Thing; IBM=Organization | Works for it.",
)
ONE = tuple(
    {normalize_name(name) for name in names}
    for names in (
        ("IBM", "International Business Machines", "International Business Machines of Armonk"),
        ("KYH", "Kelmouth Yards Harbour"),
        ("Kelmouth Yards", "Kelmouth Yards Harbour"),
    )
)


class Dealer(LanguageModel):
    """Finds the names and deals that a text lists, and judges pairs by what is written down above."""

    name = "dealer/1"
    prompt = "dealer-1"

    def __init__(self) -> None:
        self.extracted = 0

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        self.extracted += 1
        return [self._extract(text) for text in texts]

    def same_things(self, pairs: Sequence[tuple[DescribedName, DescribedName]]) -> PairVerdicts:
        named = [{normalize_name(one.name), normalize_name(other.name)} for one, other in pairs]
        return PairVerdicts([any(pair <= group for group in ONE) for pair in named])

    def same_facts(self, pairs: Sequence[tuple[StatedFact, StatedFact]]) -> PairVerdicts:
        return PairVerdicts([one.fact[:8] == other.fact[:8] for one, other in pairs])

    def _extract(self, text: str) -> Extraction:
        listed, _, said = text.rpartition("\n")[2].partition(" | ")
        named = [one.strip().split("=") for one in listed.split(";")]
        return Extraction(
            entities=[Entity(name=name, type=kind, mentions=[(0, 1)]) for name, kind in named],
            facts=[
                Fact(source=one, target=other, relation="DEALT_WITH", fact=said, span=(0, 1))
                for (one, _), (other, _) in pairwise(named)
            ],
        )


@dataclass(frozen=True)
class Step:
    """A run writes a version of a document."""

    run: str
    document: str
    texts: tuple[str, ...]
    day: int


def history_of(dice: random.Random) -> list[Step]:
    """Runs over some documents, some of which they rewrite."""
    steps: list[Step] = []
    for run in range(RUNS):
        for document in dice.sample("abcd", dice.randint(1, 2)):
            texts = tuple(dice.sample(TEXTS, dice.randint(1, 3)))
            steps.append(Step(f"run-{run}", f"{document}.md", texts, len(steps)))
    return steps


def write(writer: DocumentWriter, collection: str, steps: Sequence[Step]) -> None:
    for step in steps:
        with on_behalf_of(step.run):
            chunk_set = chunks_of(f"{collection}/{step.document}", *step.texts)
            writer.write(chunk_set, reference_time=FIRST_DAY + timedelta(days=step.day))


def undo(writer: DocumentWriter, ledger: Ledger, run: str) -> None:
    """Undoes all writes of the run."""
    writes = WriteJournal(ledger.engine).of_run(run)
    for document in sorted({write.document for write in writes}):
        with writer.changes.exclusive(split_document_id(document)[0]):
            plan = writer.undoer.plan(document, {write.id for write in writes if write.document == document})
            assert plan is not None
            assert not plan.missing
            writer.undoer.undo(plan, "a test")


def digest(graph: GraphConnection, collection: str) -> tuple[str, int, int]:
    reader = RecordReader(graph, Selection(collection=collection))
    found = digest_of(reader.nodes(), reader.relationships())
    return found.digest, found.nodes, found.relationships


def check_history(seed: int, graph: GraphConnection, writer_of: WriterOf, collection: str, tmp_path: Path) -> None:
    """Undoes a run, and in every second history another one, and compares with graphs of the other runs alone."""
    dice = random.Random(seed)
    steps = history_of(dice)
    gone = dice.sample([f"run-{number}" for number in range(RUNS)], 1 + seed % 2)
    model = Dealer()
    ledgers = [Ledger(open_database(f"sqlite:///{tmp_path}/{name}.db")) for name in ("whole", *gone)]
    whole = writer_of(graph, by=model, keeping=ledgers[0])
    write(whole, collection, steps)
    for number, ledger in enumerate(ledgers[1:], start=1):
        asked = model.extracted
        undo(whole, ledgers[0], gone[number - 1])
        assert model.extracted == asked
        never = f"{collection}-{number}"
        left = [step for step in steps if step.run not in gone[:number]]
        write(writer_of(graph, by=Dealer(), keeping=ledger), never, left)
        assert digest(graph, collection) == digest(graph, never)
        rows = {row.uuid: row for row in ledgers[0].rows(collection=collection, state="written")}
        assert find_differences(graph, collection, rows).agree
        wanted = [(row.position, row.version) for row in ledger.rows(collection=never, state="written")]
        assert sorted((row.position, row.version) for row in rows.values()) == sorted(wanted)
    for ledger in ledgers:
        ledger.engine.dispose()


@pytest.mark.parametrize("seed", range(30))
def test_an_undone_run_has_never_been(
    seed: int, embedded_graph: GraphConnection, writer_of: WriterOf, collection: str, tmp_path: Path
) -> None:
    check_history(seed, embedded_graph, writer_of, collection, tmp_path)


@pytest.mark.parametrize("seed", [31, 32, 33])
def test_an_undone_run_has_never_been_on_neo4j(
    seed: int, neo4j_graph: GraphConnection, writer_of: WriterOf, collection: str, tmp_path: Path
) -> None:
    check_history(seed, neo4j_graph, writer_of, collection, tmp_path)
