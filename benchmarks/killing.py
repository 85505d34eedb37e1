"""Kill -9 at a chosen point of writing, again from where it stopped, and what the graph is then beside an undisturbed one."""

from __future__ import annotations

import hashlib
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from benchmarks.material import chunk_set
from fathom.database import open_database
from fathom.extraction.model import DescribedName, Entity, Extraction, Fact, LanguageModel, PairVerdicts, StatedFact, Usage
from fathom.graph.read.snapshot import take_snapshot
from fathom.graph.reconciliation.diff import find_differences
from fathom.graph.write.document_writer import DocumentWriter, WriteOptions
from fathom.graphdb.connection import GraphAddress, GraphConnection
from fathom.ids import chunk_identity
from fathom.knowledge.assertions import statement_key
from fathom.ledger.episode_ledger import Ledger
from fathom.tables import fact_verdicts, name_verdicts

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

Result = TypeVar("Result")
COLLECTION = "killed"
AT = datetime(2024, 5, 6, tzinfo=UTC)
PEOPLE, TOWNS = 5, 3
BATCH = 3  # so that a document is several transactions


def _town(number: int) -> str:
    """One of two names that each town has."""
    return f"{'Borough' if number % 4 == 0 else 'Town'} {number % TOWNS}"


def _texts(numbers: Sequence[int]) -> list[str]:
    return [f"{number}. Person {number % PEOPLE} became mayor of {_town(number)}." for number in numbers]


# A document, another that shares its entities, and a version of the first with chunks gone and chunks new.
STEPS: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("a.md", tuple(range(12))),
    ("b.md", tuple(range(5, 17))),
    ("a.md", (*range(3, 12), 20, 21)),
)


def _pair(one: str, other: str) -> str:
    return "+".join(sorted((one, other))).replace(" ", "-")


def _number(name: str) -> str:
    return name.rpartition(" ")[2]


class Killer:
    """Kills this process at its nth point; counts them all where that is 0."""

    def __init__(self, nth: int) -> None:
        self.nth = nth
        self.passed = 0

    def point(self) -> None:
        """A moment at which a process may die."""
        self.passed += 1
        if self.passed == self.nth:
            os.kill(os.getpid(), signal.SIGKILL)


class Model(LanguageModel):
    """Finds who became mayor of which town; keeps on record what it was asked."""

    name = "mayors/1"
    prompt = "mayors-1"

    def __init__(self, killer: Killer, asked: Path) -> None:
        self._killer, self._asked = killer, asked

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        """One person and one town a text."""
        self._killer.point()
        with self._asked.open("a") as file:
            file.writelines(f"{text.split('.')[0]}\n" for text in texts)
        self._killer.point()
        return [self._extract(text) for text in texts]

    def same_things(self, pairs: Sequence[tuple[DescribedName, DescribedName]]) -> PairVerdicts:
        """Towns of one number are one town."""
        self._killer.point()
        with self._asked.open("a") as file:
            file.writelines(f"{_pair(one.name.lower(), other.name.lower())}\n" for one, other in pairs)
        self._killer.point()
        return PairVerdicts([_number(one.name) == _number(other.name) for one, other in pairs])

    def same_facts(self, pairs: Sequence[tuple[StatedFact, StatedFact]]) -> PairVerdicts:
        """To own land and to have land is the same."""
        self._killer.point()
        said = [pair for pair in pairs if pair[0].fact]  # their relations alone are the same for all facts of theirs
        with self._asked.open("a") as file:
            file.writelines(f"{_pair(*(statement_key(one.relation, one.fact) for one in pair))}\n" for pair in said)
        self._killer.point()
        return PairVerdicts([{one.relation, other.relation} == {"OWNS_LAND_IN", "HAS_LAND_IN"} for one, other in pairs])

    def _extract(self, text: str) -> Extraction:
        number = int(text.rpartition("\n")[2].split(".")[0])
        person, town = f"Person {number % PEOPLE}", _town(number)
        fact = Fact(
            source=town,
            target=person,
            relation="HAS_MAYOR",
            fact=f"{person} became mayor of {town} in {1990 + number}.",
            span=(0, 1),
            valid_at=datetime(1990 + number, 1, 1, tzinfo=UTC),
            invalid_at=None,
        )
        verb = ("owns", "has")[number % 2]
        land = Fact(
            source=person,
            target=town,
            relation=f"{verb.upper()}_LAND_IN",
            fact=f"{person} {verb} land in {town}.",
            span=(0, 1),
        )
        entities = [Entity(name=person, type="Person", mentions=[(0, 1)]), Entity(name=town, type="City", mentions=[(0, 1)])]
        return Extraction(
            entities=entities, facts=[fact, land], usage=Usage(calls=1, tokens_in=10, tokens_out=3, cost_usd=0.001)
        )


class Embedder:
    """Vectors from hashes: this measures what is written, not what it means."""

    name = "hashes/1"
    dimension = 384

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """The same vector for the same text."""
        return [[byte / 255 for byte in hashlib.sha256(text.encode()).digest() * 12] for text in texts]


class KillingConnection(GraphConnection):
    """Has a point before each statement of a transaction, before its commit and after."""

    def __init__(self, address: GraphAddress, killer: Killer) -> None:
        super().__init__(address)
        self._killer = killer

    def write(self, work: Callable[[ManagedTransaction], Result]) -> Result:
        """As ever, in points."""

        def in_points(tx: ManagedTransaction) -> Result:
            done = work(_Points(tx, self._killer))  # type: ignore[arg-type]
            self._killer.point()
            return done

        done = super().write(in_points)
        self._killer.point()
        return done


class _Points:
    def __init__(self, tx: ManagedTransaction, killer: Killer) -> None:
        self._tx, self._killer = tx, killer

    def run(self, *query: Any, **parameters: Any) -> Any:
        self._killer.point()
        return self._tx.run(*query, **parameters)


class KillingLedger(Ledger):
    """Has a point before and after each of its transactions that records something."""

    killer = Killer(0)

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        self.killer.point()
        with super()._writing() as connection:
            yield connection
            self.killer.point()
        self.killer.point()


@dataclass(frozen=True)
class Outcome:
    """What a collection was after one kill and the run that went on."""

    point: int
    died: bool
    digest: str
    differences: int
    asked_again: int


class Killing:
    """Writes the same three steps over and over into one graph, each time killed at another point."""

    def __init__(self, graph: GraphConnection, folder: Path) -> None:
        self._graph = graph
        self._folder = folder
        self._runs = 0

    def points(self) -> tuple[int, str]:
        """How many points an undisturbed run has, and the digest it ends with."""
        home = self._fresh()
        killer = Killer(0)
        self._work(home, killer)
        return killer.passed, take_snapshot(self._graph, COLLECTION).digest()

    def killed_at(self, point: int) -> Outcome:
        """A process killed there, and another that went on where it stopped."""
        home = self._fresh()
        child = os.fork()
        if child == 0:
            try:
                self._work(home, Killer(point))
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        written = {row.chunk for row in self._ledger(home).rows(collection=COLLECTION, state="written")}
        with self._ledger(home).engine.connect() as connection:
            judged = {
                _pair(row.left_key, row.right_key)
                for table in (name_verdicts, fact_verdicts)
                for row in connection.execute(sa.select(table.c.left_key, table.c.right_key))
            }
        before = Counter((home / "asked").read_text().split()) if (home / "asked").exists() else Counter[str]()
        self._work(home, Killer(0))
        ledger = self._ledger(home)
        rows = {row.uuid: row for row in ledger.rows(collection=COLLECTION, state="written")}
        found = find_differences(self._graph, COLLECTION, rows)
        again = Counter((home / "asked").read_text().split()) - before
        known = {
            text.split(".")[0]
            for document, numbers in STEPS
            for text in _texts(numbers)
            if chunk_identity(f"{COLLECTION}/{document}", text) in written
        }
        ledger.engine.dispose()
        kinds = [value for value in found.model_dump().values() if isinstance(value, list)]
        both = {text.split(".")[0] for text in _texts(sorted({*STEPS[0][1]} & {*STEPS[1][1]}))}  # asked once by each document
        return Outcome(
            point=point,
            died=os.WIFSIGNALED(status),
            digest=take_snapshot(self._graph, COLLECTION).digest(),
            differences=sum(len(kind) for kind in kinds),
            asked_again=sum(count for text, count in again.items() if text in (known - both) | judged),
        )

    def _work(self, home: Path, killer: Killer) -> None:
        graph = KillingConnection(self._graph.address, killer)
        ledger = self._ledger(home)
        ledger.killer = killer
        begun = home / "begun"
        try:
            writer = DocumentWriter(graph, Model(killer, home / "asked"), Embedder(), ledger, options=WriteOptions(batch=BATCH))
            for number, (name, numbers) in enumerate(STEPS):
                if begun.exists() and number < int(begun.read_text()):
                    continue
                begun.write_text(str(number))
                writer.write(chunk_set(f"{COLLECTION}/{name}", _texts(numbers)), reference_time=AT)
        finally:
            graph.close()

    def _ledger(self, home: Path) -> KillingLedger:
        return KillingLedger(open_database(f"sqlite:///{home / 'ledger.sqlite'}"))

    def _fresh(self) -> Path:
        for label in ("Episodic", "Entity"):
            query = f"MATCH (n:{label}) WHERE n.group_id = $group DETACH DELETE n"
            self._graph.write(lambda tx, query=query: tx.run(query, group=COLLECTION).consume())  # type: ignore[misc]
        self._runs += 1
        home = self._folder / f"run-{self._runs}"
        home.mkdir(parents=True)
        return home


def spread(points: int, kills: int) -> list[int]:
    """So many points, evenly over all, each once; the first and the last are among them."""
    return sorted({1 + round(one * (points - 1) / max(1, kills - 1)) for one in range(kills)})
